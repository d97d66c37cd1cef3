import { isDatabaseAway, isUnstorable } from "@/lib/database-away";
import { Refusal } from "@/lib/errors";
import { groupOf, timed } from "@/lib/latency";
import { logger } from "@/lib/logger";
import { json, problem, requestIdOf } from "@/lib/problem";

/** Headers that a verb learns on its way, such as what is left of a limit: they stand on its answer and on its refusal. */
export type Told = Record<string, string>;

function headersOf(error: Refusal): Record<string, string> {
  if (error.code === "invalid_api_key") return { "WWW-Authenticate": "Bearer" };
  if (error.retryAfter !== undefined) return { "Retry-After": String(error.retryAfter) };
  return error.status === 503 ? { "Retry-After": "2" } : {};
}

/**
 * Runs a REST verb and maps whatever comes of it to an answer: data to JSON, a response as it is, an error to a problem.
 * The one error mapper of this edge. Text of an error
 * that is not ours goes to the log under the request's id, never to the caller.
 */
export async function respond(request: Request, verb: (told: Told) => Promise<unknown>): Promise<Response> {
  const requestId = requestIdOf(request);
  const told: Told = {};
  const answer = await timed(groupOf(new URL(request.url).pathname), () => answerOf(requestId, () => verb(told)));
  for (const [name, value] of Object.entries(told)) answer.headers.set(name, value);
  return answer;
}

async function answerOf(requestId: string, verb: () => Promise<unknown>): Promise<Response> {
  try {
    const answer = await verb();
    return answer instanceof Response ? answer : json(answer, 200, requestId);
  } catch (error) {
    if (error instanceof Refusal) {
      const more = error.fields ? { errors: error.fields } : {};
      return problem(error.code, error.message, { requestId, headers: headersOf(error), more });
    }
    if (isUnstorable(error)) {
      return problem("invalid_request", "A text holds a character that cannot be kept.", { requestId });
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
