import { type NextRequest, NextResponse } from "next/server";
import { publicOrigin } from "@/auth/config";
import { safeNextPath } from "@/auth/next-path";
import { readSessionToken } from "@/auth/token";

// Pages anyone may read. Every other page asks for a session, so that a new one is closed until it is listed here.
const PUBLIC = [
  /^\/$/,
  /^\/(?:sign-in|sign-up|verify|magic-link|forgot-password|reset-password|confirm-email|invite)$/,
  /^\/docs(?:\/|$)/,
];

/**
 * A look at the session cookie, for pages only: sends anonymous visits to the sign-in page and says in
 * `x-session-look` what it saw. It authorises nothing; every read and every action asks the session gate, which knows
 * whether the session has been ended. For the same reason nobody is sent away from `/sign-in`: the cookie of an ended
 * session still looks right here, and its owner must be able to get in again.
 */
export async function middleware(request: NextRequest): Promise<NextResponse> {
  const look = (await readSessionToken(request.headers.get("cookie"))) ? "in" : "out";
  const { pathname, searchParams } = request.nextUrl;
  if (look === "in" || PUBLIC.some((page) => page.test(pathname))) return seen(NextResponse.next(), look);
  // The mark of the router's own fetches is no part of a page's address.
  searchParams.delete("_rsc");
  const query = searchParams.toString();
  const signIn = new URL("/sign-in", publicOrigin());
  signIn.searchParams.set("next", safeNextPath(query ? `${pathname}?${query}` : pathname));
  return seen(NextResponse.redirect(signIn), look);
}

function seen(response: NextResponse, look: "in" | "out"): NextResponse {
  response.headers.set("x-session-look", look);
  return response;
}

// Pages only: not /api, /v1 and /v1.x.y, /_next, /.well-known, nor anything whose last part has a file's ending.
export const config = {
  matcher: ["/((?!api(?:/|$)|v1[./]|_next(?:/|$)|\\.well-known(?:/|$)|.*\\.[A-Za-z0-9]+$).*)"],
};
