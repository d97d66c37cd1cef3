import type { NextAuthConfig } from "next-auth";
import { env } from "@/lib/env";
import { safeNextPath } from "./next-path";

/** How long a sign-in lasts, in seconds: 30 days, for the cookie, the token and the session row alike. */
export const SESSION_SECONDS = 30 * 24 * 60 * 60;

/** True where the web app is served over https, by its own public URL and not by what a request claims. */
const isHttps = (): boolean => new URL(env().AUTH_URL).protocol === "https:";

// A browser takes a `__Host-` cookie only with Secure, Path=/ and no Domain, so that no sibling domain can plant one.
const cookieName = (name: string): string => (isHttps() ? `__Host-${name}` : name);

/** The name of the cookie that carries the session token. */
export const sessionCookieName = (): string => cookieName("connected-apps.session");

/** The public origin. Links and redirects are made from it, never from a Host header. */
export const publicOrigin = (): string => new URL(env().AUTH_URL).origin;

/** True where people may sign in with Google. */
export const googleIsOffered = (): boolean => env().AUTH_GOOGLE_ID !== undefined;

/**
 * The part of the next-auth configuration that runs anywhere: no database, no password hashing, no Node core module.
 * A function, so that a build needs no environment.
 */
export function edgeAuthConfig(): NextAuthConfig {
  const options = { httpOnly: true, sameSite: "lax", path: "/", secure: isHttps() } as const;
  return {
    basePath: "/api/auth",
    secret: env().AUTH_SECRET,
    // Safe because AUTH_URL is required: next-auth builds its URLs from that and looks at no Host header.
    trustHost: true,
    useSecureCookies: isHttps(),
    cookies: {
      sessionToken: { name: sessionCookieName(), options },
      csrfToken: { name: cookieName("connected-apps.csrf"), options },
      callbackUrl: { name: cookieName("connected-apps.callback"), options },
    },
    session: { strategy: "jwt", maxAge: SESSION_SECONDS },
    pages: { signIn: "/sign-in", error: "/sign-in", signOut: "/" },
    providers: [],
    callbacks: {
      // The token names a session row and a person, and nothing else: what they may do is read from the database.
      jwt: ({ token, user }) => (user ? { sub: user.id, sid: user.sid } : { sub: token.sub, sid: token.sid }),
      session: ({ session }) => ({ expires: session.expires }),
      redirect({ url, baseUrl }) {
        const own = url.startsWith(`${baseUrl}/`) ? url.slice(baseUrl.length) : url;
        return `${baseUrl}${safeNextPath(own)}`;
      },
    },
  };
}

declare module "next-auth" {
  interface User {
    /** The session row that this sign-in opened. */
    sid?: string;
  }
}
