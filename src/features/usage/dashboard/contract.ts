import { z } from "zod";
import { MAX_DAYS } from "../rules";
import { daysBetween } from "./rules";

/** A day of the brand's own calendar, in years that every calendar on the way can count with. */
const day = z.iso.date().refine((text) => text >= "2001-01-01" && text < "9999-01-01", {
  error: "must lie between 2001-01-01 and 9998-12-31",
});

/** Whole days by the brand's clock, both included. */
export const dashboardQuery = z
  .strictObject({ from: day, to: day })
  .refine((query) => query.from <= query.to, { error: "must not be after `to`", path: ["from"] })
  .refine((query) => daysBetween(query.from, query.to) < MAX_DAYS, {
    error: `at most ${MAX_DAYS} days can be asked for at once`,
    path: ["from"],
  });
export type DashboardQuery = z.infer<typeof dashboardQuery>;

const totals = z.object({
  tokens: z.int(),
  /** A session is one billed use. */
  sessions: z.int(),
  /** How many different shoppers, as told from a sketch; null where no use named one. */
  shoppers: z.int().nullable(),
  /** How many of the sessions named a shopper. */
  known: z.int(),
  /** Mean processing time, ms, of those uses that told one; null where none did. */
  tookMs: z.number().nullable(),
});
export type Totals = z.infer<typeof totals>;

const part = z.object({ value: z.string(), name: z.string(), tokens: z.int(), sessions: z.int() });
export type Part = z.infer<typeof part>;

/** Uses by what they told of themselves: the largest by name, the rest together. */
const parts = z.object({
  parts: z.array(part),
  /** How many more there are, and what they come to. */
  others: z.object({ count: z.int(), tokens: z.int(), sessions: z.int() }),
  /** Uses that told nothing. */
  unknown: z.object({ tokens: z.int(), sessions: z.int() }),
});
export type Parts = z.infer<typeof parts>;

/** What `usage.dashboard` answers: all of one moment, over the days asked for and as many before them. */
export const dashboardResponse = z.object({
  timeZone: z.string(),
  asOf: z.iso.datetime(),
  from: z.iso.date(),
  to: z.iso.date(),
  before: z.object({ from: z.iso.date(), to: z.iso.date() }),
  /** Today by the brand's clock: a day that is not over. */
  today: z.iso.date(),
  totals,
  totalsBefore: totals,
  /** What changes are told of: the days that are over, with those as far into the days before; null where none is over. */
  compared: z
    .object({
      ...{ from: z.iso.date(), to: z.iso.date(), before: z.object({ from: z.iso.date(), to: z.iso.date() }) },
      totals,
      totalsBefore: totals,
    })
    .nullable(),
  /** The most used first. `compared` is what of it lies within the days that are. */
  apps: z.array(
    z.object({
      appId: z.string(),
      name: z.string(),
      tokens: z.int(),
      sessions: z.int(),
      tokensBefore: z.int(),
      compared: z.object({ tokens: z.int(), tokensBefore: z.int() }),
    }),
  ),
  /** Each day, oldest first; `apps` in the order of the list above. `before` is the day as far into the period before. */
  days: z.array(
    z.object({ date: z.iso.date(), tokens: z.int(), sessions: z.int(), apps: z.array(z.int()), before: z.int() }),
  ),
  /** Tokens by hour of the week, from Monday 0:00: 168 of them. */
  hours: z.array(z.int()),
  keys: parts,
  products: parts,
  countries: parts,
});
export type Dashboard = z.infer<typeof dashboardResponse>;

export const entriesQuery = z.strictObject({
  /** Sent along by the pages' client where it reads page after page; there is one way only. */
  direction: z.literal("forward").optional(),
  date: day,
  appId: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,19}$/)
    .optional(),
  /** Where the page before ended. */
  cursor: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT[\d:.]+Z_[0-9a-f-]{36}$/)
    .optional(),
});
export type EntriesQuery = z.infer<typeof entriesQuery>;

/** What `usage.entries` answers: the uses of one day, newest first, each with its entry in the ledger. */
export const entriesResponse = z.object({
  entries: z.array(
    z.object({
      epoch: z.int(),
      seq: z.int(),
      usageId: z.string(),
      appId: z.string(),
      appName: z.string(),
      tokens: z.int(),
      delta: z.int(),
      balanceAfter: z.int(),
      refunded: z.boolean(),
      product: z.string().nullable(),
      keyName: z.string().nullable(),
      occurredAt: z.iso.datetime(),
    }),
  ),
  cursor: z.string().nullable(),
});
export type Entries = z.infer<typeof entriesResponse>;
