import { z } from "zod";
import { customerInput } from "../support/contract";

export const quotaInput = customerInput;

/** What giving a plan's tokens back would do, and the word that confirms just that. */
export const quotaOutput = z.object({
  plan: z.string(),
  /** Of the periods that are paid and not over. */
  quota: z.int(),
  used: z.int(),
  /** What earlier resets of the same period gave back. */
  givenBack: z.int(),
  /** What this one would give. */
  tokens: z.int(),
  balance: z.int(),
  /** When the period ends, and with it what is given. */
  expiresAt: z.string(),
  confirmation: z.string(),
});
export type Quota = z.infer<typeof quotaOutput>;

export const resetQuotaInput = quotaInput.extend({
  tokens: z.int().min(1),
  confirmation: z.string().max(40),
  reason: z
    .string()
    .trim()
    .min(5, { error: "say why, in 5 to 300 characters" })
    .max(300, { error: "say why, in 5 to 300 characters" }),
});
export type ResetQuotaInput = z.infer<typeof resetQuotaInput>;
/** `pending`: written down, and given as soon as the stores can be reached. */
export const resetQuotaOutput = z.object({ outcome: z.enum(["applied", "pending"]) });
