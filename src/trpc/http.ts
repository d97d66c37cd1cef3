import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { publicOrigin } from "@/auth/config";
import type { ProblemCode } from "@/lib/errors";
import { timed } from "@/lib/latency";
import { apiHeaders, problem, requestIdOf } from "@/lib/problem";
import { createTrpcContext, type TrpcContext } from "./context";
import { appRouter } from "./root";
import { refuseForeign, withBody } from "./same-origin";

const CODES = {
  403: "forbidden",
  413: "payload_too_large",
  415: "unsupported_media_type",
} as const satisfies Record<number, ProblemCode>;

/** Serves `/api/trpc/…`: refuses what one of our own pages did not send, then runs the procedures asked for. */
export async function serveTrpc(
  request: Request,
  createContext: () => TrpcContext = createTrpcContext,
): Promise<Response> {
  const requestId = requestIdOf(request);
  const refused = refuseForeign(request, publicOrigin());
  if (refused) return problem(CODES[refused.status], refused.detail, { requestId });
  const checked = await withBody(request);
  if (checked === null) return problem("payload_too_large", "The request is too large.", { requestId });
  const response = await timed("pages", () =>
    fetchRequestHandler({
      endpoint: "/api/trpc",
      req: checked,
      router: appRouter,
      createContext,
      maxBatchSize: 10,
      // A question may be too long for an address.
      allowMethodOverride: true,
    }),
  );
  for (const [name, value] of Object.entries(apiHeaders(requestId))) response.headers.set(name, value);
  return response;
}
