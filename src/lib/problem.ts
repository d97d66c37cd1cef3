import { PROBLEMS, type ProblemCode } from "./errors";

const SANE_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;

/** The caller's own `X-Request-Id` where it is a sane one (it will stand in logs), else a new UUID. */
export const saneRequestId = (given: string | null): string =>
  given && SANE_ID.test(given) ? given : crypto.randomUUID();

/** The id of a request, as `saneRequestId` reads it. */
export const requestIdOf = (request: Request): string => saneRequestId(request.headers.get("x-request-id"));

/** Headers on every answer of the API, errors included. */
export const apiHeaders = (requestId: string): Record<string, string> => ({
  "X-Request-Id": requestId,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
});

/** An answer before any host has made a response of it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** An answer as a Web response. */
export const toResponse = (answer: Answer): Response =>
  new Response(answer.body, { status: answer.status, headers: answer.headers });

/**
 * An error as `application/problem+json` (RFC 9457) with our `code` and `request_id`. `detail` is written by us for
 * the caller; never pass a library's text.
 */
export function problemAnswer(
  code: ProblemCode,
  detail: string,
  options: { requestId: string; headers?: Record<string, string>; more?: Record<string, unknown> },
): Answer {
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
  return {
    status,
    headers: { ...apiHeaders(options.requestId), "Content-Type": "application/problem+json", ...options.headers },
    body: JSON.stringify(body),
  };
}

/** A JSON answer of the API. */
export const jsonAnswer = (
  body: unknown,
  status: number,
  requestId: string,
  headers: Record<string, string> = {},
): Answer => ({
  status,
  headers: { ...apiHeaders(requestId), "Content-Type": "application/json", ...headers },
  body: typeof body === "string" ? body : JSON.stringify(body),
});

/** `problemAnswer` as a Web response. */
export const problem = (...args: Parameters<typeof problemAnswer>): Response => toResponse(problemAnswer(...args));

/** `jsonAnswer` as a Web response. */
export const json = (...args: Parameters<typeof jsonAnswer>): Response => toResponse(jsonAnswer(...args));

/**
 * The answer for a method that a route does not know, and for `OPTIONS`, which asks for those that it does. No page of
 * another origin may call it, so there is nothing more to tell a browser.
 */
export const methodNotAllowed =
  (allow: string) =>
  (request: Request): Response => {
    const requestId = requestIdOf(request);
    if (request.method === "OPTIONS") {
      return new Response(null, { status: 204, headers: { ...apiHeaders(requestId), Allow: allow } });
    }
    return problem("method_not_allowed", `This address answers ${allow}.`, { requestId, headers: { Allow: allow } });
  };
