import { z } from "zod";
import { MAX_AMOUNT } from "../metering/rules";

/** Money is in US cents, tokens are whole, times are ISO 8601 in UTC. */
export const CURRENCY = "usd";
const cents = z.int();
const tokens = z.int();
const time = z.iso.datetime();
export const planId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,49}$/, "must be a plan's id such as starter");
export const packId = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, "must be a pack's id");

/** How a subscription stands; `none` where there is none. docs/billing.md says what each means for tokens and apps. */
export const billingStatus = z.enum(["none", "active", "past_due", "unpaid", "canceled"]);
export type BillingStatus = z.infer<typeof billingStatus>;

export const planView = z.object({
  id: z.string(),
  name: z.string(),
  /** Null is unlimited. */
  tokensPerMonth: tokens.nullable(),
  priceCents: cents,
  billingCycle: z.enum(["monthly", "yearly"]),
  features: z.array(z.string()),
});
export type PlanView = z.infer<typeof planView>;

export const packView = z.object({ id: z.string(), tokens, priceCents: cents });
export type PackView = z.infer<typeof packView>;

/** An app by its catalogue id. */
export const appNamed = z.object({ id: z.string(), slug: z.string(), name: z.string() });

export const plansOutput = z.object({
  /** False where no payment provider is set up: prices can be seen, nothing can be bought. */
  configured: z.boolean(),
  plans: z.array(planView),
  packs: z.array(packView),
  /** The brand's plan; null without one in force. */
  currentPlanId: z.string().nullable(),
  /** The plan that takes over at the end of the period; null where it stays. */
  pendingPlanId: z.string().nullable(),
  /** Days after which a pack's tokens expire. */
  packExpiryDays: z.int(),
});
export type PlansOutput = z.infer<typeof plansOutput>;

export const paymentMethodView = z.object({
  id: z.string(),
  brand: z.string(),
  last4: z.string(),
  expMonth: z.int(),
  expYear: z.int(),
  isDefault: z.boolean(),
  /** True where it expires before the end of next month, or has. */
  expiresSoon: z.boolean(),
});
export type PaymentMethodView = z.infer<typeof paymentMethodView>;

export const grantView = z.object({
  grantId: z.string(),
  source: z.enum(["plan", "pack", "refund", "adjustment"]),
  /** `Professional, November`, `Pack of 5,000`. */
  label: z.string(),
  tokens,
  remaining: tokens,
  grantedAt: time,
  expiresAt: time.nullable(),
});

export const overviewOutput = z.object({
  configured: z.boolean(),
  status: billingStatus,
  plan: planView.nullable(),
  period: z.object({ start: time, end: time }).nullable(),
  /** Whether a subscription stands behind the plan; one that was given has nothing to pay or to cancel. */
  subscribed: z.boolean(),
  /** The subscription ends with its period. */
  cancelAtPeriodEnd: z.boolean(),
  pending: z.object({ plan: planView, at: time, appsToPause: z.array(appNamed) }).nullable(),
  /** While a payment is late: until when everything goes on. */
  graceUntil: time.nullable(),
  /** What is asked for next; null where nothing is, or where it could not be read. */
  nextInvoice: z.object({ amountCents: cents, at: time }).nullable(),
  /** A higher plan whose payment the bank wants confirmed, where, and until when that can be done. */
  confirming: z.object({ plan: planView, amountCents: cents, url: z.string(), until: time }).nullable(),
  /** The invoice that is late, and where to pay it. */
  openInvoice: z.object({ amountCents: cents, url: z.string(), nextAttemptAt: time.nullable() }).nullable(),
  paymentMethods: z.array(paymentMethodView),
  /** Null on an unlimited plan. */
  balance: tokens.nullable(),
  unlimited: z.boolean(),
  /** In the order in which they burn. */
  grants: z.array(grantView),
  /** This calendar month, UTC. */
  spend: z.object({ from: time, to: time, tokensUsed: tokens, paidCents: cents }),
  /** Tokens that were spent and then refunded or disputed. */
  tokensOwed: tokens,
  /** True where the payment provider could not be asked: what is missing is unknown, not nothing. */
  providerAway: z.boolean(),
});
export type OverviewOutput = z.infer<typeof overviewOutput>;

/** What stands above every page: whether a payment is late, and the plan whose payment waits to be confirmed. */
export const standingOutput = overviewOutput.pick({ status: true }).extend({ confirming: z.string().nullable() });
export type StandingOutput = z.infer<typeof standingOutput>;

export const planInput = z.strictObject({ planId });
export type PlanInput = z.output<typeof planInput>;
export const packInput = z.strictObject({ packId });

export const previewOutput = z.object({
  /** `subscribe` goes through checkout, `upgrade` happens at once, `downgrade` at the period's end, `keep` undoes that. */
  kind: z.enum(["subscribe", "upgrade", "downgrade", "keep", "same"]),
  plan: planView,
  /** When it takes effect. */
  at: time,
  /** What is charged now, and what its lines add up to. */
  dueNowCents: cents,
  lines: z.array(z.object({ description: z.string(), amountCents: cents })),
  /** The moment the proration was reckoned for: hand it back to `changePlan`, and the same is charged. */
  prorationDate: z.int().nullable(),
  /** The next invoice after that. */
  nextCents: cents,
  nextAt: time.nullable(),
  /** Tokens that arrive at once; null is unlimited, 0 none. */
  tokensNow: tokens.nullable(),
  /** Tokens of the present plan that end with the change. */
  tokensEnding: tokens,
  appsToPause: z.array(appNamed),
  /** Apps that the new plan opens and the present one does not. */
  appsOpened: z.array(appNamed),
});
export type PreviewOutput = z.infer<typeof previewOutput>;

export const changePlanInput = z.strictObject({
  planId,
  /** From the preview; without it the proration is reckoned for this moment. */
  prorationDate: z.int().positive().nullable().default(null),
  /** What the preview said is due now: where it would be another amount, nothing is charged. */
  expectedCents: cents.nullable().default(null),
});
export type ChangePlanInput = z.output<typeof changePlanInput>;
export const changePlanOutput = z.object({
  kind: z.enum(["upgrade", "downgrade", "keep", "same"]),
  chargedCents: cents,
  at: time,
  /** Where the bank asks for a person: the page on which the payment is confirmed. The plan begins with that. */
  confirmAt: z.string().nullable(),
});
export type ChangePlanOutput = z.infer<typeof changePlanOutput>;

export const subscriptionStep = z.object({ cancelAtPeriodEnd: z.boolean(), at: time.nullable() });
export type SubscriptionStep = z.infer<typeof subscriptionStep>;

/** Exactly one of the two. */
export const checkoutInput = z
  .strictObject({ planId: planId.optional(), packId: packId.optional() })
  .refine((it) => (it.planId === undefined) !== (it.packId === undefined), {
    error: "name a plan or a pack, not both",
  });
export type CheckoutInput = z.output<typeof checkoutInput>;
/** Where to send the browser. */
export const urlOutput = z.object({ url: z.string() });
export type UrlOutput = z.infer<typeof urlOutput>;
export const portalInput = z.strictObject({
  flow: z.enum(["home", "payment_method", "cancel"]).default("home"),
});
export type PortalInput = z.output<typeof portalInput>;

export const buyPackInput = z.strictObject({
  packId,
  /** Made by the caller before the first attempt: the same one buys once, however often it is sent. */
  attempt: z.uuid(),
});
export type BuyPackInput = z.output<typeof buyPackInput>;
export const buyPackOutput = z.object({
  purchaseId: z.string(),
  /** `action_required`: the bank asks for a confirmation at `url`. `pending`: not known yet, ask for the purchase. */
  status: z.enum(["completed", "action_required", "failed", "pending"]),
  url: z.string().nullable(),
  /** Why it failed, in words for people. */
  failure: z.string().nullable(),
});
export type BuyPackOutput = z.infer<typeof buyPackOutput>;

export const purchaseView = z.object({
  id: z.string(),
  kind: z.enum(["plan", "pack"]),
  /** `surplus`: a second subscription, which is given back. */
  origin: z.enum(["subscription", "surplus", "checkout", "card", "top_up"]),
  /** `Professional`, `Pack of 5,000`. */
  label: z.string(),
  /** Null is a period of an unlimited plan. */
  tokens: tokens.nullable(),
  priceCents: cents,
  status: z.enum(["pending", "completed", "failed", "refunded"]),
  refundedCents: cents,
  disputed: z.boolean(),
  tokensOwed: tokens,
  failure: z.string().nullable(),
  /** True once its tokens are in the balance. */
  arrived: z.boolean(),
  period: z.object({ start: time, end: time }).nullable(),
  createdAt: time,
});
export type PurchaseView = z.infer<typeof purchaseView>;
export const pageInput = z.strictObject({
  cursor: z.string().max(100).optional(),
  /** Sent along by the pages' client where it reads page after page; there is one way only. */
  direction: z.literal("forward").optional(),
});
export type PageInput = z.output<typeof pageInput>;
export const purchasesOutput = z.object({ purchases: z.array(purchaseView), nextCursor: z.string().nullable() });
export type PurchasesOutput = z.infer<typeof purchasesOutput>;

/**
 * What a page that comes back from the checkout waits for: the newest purchase begun there.
 * `session` is the checkout's id from the address it was sent back with.
 */
export const checkoutStateInput = z.strictObject({ session: z.string().regex(/^cs_[A-Za-z0-9_]{1,200}$/) });
export type CheckoutStateInput = z.output<typeof checkoutStateInput>;
export const checkoutStateOutput = z.object({
  /** `arrived` once the tokens are in the balance, or the plan is in force; `twice` where a plan was there already. */
  state: z.enum(["open", "expired", "paid", "arrived", "twice", "unknown"]),
  tokens: tokens.nullable(),
});
export type CheckoutStateOutput = z.infer<typeof checkoutStateOutput>;

export const invoiceView = z.object({
  id: z.string(),
  number: z.string().nullable(),
  status: z.enum(["draft", "open", "paid", "void", "uncollectible"]),
  description: z.string(),
  amountCents: cents,
  paidCents: cents,
  /** Stripe's lower-case code. */
  currency: z.string(),
  createdAt: time,
  periodStart: time.nullable(),
  periodEnd: time.nullable(),
  hostedUrl: z.string().nullable(),
  pdfUrl: z.string().nullable(),
});
export type InvoiceView = z.infer<typeof invoiceView>;
export const invoicesOutput = z.object({ invoices: z.array(invoiceView), nextCursor: z.string().nullable() });
export type InvoicesOutput = z.infer<typeof invoicesOutput>;

const month = z.string().regex(/^20\d{2}-(0[1-9]|1[0-2])$/, "must be a month such as 2026-11");
export const statementInput = z.strictObject({ month: month.optional() });
export type StatementInput = z.output<typeof statementInput>;
/** One calendar month (UTC) of the live account: opening + granted − used + returned − expired ± adjusted = closing. */
export const statementOutput = z.object({
  month,
  /** Months that have a statement, newest first. */
  months: z.array(month),
  opening: tokens,
  granted: tokens,
  used: tokens,
  /** Given back for refunded uses. */
  returned: tokens,
  expired: tokens,
  /** Corrections, up or down. */
  adjusted: tokens,
  /** Held by open reservations, net. */
  held: tokens,
  closing: tokens,
  /** Uses on an unlimited plan, which move no balance. */
  usedUnlimited: tokens,
  paidCents: cents,
  refundedCents: cents,
  /** What card holders' banks have taken back and not returned: disputes that are open or lost. */
  chargedBackCents: cents,
  /** One line a day that has any. */
  days: z.array(
    z.object({
      date: z.iso.date(),
      granted: tokens,
      used: tokens,
      returned: tokens,
      expired: tokens,
      adjusted: tokens,
      held: tokens,
      closing: tokens,
    }),
  ),
});
export type StatementOutput = z.infer<typeof statementOutput>;
export const csvOutput = z.object({ filename: z.string(), csv: z.string() });
export type CsvOutput = z.infer<typeof csvOutput>;

const line = (most: number) =>
  z
    .string()
    .trim()
    .max(most)
    .regex(/^\P{Cc}*$/u, "must not hold control characters");
export const detailsInput = z.strictObject({
  name: line(150),
  email: z.union([z.email().max(200), z.literal("")]),
  address: z.strictObject({
    line1: line(200),
    line2: line(200).default(""),
    city: line(100),
    state: line(100).default(""),
    postalCode: line(20),
    /** ISO 3166, two capital letters. */
    country: z.string().regex(/^[A-Z]{2}$/, "must be a country's two letters such as DE"),
  }),
  /** With its country's letters such as DE123456789; null for none. */
  vatId: z
    .string()
    .regex(/^[A-Z]{2}[0-9A-Z]{2,14}$/, "must begin with its country's two letters")
    .nullable(),
});
export type DetailsInput = z.output<typeof detailsInput>;
/** What stands on invoices; null where nothing was given yet. */
export const detailsOutput = z.object({ details: detailsInput.nullable() });
export type DetailsOutput = z.infer<typeof detailsOutput>;

export const overageSettings = z.strictObject({
  /** At zero: refuse uses (`stop`), or buy a pack before that (`top_up`). */
  mode: z.enum(["stop", "top_up"]),
  topUp: z
    .strictObject({
      /** A pack is bought when the balance is at or below this. */
      threshold: z.int().min(0).max(MAX_AMOUNT),
      packId,
      /** Not more than this a calendar month (UTC), in cents. */
      monthlyLimitCents: z.int().min(0).max(100_000_000),
      /** Not sooner than this after the last one. */
      cooldownMinutes: z.int().min(5).max(44_640),
    })
    .nullable(),
  /** A mail when the balance falls to this; null for none. */
  lowBalanceTokens: z.int().min(0).max(MAX_AMOUNT).nullable(),
  /** A mail when a day's or a month's use reaches this; a cap that stops is set with `metering.setCap`. */
  alertDailyTokens: z.int().min(1).max(MAX_AMOUNT).nullable(),
  alertMonthlyTokens: z.int().min(1).max(MAX_AMOUNT).nullable(),
});
export const overageInput = overageSettings.refine((it) => it.mode === "stop" || it.topUp !== null, {
  error: "say what to buy and when",
  path: ["topUp"],
});
export type OverageInput = z.output<typeof overageInput>;
export const overageOutput = z.object({
  settings: overageSettings,
  /** Set where auto top-up has stopped by itself after a decline; saving the settings starts it again. */
  stopped: z.object({ at: time, reason: z.string() }).nullable(),
  thisMonthCents: cents,
  lastTopUpAt: time.nullable(),
});
export type OverageOutput = z.infer<typeof overageOutput>;

/** What the given settings would have done with last month's uses. */
export const overagePreviewOutput = z.object({
  month,
  tokensUsed: tokens,
  topUps: z.int(),
  costCents: cents,
  /** The first moment at which uses would have been refused; null where never. */
  stoppedAt: time.nullable(),
  /** Tokens of uses that would have been refused. */
  tokensRefused: tokens,
  /** True where the month has no uses to tell anything from. */
  nothingKnown: z.boolean(),
});
export type OveragePreviewOutput = z.infer<typeof overagePreviewOutput>;

/** The newest three-way comparison of what was paid, what was granted and what the meter holds. */
export const reconciliationOutput = z.object({
  checkedAt: time.nullable(),
  purchases: z.int(),
  paidCents: cents,
  tokensBought: tokens,
  tokensGranted: tokens,
  balance: tokens,
  findings: z.array(z.object({ subject: z.string(), what: z.string() })),
});
export type ReconciliationOutput = z.infer<typeof reconciliationOutput>;
