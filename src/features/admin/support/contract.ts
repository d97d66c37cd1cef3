import { z } from "zod";
import { keyView } from "@/features/keys/contract";

/** How long one opening lasts, minutes. */
export const OPEN_MINUTES = 60;

const reason = z
  .string()
  .trim()
  .min(5, { error: "say why, in 5 to 300 characters" })
  .max(300, { error: "say why, in 5 to 300 characters" });

export const openSupportInput = z.strictObject({ customerId: z.uuid(), reason });
export type OpenSupportInput = z.infer<typeof openSupportInput>;
export const openSupportOutput = z.object({ expiresAt: z.string() });

export const customerInput = z.strictObject({ customerId: z.uuid() });
export type CustomerInput = z.infer<typeof customerInput>;

const named = z.object({ id: z.string(), name: z.string(), slug: z.string() });

/** Closed until a reason is given; then the brand as its own people see it, without anything that opens a door. */
export const supportOutput = z.discriminatedUnion("state", [
  z.object({ state: z.literal("closed"), brand: named }),
  z.object({
    state: z.literal("open"),
    brand: named.extend({ timeZone: z.string(), createdAt: z.string() }),
    reason: z.string(),
    expiresAt: z.string(),
    plan: z
      .object({ name: z.string(), status: z.string(), periodEnd: z.string().nullable(), paid: z.boolean() })
      .nullable(),
    balance: z.object({ tokens: z.number().nullable(), unlimited: z.boolean(), asOf: z.string() }),
    apps: z.array(
      z.object({ appId: z.string(), name: z.string(), status: z.string(), lastUsedAt: z.string().nullable() }),
    ),
    keys: z.array(keyView),
    people: z.array(z.object({ name: z.string(), email: z.string(), role: z.string() })),
    days: z.array(z.object({ date: z.string(), tokens: z.number(), uses: z.number() })),
    entries: z.array(
      z.object({
        epoch: z.number(),
        seq: z.number(),
        kind: z.string(),
        delta: z.number(),
        balanceAfter: z.number(),
        app: z.string().nullable(),
        at: z.string(),
      }),
    ),
    log: z.array(
      z.object({ id: z.number(), action: z.string(), subject: z.string(), actor: z.string(), at: z.string() }),
    ),
  }),
]);
export type SupportView = z.infer<typeof supportOutput>;
export type OpenView = Extract<SupportView, { state: "open" }>;

export const revokeInput = z.strictObject({ customerId: z.uuid(), keyId: z.string().max(100), reason });
export type RevokeInput = z.infer<typeof revokeInput>;
export const revokeOutput = z.object({ keyId: z.string(), revokedAt: z.string() });

export const adjustInput = z.strictObject({
  customerId: z.uuid(),
  tokens: z
    .int()
    .min(-1_000_000_000)
    .max(1_000_000_000)
    .refine((tokens) => tokens !== 0, { error: "not 0" }),
  reason,
});
export type AdjustInput = z.infer<typeof adjustInput>;
/** What would be done, and the word that confirms just that. */
export const proposalOutput = z.object({ what: z.string(), confirmation: z.string() });
export const confirmAdjustInput = adjustInput.extend({ confirmation: z.string().max(40) });
export type ConfirmAdjustInput = z.infer<typeof confirmAdjustInput>;
/** `pending`: written down, and applied as soon as the stores can be reached. */
export const adjustOutput = z.object({ outcome: z.enum(["applied", "refused", "pending"]) });
