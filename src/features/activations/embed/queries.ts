import { and, arrayContains, asc, eq, gt, isNull, or, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import type { Ctx } from "@/db/context";
import { apps, customerApps } from "@/db/schema/catalog";
import { apiKeys } from "@/db/schema/keys";
import { fieldsOf } from "@/features/metering/reconcile/service";
import { Refusal } from "@/lib/errors";
import type { CustomerId } from "@/lib/ids";
import { plainKey } from "@/lib/partition";
import type { Redis } from "@/lib/redis";
import type { Installation } from "./contract";

/** An app as a brand has published it. */
export interface PublishedApp {
  readonly app: { readonly id: string; readonly slug: string; readonly name: string; readonly status: string };
  readonly configuration: Readonly<Record<string, unknown>>;
}

/**
 * An app that the brand has turned on, with its published configuration.
 * @param name catalog id or slug
 * @throws Refusal `app_not_found`, or `app_not_active` where it is not activated, paused or no longer offered
 */
export async function publishedApp(ctx: Ctx, name: string): Promise<PublishedApp> {
  const [row] = await ctx.db
    .select({ app: apps, status: customerApps.status, configuration: customerApps.configuration })
    .from(apps)
    .leftJoin(customerApps, and(eq(customerApps.appId, apps.id), eq(customerApps.customerId, ctx.customerId)))
    .where(or(eq(apps.catalogId, name), eq(apps.slug, name)))
    .limit(1);
  if (!row) throw new Refusal("app_not_found", `There is no app ${name}.`);
  const { app, status, configuration } = row;
  if (status !== "active" || app.status === "disabled") {
    throw new Refusal("app_not_active", `${app.name} is not turned on. Activate or resume it in Connected Apps.`);
  }
  return {
    app: { id: app.catalogId, slug: app.slug, name: app.name, status: app.status },
    configuration: configuration ?? {},
  };
}

/** An app's catalog id by that or its slug; null where there is no such app. */
export async function findCatalogId(db: Reader, name: string): Promise<string | null> {
  const [row] = await db
    .select({ id: apps.catalogId })
    .from(apps)
    .where(or(eq(apps.catalogId, name), eq(apps.slug, name)))
    .limit(1);
  return row?.id ?? null;
}

/** Where the installation of an app in a shop is noted: a hash. */
export const installationKey = (customerId: CustomerId, appId: string): string =>
  plainKey(`widget:seen:${customerId}:${appId}`);

/** What the loader was last seen to ask for an app, and what it was last refused; both null where nothing was noted. */
export async function installationOf(
  redis: Redis,
  input: { customerId: CustomerId; appId: string },
): Promise<Installation> {
  const names = ["at", "origin", "loader", "refused_at", "refused_origin", "refused_code"] as const;
  const held = await fieldsOf(redis, installationKey(input.customerId, input.appId), names);
  const time = (value: string | null | undefined): string => new Date(Number(value)).toISOString();
  return {
    seen: held.at ? { at: time(held.at), origin: held.origin ?? "", loader: held.loader ?? "" } : null,
    refused: held.refused_at
      ? { at: time(held.refused_at), origin: held.refused_origin ?? "", code: held.refused_code ?? "" }
      : null,
  };
}

/**
 * The public key of a brand that a page with an app carries: the longest lasting live one in force that covers the app, and
 * may be used from the page's origin where one is named; null where there is none. One without an end comes before one that
 * has it, so that nobody is given a key that is being replaced; then the oldest.
 *
 * It is public. Without an origin, the caller is one whose right to act for the brand was checked.
 */
export async function pageKey(
  db: Reader,
  input: { customerId: string; appId: string; origin?: string },
): Promise<{ publicKey: string; origins: string[] } | null> {
  const [row] = await db
    .select({ publicKey: apiKeys.publicKey, origins: apiKeys.origins })
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.customerId, input.customerId),
        eq(apiKeys.kind, "pk"),
        eq(apiKeys.mode, "live"),
        isNull(apiKeys.revokedAt),
        or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`now()`)),
        input.origin === undefined ? undefined : arrayContains(apiKeys.origins, [input.origin]),
        or(isNull(apiKeys.appPermissions), arrayContains(apiKeys.appPermissions, [input.appId])),
      ),
    )
    .orderBy(sql`${apiKeys.expiresAt} desc nulls first`, asc(apiKeys.createdAt), asc(apiKeys.id))
    .limit(1);
  return row?.publicKey ? { publicKey: row.publicKey, origins: row.origins } : null;
}
