import { PROBLEMS, type ProblemCode } from "./errors";

const SANE_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;

/** The caller's own `X-Request-Id` where it is a sane one (it will stand in logs), else a new UUID. */
export function requestIdOf(request: Request): string {
  const given = request.headers.get("x-request-id");
  return given && SANE_ID.test(given) ? given : crypto.randomUUID();
}

/** Headers on every answer of the API, errors included. */
export const apiHeaders = (requestId: string): Record<string, string> => ({
  "X-Request-Id": requestId,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
});

/**
 * An error as `application/problem+json` (RFC 9457) with our `code` and `request_id`. `detail` is written by us for
 * the caller; never pass a library's text.
 */
export function problem(
  code: ProblemCode,
  detail: string,
  options: { requestId: string; headers?: Record<string, string>; more?: Record<string, unknown> },
): Response {
  const [status, title] = PROBLEMS[code];
  const body = {
    type: `/docs/api/errors#${code}`,
    title,
    status,
    detail,
    code,
    request_id: options.requestId,
    ...options.more,
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      ...apiHeaders(options.requestId),
      "Content-Type": "application/problem+json",
      ...options.headers,
    },
  });
}

/** A JSON answer of the API. */
export const json = (
  body: unknown,
  status: number,
  requestId: string,
  headers: Record<string, string> = {},
): Response =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), {
    status,
    headers: { ...apiHeaders(requestId), "Content-Type": "application/json", ...headers },
  });

/** The answer for a method that a route does not know. */
export const methodNotAllowed =
  (allow: string) =>
  (request: Request): Response =>
    problem("method_not_allowed", `This address answers ${allow}.`, {
      requestId: requestIdOf(request),
      headers: { Allow: allow },
    });
