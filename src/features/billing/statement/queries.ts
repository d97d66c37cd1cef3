import { eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { customers } from "@/db/schema/people";
import { csvLine } from "@/lib/csv";
import type { CsvOutput, StatementInput, StatementOutput } from "../contract";
import { COLUMNS, closingOf, monthSpan, monthsBack, type Sums } from "./rules";

const MOST_MONTHS = 36;

interface DayRow extends Record<string, unknown>, Sums {
  readonly date: string;
  readonly unlimited: number;
}

/**
 * One month of the live account's books. Every token that moved is in exactly one column, so that opening and columns
 * give the closing; a settled reservation counts as used, and what holds have out at the month's end as held.
 */
export async function statement(ctx: Ctx, input: StatementInput, now = new Date()): Promise<StatementOutput> {
  const month = input.month ?? now.toISOString().slice(0, 7);
  const { start, end } = monthSpan(month);
  return ctx.db.transaction(
    async (tx) => {
      const [brand] = await tx
        .select({ since: customers.createdAt })
        .from(customers)
        .where(eq(customers.id, ctx.customerId));
      const opening = await balanceAt(tx, ctx, start);
      const rows = await tx.execute<DayRow>(sql`
        select (occurred_at at time zone 'UTC')::date::text as date,
          sum(case when kind = 'grant' and source is distinct from 'adjustment' then delta else 0 end)::float8 as granted,
          sum(case when kind = 'usage' then -delta when kind = 'settle' and hold <> 0 then tokens else 0 end)::float8 as used,
          sum(case when kind = 'refund' then delta else 0 end)::float8 as returned,
          sum(case when kind = 'expiry' then -delta else 0 end)::float8 as expired,
          sum(case when kind = 'adjustment' or (kind = 'grant' and source = 'adjustment') then delta else 0 end)::float8
            as adjusted,
          sum(case when kind in ('hold', 'release') then delta
            when kind = 'settle' and hold <> 0 then delta + tokens else 0 end)::float8 as held,
          sum(case when kind = 'usage' and delta = 0 or kind = 'settle' and hold = 0 then tokens else 0 end)::float8
            as unlimited
        from (
          select l.occurred_at, l.kind, l.tokens, l.delta, i.source,
            case when l.kind = 'settle' then (select h.delta from ledger_entries h
              where h.customer_id = l.customer_id and h.mode = l.mode and h.kind = 'hold'
                and h.reservation_id = l.reservation_id limit 1) end as hold
          from ledger_entries l
          left join grant_intents i on i.id = l.grant_id and l.kind = 'grant' and i.customer_id = l.customer_id
          where l.customer_id = ${ctx.customerId} and l.mode = 'live'
            and l.occurred_at >= ${start.toISOString()}::timestamptz and l.occurred_at < ${end.toISOString()}::timestamptz
        ) e group by 1 order by 1`);
      const total = Object.fromEntries(
        COLUMNS.map((column) => [column, rows.reduce((sum, row) => sum + row[column], 0)]),
      ) as Sums;
      let balance = opening;
      const days = rows.map(({ date, unlimited: _, ...sums }) => {
        balance = closingOf(balance, sums);
        return { date, ...sums, closing: balance };
      });
      const [money] = await tx.execute<{ paid: number; refunded: number; charged_back: number }>(sql`
        select
          (select coalesce(sum(price_cents), 0)::float8 from token_purchases
            where customer_id = ${ctx.customerId} and status in ('completed', 'refunded')
              and completed_at >= ${start.toISOString()}::timestamptz and completed_at < ${end.toISOString()}::timestamptz) as paid,
          back.refunded, back.charged_back
        from (select
          coalesce(sum(amount_cents) filter (where kind = 'refund'), 0)::float8 as refunded,
          coalesce(sum(amount_cents) filter (where kind = 'dispute'), 0)::float8 as charged_back
          from purchase_reversals where customer_id = ${ctx.customerId}
            and created_at >= ${start.toISOString()}::timestamptz and created_at < ${end.toISOString()}::timestamptz) back`);
      return {
        month,
        months: monthsBack(brand?.since ?? now, now, MOST_MONTHS),
        opening,
        ...total,
        closing: closingOf(opening, total),
        usedUnlimited: rows.reduce((sum, row) => sum + row.unlimited, 0),
        paidCents: money?.paid ?? 0,
        refundedCents: money?.refunded ?? 0,
        chargedBackCents: money?.charged_back ?? 0,
        days,
      };
    },
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
}

/** The balance after the last entry before a moment. */
async function balanceAt(tx: Tx, ctx: Ctx, moment: Date): Promise<number> {
  const [row] = await tx.execute<{ balance: number }>(sql`
    select balance_after::float8 as balance from ledger_entries
    where customer_id = ${ctx.customerId} and mode = 'live' and occurred_at < ${moment.toISOString()}::timestamptz
    order by epoch desc, seq desc limit 1`);
  return row?.balance ?? 0;
}

/** The same as a file: one line a day, and the month's sums at the end. */
export async function statementCsv(ctx: Ctx, input: StatementInput): Promise<CsvOutput> {
  const { month, opening, closing, days, ...total } = await statement(ctx, input);
  const columns = [...COLUMNS, "closing"] as const;
  const lines = [
    csvLine(["date", ...columns]),
    csvLine(["opening", ...COLUMNS.map(() => ""), opening]),
    ...days.map((day) => csvLine([day.date, ...columns.map((column) => day[column])])),
    csvLine([month, ...COLUMNS.map((column) => total[column]), closing]),
  ];
  return { filename: `statement-${month}.csv`, csv: lines.join("") };
}
