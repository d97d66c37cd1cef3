import { and, desc, eq, gt, sql } from "drizzle-orm";
import type { Ctx, StaffCtx } from "@/db/context";
import { auditLog } from "@/db/schema/audit";
import { apps, customerApps } from "@/db/schema/catalog";
import { customers, memberships, users } from "@/db/schema/people";
import { billingPlans, customerBilling } from "@/db/schema/plans";
import { supportViews } from "@/db/schema/platform";
import { actorName, namesOf } from "@/features/activations/queries";
import { listKeys } from "@/features/keys/queries";
import { balance, latestEntries } from "@/features/metering/queries";
import { Refusal } from "@/lib/errors";
import { mintCustomerId } from "@/lib/ids";
import type { Redis } from "@/lib/redis";
import type { CustomerInput, SupportView } from "./contract";

const ENTRIES = 20;
const LOG = 20;

interface Opened {
  /** The brand's own context, with the member of staff as who acts. */
  readonly ctx: Ctx;
  readonly reason: string;
  readonly expiresAt: Date;
}

/** The brand as this member of staff may look into it; null unless they have opened it and the hour is not over. */
export async function underView(ctx: StaffCtx, { customerId }: CustomerInput): Promise<Opened | null> {
  const [view] = await ctx.db
    .select()
    .from(supportViews)
    .where(
      and(
        eq(supportViews.staffId, ctx.staffId),
        eq(supportViews.customerId, customerId),
        gt(supportViews.expiresAt, sql`now()`),
      ),
    );
  if (!view) return null;
  const { db, actor } = ctx;
  return { ctx: { db, customerId: mintCustomerId(view.customerId), actor }, ...view };
}

/**
 * A brand as its own people see it, for whoever of the staff has said why they look.
 * @throws Refusal `not_found` for a brand that is not there
 */
export async function supportView(staff: StaffCtx, redis: Redis, input: CustomerInput): Promise<SupportView> {
  const [brand] = await staff.db.select().from(customers).where(eq(customers.id, input.customerId));
  if (!brand) throw new Refusal("not_found", "There is no such brand.");
  const opened = await underView(staff, input);
  const { id, name, slug } = brand;
  if (!opened) return { state: "closed", brand: { id, name, slug } };
  const { ctx } = opened;
  const ofBrand = <T extends { customerId: typeof customerBilling.customerId | typeof customerApps.customerId }>(
    table: T,
  ) => eq(table.customerId, ctx.customerId);
  const [plan] = await ctx.db
    .select({
      name: billingPlans.name,
      status: customerBilling.status,
      end: customerBilling.billingCycleEnd,
      subscription: customerBilling.stripeSubscriptionId,
    })
    .from(customerBilling)
    .innerJoin(billingPlans, eq(billingPlans.id, customerBilling.planId))
    .where(ofBrand(customerBilling));
  const turnedOn = await ctx.db
    .select({
      appId: apps.catalogId,
      name: apps.name,
      status: customerApps.status,
      lastUsedAt: customerApps.lastUsedAt,
    })
    .from(customerApps)
    .innerJoin(apps, eq(apps.id, customerApps.appId))
    .where(ofBrand(customerApps))
    .orderBy(apps.name);
  const people = await ctx.db
    .select({ name: users.name, email: users.email, role: memberships.role })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(eq(memberships.customerId, ctx.customerId))
    .orderBy(users.name);
  const days = await ctx.db.execute(sql`
    select d::date::text as date, coalesce(sum(u.tokens), 0)::float8 as tokens, coalesce(sum(u.uses), 0)::float8 as uses
    from customers c
      cross join generate_series((now() at time zone c.time_zone)::date - 29, (now() at time zone c.time_zone)::date, '1 day') d
      left join usage_days u on u.customer_id = c.id and u.mode = 'live' and u.date = d::date
    where c.id = ${ctx.customerId} group by d order by d`);
  const { entries } = await latestEntries(ctx, { mode: "live", limit: ENTRIES });
  const log = await ctx.db
    .select()
    .from(auditLog)
    .where(eq(auditLog.customerId, ctx.customerId))
    .orderBy(desc(auditLog.id))
    .limit(LOG);
  const names = await namesOf(ctx.db, log);
  const { balance: tokens, unlimited, asOf } = await balance(ctx, redis, { mode: "live" });
  return {
    state: "open",
    brand: { id, name, slug, timeZone: brand.timeZone, createdAt: brand.createdAt.toISOString() },
    reason: opened.reason,
    expiresAt: opened.expiresAt.toISOString(),
    plan: plan
      ? {
          name: plan.name,
          status: plan.status,
          periodEnd: plan.end?.toISOString() ?? null,
          paid: plan.subscription !== null,
        }
      : null,
    balance: { tokens, unlimited, asOf },
    apps: turnedOn.map((app) => ({ ...app, lastUsedAt: app.lastUsedAt?.toISOString() ?? null })),
    keys: await listKeys(ctx),
    people,
    days: days.map((row) => ({ date: String(row.date), tokens: Number(row.tokens), uses: Number(row.uses) })),
    entries: entries.map((entry) => ({
      epoch: entry.epoch,
      seq: entry.seq,
      kind: entry.kind,
      delta: entry.delta,
      balanceAfter: entry.balanceAfter,
      app: entry.appName,
      at: entry.occurredAt,
    })),
    log: log.map((row) => ({
      id: row.id,
      action: row.action,
      subject: row.subject,
      actor: actorName(row, names),
      at: row.createdAt.toISOString(),
    })),
  };
}
