import { getToken } from "next-auth/jwt";
import { env } from "@/lib/env";
import { isUuid } from "@/lib/ids";
import { sessionCookieName } from "./config";

/** What a session cookie claims, once its seal has been checked. It grants nothing: the row it names does. */
export interface SessionToken {
  readonly sessionId: string;
  readonly userId: string;
}

/**
 * Opens the sealed session cookie of a request; null where there is none, or it is forged or too old. Touches no
 * store, so it runs at the edge, and cannot know whether the session has been ended since.
 * @param cookie the request's Cookie header
 */
export async function readSessionToken(cookie: string | null): Promise<SessionToken | null> {
  if (!cookie) return null;
  // Only the cookie is handed over: the library would take a token from an Authorization header as well.
  const token = await getToken({
    req: { headers: { cookie } },
    secret: env().AUTH_SECRET,
    cookieName: sessionCookieName(),
    salt: sessionCookieName(),
  });
  const sessionId = token?.sid;
  const userId = token?.sub;
  if (typeof sessionId !== "string" || typeof userId !== "string") return null;
  return isUuid(sessionId) && isUuid(userId) ? { sessionId, userId } : null;
}
