import { and, asc, eq, gt, lt, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { customers, memberships, sessions, users } from "@/db/schema/people";
import { recordAudit } from "@/features/audit/service";
import { membershipsOf } from "@/features/team/queries";
import { permissionsOf } from "@/features/team/rules";
import { mintCustomerId, mintUserId, uuidv7 } from "@/lib/ids";
import { SESSION_SECONDS } from "./config";
import type { Session } from "./session-state";
import type { SessionToken } from "./token";

/** The person behind an e-mail address (any case), with the hash to check a password against. */
export async function findPerson(db: Db, email: string): Promise<{ id: string; passwordHash: string } | null> {
  const [row] = await db
    .select({ id: users.id, passwordHash: users.passwordHash })
    .from(users)
    .where(eq(sql`lower(${users.email})`, email.toLowerCase()))
    .limit(1);
  return row ?? null;
}

/**
 * Opens a session for a person whose password was just checked, in the brand they joined first, and ends the one
 * that the browser held before: a sign-in never carries on with an old session id.
 * @returns the new session's id, or null where the person belongs to no brand.
 */
export async function openSession(db: Db, userId: string, before: SessionToken | null): Promise<string | null> {
  const [home] = await membershipsOf(db, userId);
  if (!home) return null;
  const sessionId = uuidv7();
  await db.transaction(async (tx) => {
    if (before) {
      await tx.delete(sessions).where(and(eq(sessions.id, before.sessionId), eq(sessions.userId, before.userId)));
    }
    await tx.delete(sessions).where(and(eq(sessions.userId, userId), lt(sessions.expiresAt, sql`now()`)));
    await tx.insert(sessions).values({
      id: sessionId,
      userId,
      customerId: home.customerId,
      expiresAt: sql`now() + make_interval(secs => ${SESSION_SECONDS})`,
    });
    const scope = { customerId: mintCustomerId(home.customerId), actor: { type: "user", id: userId } } as const;
    await recordAudit(tx, scope, { action: "session.opened", subject: sessionId });
  });
  return sessionId;
}

/** Ends a session. Ending one that is over already does nothing. */
export async function closeSession(db: Db, token: SessionToken): Promise<void> {
  await db.transaction(async (tx) => {
    const [ended] = await tx
      .delete(sessions)
      .where(and(eq(sessions.id, token.sessionId), eq(sessions.userId, token.userId)))
      .returning({ customerId: sessions.customerId });
    if (!ended) return;
    const scope = { customerId: mintCustomerId(ended.customerId), actor: { type: "user", id: token.userId } } as const;
    await recordAudit(tx, scope, { action: "session.closed", subject: token.sessionId });
  });
}

/**
 * The session a token names, with person, brand, role and permissions as they are now; null where the row is gone or
 * over, or the person has left the brand. This is where tenant and user ids are minted for the web app.
 */
export async function loadSession(db: Db, token: SessionToken): Promise<Session | null> {
  const [row] = await db
    .select({
      user: { id: users.id, name: users.name, email: users.email },
      customer: { id: customers.id, name: customers.name, slug: customers.slug, timeZone: customers.timeZone },
      role: memberships.role,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .innerJoin(customers, eq(customers.id, sessions.customerId))
    .innerJoin(
      memberships,
      and(eq(memberships.userId, sessions.userId), eq(memberships.customerId, sessions.customerId)),
    )
    .where(and(eq(sessions.id, token.sessionId), eq(sessions.userId, token.userId), gt(sessions.expiresAt, sql`now()`)))
    .limit(1);
  if (!row) return null;
  return {
    sessionId: token.sessionId,
    user: { ...row.user, id: mintUserId(row.user.id) },
    customer: { ...row.customer, id: mintCustomerId(row.customer.id) },
    role: row.role,
    permissions: permissionsOf(row.role),
  };
}

/** The brands a person belongs to, as a switch shows them: by name. */
export async function brandsOf(db: Db, userId: string): Promise<{ name: string; slug: string }[]> {
  return db
    .select({ name: customers.name, slug: customers.slug })
    .from(memberships)
    .innerJoin(customers, eq(customers.id, memberships.customerId))
    .where(eq(memberships.userId, userId))
    .orderBy(asc(customers.name), asc(customers.slug));
}

/**
 * Has a session look at another brand of its person. Both brands' logs tell of it.
 * @returns false where the person does not belong to such a brand
 */
export async function switchBrand(db: Db, session: Session, slug: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [brand] = await tx
      .select({ id: customers.id })
      .from(memberships)
      .innerJoin(customers, eq(customers.id, memberships.customerId))
      .where(and(eq(memberships.userId, session.user.id), eq(customers.slug, slug)));
    if (!brand) return false;
    if (brand.id === session.customer.id) return true;
    await tx
      .update(sessions)
      .set({ customerId: brand.id })
      .where(and(eq(sessions.id, session.sessionId), eq(sessions.userId, session.user.id)));
    const actor = { type: "user", id: session.user.id } as const;
    await recordAudit(
      tx,
      { customerId: session.customer.id, actor },
      { action: "session.left", subject: session.sessionId },
    );
    const scope = { customerId: mintCustomerId(brand.id), actor };
    await recordAudit(tx, scope, { action: "session.entered", subject: session.sessionId });
    return true;
  });
}
