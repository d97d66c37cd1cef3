import { cookies, headers } from "next/headers";
import { encode } from "next-auth/jwt";
import { env } from "@/lib/env";
import { edgeAuthConfig, SESSION_SECONDS, sessionCookieName } from "./config";
import { readSessionToken, type SessionToken } from "./token";

/** Gives the browser of the current request the cookie of a session that was just opened; sealed as next-auth seals it. */
export async function setSessionCookie(token: SessionToken): Promise<void> {
  const name = sessionCookieName();
  const value = await encode({
    token: { sub: token.userId, sid: token.sessionId },
    secret: env().AUTH_SECRET,
    salt: name,
    maxAge: SESSION_SECONDS,
  });
  const options = edgeAuthConfig().cookies?.sessionToken?.options;
  (await cookies()).set({ ...options, name, value, expires: new Date(Date.now() + SESSION_SECONDS * 1_000) });
}

/** What opening a session takes from the current request: the session that the browser held before, and its name. */
export async function browserOf(): Promise<{ before: SessionToken | null; userAgent: string }> {
  const sent = await headers();
  return { before: await readSessionToken(sent.get("cookie")), userAgent: sent.get("user-agent") ?? "" };
}
