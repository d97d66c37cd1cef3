import { and, asc, eq } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { apps, customerApps } from "@/db/schema/catalog";

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
