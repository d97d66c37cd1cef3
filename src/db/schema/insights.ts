import { sql } from "drizzle-orm";
import {
  bigint,
  check,
  date,
  foreignKey,
  index,
  jsonb,
  pgTable,
  primaryKey,
  timestamp,
  unique,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import { apps } from "./catalog";
import { customers, memberships } from "./people";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
const brand = () =>
  uuid("customer_id")
    .notNull()
    .references(() => customers.id, { onDelete: "cascade" });

/**
 * What happened in the sessions of a brand's widgets, one row a session, kind and frame: told twice, it is one row. A
 * session is the paid use that opened it. Nothing here tells of a shopper.
 */
export const widgetEvents = pgTable(
  "widget_events",
  {
    customerId: brand(),
    /** The use that the session was paid with. */
    usageId: uuid("usage_id").notNull(),
    appId: uuid("app_id")
      .notNull()
      .references(() => apps.id, { onDelete: "restrict" }),
    kind: varchar("kind", { length: 6, enum: ["open", "result", "view", "choose", "cart"] }).notNull(),
    /** The frame that it is about; '' for `open` and `result`, which are about none. */
    sku: varchar("sku", { length: 100 }).notNull().default(""),
    /** When the session began: all that happens in it counts on that day, so that a funnel follows the same sessions. */
    openedAt: at("opened_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.customerId, t.usageId, t.kind, t.sku] }),
    index("widget_events_period").on(t.customerId, t.kind, t.openedAt),
    // Rows come nearly in this order, so a few pages of ranges find what has grown too old.
    index("widget_events_age").using("brin", t.openedAt),
    check("widget_events_kind", sql`${t.kind} in ('open', 'result', 'view', 'choose', 'cart')`),
    check("widget_events_sku", sql`(${t.sku} = '') = (${t.kind} in ('open', 'result'))`),
  ],
);

/** A brand's reports, one for each stretch of days: paid for once, however often it is asked for or sent. */
export const insightReports = pgTable(
  "insight_reports",
  {
    id: uuid("id").primaryKey(),
    customerId: brand(),
    /** Days by the brand's clock, both included. */
    fromDay: date("from_day", { mode: "string" }).notNull(),
    toDay: date("to_day", { mode: "string" }).notNull(),
    /** Who asked for it and waits for it; null where nobody does but the month's readers. */
    askedBy: uuid("asked_by"),
    status: varchar("status", { length: 8, enum: ["waiting", "ready"] })
      .notNull()
      .default("waiting"),
    /** Why it was not made when it was tried last: a code of the API. */
    reason: varchar("reason", { length: 40 }),
    /** Not tried before this. */
    dueAt: at("due_at").notNull().defaultNow(),
    /** The use that paid for it, and what that cost. */
    usageId: uuid("usage_id"),
    tokens: bigint("tokens", { mode: "number" }),
    /** What it says, as it was when it was made: sent again, it says the same. */
    figures: jsonb("figures").$type<Record<string, unknown>>(),
    /** When it went to everybody who has each month's report. */
    monthlyAt: at("monthly_at"),
    createdAt: at("created_at").notNull().defaultNow(),
    readyAt: at("ready_at"),
  },
  (t) => [
    unique("insight_reports_once").on(t.customerId, t.fromDay, t.toDay),
    index("insight_reports_due").on(t.dueAt).where(sql`${t.status} = 'waiting'`),
    check("insight_reports_days", sql`${t.fromDay} <= ${t.toDay}`),
    check("insight_reports_status", sql`${t.status} in ('waiting', 'ready')`),
  ],
);

/** Who of a brand has each month's report by mail. Goes with their membership. */
export const insightReaders = pgTable(
  "insight_readers",
  {
    customerId: brand(),
    userId: uuid("user_id").notNull(),
    /** Months that end after this are sent. */
    since: at("since").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.customerId, t.userId] }),
    foreignKey({
      name: "insight_readers_membership",
      columns: [t.userId, t.customerId],
      foreignColumns: [memberships.userId, memberships.customerId],
    }).onDelete("cascade"),
  ],
);
