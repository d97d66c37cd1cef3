import { z } from "zod";

const cents = z.int();
const tokens = z.int().min(0);
const when = z.iso.datetime();
const currency = z.string().regex(/^[a-z]{3}$/);
const words = z.string().min(1).max(300);
const card = z.strictObject({ brand: words, last4: z.string().regex(/^\d{4}$/) });

/**
 * What each mail about money is filled with. Amounts are cents of `currency` (Stripe's lower-case code), times UTC, token
 * amounts whole. A `null` says "there is none", and the mail then says so or leaves it out.
 */
export const billingMail = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("receipt"),
    number: words.nullable(),
    /** What was bought, as on the invoice: one line each. */
    lines: z.array(z.strictObject({ description: words, amount: cents })).min(1),
    total: cents,
    tax: cents,
    currency,
    /** Tokens that came with it; null for unlimited. */
    tokens: tokens.nullable(),
    tokens_expire_at: when.nullable(),
    paid_at: when,
    card: card.nullable(),
    /** Stripe's page of the invoice, with its PDF; without a number, of the payment's receipt. */
    invoice_url: z.url().nullable(),
  }),
  z.strictObject({
    kind: z.literal("renewal_ahead"),
    plan: words,
    amount: cents,
    currency,
    renews_at: when,
    /** Tokens of the new period; null for unlimited. */
    tokens: tokens.nullable(),
    card: card.nullable(),
  }),
  z.strictObject({
    kind: z.literal("payment_failed"),
    plan: words,
    amount: cents,
    currency,
    /** The bank's reason in words for people, such as "The card was declined". No full stop. */
    reason: words,
    /** When the next attempt is made; null after the last. */
    next_attempt_at: when.nullable(),
    /** Until when everything goes on; null where that is over. */
    grace_ends_at: when.nullable(),
    card: card.nullable(),
    /** Stripe's page on which it can be paid at once. */
    invoice_url: z.url().nullable(),
  }),
  z.strictObject({
    kind: z.literal("confirm_payment"),
    /** The higher plan that begins with it. */
    plan: words,
    amount: cents,
    currency,
    /** After this moment Stripe drops the change. */
    until: when,
    /** Stripe's page on which it is confirmed. */
    invoice_url: z.url(),
  }),
  z.strictObject({
    kind: z.literal("paid_twice"),
    /** Of the subscription that is one too many. */
    plan: words,
    amount: cents,
    currency,
    invoice_url: z.url().nullable(),
  }),
  z.strictObject({
    kind: z.literal("card_expiring"),
    card,
    month: z.int().min(1).max(12),
    year: z.int().min(2000).max(2999),
    /** The next charge it is meant for. */
    next_charge_at: when.nullable(),
  }),
  z.strictObject({
    kind: z.literal("plan_changed"),
    from: words.nullable(),
    to: words,
    /** `scheduled`: at the end of the period; else it holds already. */
    timing: z.enum(["now", "scheduled"]),
    effective_at: when,
    /** What the new plan costs a month, or a year. */
    price: cents,
    /** Mails that were queued before yearly plans do not say. */
    cycle: z.enum(["monthly", "yearly"]).default("monthly"),
    currency,
    /** Tokens a month of the new plan; null for unlimited. */
    tokens_per_month: tokens.nullable(),
    /** What was charged at once for the rest of the period. */
    charged: cents.nullable(),
    /** Tokens granted at once. */
    granted: tokens.nullable(),
    /** Names of apps the new plan does not cover: paused from then on. */
    paused_apps: z.array(words),
  }),
  z.strictObject({
    kind: z.literal("top_up_done"),
    tokens,
    amount: cents,
    currency,
    threshold: tokens,
    /** The balance after it, where it is known. */
    balance: tokens.nullable(),
    /** What automatic top-ups have cost this calendar month, this one included. */
    spent_this_month: cents,
    monthly_limit: cents,
    card: card.nullable(),
    receipt_url: z.url().nullable(),
  }),
  z.strictObject({
    kind: z.literal("top_up_failed"),
    tokens,
    amount: cents,
    currency,
    /** Why, in words for people. No full stop. */
    reason: words,
    balance: tokens.nullable(),
    threshold: tokens,
  }),
  z.strictObject({
    kind: z.literal("low_balance"),
    balance: tokens,
    threshold: tokens,
    /** Whether tokens are bought by themselves when the balance falls further. */
    top_up: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal("use_reached"),
    /** Of the UTC day, or of the calendar month. */
    period: z.enum(["day", "month"]),
    tokens,
    threshold: tokens,
  }),
  z.strictObject({
    kind: z.literal("cancelled"),
    plan: words,
    /** `scheduled`: it runs until then; `ended`: it is over. */
    timing: z.enum(["scheduled", "ended"]),
    ends_at: when,
    /** Tokens from packs that stay. */
    pack_tokens: tokens,
    paused_apps: z.array(words),
  }),
]);
export type BillingMail = z.infer<typeof billingMail>;
