import { z } from "zod";
import { APP_STATUSES, appPageResponse } from "@/features/catalog/contract";

/** One line as people read it: without what no keyboard types. */
const line = (least: number, most: number) =>
  z
    .string()
    .trim()
    .min(least, { error: least === 1 ? "must not be empty" : `at least ${least} characters` })
    .max(most, { error: `at most ${most} characters` })
    .regex(/^\P{Cc}*$/u, { error: "one line of plain text" });

const entry = z.strictObject({
  version: line(1, 20),
  date: z.iso.date({ error: "must be a day such as 2026-10-06" }),
  notes: line(1, 300),
});

const shape = {
  name: line(2, 60),
  description: line(10, 160),
  about: line(20, 1_500),
  features: z.array(line(2, 80)).min(1, { error: "at least one" }).max(10, { error: "at most 10" }),
  status: z.enum(APP_STATUSES),
  /** Tokens a use; the least one where a secret key names its own amount. */
  tokenCost: z
    .int({ error: "a whole number of tokens" })
    .min(1, { error: "at least 1 token" })
    .max(10_000, { error: "at most 10,000 tokens" }),
  pricingTier: z.enum(["starter", "professional", "enterprise"]),
  /** Newest first. */
  changelog: z.array(entry).max(50, { error: "at most 50 entries" }),
};

/** What of an app the platform's staff may edit. Its settings, what it may see and its guide come with its code. */
export const appFields = z.strictObject(shape);
export type AppFields = z.infer<typeof appFields>;
export type FieldName = keyof AppFields;
export const FIELD_NAMES = Object.keys(shape) as FieldName[];

const slug = z.string().min(1).max(50);
const reason = z
  .string()
  .trim()
  .min(5, { error: "say why, in 5 to 300 characters" })
  .max(300, { error: "say why, in 5 to 300 characters" });

export const editedAppInput = z.strictObject({ slug });
const atRevision = editedAppInput.extend({ revision: z.int().min(0) });
export const discardAppDraftInput = atRevision;
export const saveAppDraftInput = atRevision.extend({ fields: appFields });
export type SaveAppDraftInput = z.infer<typeof saveAppDraftInput>;
export const publishAppInput = saveAppDraftInput.extend({ reason });
export type PublishAppInput = z.infer<typeof publishAppInput>;
/** `version` 0 is the catalogue as it is shipped. */
export const restoreAppInput = atRevision.extend({ version: z.int().min(0), reason });
export type RestoreAppInput = z.infer<typeof restoreAppInput>;

export const savedAppOutput = z.object({ revision: z.int(), version: z.int() });
/** `atTheEdge` is false where Redis could not be told yet; it is within a minute of being back. */
export const publishedAppOutput = savedAppOutput.extend({ atTheEdge: z.boolean() });

const version = z.object({
  version: z.int(),
  /** What it changed, each field as it was before and after. */
  changes: z.array(z.object({ field: z.enum(FIELD_NAMES), from: z.string(), to: z.string() })),
  reason: z.string(),
  restoredFrom: z.int().nullable(),
  by: z.string(),
  at: z.string(),
});
export type AppVersion = z.infer<typeof version>;

/** An app as its editor needs it. */
export const editedAppOutput = z.object({
  /** As a brand that has not turned it on sees it now. */
  page: appPageResponse,
  published: appFields,
  /** What a member of staff is working on, with the rest as it is published; null where nothing is. */
  draft: z.object({ fields: appFields, by: z.string(), at: z.string() }).nullable(),
  /** What the shipped catalogue says, and which fields staff have taken over from it. */
  shipped: appFields,
  edited: z.array(z.enum(FIELD_NAMES)),
  version: z.int(),
  revision: z.int(),
  versions: z.array(version),
});
export type EditedApp = z.infer<typeof editedAppOutput>;

export const editedAppsOutput = z.object({
  apps: z.array(
    z.object({
      id: z.string(),
      slug: z.string(),
      name: z.string(),
      status: z.enum(APP_STATUSES),
      tokenCost: z.int(),
      pricingTier: shape.pricingTier,
      version: z.int(),
      edited: z.int(),
      draft: z.boolean(),
    }),
  ),
});
