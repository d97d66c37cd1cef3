import { z } from "zod";

/** What can be a sign: use that is not as usual, a key that is refused often, use from countries that are new. */
export const SIGN_KINDS = ["unusual", "secret_in_browser", "refused", "countries"] as const;
export const signKind = z.enum(SIGN_KINDS);
export type SignKind = z.infer<typeof signKind>;

export const reviewInput = z.strictObject({ dismissed: z.boolean().default(false) });

export const sign = z.object({
  /** What is seen and since when: what is dismissed is this, and a new one is seen anew. */
  id: z.string(),
  kind: signKind,
  customerId: z.string(),
  brand: z.string(),
  /** When it began, or its last hour. */
  at: z.string(),
  title: z.string(),
  body: z.string(),
  /** The key that it is about, where it can still be revoked. */
  key: z.object({ keyId: z.string(), name: z.string() }).nullable(),
  dismissed: z.object({ by: z.string(), reason: z.string(), at: z.string() }).nullable(),
});
export type Sign = z.infer<typeof sign>;
export const reviewOutput = z.object({ asOf: z.string(), signs: z.array(sign) });

const reason = z
  .string()
  .trim()
  .min(5, { error: "say why, in 5 to 300 characters" })
  .max(300, { error: "say why, in 5 to 300 characters" });
export const dismissInput = z.strictObject({ customerId: z.uuid(), sign: z.string().min(1).max(120), reason });
export type DismissInput = z.infer<typeof dismissInput>;
export const recallInput = dismissInput.omit({ reason: true });
export type RecallInput = z.infer<typeof recallInput>;

/** Whatever was found: a key's text, alone or within a file, or the id that our logs have of it. */
export const findKeyInput = z.strictObject({
  text: z.string().trim().min(1, { error: "paste a key, or its id" }).max(2_000, { error: "at most 2,000 characters" }),
});
export const foundKey = z.object({
  customerId: z.string(),
  brand: z.string(),
  keyId: z.string(),
  name: z.string(),
  kind: z.enum(["pk", "sk"]),
  mode: z.enum(["live", "test"]),
  revokedAt: z.string().nullable(),
  expiresAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
});
export type FoundKey = z.infer<typeof foundKey>;
/** `none` is no key in the text at all; `unknown` one of our form that opens nothing here. */
export const findKeyOutput = z.discriminatedUnion("state", [
  z.object({ state: z.literal("none") }),
  z.object({ state: z.literal("unknown") }),
  z.object({ state: z.literal("found"), key: foundKey }),
]);
export type FindKeyOutput = z.infer<typeof findKeyOutput>;
export const dismissOutput = z.object({ sign: z.string() });
