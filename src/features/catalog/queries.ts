import { and, asc, eq } from "drizzle-orm";
import type { Reader } from "@/db/client";
import type { Ctx } from "@/db/context";
import { apps, customerApps } from "@/db/schema/catalog";
import type { CatalogRecord } from "@/features/metering/contract";

/** Every app as the edge must know it. */
export async function catalogRecords(db: Reader): Promise<CatalogRecord[]> {
  const rows = await db.select().from(apps).orderBy(asc(apps.catalogId));
  return rows.map((app) => ({
    catalogId: app.catalogId,
    slug: app.slug,
    price: app.tokenCost,
    status: app.status,
    variablePrice: app.variablePrice,
  }));
}

/** The apps on the marketplace, each with whether this brand has it turned on. */
export async function listApps(ctx: Ctx) {
  const rows = await ctx.db
    .select({ app: apps, activation: customerApps.status })
    .from(apps)
    .leftJoin(customerApps, and(eq(customerApps.appId, apps.id), eq(customerApps.customerId, ctx.customerId)))
    .orderBy(asc(apps.name));
  return {
    apps: rows.map(({ app, activation }) => ({
      id: app.catalogId,
      slug: app.slug,
      name: app.name,
      tokenCost: app.tokenCost,
      status: app.status,
      active: activation === "active",
    })),
  };
}
