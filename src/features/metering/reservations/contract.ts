import { z } from "zod";
import { appName } from "../edge/contract";
import { MAX_AMOUNT } from "../rules";

z.config({ jitless: true });

/** Body of `POST …/tokens/reservations`. `expires_in` in seconds. */
export const holdRequest = z.strictObject({
  app_id: appName,
  tokens_reserved: z.int().min(1).max(MAX_AMOUNT),
  expires_in: z.int().min(10).max(3600).default(300),
});

/** Body of `POST …/reservations/{id}/settle`. 0 releases. */
export const settleRequest = z.strictObject({ tokens_consumed: z.int().min(0).max(MAX_AMOUNT) });

/** Body of `POST …/reservations/{id}/release`: nothing, or an empty object. */
export const releaseRequest = z.strictObject({});

/** Answer of a hold (201). `tokens_remaining` is null on a plan without a limit. */
export const heldResponse = z.strictObject({
  reservation_id: z.uuid(),
  app_id: z.string(),
  status: z.literal("held"),
  tokens_reserved: z.int(),
  tokens_remaining: z.int().nullable(),
  expires_at: z.iso.datetime(),
});

/** Answer of settle and release. `usage_id` is there only where something was used. */
export const resolvedResponse = z.strictObject({
  reservation_id: z.uuid(),
  app_id: z.string(),
  status: z.enum(["settled", "released"]),
  usage_id: z.uuid().optional(),
  tokens_reserved: z.int(),
  tokens_consumed: z.int(),
  tokens_returned: z.int(),
  tokens_remaining: z.int().nullable(),
  expires_at: z.iso.datetime(),
});
