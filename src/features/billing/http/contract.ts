import { z } from "zod";
import { billingStatus, invoiceView, packId, planId } from "../contract";

/** The bodies of the REST API's billing routes (CONTRACT: Billing), in the spelling of seed 002. */
const cents = z.int();
/** Lower case, as Stripe and our webhooks have it. */
const currency = z.string().regex(/^[a-z]{3}$/);
const when = z.iso.datetime();

/** Body of `POST /api/v1/customer/billing/subscribe` (seed 002). */
export const subscribeBody = z.strictObject({
  plan_id: planId,
  payment_method_id: z.string().regex(/^pm_[A-Za-z0-9_]{1,200}$/, "must be a payment method's id such as pm_123"),
});
export type SubscribeBody = z.output<typeof subscribeBody>;
export const subscribeResponse = z.object({
  success: z.literal(true),
  plan_id: z.string(),
  status: billingStatus,
  current_period_start: when,
  current_period_end: when,
});
export type SubscribeResponse = z.infer<typeof subscribeResponse>;
/** Body of `POST …/billing/checkout`: exactly one of the two. */
export const checkoutBody = z
  .strictObject({ plan_id: planId.optional(), pack_id: packId.optional() })
  .refine((it) => (it.plan_id === undefined) !== (it.pack_id === undefined), {
    error: "name a plan_id or a pack_id, not both",
  });
export const portalBody = z.strictObject({});
/** Answer of `GET …/billing/plans` (seed 002). */
export const plansResponse = z.object({
  plans: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      /** -1 is unlimited. */
      tokens_per_month: z.int().min(-1),
      price_cents: cents,
      currency,
      billing_cycle: z.enum(["monthly", "yearly"]),
      features: z.array(z.string()),
      stripe_price_id: z.string().nullable(),
    }),
  ),
  token_packs: z.array(
    z.object({
      id: z.string(),
      tokens: z.int(),
      price_cents: cents,
      currency,
      stripe_price_id: z.string().nullable(),
    }),
  ),
});
export const invoicesQuery = z.strictObject({
  cursor: z
    .string()
    .regex(/^in_\w{1,97}$/, "must be a next_cursor as an answer gave it")
    .optional(),
});
export const invoicesResponse = z.object({
  invoices: z.array(
    z.object({
      id: z.string(),
      number: z.string().nullable(),
      status: invoiceView.shape.status,
      description: z.string(),
      amount_cents: cents,
      paid_cents: cents,
      currency,
      created_at: when,
      period_start: when.nullable(),
      period_end: when.nullable(),
      hosted_url: z.string().nullable(),
      pdf_url: z.string().nullable(),
    }),
  ),
  next_cursor: z.string().nullable(),
});
