import { and, asc, eq, gt, lt, sql } from "drizzle-orm";
import type { Db, Reader, Tx } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { customers, memberships, sessions, users } from "@/db/schema/people";
import { recordAudit } from "@/features/audit/service";
import { membershipsOf } from "@/features/team/queries";
import { permissionsOf } from "@/features/team/rules";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import { mintCustomerId, mintUserId, uuidv7 } from "@/lib/ids";
import { SESSION_SECONDS } from "./config";
import type { Session } from "./session-state";
import type { SessionToken } from "./token";

/** A person as the door knows them. Without a password they come by a link or through a provider. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly passwordHash: string | null;
}

/** The person behind an e-mail address (any case), with the hash to check a password against. */
export async function findPerson(db: Reader, email: string): Promise<Person | null> {
  const [row] = await db
    .select({ id: users.id, name: users.name, email: users.email, passwordHash: users.passwordHash })
    .from(users)
    .where(eq(sql`lower(${users.email})`, email.toLowerCase()))
    .limit(1);
  return row ?? null;
}

/** The browser a session is opened for. */
export interface Browser {
  /** The session it held before. */
  readonly before: SessionToken | null;
  /** What it says of itself. */
  readonly userAgent?: string;
}

/**
 * Opens a session for a person who has just proved who they are, in the brand they joined first, and ends the one
 * that the browser held before: a sign-in never carries on with an old session id.
 * @returns the new session's id, or null where the person belongs to no brand.
 */
export async function openSession(db: Db, userId: string, before: SessionToken | null): Promise<string | null> {
  return db.transaction((tx) => openSessionIn(tx, userId, { before }));
}

/** The same inside a transaction that is open already; `customerId` names one of the person's brands to begin in. */
export async function openSessionIn(
  tx: Tx,
  userId: string,
  browser: Browser,
  customerId?: string,
): Promise<string | null> {
  const brands = await membershipsOf(tx, userId);
  const home = brands.find((brand) => brand.customerId === customerId) ?? brands[0];
  if (!home) return null;
  const sessionId = uuidv7();
  const { before, userAgent = "" } = browser;
  if (before) {
    await tx.delete(sessions).where(and(eq(sessions.id, before.sessionId), eq(sessions.userId, before.userId)));
  }
  await tx.delete(sessions).where(and(eq(sessions.userId, userId), lt(sessions.expiresAt, sql`now()`)));
  await tx.insert(sessions).values({
    id: sessionId,
    userId,
    customerId: home.customerId,
    userAgent: userAgent.replace(/\p{Cc}/gu, "").slice(0, 300),
    expiresAt: sql`now() + make_interval(secs => ${SESSION_SECONDS})`,
  });
  const scope = { customerId: mintCustomerId(home.customerId), actor: { type: "user", id: userId } } as const;
  await recordAudit(tx, scope, { action: "session.opened", subject: sessionId });
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
    .where(
      and(
        eq(sessions.id, token.sessionId),
        eq(sessions.userId, token.userId),
        gt(sessions.expiresAt, sql`now()`),
        gt(sessions.lastSeenAt, sql`now() - make_interval(mins => ${env().SESSION_IDLE_MINUTES})`),
      ),
    )
    .limit(1);
  if (!row) return null;
  return {
    sessionId: token.sessionId,
    user: { ...row.user, id: mintUserId(row.user.id) },
    customer: { ...row.customer, id: mintCustomerId(row.customer.id) },
    idleMinutes: env().SESSION_IDLE_MINUTES,
    role: row.role,
    permissions: permissionsOf(row.role),
  };
}

/** Notes that a person did something in a session, at most once a minute. */
export async function touchSession(db: Db, token: SessionToken): Promise<void> {
  await db
    .update(sessions)
    .set({ lastSeenAt: sql`now()` })
    .where(
      and(
        eq(sessions.id, token.sessionId),
        eq(sessions.userId, token.userId),
        lt(sessions.lastSeenAt, sql`now() - interval '1 minute'`),
      ),
    );
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
 * @throws Refusal `forbidden` where their role there has changed since the sign-in: who holds an old session of theirs must not
 * come by the new one, and such a session was not ended with those that looked at the brand at the time
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
    const [changed] = await tx
      .select({ id: auditLog.id })
      .from(auditLog)
      .innerJoin(sessions, lt(sessions.createdAt, auditLog.createdAt))
      .where(
        and(
          eq(sessions.id, session.sessionId),
          eq(auditLog.customerId, brand.id),
          eq(auditLog.action, "person.role_changed"),
          eq(auditLog.subject, session.user.id),
        ),
      )
      .limit(1);
    if (changed) {
      throw new Refusal("forbidden", "Your role in this brand has changed since you signed in. Sign out and in again.");
    }
    await tx
      .update(sessions)
      .set({ customerId: brand.id })
      .where(and(eq(sessions.id, session.sessionId), eq(sessions.userId, session.user.id)));
    const actor = { type: "user", id: session.user.id } as const;
    const left = { customerId: session.customer.id, actor };
    await recordAudit(tx, left, { action: "session.left", subject: session.sessionId });
    const entered = { customerId: mintCustomerId(brand.id), actor };
    await recordAudit(tx, entered, { action: "session.entered", subject: session.sessionId });
    return true;
  });
}
