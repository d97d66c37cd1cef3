import { and, asc, eq, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import type { Ctx } from "@/db/context";
import { apps, configurationVersions, customerApps } from "@/db/schema/catalog";
import { tokenUsage } from "@/db/schema/metering";
import { customers, invitations, memberships, users } from "@/db/schema/people";
import type { Redis } from "@/lib/redis";
import { installationOf } from "../embed/queries";
import type { Onboarding } from "./contract";
import { isShown } from "./rules";

/** How far the brand has come, for one of its people. */
export async function onboardingOf(ctx: Ctx, redis: Redis, userId: string): Promise<Onboarding> {
  const ours = eq(customers.id, ctx.customerId);
  const [row] = await ctx.db
    .select({
      since: customers.createdAt,
      firstTokenAt: customers.firstTokenAt,
      used: sql<string | null>`(select min(${tokenUsage.createdAt})::text from ${tokenUsage}
        where ${tokenUsage.customerId} = ${customers.id} and ${customers.firstTokenAt} is null)`,
      verified: sql<boolean>`${users.emailVerifiedAt} is not null`,
      hidden: sql<boolean>`${memberships.checklistHiddenAt} is not null`,
      tourSeen: sql<boolean>`${memberships.tourSeenAt} is not null`,
      configured: sql<boolean>`exists (select from ${configurationVersions}
        where ${configurationVersions.customerId} = ${customers.id} and ${configurationVersions.version} > 1)`,
      others: sql<boolean>`(select count(*) > 1 from memberships m where m.customer_id = ${customers.id})
        or exists (select from ${invitations} where ${invitations.customerId} = ${customers.id})`,
    })
    .from(customers)
    .innerJoin(memberships, and(eq(memberships.customerId, customers.id), eq(memberships.userId, userId)))
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(ours);
  if (!row) throw new Error("Somebody who is not of the brand asked for its first steps");
  const on = await ctx.db
    .select({ id: apps.catalogId, slug: apps.slug, name: apps.name })
    .from(customerApps)
    .innerJoin(apps, eq(apps.id, customerApps.appId))
    .where(eq(customerApps.customerId, ctx.customerId))
    .orderBy(asc(customerApps.activatedAt));
  const seen = await Promise.all(
    // Redis away is no reason to show no page: the step is not known to be done.
    on.map(({ id }) =>
      installationOf(redis, { customerId: ctx.customerId, appId: id }).then(
        ({ seen }) => seen !== null,
        () => false,
      ),
    ),
  );
  const firstTokenAt = row.firstTokenAt ?? (row.used === null ? null : new Date(row.used));
  const done = {
    verify: row.verified,
    activate: on.length > 0,
    configure: row.configured,
    embed: seen.some(Boolean),
    first_token: firstTokenAt !== null,
    invite: row.others,
  };
  const [first] = on;
  return {
    shown: isShown({ done, hidden: row.hidden, firstTokenAt }, Date.now()),
    tourSeen: row.tourSeen,
    done,
    app: first ? { slug: first.slug, name: first.name } : null,
    secondsToFirstToken: firstTokenAt === null ? null : (firstTokenAt.getTime() - row.since.getTime()) / 1000,
  };
}

/**
 * How long brands took from sign-up to their first token, in seconds, over all that signed up since a day; for operators.
 * Brands that have spent none are counted, because leaving them out would flatter the figure.
 */
export async function timeToFirstToken(db: Reader, since: Date) {
  const [row] = await db
    .select({
      brands: sql<number>`count(*)::int`,
      spent: sql<number>`count(${customers.firstTokenAt})::int`,
      median: sql<number | null>`percentile_cont(0.5) within group (order by extract(epoch from
        ${customers.firstTokenAt} - ${customers.createdAt})::float8) filter (where ${customers.firstTokenAt} is not null)`,
      p90: sql<number | null>`percentile_cont(0.9) within group (order by extract(epoch from
        ${customers.firstTokenAt} - ${customers.createdAt})::float8) filter (where ${customers.firstTokenAt} is not null)`,
    })
    .from(customers)
    .where(sql`${customers.createdAt} >= ${since.toISOString()}::timestamptz`);
  return row ?? { brands: 0, spent: 0, median: null, p90: null };
}
