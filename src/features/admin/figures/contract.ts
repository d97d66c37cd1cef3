import { z } from "zod";

const cents = z.number();

/** What recurring revenue did in one month; `opening` and the movements make `closing`. US cents. */
export const movement = z.object({
  /** First day of the month, UTC. */
  month: z.string(),
  opening: cents,
  fresh: cents,
  back: cents,
  expansion: cents,
  contraction: cents,
  churn: cents,
  closing: cents,
});
export type Movement = z.infer<typeof movement>;

export const figuresOutput = z.object({
  asOf: z.string(),
  customers: z.number(),
  mrr: z.object({
    /** Sum of the prices of active subscriptions, cents a month: of a yearly one a twelfth. */
    cents,
    subscriptions: z.number(),
    /** Plans in force that nobody pays for. */
    given: z.number(),
    movements: z.array(movement),
  }),
  /** Mean over brands with a limited plan of a day's tokens by the plan's month; null without such a brand. */
  consumptionRate: z.number().nullable(),
  adoption: z.object({
    /** Active apps by brand. */
    perCustomer: z.number(),
    apps: z.array(z.object({ appId: z.string(), name: z.string(), customers: z.number(), tokens30: z.number() })),
  }),
  /** How many brands came so far, step by step. */
  funnel: z.array(
    z.object({ step: z.enum(["signed_up", "activated", "configured", "used", "paying"]), brands: z.number() }),
  ),
  /** From the brand's beginning to its first use, seconds; null where no brand has one. */
  timeToFirstToken: z.object({ median: z.number(), p90: z.number(), brands: z.number() }).nullable(),
  liability: z.object({
    sources: z.array(
      z.object({
        source: z.enum(["plan", "pack", "refund", "adjustment"]),
        tokens: z.number(),
        /** Of them, what expires within 30 days. */
        soon: z.number(),
        /** What was paid for what is left, cents. */
        cents,
      }),
    ),
  }),
});
export type Figures = z.infer<typeof figuresOutput>;
