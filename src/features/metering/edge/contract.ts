import { z } from "zod";
import { MAX_AMOUNT } from "../rules";

z.config({ jitless: true });

/** Postgres stores neither NUL nor half a surrogate pair, so text that has one is refused here rather than lost later. */
const storable = (value: string): boolean => !value.includes("\u0000") && value.isWellFormed();
const words = (max: number) => z.string().max(max).refine(storable, "must be well-formed text without NUL");

const MAX_METADATA_BYTES = 4096;

const metadata = z
  .record(
    words(MAX_METADATA_BYTES),
    z.union([words(MAX_METADATA_BYTES), z.number(), z.boolean()], { error: "must be text, a number, true or false" }),
  )
  .refine((value) => new TextEncoder().encode(JSON.stringify(value)).length <= MAX_METADATA_BYTES, {
    error: `must be at most ${MAX_METADATA_BYTES} bytes`,
  });

/**
 * What can name an app, as in an address of one. Wider than the names there are: one that differs in case or a dash is the
 * name of no app (404), not a field of the wrong form.
 */
export const appName = z.string().regex(/^[\w-]{1,50}$/, "must be an app's id or slug");

/** Body of `POST /api/v1/customer/tokens/consume`. */
export const consumeRequest = z.strictObject({
  app_id: appName,
  tokens_consumed: z.int().min(1).max(MAX_AMOUNT).optional(),
  session_id: words(100).optional(),
  metadata: metadata.optional(),
});
export type ConsumeRequest = z.infer<typeof consumeRequest>;

/** Answer of a consume. `tokens_remaining` and `unlimited` are left out for a public key. */
export const consumeResponse = z.strictObject({
  success: z.literal(true),
  usage_id: z.uuid(),
  app_id: z.string(),
  tokens_consumed: z.int(),
  tokens_remaining: z.int().nullable().optional(),
  unlimited: z.boolean().optional(),
  created_at: z.iso.datetime(),
});

/** Header `Idempotency-Key`: 1 to 255 visible ASCII characters. */
export const idempotencyKey = z.string().regex(/^[\x21-\x7e]{1,255}$/, "must be 1 to 255 visible ASCII characters");

/** How many records one batch may hold. */
export const MAX_BATCH = 25;

/** Body of `POST …/tokens/consume/batch`. What is wrong with one record is that record's answer, not the batch's. */
export const batchRequest = z.strictObject({ records: z.array(z.unknown()).min(1).max(MAX_BATCH) });

/** One record of a batch. */
export const batchRecord = consumeRequest.extend({ idempotency_key: idempotencyKey });

/** Answer of a batch: per record what a consume of its own would have answered, in order. */
export const batchResponse = z.strictObject({
  results: z.array(z.strictObject({ status: z.int(), body: z.record(z.string(), z.unknown()) })),
});
