import { z } from "zod";

/** Answer of `POST …/tokens/usage/{usage_id}/refund`. `tokens_remaining` is null for unlimited usage. */
export const refundReport = z.strictObject({
  usage_id: z.uuid(),
  tokens_refunded: z.int(),
  tokens_remaining: z.int().nullable(),
});
export type RefundReport = z.infer<typeof refundReport>;

/** Body of the same: nothing, or a reason for the audit log. */
export const refundRequest = z.strictObject({ reason: z.string().min(1).max(200).optional() });
