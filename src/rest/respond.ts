import { isDatabaseAway } from "@/lib/database-away";
import { Refusal } from "@/lib/errors";
import { logger } from "@/lib/logger";
import { json, problem, requestIdOf } from "@/lib/problem";

/**
 * Runs a REST verb and maps whatever comes of it to an answer: data to JSON, a response as it is, an error to a problem.
 * The one error mapper of this edge. Text of an error
 * that is not ours goes to the log under the request's id, never to the caller.
 */
export async function respond(request: Request, verb: () => Promise<unknown>): Promise<Response> {
  const requestId = requestIdOf(request);
  try {
    const answer = await verb();
    return answer instanceof Response ? answer : json(answer, 200, requestId);
  } catch (error) {
    if (error instanceof Refusal) {
      const headers: Record<string, string> =
        error.code === "invalid_api_key"
          ? { "WWW-Authenticate": "Bearer" }
          : error.status === 503
            ? { "Retry-After": "2" }
            : {};
      return problem(error.code, error.message, { requestId, headers });
    }
    if (isDatabaseAway(error)) {
      return problem(
        "metering_unavailable",
        "The ledger cannot be read right now. Nothing was lost; try again in a moment.",
        {
          requestId,
          headers: { "Retry-After": "5" },
        },
      );
    }
    logger.error({ err: error, requestId }, "a request failed");
    return problem("internal_error", "Something went wrong on our side. Name the request id when you write to us.", {
      requestId,
    });
  }
}
