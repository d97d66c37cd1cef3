import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { meteringAccounts } from "@/db/schema/metering";
import { billingPeriod } from "@/features/plans/queries";
import { Refusal } from "@/lib/errors";
import type { Mode } from "@/lib/ids";
import type { UsageQuery, UsageResponse } from "./contract";
import { calendarMonth, dayOf, daysOf, MAX_DAYS, type Span, startOfDay, wholeDays } from "./rules";

interface UsageRow extends Record<string, unknown> {
  readonly app_id: string;
  readonly app_name: string;
  readonly date: string;
  readonly tokens: number;
  readonly sessions: number;
}

/**
 * Usage by app and UTC day. Whole days come from the rollup; a span that begins or ends within a day counts that day's
 * uses one by one, so that a period is exact to the millisecond. What was given back is in neither.
 */
export async function usageByDay(tx: Tx, ctx: Ctx, mode: Mode, span: Span): Promise<UsageRow[]> {
  const first = startOfDay(span.start);
  const last = startOfDay(span.end);
  const wholeFrom = first.getTime() === span.start.getTime() ? first : new Date(first.getTime() + 86_400_000);
  const rows = await tx.execute<UsageRow>(sql`
    select a.catalog_id as app_id, a.name as app_name, x.date::text as date,
      sum(x.tokens)::float8 as tokens, sum(x.sessions)::float8 as sessions
    from (
      select app_id, date, tokens_consumed as tokens, sessions_count as sessions from usage_analytics_daily
      where customer_id = ${ctx.customerId} and mode = ${mode} and date >= ${dayOf(wholeFrom)}::date and date < ${dayOf(last)}::date
      union all
      select app_id, (created_at at time zone 'UTC')::date, tokens_consumed, 1 from token_usage
      where customer_id = ${ctx.customerId} and mode = ${mode} and refunded_at is null
        and created_at >= ${span.start.toISOString()}::timestamptz and created_at < ${span.end.toISOString()}::timestamptz
        and (created_at < ${wholeFrom.toISOString()}::timestamptz or created_at >= ${last.toISOString()}::timestamptz)
    ) x join apps a on a.id = x.app_id
    group by 1, 2, 3`);
  return [...rows];
}

/**
 * What a brand has used: the current period's total, and by app and by day over the days asked for (without any: the
 * period so far). Everything is of one moment.
 * @throws Refusal `invalid_request` for more than 400 days, `app_not_found`
 */
export async function usageReport(
  ctx: Ctx,
  input: { mode: Mode; query: UsageQuery; now: Date },
): Promise<UsageResponse> {
  const { mode, query, now } = input;
  const own = await billingPeriod(ctx);
  // One that is over says nothing of today: the next has not been told yet, or there is none, as of a plan that was given.
  const period = own && own.end > now ? own : calendarMonth(now);
  const from = query.from ?? (query.to ? dayOf(new Date(Date.parse(query.to) - 29 * 86_400_000)) : undefined);
  const asked = from ? wholeDays(from, query.to ?? dayOf(now)) : null;
  if (asked && (asked.end.getTime() - asked.start.getTime()) / 86_400_000 > MAX_DAYS) {
    throw new Refusal("invalid_request", `from: at most ${MAX_DAYS} days can be asked for at once`);
  }
  return ctx.db.transaction(
    async (tx) => {
      const [head] = await tx
        .select()
        .from(meteringAccounts)
        .where(and(eq(meteringAccounts.customerId, ctx.customerId), eq(meteringAccounts.mode, mode)));
      if (query.app_id) await refuseUnknownApp(tx, query.app_id);
      const inPeriod = await usageByDay(tx, ctx, mode, period);
      const shown = asked ? await usageByDay(tx, ctx, mode, asked) : inPeriod;
      const appId = query.app_id ? await catalogIdOf(tx, query.app_id) : null;
      const rows = shown.filter((row) => appId === null || row.app_id === appId);
      const used = sum(inPeriod.map((row) => row.tokens));
      const remaining = head?.unlimited ? null : (head?.balance ?? 0);
      const span = asked ?? { start: period.start, end: new Date(Math.min(period.end.getTime(), now.getTime() + 1)) };
      return {
        current_period: {
          start_date: period.start.toISOString(),
          // The last moment that still belongs to the period, as the owner's example has it.
          end_date: new Date(period.end.getTime() - 1000).toISOString(),
          tokens_used: used,
          tokens_remaining: remaining,
          tokens_total: remaining === null ? null : used + remaining,
        },
        usage_by_app: byApp(rows),
        daily_usage: daysOf(span).map((date) => ({
          date,
          tokens: sum(rows.filter((row) => row.date === date).map((row) => row.tokens)),
        })),
      };
    },
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function byApp(rows: readonly UsageRow[]): UsageResponse["usage_by_app"] {
  const apps = [...new Set(rows.map((row) => row.app_id))].map((id) => {
    const own = rows.filter((row) => row.app_id === id);
    const tokens = sum(own.map((row) => row.tokens));
    const sessions = sum(own.map((row) => row.sessions));
    return {
      app_id: id,
      app_name: own[0]?.app_name ?? id,
      tokens_consumed: tokens,
      sessions,
      avg_tokens_per_session: sessions === 0 ? 0 : Math.round((tokens / sessions) * 100) / 100,
    };
  });
  return apps.toSorted((a, b) => b.tokens_consumed - a.tokens_consumed);
}

async function catalogIdOf(tx: Tx, idOrSlug: string): Promise<string | null> {
  const [app] = await tx.execute<{ id: string }>(
    sql`select catalog_id as id from apps where catalog_id = ${idOrSlug} or slug = ${idOrSlug}`,
  );
  return app?.id ?? null;
}

async function refuseUnknownApp(tx: Tx, idOrSlug: string): Promise<void> {
  if ((await catalogIdOf(tx, idOrSlug)) === null)
    throw new Refusal("app_not_found", "There is no app with this id or slug.");
}
