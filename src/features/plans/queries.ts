import { asc, eq } from "drizzle-orm";
import type { Reader } from "@/db/client";
import type { Ctx } from "@/db/context";
import { billingPlans, customerBilling, tokenPacks } from "@/db/schema/plans";
import type { Offers } from "./contract";
import type { Coverage } from "./rules";

/** A plan by its id; undefined where there is none. */
export async function findPlan(db: Reader, planId: string) {
  const [plan] = await db.select().from(billingPlans).where(eq(billingPlans.id, planId));
  return plan;
}

/** True for a plan whose tokens never run out. */
export const isUnlimited = (plan: { tokensPerMonth: number }): boolean => plan.tokensPerMonth === -1;

/** The brand's billing period, where it has a subscription. */
export async function billingPeriod(ctx: Ctx): Promise<{ start: Date; end: Date } | null> {
  const [billing] = await ctx.db.select().from(customerBilling).where(eq(customerBilling.customerId, ctx.customerId));
  return billing?.billingCycleStart && billing.billingCycleEnd
    ? { start: billing.billingCycleStart, end: billing.billingCycleEnd }
    : null;
}

/** What the brand's subscription opens at this moment. Pass the transaction where the answer decides a write. */
export async function coverageOf(db: Reader, customerId: string): Promise<Coverage> {
  const [billing] = await db
    .select({ planId: customerBilling.planId, name: billingPlans.name, status: customerBilling.status })
    .from(customerBilling)
    .innerJoin(billingPlans, eq(billingPlans.id, customerBilling.planId))
    .where(eq(customerBilling.customerId, customerId));
  if (!billing) return { plan: null, inForce: true };
  return {
    plan: { id: billing.planId, name: billing.name },
    inForce: billing.status === "active" || billing.status === "past_due",
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
