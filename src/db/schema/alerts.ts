import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import { customers } from "./people";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
const customer = () =>
  uuid("customer_id")
    .notNull()
    .references(() => customers.id, { onDelete: "cascade" });

/** When a brand's alerts may disturb, by its own clock. Made with its first rules; no row means they were never looked at. */
export const alertSettings = pgTable(
  "alert_settings",
  {
    customerId: customer().primaryKey(),
    /** Minutes after midnight; the same for both, or null, is none. */
    quietFrom: smallint("quiet_from"),
    quietTo: smallint("quiet_to"),
    /** The hour at which digests go out. */
    digestHour: smallint("digest_hour").notNull().default(8),
    /** When the rules were last looked at, and when that was last asked for. */
    evaluatedAt: at("evaluated_at"),
    askedAt: at("asked_at"),
  },
  (t) => [
    check(
      "alert_settings_quiet",
      sql`(${t.quietFrom} is null) = (${t.quietTo} is null) and ${t.quietFrom} between 0 and 1439 and ${t.quietTo} between 0 and 1439`,
    ),
    check("alert_settings_digest", sql`${t.digestHour} between 0 and 23`),
  ],
);

/** What a brand wants to be told of. `threshold` is percent, tokens, days or times, as the kind has it. */
export const alertRules = pgTable(
  "alert_rules",
  {
    id: uuid("id").primaryKey(),
    customerId: customer(),
    kind: varchar("kind", { length: 40 }).notNull(),
    threshold: bigint("threshold", { mode: "number" }).notNull(),
    enabled: boolean("enabled").notNull().default(true),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [
    unique("alert_rules_once").on(t.customerId, t.kind, t.threshold),
    check("alert_rules_threshold", sql`${t.threshold} >= 0`),
  ],
);

/**
 * Each time a rule's threshold was crossed. Open until it has recovered: the index on open ones is what tells once,
 * whoever looks, and how many at a time. Outlives its rule, as the history of who was told.
 */
export const alertCrossings = pgTable(
  "alert_crossings",
  {
    id: uuid("id").primaryKey(),
    customerId: customer(),
    ruleId: uuid("rule_id").notNull(),
    kind: varchar("kind", { length: 40 }).notNull(),
    threshold: bigint("threshold", { mode: "number" }).notNull(),
    /** Which of the things that a rule looks after, such as a key; empty where there is one. */
    subject: varchar("subject", { length: 100 }).notNull().default(""),
    /** The period that it counts in, such as the day of a daily cap; another one is another crossing. */
    period: varchar("period", { length: 40 }).notNull().default(""),
    facts: jsonb("facts").$type<Record<string, unknown>>().notNull(),
    /** False where a higher rule spoke for it. */
    told: boolean("told").notNull(),
    openedAt: at("opened_at").notNull().defaultNow(),
    closedAt: at("closed_at"),
  },
  (t) => [
    uniqueIndex("alert_crossings_open").on(t.customerId, t.ruleId, t.subject).where(sql`${t.closedAt} is null`),
    index("alert_crossings_customer").on(t.customerId, t.openedAt),
  ],
);

/** How often each key was refused, by hour and reason. Uses tell of themselves in the ledger; refusals only here. */
export const keyRefusals = pgTable(
  "key_refusals",
  {
    customerId: customer(),
    keyId: varchar("key_id", { length: 40 }).notNull(),
    hour: at("hour").notNull(),
    code: varchar("code", { length: 40 }).notNull(),
    times: integer("times").notNull(),
  },
  (t) => [primaryKey({ columns: [t.customerId, t.keyId, t.hour, t.code] }), index("key_refusals_hour").on(t.hour)],
);
