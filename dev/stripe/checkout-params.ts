import type Stripe from "stripe";
import { z } from "zod";
import { expand, flag, int, metadata, takes, text } from "./params";

/** What a Checkout session can be asked for. */
export const creatingSession = takes<Stripe.Checkout.SessionCreateParams>()({
  mode: z.enum(["payment", "subscription"]),
  line_items: z.array(z.strictObject({ price: text, quantity: int })).min(1),
  success_url: text,
  cancel_url: text.optional(),
  ui_mode: z.literal("hosted_page").optional(),
  client_reference_id: text.optional(),
  customer: text.optional(),
  customer_email: text.optional(),
  customer_creation: z.enum(["always", "if_required"]).optional(),
  customer_update: z
    .strictObject({
      address: z.enum(["auto", "never"]).optional(),
      name: z.enum(["auto", "never"]).optional(),
    })
    .optional(),
  billing_address_collection: z.enum(["auto", "required"]).optional(),
  tax_id_collection: z
    .strictObject({ enabled: flag, required: z.enum(["if_supported", "never"]).optional() })
    .optional(),
  allow_promotion_codes: z.literal("false").optional(),
  automatic_tax: z.strictObject({ enabled: z.literal("false") }).optional(),
  expires_at: int.optional(),
  locale: text.optional(),
  metadata: metadata.optional(),
  allowed_payment_method_types: z.array(z.literal("card")).optional(),
  payment_method_collection: z.enum(["always", "if_required"]).optional(),
  submit_type: z.enum(["auto", "pay", "subscribe"]).optional(),
  subscription_data: z.strictObject({ description: text.optional(), metadata: metadata.optional() }).optional(),
  payment_intent_data: z
    .strictObject({
      description: text.optional(),
      metadata: metadata.optional(),
      receipt_email: text.optional(),
      setup_future_usage: z.enum(["off_session", "on_session"]).optional(),
    })
    .optional(),
  invoice_creation: z
    .strictObject({
      enabled: flag,
      invoice_data: z.strictObject({ description: text.optional(), metadata: metadata.optional() }).optional(),
    })
    .optional(),
  saved_payment_method_options: z
    .strictObject({ payment_method_save: z.enum(["disabled", "enabled"]).optional() })
    .optional(),
  expand,
});
export type SessionWish = z.output<typeof creatingSession>;
