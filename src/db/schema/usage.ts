import { sql } from "drizzle-orm";
import {
  bigint,
  check,
  customType,
  date,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  smallint,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import { apps } from "./catalog";
import { customers } from "./people";

/*
 * What the usage pages read instead of the uses themselves: a handful of rows a day, whatever the traffic. All of them
 * count days and hours of the brand's own clock, so that a day of 23 or 25 hours is one day; where a brand moves to
 * another time zone, a trigger counts them anew (drizzle/0008). Written in the transaction that writes the entries.
 */

const bytes = customType<{ data: Buffer }>({ dataType: () => "bytea" });
const count = (name: string) => bigint(name, { mode: "number" }).notNull();
const account = () => ({
  customerId: uuid("customer_id")
    .notNull()
    .references(() => customers.id, { onDelete: "cascade" }),
  mode: varchar("mode", { length: 4, enum: ["live", "test"] }).notNull(),
});
const day = () => date("date", { mode: "string" }).notNull();

/** By day and app. */
export const usageDays = pgTable(
  "usage_days",
  {
    ...account(),
    date: day(),
    appId: uuid("app_id")
      .notNull()
      .references(() => apps.id, { onDelete: "restrict" }),
    tokens: count("tokens"),
    uses: count("uses"),
    /** Sum of the processing times that were told, ms, and how many told one. */
    tookMs: count("took_ms"),
    timed: count("timed"),
  },
  (t) => [primaryKey({ columns: [t.customerId, t.mode, t.date, t.appId] })],
);

/** By day and hour of the clock; an hour that comes twice when the clocks go back is one. */
export const usageHours = pgTable(
  "usage_hours",
  { ...account(), date: day(), hour: smallint("hour").notNull(), tokens: count("tokens"), uses: count("uses") },
  (t) => [
    primaryKey({ columns: [t.customerId, t.mode, t.date, t.hour] }),
    check("usage_hours_hour", sql`${t.hour} between 0 and 23`),
  ],
);

/** By day and what the use told of itself: the key it came with, and product and country where the shop sent them. */
export const usageFacets = pgTable(
  "usage_facets",
  {
    ...account(),
    facet: varchar("facet", { length: 10, enum: ["key", "product", "country"] }).notNull(),
    date: day(),
    value: varchar("value", { length: 100 }).notNull(),
    tokens: count("tokens"),
    uses: count("uses"),
  },
  (t) => [
    primaryKey({ columns: [t.customerId, t.mode, t.facet, t.date, t.value] }),
    check("usage_facets_facet", sql`${t.facet} in ('key', 'product', 'country')`),
  ],
);

/**
 * The shoppers of a day as a sketch (HyperLogLog): 2,048 registers of a byte, from which their number can be told to
 * about 2.3 %, also over many days, and nobody can be told apart. What is erased elsewhere need not be erased here.
 */
export const usageShoppers = pgTable(
  "usage_shoppers",
  {
    ...account(),
    date: day(),
    sketch: bytes("sketch").notNull(),
    /** How many uses named a shopper. */
    known: integer("known").notNull(),
  },
  (t) => [primaryKey({ columns: [t.customerId, t.mode, t.date] })],
);

/**
 * A day, or a week from its Monday, packed as the usage page reads it, so that three months are some twenty rows however much
 * was used. One without figures is open: its days are read from the tables above, until a job has packed it once it is over. A
 * use or a refund that comes late for it opens it again, in the transaction that writes it.
 */
export const usagePacked = pgTable(
  "usage_packed",
  {
    ...account(),
    /** 1 or 7. */
    days: smallint("days").notNull(),
    start: date("start", { mode: "string" }).notNull(),
    /** What `usage_days` has: each day by its place in the span, and app. */
    apps: json("apps").$type<
      [day: number, appId: string, tokens: number, uses: number, tookMs: number, timed: number][]
    >(),
    /** Tokens by hour of the clock, 24 of each day. */
    hours: json("hours").$type<number[]>(),
    /** What `usage_facets` has: of each facet its values, each with tokens and uses. */
    facets: json("facets").$type<Record<string, [value: string, tokens: number, uses: number][]>>(),
    /** Everybody whom the sketches of its days have, and how many uses named a shopper. */
    sketch: bytes("sketch"),
    known: integer("known"),
  },
  (t) => [
    primaryKey({ columns: [t.customerId, t.mode, t.days, t.start] }),
    check("usage_packed_span", sql`${t.days} = 1 or (${t.days} = 7 and extract(isodow from ${t.start}) = 1)`),
    check("usage_packed_whole", sql`num_nulls(${t.apps}, ${t.hours}, ${t.facets}, ${t.sketch}, ${t.known}) in (0, 5)`),
    index("idx_usage_packed_open").on(t.start).where(sql`${t.known} is null`),
  ],
);
