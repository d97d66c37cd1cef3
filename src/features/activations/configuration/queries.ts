import { and, desc, eq } from "drizzle-orm";
import type { Ctx } from "@/db/context";
import { configurationVersions } from "@/db/schema/catalog";
import { configurationSchema } from "@/features/catalog/dialect/contract";
import { Refusal } from "@/lib/errors";
import { activationOf, actorName, appNamed, namesOf } from "../queries";
import type { ConfigurationState, ConfigurationVersion } from "./contract";
import { carryOver, draftToday } from "./rules";

/** How many versions a page shows; older ones stay in the table. */
const SHOWN = 30;

/**
 * How an app is set up for the brand: what is in force, what someone is working on, and what the app's makers have
 * changed under it.
 * @throws Refusal `app_not_found`, `app_not_active` where the brand never turned it on
 */
export async function configurationOf(ctx: Ctx, input: { appId: string }): Promise<ConfigurationState> {
  const app = await appNamed(ctx.db, input.appId);
  const row = await activationOf(ctx.db, ctx.customerId, app.id);
  if (!row) throw new Refusal("app_not_active", `${app.name} is not turned on for this brand.`);
  const schema = configurationSchema.parse(app.configurationSchema);
  const { configuration: published, ...outdated } = carryOver(schema, row.configuration);
  const moved = outdated.dropped.length + outdated.added.length + outdated.reset.length > 0;
  const by = { actorType: "user", actorId: row.draftBy ?? "" } as const;
  const names = row.draftBy ? await namesOf(ctx.db, [by]) : new Map<string, string>();
  return {
    app: { id: app.catalogId, slug: app.slug, name: app.name, status: app.status },
    schema,
    status: row.status,
    version: row.version,
    revision: row.revision,
    published,
    draft:
      row.draft && row.draftAt
        ? {
            configuration: draftToday(schema, row.draft),
            by: actorName(by, names),
            at: row.draftAt.toISOString(),
          }
        : null,
    // Before its first version a configuration was never set by anyone, so nothing moved under them.
    outdated:
      moved && row.version > 0
        ? { dropped: [...outdated.dropped], added: [...outdated.added], reset: [...outdated.reset] }
        : null,
  };
}

/** The published versions of an app's configuration, newest first, at most 30. */
export async function versionsOf(ctx: Ctx, input: { appId: string }): Promise<ConfigurationVersion[]> {
  const app = await appNamed(ctx.db, input.appId);
  const rows = await ctx.db
    .select()
    .from(configurationVersions)
    .where(and(eq(configurationVersions.customerId, ctx.customerId), eq(configurationVersions.appId, app.id)))
    .orderBy(desc(configurationVersions.version))
    .limit(SHOWN);
  const names = await namesOf(ctx.db, rows);
  return rows.map((row) => ({
    version: row.version,
    by: actorName(row, names),
    at: row.createdAt.toISOString(),
    restoredFrom: row.restoredFrom,
    configuration: row.configuration,
  }));
}
