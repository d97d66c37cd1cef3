import { and, eq, ne, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { sessions, users } from "@/db/schema/people";
import { recordAudit } from "@/features/audit/service";
import { queueMailTo } from "@/features/notifications/service";
import { membershipsOf } from "@/features/team/queries";
import { mintCustomerId, uuidv7 } from "@/lib/ids";
import { type DoorDeps, type Knock, knock } from "./door";
import { issueLink, spendLink, voidLinks } from "./links";
import { hashPassword } from "./passwords";
import { type Browser, findPerson, openSessionIn } from "./store";
import type { SessionToken } from "./token";

/** Mails a link by which a new password is chosen; to an address without an account, a mail that says so. */
export const requestReset = (deps: DoorDeps, headers: Headers, email: string): Promise<Knock> =>
  mailLink(deps, headers, email, "reset");

/** Mails a link that signs in. */
export const requestSignInLink = (deps: DoorDeps, headers: Headers, email: string): Promise<Knock> =>
  mailLink(deps, headers, email, "sign_in");

function mailLink(deps: DoorDeps, headers: Headers, email: string, purpose: "reset" | "sign_in"): Promise<Knock> {
  return knock(deps, headers, email, async (tx) => {
    const person = await findPerson(tx, email);
    const key = `${purpose}:${uuidv7()}`;
    if (!person) {
      const mail = { key, kind: "team.no_account", facts: {}, customerId: null, userId: null };
      await queueMailTo(tx, { ...mail, address: email });
      return;
    }
    // A sign-in would open nothing; the password is worth having for an invitation.
    if (purpose === "sign_in" && (await membershipsOf(tx, person.id)).length === 0) {
      await queueMailTo(tx, { key, kind: "team.no_brand", facts: {}, customerId: null, userId: person.id });
      return;
    }
    const nonce = await issueLink(tx, { purpose, address: person.email, userId: person.id });
    await queueMailTo(tx, { key, kind: `team.${purpose}`, facts: { nonce }, customerId: null, userId: person.id });
  });
}

/** Notes in the log of each of a person's brands what they did to their own account. */
export async function recordOfPerson(
  tx: Tx,
  userId: string,
  event: { readonly action: string; readonly details?: Record<string, unknown> },
): Promise<void> {
  for (const brand of await membershipsOf(tx, userId)) {
    const scope = { customerId: mintCustomerId(brand.customerId), actor: { type: "user", id: userId } } as const;
    await recordAudit(tx, scope, { ...event, subject: userId });
  }
}

/** Ends the person's sessions, all but the one named. */
export async function endSessionsOf(tx: Tx, userId: string, but?: string): Promise<void> {
  await tx
    .delete(sessions)
    .where(and(eq(sessions.userId, userId), but === undefined ? undefined : ne(sessions.id, but)));
}

/** True where mail to the address a link was sent to still reaches the person's account. */
async function stillTheirs(tx: Tx, userId: string, address: string): Promise<boolean> {
  const [row] = await tx
    .update(users)
    // Who follows a link has shown that mail reaches them.
    .set({ emailVerifiedAt: sql`coalesce(${users.emailVerifiedAt}, now())` })
    .where(and(eq(users.id, userId), eq(sql`lower(${users.email})`, address)))
    .returning({ id: users.id });
  return row !== undefined;
}

/**
 * Sets a new password by a link, ends every session of the person and every other link to them, and signs them in here.
 * @returns null where the link does not work; the session is null for somebody who belongs to no brand
 */
export async function resetPassword(
  db: Db,
  secret: unknown,
  password: string,
  browser: Browser,
): Promise<{ session: SessionToken | null } | null> {
  const passwordHash = await hashPassword(password);
  return db.transaction(async (tx) => {
    const link = await spendLink(tx, "reset", secret);
    if (!link?.userId || !(await stillTheirs(tx, link.userId, link.address))) return null;
    const { userId } = link;
    await tx.update(users).set({ passwordHash }).where(eq(users.id, userId));
    await endSessionsOf(tx, userId);
    await voidLinks(tx, userId);
    await recordOfPerson(tx, userId, { action: "person.password_reset" });
    await queueMailTo(tx, {
      ...{ key: `password:${link.id}`, kind: "team.password_changed", facts: {} },
      ...{ customerId: null, userId },
    });
    const sessionId = await openSessionIn(tx, userId, browser);
    return { session: sessionId === null ? null : { sessionId, userId } };
  });
}

/** Signs in by a link. Null where it does not work, or the person belongs to no brand. */
export async function signInByLink(db: Db, secret: unknown, browser: Browser): Promise<SessionToken | null> {
  return db.transaction(async (tx) => {
    const link = await spendLink(tx, "sign_in", secret);
    if (!link?.userId || !(await stillTheirs(tx, link.userId, link.address))) return null;
    const sessionId = await openSessionIn(tx, link.userId, browser);
    return sessionId === null ? null : { sessionId, userId: link.userId };
  });
}
