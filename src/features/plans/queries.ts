import { eq } from "drizzle-orm";
import type { Reader } from "@/db/client";
import type { Ctx } from "@/db/context";
import { billingPlans, customerBilling } from "@/db/schema/plans";

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
