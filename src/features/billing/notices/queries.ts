import { eq, sql } from "drizzle-orm";
import type { Ctx } from "@/db/context";
import { billingPlans, customerBilling } from "@/db/schema/plans";
import type { StandingOutput } from "../contract";

/** How the subscription stands, from our own books alone: every page asks, so nobody else is. */
export async function standingOf(ctx: Ctx): Promise<StandingOutput> {
  const [row] = await ctx.db
    .select({
      status: customerBilling.status,
      confirming: sql<
        string | null
      >`case when ${customerBilling.confirmingUntil} > now() then ${billingPlans.name} end`,
    })
    .from(customerBilling)
    .leftJoin(billingPlans, eq(billingPlans.id, customerBilling.confirmingPlanId))
    .where(eq(customerBilling.customerId, ctx.customerId));
  return { status: row?.status ?? "none", confirming: row?.confirming ?? null };
}
