import { eq, TransactionRollbackError } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "@/db/client";
import { sessions, users } from "@/db/schema/people";
import { acceptInvitation, pendingInvitation } from "@/features/team/invitations/service";
import { membershipsOf } from "@/features/team/queries";
import { uuidv7 } from "@/lib/ids";
import { newPassword, personName } from "./forms";
import { hashPassword } from "./passwords";
import type { Session } from "./session-state";
import { type SignInOutcome, signInWithPassword } from "./sign-in";
import { type Browser, findPerson, openSessionIn } from "./store";
import { type SignInThrottle, sharedThrottle } from "./throttle";
import type { SessionToken } from "./token";

/** What the page of an invitation shows, and what it asks of whoever opened it. */
export async function invitationFor(db: Db, secret: unknown, session: Session | null) {
  const found = await pendingInvitation(db, secret);
  if (!found) return null;
  const { email, ...shown } = found;
  if (session) {
    const own = session.user.email.toLowerCase() === email;
    // The address is told to nobody but whom it belongs to: a mail may have been passed on.
    return own ? { ...shown, email, state: "ready" as const } : { ...shown, state: "other" as const };
  }
  const person = await findPerson(db, email);
  if (!person) return { ...shown, email, state: "new" as const };
  // Who belongs to no brand has nothing to sign in to: they show who they are here.
  const { length: brands } = await membershipsOf(db, person.id);
  return { ...shown, email, state: brands > 0 ? ("sign-in" as const) : ("known" as const) };
}

/** Joins the brand as who is signed in, and has their session look at it. False where the link does not work for them. */
export async function joinAsMember(db: Db, secret: unknown, session: Session): Promise<boolean> {
  return db.transaction(async (tx) => {
    const customerId = await acceptInvitation(tx, secret, session.user);
    if (!customerId) return false;
    await tx.update(sessions).set({ customerId }).where(eq(sessions.id, session.sessionId));
    return true;
  });
}

/**
 * Joins the brand with the account of the invited address, by its password: for somebody whom no sign-in lets in, because
 * they belong to no brand yet. Throttled as a sign-in is.
 * @returns null where the link does not work
 */
export async function joinAsKnown(
  db: Db,
  secret: unknown,
  password: unknown,
  headers: Headers,
  throttle: SignInThrottle = sharedThrottle(),
): Promise<SignInOutcome | null> {
  const found = await pendingInvitation(db, secret);
  if (!found) return null;
  return signInWithPassword(
    { email: found.email, password },
    headers,
    { db, throttle },
    async (tx, person, browser) => {
      const customerId = await acceptInvitation(tx, secret, person);
      return customerId === null ? null : openSessionIn(tx, person.id, browser, customerId);
    },
  );
}

export const joinForm = z.strictObject({ name: personName, password: newPassword });

/**
 * Makes an account for the invited address, joins the brand and signs in.
 * @returns null where the link does not work, or the address has come by an account meanwhile: that one has to sign in
 */
export async function joinAsNew(
  db: Db,
  secret: unknown,
  form: z.infer<typeof joinForm>,
  browser: Browser,
): Promise<SessionToken | null> {
  const passwordHash = await hashPassword(form.password);
  return db
    .transaction(async (tx) => {
      const found = await pendingInvitation(tx, secret);
      if (!found) return null;
      const person = { id: uuidv7(), email: found.email };
      const [made] = await tx
        .insert(users)
        .values({ ...person, name: form.name, passwordHash })
        .onConflictDoNothing()
        .returning({ id: users.id });
      if (!made) return null;
      const customerId = await acceptInvitation(tx, secret, person);
      // Somebody else was quicker; the account that was just made goes with the transaction.
      if (!customerId) return tx.rollback();
      const sessionId = await openSessionIn(tx, person.id, browser, customerId);
      return sessionId === null ? null : { sessionId, userId: person.id };
    })
    .catch((error: unknown) => {
      if (error instanceof TransactionRollbackError) return null;
      throw error;
    });
}
