import { z } from "zod";
import { ACTIVATION_STATUSES } from "./rules";

/** An app by its catalogue id or slug. */
export const appRef = z.string().min(1).max(50);
export const appInput = z.strictObject({ appId: appRef });

/** What `POST …/activate` and `PUT …/configuration` take; the app's own schema judges the configuration. */
export const configurationBody = z.strictObject({ configuration: z.unknown() });
export const activateBody = z.strictObject({ configuration: z.unknown().optional() });
export const emptyBody = z.strictObject({});

export const activateInput = z.strictObject({ appId: appRef, configuration: z.unknown().optional() });

/** How an app stands with the brand. Times in ISO 8601. */
export const activationView = z.object({
  activationId: z.string(),
  status: z.enum(ACTIVATION_STATUSES),
  activatedAt: z.string(),
  lastUsedAt: z.string().nullable(),
  version: z.int(),
  revision: z.int(),
});
export type ActivationView = z.infer<typeof activationView>;

/** What became of turning an app on or off, pausing or resuming it. */
export const activationResult = z.object({
  activationId: z.string(),
  first: z.boolean(),
  app: z.object({
    id: z.string(),
    slug: z.string(),
    name: z.string(),
    status: z.enum(ACTIVATION_STATUSES),
    activatedAt: z.string(),
  }),
});
export type ActivationResult = z.infer<typeof activationResult>;

export const embedResponse = z.object({
  code: z.string(),
  /** Null where the brand has no public key that covers the app. */
  publicKey: z.string().nullable(),
  origin: z.string(),
  /** The loader's version and hash, for code that is pinned; null where the widgets are not built. */
  build: z.object({ version: z.string(), integrity: z.string() }).nullable(),
});

/** One line of an app's history. */
export const historyResponse = z.object({
  entries: z.array(
    z.object({
      id: z.number(),
      action: z.string(),
      /** A person's name, `API key ak_…`, or `VARAi`. */
      actor: z.string(),
      details: z.record(z.string(), z.unknown()),
      at: z.string(),
    }),
  ),
});
export type HistoryEntry = z.infer<typeof historyResponse>["entries"][number];
