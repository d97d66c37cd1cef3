import { asc, desc, eq } from "drizzle-orm";
import type { Reader } from "@/db/client";
import type { StaffCtx } from "@/db/context";
import { apps, appVersions } from "@/db/schema/catalog";
import { users } from "@/db/schema/people";
import { configurationSchema } from "@/features/catalog/dialect/contract";
import { toCard } from "@/features/catalog/queries";
import { offers } from "@/features/plans/queries";
import { Refusal } from "@/lib/errors";
import type { AppFields, AppVersion, EditedApp, FieldName } from "./contract";
import { valueWords } from "./rules";

type AppRow = typeof apps.$inferSelect;

/** How many versions a page tells of. */
const VERSIONS = 50;

/** What is in force of what staff may edit. */
export const fieldsOf = (app: AppRow): AppFields => ({
  name: app.name,
  description: app.description ?? "",
  about: app.about,
  features: app.features,
  status: app.status,
  tokenCost: app.tokenCost,
  pricingTier: app.pricingTier,
  changelog: app.changelog,
});

/** Every app, with what staff have done to it. The catalogue is no brand's. */
export async function editedApps(ctx: StaffCtx) {
  const rows = await ctx.db.select().from(apps).orderBy(asc(apps.name));
  return {
    apps: rows.map((app) => ({
      id: app.catalogId,
      slug: app.slug,
      name: app.name,
      status: app.status,
      tokenCost: app.tokenCost,
      pricingTier: app.pricingTier,
      version: app.version,
      edited: app.edited.length,
      draft: app.draft !== null,
    })),
  };
}

/** What somebody is called; who is gone has no name. */
export async function staffName(db: Reader, id: string | null): Promise<string> {
  const [user] = id === null ? [] : await db.select({ name: users.name }).from(users).where(eq(users.id, id));
  return user?.name ?? "Someone who has left";
}

/** An app as its editor needs it. @throws Refusal `app_not_found` */
export async function editedApp(ctx: StaffCtx, input: { slug: string }): Promise<EditedApp> {
  const [app] = await ctx.db.select().from(apps).where(eq(apps.slug, input.slug));
  if (!app) throw new Refusal("app_not_found", `There is no app ${input.slug}.`);
  const published = fieldsOf(app);
  const shipped = { ...published, ...app.shipped };
  return {
    page: {
      ...toCard(app, null, { plan: null, inForce: true }),
      about: app.about,
      access: app.access,
      changelog: app.changelog,
      schema: configurationSchema.parse(app.configurationSchema),
      documentationUrl: app.documentationUrl,
      similar: [],
      plan: null,
      planInForce: true,
      offers: await offers(ctx.db),
    },
    published,
    draft: app.draft && {
      fields: { ...published, ...app.draft },
      by: await staffName(ctx.db, app.draftBy),
      at: (app.draftAt ?? app.updatedAt).toISOString(),
    },
    shipped,
    edited: app.edited,
    version: app.version,
    revision: app.revision,
    versions: await versionsOf(ctx, app.id),
  };
}

async function versionsOf(ctx: StaffCtx, appId: string): Promise<AppVersion[]> {
  const rows = await ctx.db
    .select({ row: appVersions, by: users.name })
    .from(appVersions)
    .leftJoin(users, eq(users.id, appVersions.staffId))
    .where(eq(appVersions.appId, appId))
    .orderBy(desc(appVersions.version))
    .limit(VERSIONS);
  return rows.map(({ row, by }) => ({
    version: row.version,
    changes: (Object.keys(row.before) as FieldName[]).map((field) => ({
      field,
      from: valueWords(row.before[field]),
      to: valueWords(row.fields[field]),
    })),
    reason: row.reason,
    restoredFrom: row.restoredFrom,
    by: by ?? "Someone who has left",
    at: row.createdAt.toISOString(),
  }));
}
