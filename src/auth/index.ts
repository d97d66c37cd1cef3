import NextAuth, { CredentialsSignin, type NextAuthConfig } from "next-auth";
import type { JWT } from "next-auth/jwt";
import Credentials from "next-auth/providers/credentials";
import Google from "next-auth/providers/google";
import { db } from "@/db/client";
import { isDatabaseAway } from "@/lib/database-away";
import { env } from "@/lib/env";
import { isUuid } from "@/lib/ids";
import { logger } from "@/lib/logger";
import { edgeAuthConfig } from "./config";
import { browserOf } from "./cookie";
import { describeError } from "./describe-error";
import { enterFromGoogle } from "./google";
import { type SignInRefusal, signInWithPassword } from "./sign-in";
import { closeSession, loadSession } from "./store";
import { sharedThrottle } from "./throttle";

/** A refused sign-in, with the reason as its code. */
export class SignInError extends CredentialsSignin {
  override code: SignInRefusal;
  constructor(why: SignInRefusal) {
    super(why);
    this.code = why;
  }
}

/** Refusals that any visitor can cause at will: no news for the log. */
const CALLERS_FAULT = new Set([
  "AccessDenied",
  "InvalidCallbackUrl",
  "JWTSessionError",
  "MissingCSRF",
  "UnknownAction",
  "UnsupportedStrategy",
]);

/** What next-auth's own session route may go on showing: a token whose row is there, or whose row nobody can look up. */
async function stillOpen(token: JWT): Promise<boolean> {
  const { sid, sub } = token;
  if (typeof sid !== "string" || typeof sub !== "string" || !isUuid(sid) || !isUuid(sub)) return false;
  try {
    return (await loadSession(db(), { sessionId: sid, userId: sub })) !== null;
  } catch (error) {
    // It opens nothing either way, and forgetting the cookie would sign people out whenever Postgres is restarted.
    if (isDatabaseAway(error)) return true;
    throw error;
  }
}

/** Google's part, where its client is configured. */
function googleProvider(): NextAuthConfig["providers"] {
  const { AUTH_GOOGLE_ID: clientId, AUTH_GOOGLE_SECRET: clientSecret, AUTH_GOOGLE_ISSUER: issuer } = env();
  if (!clientId || !clientSecret) return [];
  return [Google({ clientId, clientSecret, ...(issuer && { issuer }), checks: ["pkce", "state", "nonce"] })];
}

function nodeAuthConfig(): NextAuthConfig {
  const edge = edgeAuthConfig();
  return {
    ...edge,
    callbacks: {
      ...edge.callbacks,
      // Of Google's answer nothing goes on but the session that it opens here.
      async signIn({ user, account, profile }) {
        if (account?.provider !== "google") return true;
        const found = await enterFromGoogle(db(), profile, await browserOf());
        if (found.kind === "refused") return false;
        if (found.kind === "new") return `/verify?token=${found.secret}`;
        user.id = found.session.userId;
        user.sid = found.session.sessionId;
        return true;
      },
      jwt: async (params) =>
        params.user || (await stillOpen(params.token)) ? ((await edge.callbacks?.jwt?.(params)) ?? null) : null,
    },
    providers: [
      Credentials({
        credentials: { email: { type: "email" }, password: { type: "password" } },
        async authorize(input, request) {
          const outcome = await signInWithPassword(input, request.headers, { db: db(), throttle: sharedThrottle() });
          if (!outcome.ok) throw new SignInError(outcome.why);
          return { id: outcome.userId, sid: outcome.sessionId };
        },
      }),
      ...googleProvider(),
    ],
    events: {
      // Sign-out through next-auth's own route. The sign-out button goes through `signOutAction`, which also stops
      // where the row could not be deleted.
      async signOut(message) {
        if (!("token" in message) || !message.token) return;
        const { sid, sub } = message.token;
        if (typeof sid !== "string" || typeof sub !== "string" || !isUuid(sid) || !isUuid(sub)) return;
        await closeSession(db(), { sessionId: sid, userId: sub });
      },
    },
    logger: {
      error(error) {
        if (error instanceof CredentialsSignin || CALLERS_FAULT.has(error.name)) return;
        logger.error({ error: describeError(error) }, "next-auth failed");
      },
      warn: (code) => logger.debug({ code }, "next-auth warning"),
      debug: () => {},
    },
  };
}

// Lazy: the environment is read at the first request, so that a build needs none.
export const { handlers, signIn, signOut } = NextAuth(() => nodeAuthConfig());
