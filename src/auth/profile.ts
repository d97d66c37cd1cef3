import { and, desc, eq, gt, isNotNull, ne, sql } from "drizzle-orm";
import type { Db, Reader } from "@/db/client";
import { identities, invitations, sessions, users } from "@/db/schema/people";
import { queueMailTo } from "@/features/notifications/service";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import { uuidv7 } from "@/lib/ids";
import { issueLink, type MailLink, peekLink, spendLink, voidLinks } from "./links";
import { hashPassword, verifyNothing, verifyPassword } from "./passwords";
import { endSessionsOf, recordOfPerson } from "./recovery";
import type { Session } from "./session-state";
import { findPerson } from "./store";
import { mailThrottle, type SignInThrottle, sharedThrottle } from "./throttle";
import type { SessionToken } from "./token";

/** What a person sees of their own account. */
export async function profileOf(db: Reader, userId: string) {
  const [row] = await db
    .select({
      name: users.name,
      email: users.email,
      verified: sql<boolean>`${users.emailVerifiedAt} is not null`,
      hasPassword: sql<boolean>`${users.passwordHash} is not null`,
      google: sql<boolean>`exists (select from ${identities} where ${identities.userId} = ${users.id})`,
    })
    .from(users)
    .where(eq(users.id, userId));
  if (!row) throw new Refusal("not_found", "There is no such person.");
  return row;
}

export async function rename(db: Db, session: Session, name: string): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.update(users).set({ name }).where(eq(users.id, session.user.id));
    await recordOfPerson(tx, session.user.id, { action: "person.renamed" });
  });
}

/** How soon after a sign-in somebody without a password may change what opens their account, in minutes. */
const FRESH_MINUTES = 15;

/** @throws Refusal `forbidden` where the session was not opened just now */
async function requireFresh(db: Db, session: Session): Promise<void> {
  const opened = gt(sessions.createdAt, sql`now() - make_interval(mins => ${FRESH_MINUTES})`);
  const [fresh] = await db
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.id, session.sessionId), opened));
  if (fresh) return;
  const how = `Sign out and in again, and do this within ${FRESH_MINUTES} minutes.`;
  throw new Refusal("forbidden", `You have no password that would show that it is you. ${how}`);
}

/**
 * Asks for the password again before what would hand the account to somebody who found the browser open. Somebody without
 * a password shows by a new sign-in that it is them: a mail to the present address only tells, and comes too late.
 * @throws Refusal `forbidden`, `rate_limited`
 */
async function provePassword(db: Db, session: Session, given: string | undefined, throttle: SignInThrottle) {
  const person = await findPerson(db, session.user.email);
  if (!person?.passwordHash) return requireFresh(db, session);
  const who = [session.user.email, `person:${session.user.id}`] as const;
  if (!(await throttle.take(...who))) throw new Refusal("rate_limited", "Too many attempts. Try again in ten minutes.");
  const matches = given
    ? await verifyPassword(person.passwordHash, given)
    : await verifyNothing("nothing was typed here");
  if (!matches) throw new Refusal("forbidden", "That is not your password.");
  await throttle.giveBack(...who);
}

/**
 * Changes the password, or sets the first one, and ends every other session of the person.
 * @throws Refusal `forbidden` where the present one is not right, `rate_limited`
 */
export async function changePassword(
  db: Db,
  session: Session,
  input: { readonly present?: string; readonly password: string },
  throttle = sharedThrottle(),
): Promise<void> {
  await provePassword(db, session, input.present, throttle);
  const passwordHash = await hashPassword(input.password);
  const userId = session.user.id;
  await db.transaction(async (tx) => {
    await tx.update(users).set({ passwordHash }).where(eq(users.id, userId));
    await endSessionsOf(tx, userId, session.sessionId);
    await voidLinks(tx, userId);
    await recordOfPerson(tx, userId, { action: "person.password_changed" });
    const mail = { kind: "team.password_changed", facts: {}, customerId: null, userId };
    await queueMailTo(tx, { ...mail, key: `password:${uuidv7()}` });
  });
}

async function mayMail(throttle: SignInThrottle, session: Session, address: string): Promise<void> {
  if (await throttle.take(address, `person:${session.user.id}`)) return;
  throw new Refusal("rate_limited", "Too many mails were asked for. Try again in ten minutes.");
}

/** Mails a link to the person's own address, by which they show that mail reaches them. */
export async function requestVerification(db: Db, session: Session, throttle = mailThrottle()): Promise<void> {
  const { id: userId, email } = session.user;
  await mayMail(throttle, session, email);
  await db.transaction(async (tx) => {
    const nonce = await issueLink(tx, { purpose: "verify", address: email, userId });
    const mail = { kind: "team.verify", facts: { nonce }, customerId: null, userId };
    await queueMailTo(tx, { ...mail, key: `verify:${uuidv7()}` });
    await recordOfPerson(tx, userId, { action: "person.verification_asked" });
  });
}

/**
 * Begins a change of address: a link to the new one, which alone completes it, and a notice to the old one. Whether the
 * new one is somebody else's is not told here; the link just does not work out then.
 * @throws Refusal `forbidden` where the password is not right, `rate_limited`
 */
export async function requestEmailChange(
  db: Db,
  session: Session,
  input: { readonly email: string; readonly password?: string },
  throttles = { password: sharedThrottle(), mail: mailThrottle() },
): Promise<void> {
  await provePassword(db, session, input.password, throttles.password);
  await mayMail(throttles.mail, session, input.email);
  const userId = session.user.id;
  await db.transaction(async (tx) => {
    const taken = await findPerson(tx, input.email);
    const key = uuidv7();
    if (!taken) {
      const nonce = await issueLink(tx, { purpose: "change_email", address: input.email, userId });
      const mail = { kind: "team.change_email", facts: { nonce, name: session.user.name }, customerId: null };
      await queueMailTo(tx, { ...mail, key: `change-email:${key}`, userId: null, address: input.email });
    }
    const notice = { kind: "team.email_change_asked", facts: { to: input.email }, customerId: null, userId };
    await queueMailTo(tx, { ...notice, key: `change-email-asked:${key}`, address: session.user.email });
    await recordOfPerson(tx, userId, { action: "person.email_change_asked" });
  });
}

/** The link of a confirmation, of either kind, for the page that asks whether to go on. */
export async function pendingConfirmation(db: Reader, secret: unknown): Promise<MailLink | null> {
  return (await peekLink(db, "change_email", secret)) ?? (await peekLink(db, "verify", secret));
}

/**
 * Confirms an address: the person's own, or the one they change to. A link to the address before may have opened sessions,
 * as whoever can read its mail could have one: a change ends them.
 * @param here the session of the browser that confirms, which goes on where it is theirs
 * @returns the address, or null where the link does not work
 */
export async function confirmEmail(db: Db, secret: unknown, here: SessionToken | null = null): Promise<string | null> {
  return db.transaction(async (tx) => {
    const change = await spendLink(tx, "change_email", secret);
    const link = change ?? (await spendLink(tx, "verify", secret));
    if (!link?.userId) return null;
    const { userId, address } = link;
    if (!change) {
      const own = and(eq(users.id, userId), eq(sql`lower(${users.email})`, address));
      const [row] = await tx.update(users).set({ emailVerifiedAt: sql`now()` }).where(own).returning({ id: users.id });
      if (!row) return null;
      await recordOfPerson(tx, userId, { action: "person.email_verified" });
      return address;
    }
    const [before] = await tx.select({ email: users.email }).from(users).where(eq(users.id, userId)).for("update");
    // Somebody else may have come by the address since the link was sent.
    if (!before || (await findPerson(tx, address))) return null;
    await tx.update(users).set({ email: address, emailVerifiedAt: sql`now()` }).where(eq(users.id, userId));
    // What they joined by is found by their address when they are given what names them, or erased.
    await tx
      .update(invitations)
      .set({ email: address })
      .where(and(eq(invitations.email, before.email.toLowerCase()), isNotNull(invitations.acceptedAt)));
    await endSessionsOf(tx, userId, here?.userId === userId ? here.sessionId : undefined);
    await voidLinks(tx, userId);
    await recordOfPerson(tx, userId, { action: "person.email_changed" });
    const mail = {
      kind: "team.email_changed",
      facts: { to: address },
      customerId: null,
      userId,
      address: before.email,
    };
    await queueMailTo(tx, { ...mail, key: `email-changed:${link.id}` });
    return address;
  });
}

/** A person's open sessions, the latest seen first. */
export async function sessionsOf(db: Reader, session: Session) {
  const rows = await db
    .select({
      id: sessions.id,
      userAgent: sessions.userAgent,
      createdAt: sessions.createdAt,
      lastSeenAt: sessions.lastSeenAt,
    })
    .from(sessions)
    .where(
      and(
        eq(sessions.userId, session.user.id),
        gt(sessions.expiresAt, sql`now()`),
        gt(sessions.lastSeenAt, sql`now() - make_interval(mins => ${env().SESSION_IDLE_MINUTES})`),
      ),
    )
    .orderBy(desc(sessions.lastSeenAt))
    .limit(100);
  return rows.map((row) => ({ ...row, current: row.id === session.sessionId }));
}

/**
 * Ends another session of the person, or all others.
 * @returns how many there were
 * @throws Refusal `not_found` where the one named is not theirs
 */
export async function revokeSessions(db: Db, session: Session, sessionId: string | null): Promise<number> {
  return db.transaction(async (tx) => {
    const theirs = and(eq(sessions.userId, session.user.id), ne(sessions.id, session.sessionId));
    const ended = await tx
      .delete(sessions)
      .where(and(theirs, sessionId === null ? undefined : eq(sessions.id, sessionId)))
      .returning({ id: sessions.id });
    if (sessionId !== null && ended.length === 0) throw new Refusal("not_found", "There is no such session.");
    if (ended.length > 0) {
      const details = { sessions: ended.map(({ id }) => id) };
      await recordOfPerson(tx, session.user.id, { action: "person.sessions_ended", details });
    }
    return ended.length;
  });
}
