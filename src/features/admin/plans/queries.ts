import { asc, sql } from "drizzle-orm";
import type { StaffCtx } from "@/db/context";
import { billingPlans, tokenPacks } from "@/db/schema/plans";
import type { EditedPlans, PlanFields } from "./contract";

type PlanRow = typeof billingPlans.$inferSelect;

/** What is in force of what staff may edit. */
export const fieldsOf = ({ name, tokensPerMonth, features }: PlanRow): PlanFields => ({
  name,
  tokensPerMonth,
  features,
});

/** Every plan and pack, on sale or not. They are no brand's; how many have them is told to staff only. */
export async function editedPlans(ctx: StaffCtx): Promise<EditedPlans> {
  const plans = await ctx.db
    .select({
      plan: billingPlans,
      brands: sql<number>`(select count(*)::int from customer_billing b where b.plan_id = billing_plans.id)`,
    })
    .from(billingPlans)
    .orderBy(asc(billingPlans.priceCents));
  const packs = await ctx.db
    .select({
      pack: tokenPacks,
      topUps: sql<number>`(select count(*)::int from overage_settings o where o.pack_id = token_packs.id and o.mode = 'top_up')`,
    })
    .from(tokenPacks)
    .orderBy(asc(tokenPacks.tokens));
  return {
    plans: plans.map(({ plan, brands }) => ({
      id: plan.id,
      fields: fieldsOf(plan),
      shipped: { ...fieldsOf(plan), ...plan.shipped },
      edited: plan.edited,
      priceCents: plan.priceCents,
      billingCycle: plan.billingCycle,
      lookupKey: plan.stripePriceId,
      onSale: plan.isActive,
      brands,
    })),
    packs: packs.map(({ pack, topUps }) => ({
      id: pack.id,
      tokens: pack.tokens,
      priceCents: pack.priceCents,
      lookupKey: pack.stripePriceId,
      onSale: pack.isActive,
      topUps,
    })),
  };
}
