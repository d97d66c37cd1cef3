import { and, asc, count, eq, ilike, inArray, isNotNull, or, type SQL, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import type { Ctx } from "@/db/context";
import { apps, customerApps } from "@/db/schema/catalog";
import type { CatalogRecord } from "@/features/metering/contract";
import { coverageOf, offers } from "@/features/plans/queries";
import { type Coverage, covers } from "@/features/plans/rules";
import { Refusal } from "@/lib/errors";
import type { AppCard, AppPage, AppsQuery, PublicApp } from "./contract";
import { configurationSchema } from "./dialect/contract";
import { openTo } from "./flags/queries";

type AppRow = typeof apps.$inferSelect;
type Standing = (typeof customerApps.$inferSelect)["status"] | null;

/**
 * Every app as the edge must know it. In a transaction no app changes until it ends: whoever brings these to Redis
 * meanwhile brings nothing that is older than what was published before.
 */
export async function catalogRecords(db: Reader): Promise<CatalogRecord[]> {
  const rows = await db.select().from(apps).orderBy(asc(apps.catalogId)).for("share");
  return rows.map((app) => ({
    catalogId: app.catalogId,
    slug: app.slug,
    price: app.tokenCost,
    status: app.status,
    variablePrice: app.variablePrice,
  }));
}

/** An app on a card, as it stands with a brand. */
export const toCard = (app: AppRow, standing: Standing, coverage: Coverage): AppCard => ({
  id: app.catalogId,
  slug: app.slug,
  name: app.name,
  description: app.description ?? "",
  category: app.category,
  features: app.features,
  tokenCost: app.tokenCost,
  variablePrice: app.variablePrice,
  status: app.status,
  tier: app.pricingTier,
  activation: standing,
  active: standing === "active",
  covered: covers(coverage, app.pricingTier),
});

/** Apps that are open to the brand, and those that it has already. */
const visible = (customerId: string): SQL | undefined => or(openTo(customerId), isNotNull(customerApps.status));

/** The apps on the marketplace, each with how it stands with this brand. */
export async function listApps(ctx: Ctx): Promise<{ apps: AppCard[] }> {
  const [rows, coverage] = await Promise.all([
    ctx.db
      .select({ app: apps, activation: customerApps.status })
      .from(apps)
      .leftJoin(customerApps, and(eq(customerApps.appId, apps.id), eq(customerApps.customerId, ctx.customerId)))
      .where(visible(ctx.customerId))
      .orderBy(asc(apps.name)),
    coverageOf(ctx.db, ctx.customerId),
  ]);
  return { apps: rows.map(({ app, activation }) => toCard(app, activation, coverage)) };
}

/** How many other apps an app's page names. */
const SIMILAR = 3;

/**
 * Everything an app's page tells.
 * @throws Refusal `app_not_found`, also for an app in beta that the brand may not see
 */
export async function appPage(ctx: Ctx, input: { slug: string }): Promise<AppPage> {
  const [rows, coverage, onSale] = await Promise.all([
    ctx.db
      .select({ app: apps, activation: customerApps.status })
      .from(apps)
      .leftJoin(customerApps, and(eq(customerApps.appId, apps.id), eq(customerApps.customerId, ctx.customerId)))
      .where(visible(ctx.customerId))
      .orderBy(asc(apps.name)),
    coverageOf(ctx.db, ctx.customerId),
    offers(ctx.db),
  ]);
  const found = rows.find(({ app }) => app.slug === input.slug);
  if (!found) throw new Refusal("app_not_found", `There is no app ${input.slug}.`);
  const { app, activation } = found;
  const others = rows.filter((row) => row !== found && row.app.status !== "disabled");
  const nearest = others.toSorted(
    (a, b) =>
      Number(b.app.category === app.category) - Number(a.app.category === app.category) ||
      Math.abs(a.app.tokenCost - app.tokenCost) - Math.abs(b.app.tokenCost - app.tokenCost),
  );
  return {
    ...toCard(app, activation, coverage),
    about: app.about,
    access: app.access,
    changelog: app.changelog,
    schema: configurationSchema.parse(app.configurationSchema),
    documentationUrl: app.documentationUrl,
    similar: nearest.slice(0, SIMILAR).map((row) => toCard(row.app, row.activation, coverage)),
    plan: coverage.plan?.name ?? null,
    planInForce: coverage.inForce,
    offers: onSale,
  };
}

export const toPublicApp = (app: AppRow): PublicApp => ({
  id: app.catalogId,
  slug: app.slug,
  name: app.name,
  description: app.description ?? "",
  category: app.category,
  token_cost: app.tokenCost,
  variable_price: app.variablePrice,
  status: app.status,
  features: app.features,
  configuration_schema: configurationSchema.parse(app.configurationSchema),
  pricing_tier: app.pricingTier,
  documentation_url: app.documentationUrl,
});

/** One page out of a count, in the shape of seed 002. */
export const pageOf = (query: { page: number; per_page: number }, total: number) => ({
  page: query.page,
  per_page: query.per_page,
  total,
  total_pages: Math.ceil(total / query.per_page),
});

// What people type is not a pattern.
const containing = (text: string): string => `%${text.replace(/[\\%_]/g, "\\$&")}%`;

/** The marketplace as anyone may see it, filtered and in pages. */
export async function publicApps(db: Reader, query: AppsQuery) {
  const words = (query.q ?? "").split(/\s+/).filter(Boolean);
  const filter = and(
    openTo(null),
    query.category ? eq(apps.category, query.category) : undefined,
    query.status ? eq(apps.status, query.status) : undefined,
    query.pricing_tier ? eq(apps.pricingTier, query.pricing_tier) : undefined,
    ...words.map((word) => or(ilike(apps.name, containing(word)), ilike(apps.description, containing(word)))),
  );
  const [[counted], rows] = await Promise.all([
    db.select({ total: count() }).from(apps).where(filter),
    db
      .select()
      .from(apps)
      .where(filter)
      .orderBy(asc(apps.name), asc(apps.catalogId))
      .limit(query.per_page)
      .offset((query.page - 1) * query.per_page),
  ]);
  return { apps: rows.map(toPublicApp), pagination: pageOf(query, counted?.total ?? 0) };
}

/** The app of a catalogue id or slug. What can be neither is never asked for: Postgres would refuse some of it. */
export const namedBy = (name: string): SQL | undefined =>
  /^[\w-]{1,50}$/.test(name) ? or(eq(apps.catalogId, name), eq(apps.slug, name)) : sql`false`;

/**
 * One app as anyone may see it, by catalogue id or slug.
 * @throws Refusal `app_not_found`
 */
export async function publicAppNamed(db: Reader, appId: string): Promise<PublicApp> {
  const [app] = await db
    .select()
    .from(apps)
    .where(and(openTo(null), namedBy(appId)))
    .limit(1);
  if (!app) throw new Refusal("app_not_found", "There is no such app. GET /api/v1/apps lists those there are.");
  return toPublicApp(app);
}

/** The apps a brand has, whatever their status, in pages; `only` are catalog ids, null for all of them. */
export async function customerAppsPage(
  ctx: Ctx,
  query: { page: number; per_page: number },
  only: readonly string[] | null,
) {
  const own = and(eq(customerApps.customerId, ctx.customerId), only ? inArray(apps.catalogId, only) : undefined);
  const [[counted], mine] = await Promise.all([
    ctx.db.select({ total: count() }).from(customerApps).innerJoin(apps, eq(apps.id, customerApps.appId)).where(own),
    ctx.db
      .select()
      .from(customerApps)
      .innerJoin(apps, eq(apps.id, customerApps.appId))
      .where(own)
      .orderBy(asc(apps.name), asc(apps.catalogId))
      .limit(query.per_page)
      .offset((query.page - 1) * query.per_page),
  ]);
  return {
    apps: mine.map(({ apps: app, customer_apps: row }) => ({
      ...toPublicApp(app),
      activation: {
        activation_id: row.id,
        status: row.status,
        activated_at: row.activatedAt.toISOString(),
        last_used_at: row.lastUsedAt?.toISOString() ?? null,
        configuration: row.configuration,
        configuration_version: row.version,
      },
    })),
    pagination: pageOf(query, counted?.total ?? 0),
  };
}
