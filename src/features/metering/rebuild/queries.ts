import { and, asc, gt, isNull, lt, or, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { meteringAccounts } from "@/db/schema/metering";
import { type AccountId, accountOf, mintCustomerId } from "@/lib/ids";

/** The time by Postgres's clock, by which epochs are dated too. */
export async function databaseTime(db: Db): Promise<Date> {
  const [row] = await db.execute(sql`select extract(epoch from clock_timestamp()) * 1000 as now`);
  return new Date(Math.floor(Number(row?.now)));
}

/**
 * Every account that was ever opened, partition by partition.
 * @param before leaves out those whose present epoch began at this time or later: what a rebuild that broke off has done
 */
export async function openedAccounts(db: Db, before?: Date): Promise<AccountId[]> {
  const began = meteringAccounts.epochStartedAt;
  const rows = await db
    .select({ customerId: meteringAccounts.customerId, mode: meteringAccounts.mode })
    .from(meteringAccounts)
    .where(and(gt(meteringAccounts.epoch, 0), before ? or(isNull(began), lt(began, before)) : undefined))
    .orderBy(asc(meteringAccounts.partition), asc(meteringAccounts.customerId), asc(meteringAccounts.mode));
  return rows.map((row) => accountOf(mintCustomerId(row.customerId), row.mode));
}
