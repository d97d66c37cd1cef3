import { and, asc, gt, isNull, lt, or, sql } from "drizzle-orm";
import type { Db, Reader } from "@/db/client";
import { meteringAccounts } from "@/db/schema/metering";
import { type AccountId, accountOf, type CustomerId, mintCustomerId } from "@/lib/ids";

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

/** How long uses of an epoch that is over are waited for before the account is opened anew for them, seconds. */
const SETTLED_AFTER = 3;

/**
 * Accounts with uses that came in after the epoch in force had been opened and have no place there. What had come in
 * before is none of them, healed or not: so no letter has an account opened twice.
 * @param customerId of one brand only
 */
export async function accountsWithStrays(db: Reader, customerId?: CustomerId): Promise<AccountId[]> {
  const rows = await db.execute(sql`
    select distinct m.customer_id, m.mode from dead_letters d
    join metering_accounts m on m.customer_id = d.customer_id and m.mode = d.mode
    where d.reason = 'fork' and d.resolved_at is null
      and d.created_at > coalesce(m.epoch_started_at, '-infinity')
      and d.created_at < clock_timestamp() - make_interval(secs => ${SETTLED_AFTER})
      and ${customerId ? sql`d.customer_id = ${customerId}` : sql`true`}`);
  return rows.map((row) => accountOf(mintCustomerId(String(row.customer_id)), row.mode === "test" ? "test" : "live"));
}
