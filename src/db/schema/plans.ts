import { sql } from "drizzle-orm";
import { boolean, check, integer, jsonb, pgTable, text, timestamp, uuid, varchar } from "drizzle-orm/pg-core";
import { customers } from "./people";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** What of a plan the platform's staff may edit beside whether it is on sale. What it costs stands at Stripe. */
export interface PlanFields {
  readonly name: string;
  readonly tokensPerMonth: number;
  readonly features: string[];
}

/** What is sold by the month (seed 002). `tokens_per_month` -1 is unlimited. */
export const billingPlans = pgTable(
  "billing_plans",
  {
    id: varchar("id", { length: 50 }).primaryKey(),
    name: varchar("name", { length: 100 }).notNull(),
    description: text("description"),
    tokensPerMonth: integer("tokens_per_month").notNull(),
    priceCents: integer("price_cents").notNull(),
    billingCycle: varchar("billing_cycle", { length: 20, enum: ["monthly", "yearly"] })
      .notNull()
      .default("monthly"),
    stripePriceId: varchar("stripe_price_id", { length: 100 }).unique(),
    features: jsonb("features").$type<string[]>().notNull().default([]),
    isActive: boolean("is_active").notNull().default(true),
    /** What the shipped catalogue says of the fields that staff may edit, and which of them staff have taken over. */
    shipped: jsonb("shipped").$type<Partial<PlanFields>>().notNull().default({}),
    edited: text("edited").array().$type<(keyof PlanFields)[]>().notNull().default(sql`'{}'`),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [
    check("billing_plans_tokens", sql`${t.tokensPerMonth} >= -1`),
    check("billing_plans_price", sql`${t.priceCents} >= 0`),
    check("billing_plans_cycle", sql`${t.billingCycle} in ('monthly', 'yearly')`),
  ],
);

/**
 * A brand's subscription (seed 002). Tokens used and remaining are not kept here: the ledger is the only truth
 * about them, and a second copy would drift. What the row says of Stripe is what Stripe said when it was last asked.
 */
export const customerBilling = pgTable(
  "customer_billing",
  {
    id: uuid("id").primaryKey(),
    customerId: uuid("customer_id")
      .notNull()
      .unique()
      .references(() => customers.id, { onDelete: "cascade" }),
    planId: varchar("plan_id", { length: 50 })
      .notNull()
      .references(() => billingPlans.id),
    stripeSubscriptionId: varchar("stripe_subscription_id", { length: 100 }).unique(),
    /** What the subscription will be from the next period on, where that is another plan. */
    pendingPlanId: varchar("pending_plan_id", { length: 50 }).references(() => billingPlans.id),
    /** A higher plan whose payment the bank wants confirmed by a person, and until when Stripe waits for that. */
    confirmingPlanId: varchar("confirming_plan_id", { length: 50 }).references(() => billingPlans.id),
    confirmingUntil: at("confirming_until"),
    cancelAtPeriodEnd: boolean("cancel_at_period_end").notNull().default(false),
    /** While a payment is late: until when everything goes on as before. */
    graceUntil: at("grace_until"),
    /** True until the meter and the apps have been brought to what this row says. */
    unsettled: boolean("unsettled").notNull().default(false),
    billingCycleStart: at("billing_cycle_start"),
    billingCycleEnd: at("billing_cycle_end"),
    status: varchar("status", { length: 20, enum: ["active", "past_due", "canceled", "unpaid"] })
      .notNull()
      .default("active"),
    createdAt: at("created_at").notNull().defaultNow(),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (t) => [check("customer_billing_status", sql`${t.status} in ('active', 'past_due', 'canceled', 'unpaid')`)],
);

/** Tokens sold once, without a plan (seed 001). */
export const tokenPacks = pgTable(
  "token_packs",
  {
    id: varchar("id", { length: 50 }).primaryKey(),
    tokens: integer("tokens").notNull(),
    priceCents: integer("price_cents").notNull(),
    stripePriceId: varchar("stripe_price_id", { length: 100 }).unique(),
    isActive: boolean("is_active").notNull().default(true),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [check("token_packs_figures", sql`${t.tokens} > 0 and ${t.priceCents} > 0`)],
);
