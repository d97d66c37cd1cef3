import { eq } from "drizzle-orm";
import type { StaffCtx } from "@/db/context";
import { billingPlans, tokenPacks } from "@/db/schema/plans";
import { recordAudit } from "@/features/audit/service";
import { Refusal } from "@/lib/errors";
import { type EditPlanInput, PLAN_FIELDS, type PlanFields, type SetPackInput } from "./contract";
import { fieldsOf } from "./queries";

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
const differing = (one: PlanFields, other: Partial<PlanFields>) =>
  PLAN_FIELDS.filter((field) => !same(one[field], other[field]));

/**
 * Changes what a plan is called, gives and says of itself, and whether it is on sale. Tokens of a period that is paid stay
 * as they were given; the next payment gives the new number. Who is on a plan that is off sale stays on it.
 * @throws Refusal `not_found`, `configuration_changed`, `invalid_request` where nothing differs, or where a plan with tokens
 *         would become one without end, or the other way round
 */
export async function editPlan(ctx: StaffCtx, input: EditPlanInput): Promise<{ id: string }> {
  const { planId, seen, fields, onSale, reason } = input;
  await ctx.db.transaction(async (tx) => {
    const [plan] = await tx.select().from(billingPlans).where(eq(billingPlans.id, planId)).for("update");
    if (!plan) throw new Refusal("not_found", "There is no such plan.");
    const was = fieldsOf(plan);
    const { onSale: sold, ...saw } = seen;
    if (differing(was, saw).length > 0 || sold !== plan.isActive) {
      throw new Refusal("configuration_changed", "The plan was changed since you opened this page. Look at it again.");
    }
    const changed = differing(fields, was);
    if (changed.length === 0 && onSale === plan.isActive) {
      throw new Refusal("invalid_request", "Nothing differs from how the plan is.");
    }
    if ((fields.tokensPerMonth === -1) !== (was.tokensPerMonth === -1)) {
      // Accounts are metered or not by the plan they were opened with.
      throw new Refusal(
        "invalid_request",
        "A plan with tokens cannot become one without end, nor the other way round.",
      );
    }
    await tx
      .update(billingPlans)
      .set({ ...fields, isActive: onSale, edited: differing(fields, plan.shipped) })
      .where(eq(billingPlans.id, planId));
    const words = (value: unknown) => (Array.isArray(value) ? value.join(", ") : String(value));
    await recordAudit(tx, ctx, {
      action: "catalogue.plan_changed",
      subject: planId,
      details: {
        ...Object.fromEntries(changed.map((field) => [field, `${words(was[field])} → ${words(fields[field])}`])),
        ...(onSale === plan.isActive ? {} : { onSale }),
        reason,
      },
    });
  });
  return { id: planId };
}

/**
 * Puts a pack on sale or takes it off. A top-up that buys it pauses meanwhile.
 * @throws Refusal `not_found`, `invalid_request` where it is so already
 */
export async function setPack(ctx: StaffCtx, { packId, onSale, reason }: SetPackInput): Promise<{ id: string }> {
  await ctx.db.transaction(async (tx) => {
    const [pack] = await tx.select().from(tokenPacks).where(eq(tokenPacks.id, packId)).for("update");
    if (!pack) throw new Refusal("not_found", "There is no such pack.");
    if (pack.isActive === onSale) throw new Refusal("invalid_request", "It is so already.");
    await tx.update(tokenPacks).set({ isActive: onSale }).where(eq(tokenPacks.id, packId));
    await recordAudit(tx, ctx, { action: "catalogue.pack_changed", subject: packId, details: { onSale, reason } });
  });
  return { id: packId };
}
