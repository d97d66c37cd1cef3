import { z } from "zod";

/** A figure that is not known yet: what is expected, and between what it lies four times in five. */
const guess = z.object({ expected: z.number(), low: z.number(), high: z.number() });

/** What `usage.forecast` answers. */
export const forecastResponse = z.object({
  timeZone: z.string(),
  asOf: z.iso.datetime(),
  /** First and last day, by the brand's clock: the subscription's period, or without one the calendar month. */
  period: z.object({ from: z.iso.date(), to: z.iso.date(), end: z.iso.datetime(), subscription: z.boolean() }),
  today: z.iso.date(),
  unlimited: z.boolean(),
  /** Tokens that are left now, as the ledger has it. */
  balance: z.int(),
  /** Used since the period began, by day; today's is not complete. */
  past: z.array(z.object({ date: z.iso.date(), tokens: z.int() })),
  used: z.int(),
  /** Null where there are fewer than fourteen days of use to judge by. */
  forecast: z
    .object({
      /** Used since the period began, at the end of each day that is to come, today included. */
      days: z.array(guess.extend({ date: z.iso.date() })),
      /** Used by the end of the period. */
      total: guess,
      /** The day on which the tokens are used up before the period ends; null where they last. */
      runsOut: z.object({
        on: z.iso.date().nullable(),
        earliest: z.iso.date().nullable(),
        latest: z.iso.date().nullable(),
      }),
      /** Tokens that the rest of the period takes beyond what is left. */
      missing: guess,
      /** What covers the missing ones at the lowest price, in US cents. */
      packs: z.array(z.object({ tokens: z.int(), count: z.int() })),
      packsCents: z.int(),
    })
    .nullable(),
  /** The plan's price for the period, in US cents; null without a plan. */
  plan: z.object({ name: z.string(), priceCents: z.int() }).nullable(),
});
export type Forecast = z.infer<typeof forecastResponse>;
