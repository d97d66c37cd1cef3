import { type NextRequest, NextResponse } from "next/server";
import { publicOrigin } from "@/auth/config";
import { safeNextPath } from "@/auth/next-path";
import { readSessionToken } from "@/auth/token";
import { isReadyMade, newNonce, pagePolicy } from "@/lib/content-security";
import { requestIdOf } from "@/lib/problem";

// Pages anyone may read. Every other page asks for a session, so that a new one is closed until it is listed here.
const PUBLIC = [
  /^\/$/,
  /^\/(?:sign-in|sign-up|verify|magic-link|forgot-password|reset-password|confirm-email|invite)$/,
  /^\/docs(?:\/|$)/,
];

/**
 * Gives each page its policy (src/lib/content-security.ts), and looks at the session cookie, for pages only: sends anonymous visits to the sign-in page and says in
 * `x-session-look` what it saw. It authorises nothing; every read and every action asks the session gate, which knows
 * whether the session has been ended. For the same reason nobody is sent away from `/sign-in`: the cookie of an ended
 * session still looks right here, and its owner must be able to get in again.
 */
export async function middleware(request: NextRequest): Promise<NextResponse> {
  const look = (await readSessionToken(request.headers.get("cookie"))) ? "in" : "out";
  const { pathname, searchParams } = request.nextUrl;
  const policy = pagePolicy(isReadyMade(pathname) ? undefined : newNonce(), process.env.NODE_ENV === "development");
  if (look === "in" || PUBLIC.some((page) => page.test(pathname))) {
    // Next reads the nonce in the request's policy, and puts it on the scripts that it writes.
    const headers = new Headers(request.headers);
    headers.set("content-security-policy", policy);
    return seen(request, NextResponse.next({ request: { headers } }), look, policy);
  }
  // The mark of the router's own fetches is no part of a page's address.
  searchParams.delete("_rsc");
  const query = searchParams.toString();
  const signIn = new URL("/sign-in", publicOrigin());
  signIn.searchParams.set("next", safeNextPath(query ? `${pathname}?${query}` : pathname));
  return seen(request, NextResponse.redirect(signIn), look, policy);
}

function seen(request: NextRequest, response: NextResponse, look: "in" | "out", policy: string): NextResponse {
  response.headers.set("X-Request-Id", requestIdOf(request));
  response.headers.set("Content-Security-Policy", policy);
  response.headers.set("x-session-look", look);
  return response;
}

// Pages only: not /api, /v1 and /v1.x.y, /_next, /.well-known, nor anything whose last part has a file's ending.
export const config = {
  matcher: ["/((?!api(?:/|$)|v1[./]|_next(?:/|$)|\\.well-known(?:/|$)|.*\\.[A-Za-z0-9]+$).*)"],
};
