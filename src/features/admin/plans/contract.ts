import { z } from "zod";

const line = (least: number, most: number) =>
  z
    .string()
    .trim()
    .min(least, { error: `at least ${least} characters` })
    .max(most, { error: `at most ${most} characters` })
    .regex(/^\P{Cc}*$/u, { error: "one line of plain text" });
const reason = z
  .string()
  .trim()
  .min(5, { error: "say why, in 5 to 300 characters" })
  .max(300, { error: "say why, in 5 to 300 characters" });

const fields = {
  name: line(2, 40),
  /** -1 is unlimited; a plan stays what it is in that. */
  tokensPerMonth: z
    .int({ error: "a whole number of tokens" })
    .min(-1)
    .max(1_000_000_000)
    .refine((tokens) => tokens !== 0, { error: "at least 1 token" }),
  features: z.array(line(2, 80)).min(1, { error: "at least one" }).max(10, { error: "at most 10" }),
};
export const planFields = z.strictObject(fields);
export type PlanFields = z.infer<typeof planFields>;
export const PLAN_FIELDS = Object.keys(fields) as (keyof PlanFields)[];

export const editPlanInput = z.strictObject({
  planId: z.string().min(1).max(50),
  /** What the editor has seen: where it is no longer so, nothing is changed. */
  seen: planFields.extend({ onSale: z.boolean() }),
  fields: planFields,
  onSale: z.boolean(),
  reason,
});
export type EditPlanInput = z.infer<typeof editPlanInput>;
export const setPackInput = z.strictObject({ packId: z.string().min(1).max(50), onSale: z.boolean(), reason });
export type SetPackInput = z.infer<typeof setPackInput>;
export const editedOutput = z.object({ id: z.string() });

export const editedPlansOutput = z.object({
  plans: z.array(
    z.object({
      id: z.string(),
      fields: planFields,
      shipped: planFields,
      edited: z.array(z.enum(PLAN_FIELDS)),
      priceCents: z.int(),
      billingCycle: z.enum(["monthly", "yearly"]),
      lookupKey: z.string().nullable(),
      onSale: z.boolean(),
      /** Brands on it. */
      brands: z.int(),
    }),
  ),
  packs: z.array(
    z.object({
      id: z.string(),
      tokens: z.int(),
      priceCents: z.int(),
      lookupKey: z.string().nullable(),
      onSale: z.boolean(),
      /** Brands whose top-up buys it. */
      topUps: z.int(),
    }),
  ),
});
export type EditedPlans = z.infer<typeof editedPlansOutput>;
export type EditedPlan = EditedPlans["plans"][number];
