import { and, asc, desc, eq, inArray, like } from "drizzle-orm";
import type { Reader, Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { auditLog } from "@/db/schema/audit";
import { apps, customerApps } from "@/db/schema/catalog";
import { users } from "@/db/schema/people";
import { openTo } from "@/features/catalog/flags/queries";
import { namedBy } from "@/features/catalog/queries";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import type { Redis } from "@/lib/redis";
import { widgetBuild } from "@/lib/widget-build";
import type { ActivationView, HistoryEntry } from "./contract";
import type { Installation } from "./embed/contract";
import { installationOf, pageKey } from "./embed/queries";
import { embedLines } from "./rules";

/** Catalog ids of the apps a brand has turned on. */
export async function activeApps(db: Reader, customerId: string): Promise<string[]> {
  const rows = await db
    .select({ id: apps.catalogId })
    .from(customerApps)
    .innerJoin(apps, eq(apps.id, customerApps.appId))
    .where(and(eq(customerApps.customerId, customerId), eq(customerApps.status, "active")))
    .orderBy(asc(apps.catalogId));
  return rows.map((row) => row.id);
}

type AppRow = typeof apps.$inferSelect;
type ActivationRow = typeof customerApps.$inferSelect;

/**
 * An app by its catalogue id or slug.
 * @throws Refusal `app_not_found`
 */
export async function appNamed(db: Reader, appId: string): Promise<AppRow> {
  const [app] = await db.select().from(apps).where(namedBy(appId)).limit(1);
  if (!app) throw new Refusal("app_not_found", `There is no app ${appId.slice(0, 50)}.`);
  return app;
}

/**
 * The same, and whether it is open to a brand: in one question, because an activation waits for it.
 * @throws Refusal `app_not_found`
 */
export async function appOffered(ctx: Ctx, appId: string): Promise<{ app: AppRow; open: boolean }> {
  const named = namedBy(appId);
  const [found] = await ctx.db
    .select({ app: apps, open: openTo(ctx.customerId) })
    .from(apps)
    .where(named)
    .limit(1);
  if (!found) throw new Refusal("app_not_found", `There is no app ${appId.slice(0, 50)}.`);
  return found;
}

/** How an app stands with the brand; null where it was never turned on. */
export async function activationOf(db: Reader, customerId: string, appUuid: string): Promise<ActivationRow | null> {
  const [row] = await db
    .select()
    .from(customerApps)
    .where(and(eq(customerApps.customerId, customerId), eq(customerApps.appId, appUuid)))
    .limit(1);
  return row ?? null;
}

/** The same, held against every other writer until the transaction ends. */
export async function lockActivation(tx: Tx, customerId: string, appUuid: string): Promise<ActivationRow | null> {
  const [row] = await tx
    .select()
    .from(customerApps)
    .where(and(eq(customerApps.customerId, customerId), eq(customerApps.appId, appUuid)))
    .for("update");
  return row ?? null;
}

export const toActivationView = (row: ActivationRow): ActivationView => ({
  activationId: row.id,
  status: row.status,
  activatedAt: row.activatedAt.toISOString(),
  lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  version: row.version,
  revision: row.revision,
});

/** How an app stands with the brand, as pages see it; null where it was never turned on. */
export async function activationView(ctx: Ctx, input: { appId: string }): Promise<ActivationView | null> {
  const app = await appNamed(ctx.db, input.appId);
  const row = await activationOf(ctx.db, ctx.customerId, app.id);
  return row ? toActivationView(row) : null;
}

/**
 * What a shop pastes into its page to have the app.
 * @throws Refusal `app_not_found`, `app_not_active` where the brand never turned it on
 */
export async function embedOf(
  ctx: Ctx,
  input: { appId: string },
): Promise<{
  appId: string;
  code: string;
  publicKey: string | null;
  origin: string;
  build: { version: string; integrity: string } | null;
}> {
  const app = await appNamed(ctx.db, input.appId);
  if (!(await activationOf(ctx.db, ctx.customerId, app.id))) {
    throw new Refusal("app_not_active", `${app.name} is not turned on for this brand.`);
  }
  return { appId: app.catalogId, ...(await embedLinesOf(ctx, app)), build: pinOf() };
}

/** The lines for an app that the brand is known to have, and what stands in them. */
export async function embedLinesOf(
  { db, customerId }: Ctx,
  { catalogId, slug }: Pick<AppRow, "catalogId" | "slug">,
): Promise<{ code: string; publicKey: string | null; origin: string }> {
  const key = await pageKey(db, { customerId, appId: catalogId });
  const publicKey = key?.publicKey ?? null;
  const { origin } = new URL(env().AUTH_URL);
  return { code: embedLines({ origin, publicKey, slug }), publicKey, origin };
}

/** What pins the loader of today; null where the widgets are not built. */
function pinOf(): { version: string; integrity: string } | null {
  try {
    const { version, integrity } = widgetBuild();
    return { version, integrity };
  } catch {
    return null;
  }
}

/**
 * What is known of an app's installation in the brand's shop.
 * @throws Refusal `app_not_found`
 */
export async function installedOf(ctx: Ctx, redis: Redis, input: { appId: string }): Promise<Installation> {
  const app = await appNamed(ctx.db, input.appId);
  return installationOf(redis, { customerId: ctx.customerId, appId: app.catalogId });
}

/** How many lines of history a page shows. */
const HISTORY = 50;

/** Who did what to an app of the brand, newest first, at most 50 lines. */
export async function historyOf(ctx: Ctx, input: { appId: string }): Promise<HistoryEntry[]> {
  const app = await appNamed(ctx.db, input.appId);
  const rows = await ctx.db
    .select()
    .from(auditLog)
    .where(
      and(eq(auditLog.customerId, ctx.customerId), eq(auditLog.subject, app.catalogId), like(auditLog.action, "app.%")),
    )
    .orderBy(desc(auditLog.id))
    .limit(HISTORY);
  const names = await namesOf(ctx.db, rows);
  return rows.map((row) => ({
    id: row.id,
    action: row.action,
    actor: actorName(row, names),
    details: row.details,
    at: row.createdAt.toISOString(),
  }));
}

interface Acted {
  readonly actorType: "user" | "key" | "system";
  readonly actorId: string;
}

/** The names of the people among those who acted. */
export async function namesOf(db: Reader, acted: readonly Acted[]): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(acted.filter(({ actorType }) => actorType === "user").map(({ actorId }) => actorId))];
  if (ids.length === 0) return new Map();
  const rows = await db.select({ id: users.id, name: users.name }).from(users).where(inArray(users.id, ids));
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** Who acted, in words. */
export function actorName({ actorType, actorId }: Acted, names: ReadonlyMap<string, string>): string {
  if (actorType === "user") return names.get(actorId) ?? "Someone who has left";
  return actorType === "key" ? `API key ${actorId}` : "VARAi";
}
