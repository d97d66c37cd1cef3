import { headers } from "next/headers";
import { db } from "@/db/client";
import { isDatabaseAway } from "@/lib/database-away";
import { logger } from "@/lib/logger";
import { browserOf, setSessionCookie } from "./cookie";
import { describeError } from "./describe-error";
import { doorDeps, type Knock, tryLink } from "./door";
import { invitationFor, joinAsKnown, joinAsMember, joinAsNew, joinForm } from "./joining";
import { peekLink } from "./links";
import { confirmEmail, pendingConfirmation } from "./profile";
import { requestReset, requestSignInLink, resetPassword, signInByLink } from "./recovery";
import { currentSession } from "./session";
import { type FinishForm, finishForm, finishSignUp, pendingSignUp, requestSignUp, signUpForm } from "./sign-up";
import type { SessionToken } from "./token";

/** How an attempt to get in by a link ended. */
type WayIn = "in" | "bad_link" | "wrong" | "no_brand" | "throttled" | "unavailable";

/**
 * Says `unavailable` where Postgres is away. What else goes wrong stands in the log: Next would write down what it is thrown
 * as it is, and an error of the database layer's holds what was to be kept, such as a password's hash.
 */
async function unlessAway<T>(work: () => Promise<T>): Promise<T | "unavailable"> {
  try {
    return await work();
  } catch (error) {
    if (isDatabaseAway(error)) return "unavailable";
    logger.error({ error: describeError(error) }, "a way in failed");
    throw new Error("A way in failed; the log says why");
  }
}

/** Tries a link, and gives the browser the cookie of the session that it opens. */
const enter = (open: () => Promise<SessionToken | null>): Promise<WayIn> =>
  unlessAway(async () => {
    const token = await tryLink(await headers(), open);
    if (token === "throttled") return token;
    if (!token) return "bad_link";
    await setSessionCookie(token);
    return "in";
  });

const asked = (work: () => Promise<Knock>): Promise<Knock | "unavailable"> => unlessAway(work);

/** The ways in as the pages use them: over the process's stores, for the request that is being served. */
export const atTheDoor = () => ({
  forms: { signUp: signUpForm, finish: finishForm, join: joinForm },

  signUp: (sent: Headers, form: Parameters<typeof requestSignUp>[2]) =>
    asked(() => requestSignUp(doorDeps(db()), sent, form)),
  reset: (sent: Headers, email: string) => asked(() => requestReset(doorDeps(db()), sent, email)),
  signInLink: (sent: Headers, email: string) => asked(() => requestSignInLink(doorDeps(db()), sent, email)),

  pendingSignUp: (secret: unknown) => pendingSignUp(db(), secret),
  finishSignUp: (secret: unknown, form: FinishForm) =>
    enter(async () => finishSignUp(db(), secret, form, await browserOf())),

  resetIsOpen: async (secret: unknown) => (await peekLink(db(), "reset", secret)) !== null,
  finishReset: (secret: unknown, password: string) =>
    unlessAway<WayIn>(async () => {
      const browser = await browserOf();
      const done = await tryLink(await headers(), () => resetPassword(db(), secret, password, browser));
      if (done === "throttled") return done;
      if (!done) return "bad_link";
      if (!done.session) return "no_brand";
      await setSessionCookie(done.session);
      return "in";
    }),

  signInLinkIsOpen: async (secret: unknown) => (await peekLink(db(), "sign_in", secret)) !== null,
  finishSignInLink: (secret: unknown) => enter(async () => signInByLink(db(), secret, await browserOf())),

  pendingConfirmation: (secret: unknown) => pendingConfirmation(db(), secret),
  confirmEmail: (secret: unknown) =>
    unlessAway(async () => {
      const { before } = await browserOf();
      const address = await tryLink(await headers(), () => confirmEmail(db(), secret, before));
      return address === "throttled" ? address : address === null ? "bad_link" : "done";
    }),

  invitation: async (secret: unknown) => {
    const gate = await currentSession();
    return invitationFor(db(), secret, gate.state === "in" ? gate.session : null);
  },
  joinAsNew: (secret: unknown, form: Parameters<typeof joinAsNew>[2]) =>
    enter(async () => joinAsNew(db(), secret, form, await browserOf())),
  joinAsKnown: (secret: unknown, password: unknown) =>
    unlessAway<WayIn>(async () => {
      const outcome = await joinAsKnown(db(), secret, password, await headers());
      if (!outcome?.ok) return outcome?.why ?? "bad_link";
      await setSessionCookie(outcome);
      return "in";
    }),
  joinAsMember: (secret: unknown) =>
    unlessAway(async () => {
      const gate = await currentSession();
      if (gate.state !== "in") return "bad_link";
      return (await joinAsMember(db(), secret, gate.session)) ? "in" : "bad_link";
    }),
});
