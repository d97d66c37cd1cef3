import { z } from "zod";
import { DEFAULT_RATE_LIMIT, GRACES, isExactOrigin, MAX_ORIGINS, MAX_RATE_LIMIT, SCOPES } from "./rules";

const distinct = (values: readonly string[]): boolean => new Set(values).size === values.length;
const noDuplicates = { error: "names the same one twice" };

const origins = z
  .array(
    // A host's name has 253 characters at most.
    z.string().max(270).refine(isExactOrigin, {
      error: "must be an exact origin such as https://shop.example: scheme, lower-case host and port, nothing after it",
    }),
  )
  .max(MAX_ORIGINS, `at most ${MAX_ORIGINS} origins`)
  .refine(distinct, noDuplicates);

const catalogIds = z
  .array(
    z
      .string()
      .max(260)
      .regex(/^[a-z]{2,6}-\d{3}$/, "must be an app's id such as vto-001"),
  )
  .min(1, "name at least one app, or null for all")
  .max(100)
  .refine(distinct, noDuplicates);

/** What people call it. */
const name = z
  .string()
  .trim()
  .min(1, "give the key a name")
  .max(60, "at most 60 characters")
  .regex(/^\P{Cc}*$/u, "must not hold control characters");
const scopes = z.array(z.enum(SCOPES)).max(SCOPES.length).refine(distinct, noDuplicates);
const rateLimit = z.int().min(1).max(MAX_RATE_LIMIT);

/** What it takes to make a key. Unknown fields are refused. */
export const createKeyInput = z
  .strictObject({
    name,
    /** `pk` may stand in a page, `sk` may not. */
    kind: z.enum(["pk", "sk"]),
    mode: z.enum(["live", "test"]),
    /** Exact origins a public key works from. */
    origins: origins.default([]),
    /** Catalog ids the key covers; null covers every app of the brand. */
    appPermissions: catalogIds.nullable().default(null),
    /** What a secret key may do. */
    scopes: scopes.default([]),
    /** Requests an hour, with a burst as large. */
    rateLimit: rateLimit.default(DEFAULT_RATE_LIMIT),
    /** When it stops working; null for never. */
    expiresAt: z.iso.datetime({ offset: true }).nullable().default(null),
  })
  .superRefine((key, ctx) => {
    const refuse = (path: string, message: string) => ctx.addIssue({ code: "custom", path: [path], message });
    if (key.kind === "pk") {
      if (key.origins.length === 0) refuse("origins", "a public key needs at least one origin");
      if (key.scopes.length > 0) refuse("scopes", "a public key has no scopes");
    } else {
      if (key.origins.length > 0) refuse("origins", "a secret key has no origins");
      if (key.scopes.length === 0) refuse("scopes", "a secret key needs at least one scope");
    }
  });
export type CreateKeyInput = z.input<typeof createKeyInput>;
/** The same after defaults. */
export type NewKey = z.output<typeof createKeyInput>;

const keyId = z.string().regex(/^ak_(live|test)_[0-9A-Za-z]{1,30}$/);

export const revokeKeyInput = z.strictObject({ keyId });

/**
 * What it takes to change a key: all of its settings, as they shall be. Kind, mode and end stay; which of origins and scopes
 * it has, its kind says.
 */
export const changeKeyInput = z.strictObject({
  keyId,
  name,
  origins,
  appPermissions: catalogIds.nullable(),
  scopes,
  rateLimit,
});
export type ChangeKeyInput = z.infer<typeof changeKeyInput>;

/** What it takes to replace a key by another with its settings. */
export const rotateKeyInput = z.strictObject({
  keyId,
  /** How long the old one goes on working. */
  grace: z.enum(GRACES),
  /** When the new one stops working; null for never. Always said, so that no key loses its end by silence. */
  expiresAt: z.iso.datetime({ offset: true }).nullable(),
});
export type RotateKeyInput = z.infer<typeof rotateKeyInput>;

/** A key as people see it: never its HMAC, and its text only where it is public. Times in ISO 8601. */
export const keyView = z.object({
  keyId: z.string(),
  name: z.string(),
  kind: z.enum(["pk", "sk"]),
  mode: z.enum(["live", "test"]),
  publicKey: z.string().nullable(),
  lastFour: z.string(),
  origins: z.array(z.string()),
  appPermissions: z.array(z.string()).nullable(),
  scopes: z.array(z.string()),
  rateLimit: z.number(),
  rateBurst: z.number(),
  expiresAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
  createdAt: z.string(),
});
export type KeyView = z.infer<typeof keyView>;

export const keyListOutput = z.object({ keys: z.array(keyView) });
/** Uses by key over the last days; a key that is not named has none. Uses whose tokens were given back are left out. */
export const keyUsageOutput = z.object({
  days: z.int(),
  usage: z.array(z.object({ keyId: z.string(), uses: z.int(), tokens: z.int() })),
});
export type KeyUsage = z.infer<typeof keyUsageOutput>;
/** `secret` is the whole key; of an `sk` this is the only time it is shown. */
export const createKeyOutput = z.object({ key: keyView, secret: z.string() });
export type MadeKey = z.infer<typeof createKeyOutput>;
export const changeKeyOutput = z.object({ key: keyView });
export const revokeKeyOutput = z.object({ keyId: z.string(), revokedAt: z.string() });
/** The new key as `create` answers it, and the old one with the end it has now. */
export const rotateKeyOutput = createKeyOutput.extend({ replaced: keyView });
