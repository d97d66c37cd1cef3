import { sentryDsn } from "./env";
import { withoutSecrets } from "./redaction";

/**
 * Errors told to Sentry, or to whatever takes its envelopes, where SENTRY_DSN is set; else nothing is loaded and nothing sent.
 * Of Sentry's packages the core alone: it runs on Node and at the edge alike, patches nothing and traces nothing, where the
 * package for Next brings a build plugin, OpenTelemetry's SDK and some two hundred kilobytes for each page.
 */

type Report = (error: Error, extra: Record<string, unknown>) => void;

async function open(dsn: string): Promise<Report> {
  const [{ createStackParser, createTransport }, { nodeStackLineParser, ServerRuntimeClient }] = await Promise.all([
    import("@sentry/core"),
    import("@sentry/core/server"),
  ]);
  const client = new ServerRuntimeClient({
    dsn,
    platform: "node",
    runtime: { name: "connected-apps" },
    integrations: [],
    stackParser: createStackParser(nodeStackLineParser()),
    // Whatever it has gathered by itself goes through the same door as the log.
    beforeSend: (event) => withoutSecrets(event) as typeof event,
    transport: (options) =>
      createTransport(options, async ({ body }) => {
        const answer = await fetch(options.url, {
          method: "POST",
          body: body as string,
          headers: options.headers ?? {},
          signal: AbortSignal.timeout(5_000),
        });
        return {
          statusCode: answer.status,
          headers: {
            "x-sentry-rate-limits": answer.headers.get("x-sentry-rate-limits"),
            "retry-after": answer.headers.get("retry-after"),
          },
        };
      }),
  });
  client.init();
  return (error, extra) => void client.captureException(error, { captureContext: { extra } });
}

let opened: Promise<Report> | undefined;

/**
 * Tells of an error, at once and without waiting. Never fails.
 * @param given an error, or a line of the log that holds one as `err`
 */
export function reportError(given: unknown, message?: string, dsn = sentryDsn()): void {
  if (!dsn) return;
  const { err, ...extra }: Record<string, unknown> =
    given instanceof Error ? { err: given } : typeof given === "object" && given !== null ? { ...given } : {};
  const error = err instanceof Error ? err : new Error(message ?? String(given));
  opened ??= open(dsn);
  opened.then((report) => report(error, { ...extra, ...(message ? { message } : {}) })).catch(() => {});
}
