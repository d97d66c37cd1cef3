import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import type { Ctx } from "@/db/context";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import { mintCustomerId } from "@/lib/ids";
import { logger } from "@/lib/logger";
import { INSIGHTS_APP, LAST_DAY_TRIED, SETTLED_MINUTES } from "./rules";
import { makeReport } from "./service";

/** How many reports are made in one round, and how many old rows go in one statement. */
const AT_ONCE = 20;
const ROWS_AT_ONCE = 10_000;

const ctxOf = (db: Db, customerId: unknown): Ctx => ({
  db,
  customerId: mintCustomerId(String(customerId)),
  actor: { type: "system", id: "reports" },
});

/**
 * Makes each of some reports whatever becomes of the others, and then says what failed; what cannot be paid for is tried
 * again in its time.
 */
async function makeEach(reports: readonly (() => Promise<unknown>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const make of reports) {
    try {
      await make();
    } catch (error) {
      if (error instanceof Refusal) logger.info({ code: error.code }, "a report waits");
      else errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} of ${reports.length} could not be made`);
}

/**
 * Makes the report of the month that is over, by each brand's own clock, for whoever had asked for it before that month
 * ended, and mails it: once a brand and month, whoever else does the same.
 * @param lastDay until which day of the month after it is tried
 * @param settled from how many minutes of the month after it: its figures are kept as they are then
 */
export async function makeMonthlyReports(
  deps: ReconcileDeps,
  lastDay = LAST_DAY_TRIED,
  settled = SETTLED_MINUTES,
): Promise<void> {
  const due = await deps.db.execute(sql`
    select c.id, m.first::text as "from", (m.next - 1)::text as "to",
      extract(epoch from m.next::timestamp at time zone c.time_zone) * 1000 as over_at
    from customers c
    join customer_apps ca on ca.customer_id = c.id and ca.status = 'active'
    join apps a on a.id = ca.app_id and a.catalog_id = ${INSIGHTS_APP} and a.status <> 'disabled'
    cross join lateral (
      select date_trunc('month', now() at time zone c.time_zone)::date as next,
        (date_trunc('month', now() at time zone c.time_zone) - interval '1 month')::date as first
    ) m
    left join insight_reports r on r.customer_id = c.id and r.from_day = m.first and r.to_day = m.next - 1
    where extract(day from now() at time zone c.time_zone) <= ${lastDay}
      and now() >= (m.next::timestamp at time zone c.time_zone) + make_interval(mins => ${settled})
      and r.monthly_at is null and (r.id is null or r.status = 'ready' or r.due_at <= now())
      and exists (
        select from insight_readers i
        join memberships p on p.customer_id = i.customer_id and p.user_id = i.user_id and p.role in ('manager', 'admin')
        where i.customer_id = c.id and i.since < m.next::timestamp at time zone c.time_zone)
    -- By chance, so that some which always fail do not keep the rest from their turn.
    order by random() limit ${AT_ONCE}`);
  await makeEach(
    due.map((row) => () => {
      const days = { from: String(row.from), to: String(row.to) };
      return makeReport(ctxOf(deps.db, row.id), deps, days, { readersUntil: new Date(Number(row.over_at)) });
    }),
  );
}

/** Finishes what somebody asked for and the meter could not be asked for at that moment, within two days. */
export async function finishReports(deps: ReconcileDeps): Promise<void> {
  const due = await deps.db.execute(sql`
    update insight_reports r set due_at = now() + interval '5 minutes'
    from memberships p
    where p.customer_id = r.customer_id and p.user_id = r.asked_by and p.role in ('manager', 'admin')
      and r.status = 'waiting' and r.due_at <= now() and r.created_at > now() - interval '2 days'
      -- Who asks is making it just now; where that broke off, it is found after a minute.
      and (r.reason is not null or r.created_at < now() - interval '1 minute')
    returning r.customer_id, r.from_day::text as "from", r.to_day::text as "to", r.asked_by`);
  await makeEach(
    due.map((row) => () => {
      const days = { from: String(row.from), to: String(row.to) };
      return makeReport(ctxOf(deps.db, row.customer_id), deps, days, { userId: String(row.asked_by) });
    }),
  );
}

/** Forgets what happened in sessions that are older than details of uses are kept. */
export async function forgetOldEvents(
  { db }: { readonly db: Db },
  months = env().USAGE_RETENTION_MONTHS,
): Promise<number> {
  for (let all = 0; ; ) {
    const gone = await db.execute(sql`
      delete from widget_events where ctid = any(array(
        select ctid from widget_events where opened_at < now() - make_interval(months => ${months}) limit ${ROWS_AT_ONCE}))
      returning 1`);
    all += gone.length;
    if (gone.length < ROWS_AT_ONCE) return all;
  }
}

/** What keeps the reports going; see ALL_UPKEEP. */
export const INSIGHT_UPKEEP = [
  { name: "monthly reports", everyMs: 60_000, run: (deps: ReconcileDeps) => makeMonthlyReports(deps) },
  { name: "waiting reports", everyMs: 30_000, run: finishReports },
  {
    name: "old widget events",
    everyMs: 24 * 60 * 60 * 1000,
    run: async (deps: ReconcileDeps) => void (await forgetOldEvents(deps)),
  },
] as const;
