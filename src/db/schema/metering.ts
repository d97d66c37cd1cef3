import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  date,
  index,
  inet,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import { apps } from "./catalog";
import { customers } from "./people";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
/** A token amount: an integer below 2^53, so a JavaScript number holds it exactly. */
const tokens = (name: string) => bigint(name, { mode: "number" });
const mode = () => varchar("mode", { length: 4, enum: ["live", "test"] }).notNull();

/**
 * The head of each account's chain: the epoch in force, the last entry the ledger (or a dead letter) holds, and the
 * balance after it. Advanced by the drain, re-opened by a hydrate; its row lock orders configuration against both.
 */
export const meteringAccounts = pgTable(
  "metering_accounts",
  {
    customerId: uuid("customer_id")
      .notNull()
      .references(() => customers.id, { onDelete: "restrict" }),
    mode: mode(),
    partition: smallint("partition").notNull(),
    /** 0 until the account is hydrated for the first time. */
    epoch: bigint("epoch", { mode: "number" }).notNull().default(0),
    seq: bigint("seq", { mode: "number" }).notNull().default(0),
    balance: tokens("balance").notNull().default(0),
    /** True on a plan without a limit: usage is written with delta 0. */
    unlimited: boolean("unlimited").notNull().default(false),
    /** True once an entry of this epoch did not fit: all that follow in it are quarantined, and a hydrate opens a new one. */
    forked: boolean("forked").notNull().default(false),
    /** True where Redis holds a state that must not be used and could not be told so; the worker retires it. */
    retire: boolean("retire").notNull().default(false),
    epochStartedAt: at("epoch_started_at"),
    /** Until then Redis may have forgotten operations of before an unplanned epoch: unseen keys are looked up here. */
    lookUpUntil: at("look_up_until"),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.customerId, t.mode] }),
    index("metering_accounts_partition").on(t.partition),
    check("metering_accounts_balance", sql`${t.balance} >= 0`),
    check("metering_accounts_partition_range", sql`${t.partition} between 0 and 63`),
  ],
);

/** What is known of the Redis instance behind each partition; a changed run id retires its accounts. */
export const meteringPartitions = pgTable("metering_partitions", {
  partition: smallint("partition").primaryKey(),
  /** Raised to retire every account of the partition at once: a hash of another generation is unknown state. */
  generation: bigint("generation", { mode: "number" }).notNull().default(1),
  redisRunId: varchar("redis_run_id", { length: 64 }),
  /** What stands in Redis under the partition's mark as long as its memory is the one this row speaks of. */
  mark: uuid("mark"),
  lastDrainedAt: at("last_drained_at"),
  /** By Redis's time: what was acknowledged before this has been taken out of the outbox. Null before the first drain. */
  drainedTo: at("drained_to"),
  /** How many events have been taken out of its outbox, ever: whoever drained them. */
  drainedEvents: bigint("drained_events", { mode: "number" }).notNull().default(0),
  /** How many tokens the uses among them took. */
  drainedTokens: bigint("drained_tokens", { mode: "number" }).notNull().default(0),
});

/** Each time a partition's Redis was seen to have lost its memory: what had been drained by then is not lost. */
export const meteringRestarts = pgTable(
  "metering_restarts",
  {
    partition: smallint("partition").notNull(),
    /** The generation that it began. */
    generation: bigint("generation", { mode: "number" }).notNull(),
    drainedTo: at("drained_to"),
    noticedAt: at("noticed_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.partition, table.generation] })],
);

/**
 * The ledger. Append-only: the application role may INSERT and SELECT, and triggers refuse UPDATE, DELETE and
 * TRUNCATE to everyone (drizzle/0001). Holds no personal data. Written only by the drain.
 *
 * Refers to nothing by constraint: a check for each row was a quarter of what the drain cost. It writes under the locked row of
 * the account in `metering_accounts`, which nobody may delete and which keeps the brand (drizzle/0022).
 */
export const ledgerEntries = pgTable(
  "ledger_entries",
  {
    customerId: uuid("customer_id").notNull(),
    mode: mode(),
    epoch: bigint("epoch", { mode: "number" }).notNull(),
    seq: bigint("seq", { mode: "number" }).notNull(),
    operationId: varchar("operation_id", { length: 80 }).notNull(),
    kind: varchar("kind", {
      length: 10,
      enum: ["grant", "usage", "hold", "settle", "release", "refund", "expiry", "adjustment"],
    }).notNull(),
    /** How many tokens it is about; never negative. */
    tokens: tokens("tokens").notNull(),
    /** What it does to the balance; 0 for unlimited usage. */
    delta: tokens("delta").notNull(),
    balanceAfter: tokens("balance_after").notNull(),
    /** Which grants gave or took how much: `[[grant_id, delta], …]`, summing to `delta`. */
    grantParts: jsonb("grant_parts").$type<[string, number][]>().notNull().default([]),
    appId: varchar("app_id", { length: 20 }),
    /** The app's list price at the time of a use, by which a later replay tells a price left out from one named. */
    price: tokens("price"),
    usageId: uuid("usage_id"),
    grantId: uuid("grant_id"),
    reservationId: uuid("reservation_id"),
    expiresAt: at("expires_at"),
    reverses: varchar("reverses", { length: 80 }),
    /** Hashes of the caller's idempotency key and request, for the look-up after an unplanned epoch. */
    idempotencyHash: varchar("idempotency_hash", { length: 43 }),
    requestHash: varchar("request_hash", { length: 43 }),
    occurredAt: at("occurred_at").notNull(),
    recordedAt: at("recorded_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.customerId, t.mode, t.epoch, t.seq] }),
    // One effect per operation, whatever is re-read.
    unique("ledger_entries_operation").on(t.customerId, t.mode, t.operationId),
    // A grant enters the ledger once, whatever is retried.
    uniqueIndex("ledger_entries_grant").on(t.grantId).where(sql`${t.kind} = 'grant'`),
    // For the look-up of an idempotency key that Redis has forgotten.
    index("ledger_entries_idempotency").on(t.idempotencyHash).where(sql`${t.idempotencyHash} is not null`),
    // One hold and one resolution a reservation.
    uniqueIndex("ledger_entries_resolution").on(t.reservationId).where(sql`${t.kind} in ('settle', 'release')`),
    check("ledger_entries_tokens", sql`${t.tokens} >= 0`),
    check("ledger_entries_balance", sql`${t.balanceAfter} >= 0`),
    check("ledger_entries_position", sql`${t.epoch} > 0 and ${t.seq} > 0`),
    check(
      "ledger_entries_kind",
      sql`${t.kind} in ('grant', 'usage', 'hold', 'settle', 'release', 'refund', 'expiry', 'adjustment')`,
    ),
  ],
);

/**
 * The business side of each use (seed 002): who, from where, with what. May be erased; the ledger stays. Partitioned
 * by month, so the primary key carries `created_at`; `PARTITION BY` is written by hand in drizzle/0000. As the ledger, it
 * refers to nothing by constraint: an app that was used is kept by `usage_days`.
 */
export const tokenUsage = pgTable(
  "token_usage",
  {
    id: uuid("id").notNull(),
    customerId: uuid("customer_id").notNull(),
    mode: mode(),
    appId: uuid("app_id").notNull(),
    tokensConsumed: tokens("tokens_consumed").notNull(),
    keyId: varchar("key_id", { length: 40 }),
    sessionId: varchar("session_id", { length: 100 }),
    metadata: jsonb("metadata").$type<Record<string, string | number | boolean>>().notNull().default({}),
    ipAddress: inet("ip_address"),
    userAgent: text("user_agent"),
    /** Set where the tokens were given back; the use is then struck from the statistics. */
    refundedAt: at("refunded_at"),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.id, t.createdAt] }),
    // Descending means "nulls last" here: only a question that says so too is answered in the index's order.
    index("idx_token_usage_customer_created").on(t.customerId, t.createdAt.desc()),
    check("token_usage_tokens", sql`${t.tokensConsumed} > 0`),
  ],
);

/**
 * Rollup by UTC day (seed 002), written in the transaction that writes the entries. A session is one billed use.
 * `unique_users` is null until it is counted: an unknown number is not zero.
 */
export const usageAnalyticsDaily = pgTable(
  "usage_analytics_daily",
  {
    customerId: uuid("customer_id")
      .notNull()
      .references(() => customers.id, { onDelete: "cascade" }),
    mode: mode(),
    appId: uuid("app_id")
      .notNull()
      .references(() => apps.id, { onDelete: "restrict" }),
    date: date("date", { mode: "string" }).notNull(),
    tokensConsumed: tokens("tokens_consumed").notNull().default(0),
    sessionsCount: integer("sessions_count").notNull().default(0),
    uniqueUsers: integer("unique_users"),
    avgProcessingTimeMs: numeric("avg_processing_time_ms", { precision: 10, scale: 2, mode: "number" }),
    /** How many uses named a processing time; the weight of the average. */
    processingTimeCount: integer("processing_time_count").notNull().default(0),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.customerId, t.mode, t.appId, t.date] })],
);

/**
 * What is to be done to an account's grants, by billing, an admin or a refund. Written before Redis is asked, unique on
 * the business object behind it, and retried until its entry has come through the outbox.
 * - `grant`: tokens somebody is owed
 * - `refund`: a use given back; `target` is its usage id
 * - `expiry`: what is left of a grant is written off before its time, or with `tokens` so much of it as is left; `target` is
 *   the grant's id
 * - `adjustment`: tokens taken back, in burn order
 */
export const grantIntents = pgTable(
  "grant_intents",
  {
    /** Also the id of the grant that it opens. */
    id: uuid("id").primaryKey(),
    kind: varchar("kind", { length: 10, enum: ["grant", "refund", "expiry", "adjustment"] })
      .notNull()
      .default("grant"),
    customerId: uuid("customer_id")
      .notNull()
      .references(() => customers.id, { onDelete: "restrict" }),
    mode: mode(),
    source: varchar("source", { length: 10, enum: ["plan", "pack", "refund", "adjustment"] }).notNull(),
    tokens: tokens("tokens").notNull(),
    expiresAt: at("expires_at"),
    /** The invoice line and month, payment intent or reason that owes it; one intent each. */
    businessKey: varchar("business_key", { length: 200 }).notNull().unique(),
    target: uuid("target"),
    /** Why, in the words of whoever did it. */
    reason: text("reason"),
    /** Set by the drain when the intent's entry is in the ledger. */
    appliedAt: at("applied_at"),
    /** Set where the script said that it cannot be done, such as taking back more than there is; it then never will be. */
    refusedAt: at("refused_at"),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [
    index("grant_intents_open").on(t.customerId, t.mode).where(sql`${t.appliedAt} is null and ${t.refusedAt} is null`),
    check("grant_intents_tokens", sql`${t.tokens} > 0 or ${t.kind} = 'expiry'`),
    check("grant_intents_kind", sql`${t.kind} in ('grant', 'refund', 'expiry', 'adjustment')`),
    check("grant_intents_once", sql`${t.appliedAt} is null or ${t.refusedAt} is null`),
    check("grant_intents_source", sql`${t.source} in ('plan', 'pack', 'refund', 'adjustment')`),
  ],
);

/**
 * What is left of each grant, in step with the ledger: written by the drain in the same transaction. `ledger:check`
 * compares it with the sum of the entries' parts; a hydrate starts from it.
 */
export const grants = pgTable(
  "grants",
  {
    id: uuid("id")
      .primaryKey()
      .references(() => grantIntents.id, { onDelete: "restrict" }),
    customerId: uuid("customer_id").notNull(),
    mode: mode(),
    source: varchar("source", { length: 10, enum: ["plan", "pack", "refund", "adjustment"] }).notNull(),
    tokens: tokens("tokens").notNull(),
    remaining: tokens("remaining").notNull(),
    expiresAt: at("expires_at"),
    grantedAt: at("granted_at").notNull(),
  },
  (t) => [
    index("grants_left").on(t.customerId, t.mode).where(sql`${t.remaining} > 0`),
    check("grants_remaining", sql`${t.remaining} between 0 and ${t.tokens}`),
  ],
);

/**
 * Reservations, in step with the ledger: written by the drain in the same transaction as their entries. A hydrate takes
 * the open ones from here; a resolved one that Redis has forgotten is answered from here.
 */
export const reservations = pgTable(
  "reservations",
  {
    id: uuid("id").primaryKey(),
    customerId: uuid("customer_id").notNull(),
    mode: mode(),
    appId: varchar("app_id", { length: 20 }).notNull(),
    status: varchar("status", { length: 10, enum: ["held", "settled", "released"] }).notNull(),
    tokensReserved: tokens("tokens_reserved").notNull(),
    /** Which grants the hold took how much from: `[[grant_id, tokens], …]`; empty on a plan without a limit. */
    parts: jsonb("parts").$type<[string, number][]>().notNull(),
    /** True where it was made on a plan without a limit. */
    unlimited: boolean("unlimited").notNull(),
    createdAt: at("created_at").notNull(),
    expiresAt: at("expires_at").notNull(),
    /** Null while it is held. */
    tokensConsumed: tokens("tokens_consumed"),
    usageId: uuid("usage_id"),
    resolvedAt: at("resolved_at"),
    /** The balance that the answer to its resolution told. */
    balanceAfter: tokens("balance_after"),
  },
  (t) => [
    index("reservations_held").on(t.customerId, t.mode).where(sql`${t.status} = 'held'`),
    check("reservations_status", sql`${t.status} in ('held', 'settled', 'released')`),
    check(
      "reservations_tokens",
      sql`${t.tokensReserved} > 0 and ${t.tokensConsumed} between 0 and ${t.tokensReserved}`,
    ),
  ],
);

/** A brand's own limits on what an account may spend: over all apps (`*`) or on one; by UTC day and by calendar month. */
export const spendCaps = pgTable(
  "spend_caps",
  {
    customerId: uuid("customer_id")
      .notNull()
      .references(() => customers.id, { onDelete: "cascade" }),
    mode: mode(),
    /** A catalog id, or `*`. */
    scope: varchar("scope", { length: 20 }).notNull(),
    daily: tokens("daily"),
    monthly: tokens("monthly"),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.customerId, t.mode, t.scope] }),
    check("spend_caps_some", sql`${t.daily} is not null or ${t.monthly} is not null`),
    check("spend_caps_tokens", sql`coalesce(${t.daily}, 0) >= 0 and coalesce(${t.monthly}, 0) >= 0`),
  ],
);

/** What the reconcile job found, each time: the history of drift between Redis and the ledger. */
export const driftReports = pgTable(
  "drift_reports",
  {
    id: uuid("id").primaryKey(),
    checkedAt: at("checked_at").notNull().defaultNow(),
    tookMs: integer("took_ms").notNull(),
    /** Per invariant: how much was looked at and what was wrong. */
    findings: jsonb("findings")
      .$type<{ invariant: number; title: string; checked: number; breaches: string[] }[]>()
      .notNull(),
    breaches: integer("breaches").notNull(),
    /** How many brands it covered, in the order of their ids. */
    brands: integer("brands").notNull(),
    /** The last of them, after whom the next report begins; null where there were none after it. */
    upTo: uuid("up_to"),
  },
  (t) => [index("drift_reports_checked").on(t.checkedAt)],
);

/** Entries the drain could not write: `poison` ones keep their place in the chain, `fork` ones have lost it. */
export const deadLetters = pgTable(
  "dead_letters",
  {
    id: uuid("id").primaryKey(),
    partition: smallint("partition").notNull(),
    streamId: varchar("stream_id", { length: 40 }).notNull(),
    reason: varchar("reason", { length: 10, enum: ["poison", "fork"] }).notNull(),
    error: text("error").notNull(),
    customerId: uuid("customer_id"),
    mode: varchar("mode", { length: 4 }),
    epoch: bigint("epoch", { mode: "number" }),
    seq: bigint("seq", { mode: "number" }),
    delta: tokens("delta"),
    balanceAfter: tokens("balance_after"),
    /** The entry as it stood in the stream. */
    fields: jsonb("fields").$type<Record<string, string>>().notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    resolvedAt: at("resolved_at"),
    resolution: text("resolution"),
  },
  (t) => [
    // Not unique: a Redis that lost its memory may give the same stream id again.
    index("dead_letters_stream").on(t.partition, t.streamId),
    index("dead_letters_open").on(t.customerId, t.mode).where(sql`${t.resolvedAt} is null`),
    check("dead_letters_reason", sql`${t.reason} in ('poison', 'fork')`),
  ],
);

/** One row per unplanned epoch: what may have been lost, and what is not known. */
export const lossReports = pgTable("loss_reports", {
  id: uuid("id").primaryKey(),
  customerId: uuid("customer_id").notNull(),
  mode: mode(),
  epoch: bigint("epoch", { mode: "number" }).notNull(),
  reason: text("reason").notNull(),
  /** Nothing before this is lost: see `lossWindow` in metering/reconcile; null where nothing was ever drained. */
  windowFrom: at("window_from"),
  windowTo: at("window_to").notNull().defaultNow(),
  /** Tokens known to be lost; null where it is not known. */
  tokensLost: tokens("tokens_lost"),
});
