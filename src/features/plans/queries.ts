import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import type { Ctx } from "@/db/context";
import { apps, customerApps } from "@/db/schema/catalog";
import { billingPlans, customerBilling, tokenPacks } from "@/db/schema/plans";
import type { Offers } from "./contract";
import { type Coverage, covers } from "./rules";

/** A plan by its id; undefined where there is none. */
export async function findPlan(db: Reader, planId: string) {
  const [plan] = await db.select().from(billingPlans).where(eq(billingPlans.id, planId));
  return plan;
}

/** True for a plan whose tokens never run out. */
export const isUnlimited = (plan: { tokensPerMonth: number }): boolean => plan.tokensPerMonth === -1;

/** The brand's billing period, where it has a subscription: one that has ended has no period any more. */
export async function billingPeriod(ctx: {
  readonly db: Reader;
  readonly customerId: string;
}): Promise<{ start: Date; end: Date } | null> {
  const [billing] = await ctx.db.select().from(customerBilling).where(eq(customerBilling.customerId, ctx.customerId));
  return billing?.billingCycleStart && billing.billingCycleEnd && billing.status !== "canceled"
    ? { start: billing.billingCycleStart, end: billing.billingCycleEnd }
    : null;
}

/** What the brand's subscription opens at this moment. Pass the transaction where the answer decides a write. */
export async function coverageOf(db: Reader, customerId: string): Promise<Coverage> {
  const [billing] = await db
    .select({
      planId: customerBilling.planId,
      name: billingPlans.name,
      status: customerBilling.status,
      // By the clock of whoever wrote the date: the database's.
      late: sql<boolean>`coalesce(${customerBilling.graceUntil} <= now(), ${customerBilling.stripeSubscriptionId} is not null)`,
    })
    .from(customerBilling)
    .innerJoin(billingPlans, eq(billingPlans.id, customerBilling.planId))
    .where(eq(customerBilling.customerId, customerId));
  if (!billing) return { plan: null, inForce: true };
  return {
    plan: { id: billing.planId, name: billing.name },
    inForce: billing.status === "active" || (billing.status === "past_due" && !billing.late),
  };
}

/** The plans and packs on sale, the cheapest first. */
export async function offers(db: Reader): Promise<Offers> {
  const plans = await db
    .select()
    .from(billingPlans)
    .where(eq(billingPlans.isActive, true))
    .orderBy(asc(billingPlans.priceCents));
  const packs = await db.select().from(tokenPacks).where(eq(tokenPacks.isActive, true)).orderBy(asc(tokenPacks.tokens));
  return {
    plans: plans.map(({ id, name, tokensPerMonth, priceCents }) => ({ id, name, tokensPerMonth, priceCents })),
    packs: packs.map(({ id, tokens, priceCents }) => ({ id, tokens, priceCents })),
  };
}

/** The apps a brand has running that a plan does not cover: they stop when it takes over. */
export async function appsAbove(db: Reader, customerId: string, planId: string) {
  const running = await db
    .select({ id: apps.catalogId, slug: apps.slug, name: apps.name, tier: apps.pricingTier })
    .from(customerApps)
    .innerJoin(apps, eq(apps.id, customerApps.appId))
    .where(and(eq(customerApps.customerId, customerId), eq(customerApps.status, "active")))
    .orderBy(asc(apps.catalogId));
  const plan = { plan: { id: planId, name: planId }, inForce: true };
  return running.filter((app) => !covers(plan, app.tier)).map(({ id, slug, name }) => ({ id, slug, name }));
}

/** The apps that one plan opens and another does not. */
export async function appsOpenedBy(db: Reader, planId: string, presentPlanId: string | null) {
  const all = await db
    .select({ id: apps.catalogId, slug: apps.slug, name: apps.name, tier: apps.pricingTier })
    .from(apps)
    .orderBy(asc(apps.catalogId));
  const opens = (id: string | null, tier: (typeof all)[number]["tier"]) =>
    covers({ plan: id === null ? null : { id, name: id }, inForce: true }, tier);
  return all
    .filter((app) => opens(planId, app.tier) && !opens(presentPlanId, app.tier))
    .map(({ id, slug, name }) => ({ id, slug, name }));
}

/** A plan by what its price is called at Stripe: a lookup key, or an id. */
export async function planOfPrice(db: Reader, names: readonly (string | null)[]) {
  const known = names.filter((name) => name !== null);
  const [plan] = await db.select().from(billingPlans).where(inArray(billingPlans.stripePriceId, known));
  return plan;
}

/** A pack by its id; undefined where there is none. */
export async function findPack(db: Reader, packId: string) {
  const [pack] = await db.select().from(tokenPacks).where(eq(tokenPacks.id, packId));
  return pack;
}

/** The brand's subscription as we know it; undefined without one. */
export async function subscriptionOf(ctx: Pick<Ctx, "customerId"> & { readonly db: Reader }) {
  const [row] = await ctx.db.select().from(customerBilling).where(eq(customerBilling.customerId, ctx.customerId));
  return row;
}
