import { sentryDsn } from "@/lib/env";

/**
 * What Next itself could not deal with: told where SENTRY_DSN says. What our own mappers catch goes through the log
 * (src/lib/logger.ts). Runs on Node and at the edge; where the variable is not set, nothing is loaded.
 */
export async function onRequestError(
  error: unknown,
  request: { readonly path: string; readonly method: string },
  context: { readonly routePath: string; readonly routeType: string },
): Promise<void> {
  if (sentryDsn() === undefined) return;
  const { reportError } = await import("@/lib/error-report");
  const { method } = request;
  // The route's pattern and not the address: that one may hold what is nobody's business.
  reportError({ err: error, method, route: context.routePath, kind: context.routeType });
}
