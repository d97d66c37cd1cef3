/**
 * What a page may load and who may hold it, as its Content-Security-Policy says. Pages that are made for a visit run the
 * scripts that carry the visit's nonce, and files of ours; a script that somebody managed to write into a page runs nowhere.
 * Pages that are the same for everybody are kept ready-made, and so can carry no nonce: they show nobody's data and take
 * nothing in, and a policy of their own lets Next's scripts within them run.
 */

/** Ready-made pages. e2e/security.production.spec.ts holds this to what the build has made ready. */
const READY_MADE = [/^\/$/, /^\/docs(?:\/|$)/];

/** True for a page that is the same for everybody. */
export const isReadyMade = (pathname: string): boolean => READY_MADE.some((page) => page.test(pathname));

/** A fresh nonce: 128 random bits. */
export const newNonce = (): string => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));

/**
 * The policy of a page.
 * @param nonce of the visit; absent for a ready-made page
 * @param development Next's development server runs code from text and speaks over a WebSocket
 */
export function pagePolicy(nonce: string | undefined, development: boolean): string {
  const scripts = ["'self'", nonce === undefined ? "'unsafe-inline'" : `'nonce-${nonce}'`];
  if (development) scripts.push("'unsafe-eval'");
  return [
    "default-src 'self'",
    `script-src ${scripts.join(" ")}`,
    // An onclick="…" has no nonce to carry, so none is ever needed.
    "script-src-attr 'none'",
    // Widths and colours of charts and dialogs stand in style attributes, which take no nonce.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob: https:",
    "font-src 'self'",
    `connect-src 'self'${development ? " ws: wss:" : ""}`,
    // The preview of a widget.
    "frame-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}
