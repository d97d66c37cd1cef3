import { z } from "zod";
import { configurationSchema, configurationValues } from "@/features/catalog/dialect/contract";
import { appRef } from "../contract";
import { ACTIVATION_STATUSES } from "../rules";

/** Which change the writer has seen last; another one since is told instead of overwritten. */
const revision = z.int().min(0);

export const draftInput = z.strictObject({ appId: appRef, revision, configuration: z.unknown() });
export const discardInput = z.strictObject({ appId: appRef, revision });
export const publishInput = draftInput;
export const restoreInput = z.strictObject({ appId: appRef, revision, version: z.int().min(1) });

const paths = z.array(z.string());

/** Everything the configure page needs. Null where the brand never turned the app on. */
export const configurationState = z.object({
  app: z.object({ id: z.string(), slug: z.string(), name: z.string(), status: z.string() }),
  schema: configurationSchema,
  status: z.enum(ACTIVATION_STATUSES),
  version: z.int(),
  revision,
  /** What is in force, as the schema of today has it. */
  published: configurationValues,
  /** What someone is working on; null where nothing differs from what is published. */
  draft: z.object({ configuration: configurationValues, by: z.string(), at: z.string() }).nullable(),
  /** What the app's makers have changed since the configuration was published. */
  outdated: z.object({ dropped: paths, added: paths, reset: paths }).nullable(),
});
export type ConfigurationState = z.infer<typeof configurationState>;

/** After a change: what to name next time. */
export const revisionResult = z.object({ revision, version: z.int() });

export const versionsResponse = z.object({
  versions: z.array(
    z.object({
      version: z.int(),
      by: z.string(),
      at: z.string(),
      restoredFrom: z.int().nullable(),
      configuration: configurationValues,
    }),
  ),
});
export type ConfigurationVersion = z.infer<typeof versionsResponse>["versions"][number];
