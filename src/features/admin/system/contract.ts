import { z } from "zod";
import { GROUPS } from "@/lib/latency";

const requestGroup = z.object({
  group: z.enum(GROUPS),
  count: z.number(),
  /** Milliseconds, as far as the buckets tell; null where it lies beyond the last. */
  p50: z.number().nullable(),
  p95: z.number().nullable(),
  /** Answers that say the fault is ours, and that it is the caller's. */
  failed: z.number(),
  refused: z.number(),
});
export type RequestGroup = z.infer<typeof requestGroup>;

export const systemOutput = z.object({
  asOf: z.string(),
  /** Events that wait in the outboxes and the age of the oldest, seconds; null where Redis cannot be asked. */
  backlog: z.object({ events: z.number(), lagSeconds: z.number(), partitions: z.number() }).nullable(),
  /** The newest time that any partition was drained. */
  lastDrained: z.string().nullable(),
  lettersOpen: z.object({ poison: z.number(), fork: z.number() }),
  intents: z.object({ open: z.number(), lagSeconds: z.number() }),
  losses: z.object({ tokens: z.number(), unknown: z.number() }),
  accountsClosed: z.number(),
  /** Looks for drift, newest first. */
  drift: z.array(
    z.object({
      checkedAt: z.string(),
      breaches: z.number(),
      brands: z.number(),
      tookMs: z.number(),
      wrong: z.array(z.string()),
    }),
  ),
  mails: z.object({ queued: z.number(), failed: z.number() }),
  stripeEvents: z.object({ failed: z.number(), last: z.string().nullable() }),
  /** What the process that answers has served, and what the edge has told it, since it began. */
  requests: z.object({ since: z.string(), groups: z.array(requestGroup) }),
  /** Scheduled jobs, those that failed or are late first. */
  jobs: z.array(
    z.object({
      name: z.string(),
      failures: z.number(),
      tookMs: z.number(),
      succeeded: z.string().nullable(),
      /** It has not ended well for longer than its pace allows. */
      late: z.boolean(),
    }),
  ),
  /** The newest comparison of Stripe, ledger and Redis for each brand that has money with us; null before the first. */
  money: z
    .object({
      checkedAt: z.string(),
      brands: z.number(),
      paidCents: z.number(),
      tokensBought: z.number(),
      tokensGranted: z.number(),
      odd: z.array(
        z.object({ customerId: z.string(), brand: z.string(), findings: z.number(), words: z.array(z.string()) }),
      ),
    })
    .nullable(),
});
export type SystemState = z.infer<typeof systemOutput>;

export const lettersInput = z.strictObject({ open: z.boolean().default(true) });
export const lettersOutput = z.object({
  total: z.number(),
  letters: z.array(
    z.object({
      id: z.string(),
      customerId: z.string().nullable(),
      brand: z.string().nullable(),
      mode: z.string().nullable(),
      reason: z.enum(["poison", "fork"]),
      kind: z.string().nullable(),
      error: z.string(),
      createdAt: z.string(),
      resolution: z.string().nullable(),
    }),
  ),
});
export type Letters = z.infer<typeof lettersOutput>;
export type LetterRow = Letters["letters"][number];

export const replayInput = z.strictObject({ id: z.string().max(60) });
export const discardInput = replayInput.extend({ reason: z.string().trim().min(5).max(200) });
/** `refused` says why in words; `already` that somebody was quicker. */
export const letterOutcome = z.object({ kind: z.enum(["done", "already", "refused"]), words: z.string() });
export type LetterOutcome = z.infer<typeof letterOutcome>;
