/** Where a sign-in leads when nothing better was asked for. */
export const HOME = "/overview";

const LONGEST = 1_000;
// Our own paths are plain ASCII, so a percent sign in one is a disguise (`/%2f/evil`, `/%61pi`), never a need.
const PATH = /^\/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*\/?)?$/;
// Visible ASCII without backslash, quotes and angle brackets.
const TAIL = /^(?:\?[!$%&'()*+,./0-9:;=?@A-Z_a-z~-]*)?(?:#[A-Za-z0-9_~.-]*)?$/;
const ENCODED_CONTROL = /%(?:0|1|7f|5c)/i;
// Not pages: an answer from there would strand the person, or start a loop.
const NOT_PAGES = new Set([
  ...["api", "v1", "_next", "sign-in", "sign-out"],
  // Ways in, which somebody who is in has no use for.
  ...["sign-up", "magic-link", "forgot-password", "reset-password"],
]);

/**
 * The path to go to after signing in, out of what a stranger may have put into `?next=`.
 * @returns the value itself where it is a plain path of our own pages, else `/overview`. Never a URL with a host.
 */
export function safeNextPath(value: unknown): string {
  if (typeof value !== "string" || value.length > LONGEST) return HOME;
  const end = value.search(/[?#]/);
  const path = end < 0 ? value : value.slice(0, end);
  const tail = end < 0 ? "" : value.slice(end);
  if (!PATH.test(path) || !TAIL.test(tail) || ENCODED_CONTROL.test(tail)) return HOME;
  const first = path.split("/")[1]?.toLowerCase() ?? "";
  return NOT_PAGES.has(first) ? HOME : value;
}
