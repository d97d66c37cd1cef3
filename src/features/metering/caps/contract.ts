import { z } from "zod";
import { MAX_AMOUNT } from "../rules";

const limit = z.int().min(0).max(MAX_AMOUNT).nullable();

/** A brand's own cap on what it spends: over all apps (`*`) or on one, by UTC day and calendar month. Null is no limit. */
export const capInput = z.strictObject({
  mode: z.enum(["live", "test"]),
  scope: z.union([z.literal("*"), z.string().regex(/^[a-z0-9][a-z0-9-]{0,19}$/, "must be an app's id, or *")]),
  daily: limit,
  monthly: limit,
});
export type CapInput = z.infer<typeof capInput>;

/** Which account's caps. */
export const capsQuery = capInput.pick({ mode: true });
export const capsAnswer = z.object({ caps: z.array(capInput.omit({ mode: true })) });
export const setCapAnswer = z.object({ inForce: z.boolean() });
