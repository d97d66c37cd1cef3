import { desc } from "drizzle-orm";
import type { Db } from "@/db/client";
import { driftReports } from "@/db/schema/metering";

/** A look for drift, as the table holds it. */
export type DriftReport = typeof driftReports.$inferSelect;

/** The latest looks for drift, newest first, over every brand. */
export const driftHistory = (db: Db, limit: number): Promise<DriftReport[]> =>
  db.select().from(driftReports).orderBy(desc(driftReports.checkedAt)).limit(limit);
