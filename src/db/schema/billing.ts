import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
  uniqueIndex,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import { grantIntents } from "./metering";
import { customers } from "./people";
import { billingPlans, tokenPacks } from "./plans";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
const tokens = (name: string) => bigint(name, { mode: "number" });
/** US cents. */
const cents = (name: string) => integer(name);

/**
 * Which customer of Stripe's a brand is. The id is encrypted (src/lib/encryption.ts); webhooks find the brand by
 * `blind_index`. The row's lock orders everything that is done about one brand's money.
 */
export const stripeCustomers = pgTable("stripe_customers", {
  customerId: uuid("customer_id")
    .primaryKey()
    .references(() => customers.id, { onDelete: "restrict" }),
  encryptedId: text("encrypted_id").notNull(),
  blindIndex: varchar("blind_index", { length: 43 }).notNull().unique(),
  /** Goes up with each thing learnt from Stripe: what was read before a higher one is old. */
  revision: bigint("revision", { mode: "number" }).notNull().default(0),
  /** Set as the brand is erased: Stripe is to forget the customer too, and since when it has. */
  forgetSince: at("forget_since"),
  forgottenAt: at("forgotten_at"),
  createdAt: at("created_at").notNull().defaultNow(),
});

/**
 * Every event that Stripe has told us, once. Written in the transaction of its effect. `failed` ones are tried again from
 * here; `ignored` ones are of no concern to us, or of another mode.
 */
export const stripeEvents = pgTable(
  "stripe_events",
  {
    id: varchar("id", { length: 100 }).primaryKey(),
    type: varchar("type", { length: 100 }).notNull(),
    /** The object that it is about. */
    objectId: varchar("object_id", { length: 255 }),
    livemode: boolean("livemode").notNull(),
    status: varchar("status", { length: 10, enum: ["done", "ignored", "failed"] }).notNull(),
    /** As it came, where it is to be tried again; taken out once it is done: it may name people. */
    payload: jsonb("payload").$type<unknown>(),
    customerId: uuid("customer_id"),
    attempts: integer("attempts").notNull().default(1),
    error: text("error"),
    nextAttemptAt: at("next_attempt_at"),
    createdAt: at("created_at").notNull(),
    receivedAt: at("received_at").notNull().defaultNow(),
    processedAt: at("processed_at"),
  },
  (t) => [
    index("stripe_events_failed").on(t.nextAttemptAt).where(sql`${t.status} = 'failed'`),
    index("stripe_events_received").on(t.receivedAt),
    check("stripe_events_status", sql`${t.status} in ('done', 'ignored', 'failed')`),
  ],
);

/**
 * What was bought (seed 002), packs and paid periods of a plan alike. `business_key` is what credit is unique on: the
 * payment of a pack, the period of a subscription. A completed purchase of tokens has one grant, of exactly these tokens.
 */
export const tokenPurchases = pgTable(
  "token_purchases",
  {
    id: uuid("id").primaryKey(),
    customerId: uuid("customer_id")
      .notNull()
      .references(() => customers.id, { onDelete: "restrict" }),
    kind: varchar("kind", { length: 10, enum: ["pack", "plan"] }).notNull(),
    origin: varchar("origin", {
      length: 20,
      enum: ["subscription", "surplus", "checkout", "card", "top_up"],
    }).notNull(),
    planId: varchar("plan_id", { length: 50 }).references(() => billingPlans.id),
    packId: varchar("pack_id", { length: 50 }).references(() => tokenPacks.id),
    /** 0 for a period of a plan without a limit, and of a subscription that is one too many (`surplus`). */
    tokensPurchased: tokens("tokens_purchased").notNull(),
    priceCents: cents("price_cents").notNull(),
    status: varchar("status", { length: 20, enum: ["pending", "completed", "failed", "refunded"] })
      .notNull()
      .default("pending"),
    /** Null until it is known: a purchase begun with a card has no payment yet. */
    businessKey: varchar("business_key", { length: 200 }).unique(),
    stripePaymentIntentId: varchar("stripe_payment_intent_id", { length: 100 }).unique(),
    stripeInvoiceId: varchar("stripe_invoice_id", { length: 100 }),
    stripeSubscriptionId: varchar("stripe_subscription_id", { length: 100 }),
    periodStart: at("period_start"),
    periodEnd: at("period_end"),
    grantId: uuid("grant_id")
      .unique()
      .references(() => grantIntents.id, { onDelete: "restrict" }),
    refundedCents: cents("refunded_cents").notNull().default(0),
    /** Cents of an open or lost dispute. */
    disputedCents: cents("disputed_cents").notNull().default(0),
    /** Tokens that refunds and disputes take back; what of them was spent already is owed. */
    tokensRevoked: tokens("tokens_revoked").notNull().default(0),
    failure: text("failure"),
    createdAt: at("created_at").notNull().defaultNow(),
    completedAt: at("completed_at"),
  },
  (t) => [
    index("token_purchases_customer").on(t.customerId, t.createdAt),
    index("token_purchases_subscription").on(t.stripeSubscriptionId),
    // Whoever buys by himself for a brand does so one at a time, whatever is asked at once.
    uniqueIndex("token_purchases_one_top_up")
      .on(t.customerId)
      .where(sql`${t.origin} = 'top_up' and ${t.status} = 'pending'`),
    check(
      "token_purchases_kind",
      sql`(${t.kind} = 'pack') = (${t.packId} is not null) and (${t.kind} = 'plan') = (${t.planId} is not null)`,
    ),
    check("token_purchases_tokens", sql`${t.tokensPurchased} > 0 or (${t.kind} = 'plan' and ${t.tokensPurchased} = 0)`),
    check("token_purchases_price", sql`${t.priceCents} >= 0 and ${t.refundedCents} >= 0 and ${t.disputedCents} >= 0`),
    check("token_purchases_revoked", sql`${t.tokensRevoked} between 0 and ${t.tokensPurchased}`),
    check("token_purchases_status", sql`${t.status} in ('pending', 'completed', 'failed', 'refunded')`),
    // Paid is granted, and nothing else is.
    check(
      "token_purchases_granted",
      sql`(${t.grantId} is not null) = (${t.status} in ('completed', 'refunded') and ${t.tokensPurchased} > 0)`,
    ),
  ],
);

/** What each refund and dispute is worth at this moment, so that each counts once, whatever is told of it how often. */
export const purchaseReversals = pgTable(
  "purchase_reversals",
  {
    /** `re_…` or `dp_…` of Stripe. */
    id: varchar("id", { length: 100 }).primaryKey(),
    purchaseId: uuid("purchase_id")
      .notNull()
      .references(() => tokenPurchases.id, { onDelete: "restrict" }),
    customerId: uuid("customer_id").notNull(),
    kind: varchar("kind", { length: 10, enum: ["refund", "dispute"] }).notNull(),
    status: varchar("status", { length: 40 }).notNull(),
    /** 0 once it has failed, or was won. */
    amountCents: cents("amount_cents").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (t) => [
    index("purchase_reversals_purchase").on(t.purchaseId),
    check("purchase_reversals_amount", sql`${t.amountCents} >= 0`),
  ],
);

/** What a brand has chosen for when its tokens run out; no row is a hard stop. The row's lock orders its top-ups. */
export const overageSettings = pgTable(
  "overage_settings",
  {
    customerId: uuid("customer_id")
      .primaryKey()
      .references(() => customers.id, { onDelete: "cascade" }),
    mode: varchar("mode", { length: 10, enum: ["stop", "top_up"] }).notNull(),
    threshold: tokens("threshold"),
    packId: varchar("pack_id", { length: 50 }).references(() => tokenPacks.id),
    monthlyLimitCents: cents("monthly_limit_cents"),
    cooldownMinutes: integer("cooldown_minutes"),
    lowBalanceTokens: tokens("low_balance_tokens"),
    alertDailyTokens: tokens("alert_daily_tokens"),
    alertMonthlyTokens: tokens("alert_monthly_tokens"),
    /** Set by a decline: nothing more is tried until a person saves the settings again. */
    stoppedAt: at("stopped_at"),
    stoppedReason: text("stopped_reason"),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (t) => [
    check("overage_settings_mode", sql`${t.mode} in ('stop', 'top_up')`),
    check(
      "overage_settings_top_up",
      sql`${t.mode} = 'stop' or (${t.threshold} is not null and ${t.packId} is not null and ${t.monthlyLimitCents} is not null and ${t.cooldownMinutes} is not null)`,
    ),
  ],
);

/** What each comparison of Stripe, the ledger and Redis found, one row a brand and look. */
export const billingReports = pgTable(
  "billing_reports",
  {
    id: uuid("id").primaryKey(),
    customerId: uuid("customer_id")
      .notNull()
      .references(() => customers.id, { onDelete: "cascade" }),
    checkedAt: at("checked_at").notNull().defaultNow(),
    purchases: integer("purchases").notNull(),
    paidCents: bigint("paid_cents", { mode: "number" }).notNull(),
    tokensBought: tokens("tokens_bought").notNull(),
    tokensGranted: tokens("tokens_granted").notNull(),
    balance: tokens("balance").notNull(),
    findings: jsonb("findings").$type<{ subject: string; what: string }[]>().notNull(),
  },
  (t) => [index("billing_reports_customer").on(t.customerId, t.checkedAt)],
);
