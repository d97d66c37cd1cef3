import { and, asc, desc, eq, gt, isNull, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import type { Ctx } from "@/db/context";
import { invitations, memberships, sessions, users } from "@/db/schema/people";
import type { Invitation, Member } from "./contract";
import type { Role } from "./rules";

/**
 * The brands a person belongs to, the one they joined first at the front. The one read of this feature without a
 * tenant in its `where`: it is what the session gate finds the tenant with.
 */
export async function membershipsOf(db: Reader, userId: string): Promise<{ customerId: string; role: Role }[]> {
  return db
    .select({ customerId: memberships.customerId, role: memberships.role })
    .from(memberships)
    .where(eq(memberships.userId, userId))
    .orderBy(asc(memberships.createdAt), asc(memberships.customerId));
}

/** Whether days can be counted by a time zone's clock: Postgres does that, and knows fewer names than Node or a browser. */
export async function knowsTimeZone(db: Reader, name: string): Promise<boolean> {
  if (name === "UTC") return true;
  const [row] = await db.execute(sql`select exists (select from pg_timezone_names where name = ${name}) as known`);
  return row?.known === true;
}

/** The people of the brand, by name. */
export async function membersOf(ctx: Ctx): Promise<Member[]> {
  const rows = await ctx.db
    .select({
      userId: memberships.userId,
      name: users.name,
      email: users.email,
      role: memberships.role,
      joinedAt: memberships.createdAt,
      lastSeenAt: sql<Date | string | null>`(select max(${sessions.lastSeenAt}) from ${sessions}
        where ${sessions.userId} = ${memberships.userId} and ${sessions.customerId} = ${memberships.customerId})`,
    })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(eq(memberships.customerId, ctx.customerId))
    .orderBy(asc(sql`lower(${users.name})`), asc(users.id));
  return rows.map((row) => ({
    ...row,
    joinedAt: row.joinedAt.toISOString(),
    lastSeenAt: row.lastSeenAt === null ? null : new Date(row.lastSeenAt).toISOString(),
  }));
}

/** Invitations that nobody has taken up or withdrawn, the newest first; those that are over too, because they can be renewed. */
export async function openInvitations(ctx: Ctx): Promise<Invitation[]> {
  const rows = await ctx.db
    .select({
      id: invitations.id,
      email: invitations.email,
      role: invitations.role,
      invitedBy: users.name,
      createdAt: invitations.createdAt,
      expiresAt: invitations.expiresAt,
      expired: sql<boolean>`${invitations.expiresAt} <= now()`,
    })
    .from(invitations)
    .leftJoin(users, eq(users.id, invitations.invitedBy))
    .where(
      and(
        eq(invitations.customerId, ctx.customerId),
        isNull(invitations.acceptedAt),
        isNull(invitations.revokedAt),
        gt(invitations.expiresAt, sql`now() - interval '30 days'`),
      ),
    )
    .orderBy(desc(invitations.createdAt), desc(invitations.id));
  return rows.map((row) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
  }));
}
