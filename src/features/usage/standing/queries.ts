import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { overageSettings } from "@/db/schema/billing";
import { meteringAccounts, spendCaps } from "@/db/schema/metering";
import { customerBilling } from "@/db/schema/plans";
import { findPlan } from "@/features/plans/queries";
import type { BrandState } from "../alerts/rules";
import { Baseline } from "../anomaly/rules";
import { clockOf } from "../dashboard/queries";
import { dateIn, datesOf, daysBetween, shiftDate } from "../dashboard/rules";
import type { Forecast } from "../forecast/contract";
import { usageByDay } from "../queries";
import { calendarMonth, dayOf } from "../rules";

/** How far back hours are compared: what a baseline reads, and the four weeks whose scatter it tells. */
const DAYS_BACK = 7 * 12;
/** Hours of a week. */
const WEEK = 168;
/** An hour counts as over two minutes after it: by then the drain has written what it had. */
const SETTLED_MS = 2 * 60_000;

/** Everything that a brand's alerts are judged by, as the ledger and its rollups have it, live use alone. */
export async function standingOf(tx: Tx, ctx: Ctx, outlook: Forecast | null, share: number): Promise<BrandState> {
  const { timeZone, asOf } = await clockOf(tx, ctx);
  const [billing] = await tx.select().from(customerBilling).where(eq(customerBilling.customerId, ctx.customerId));
  const plan = billing ? await findPlan(tx, billing.planId) : undefined;
  const [account] = await tx
    .select()
    .from(meteringAccounts)
    .where(and(eq(meteringAccounts.customerId, ctx.customerId), eq(meteringAccounts.mode, "live")));
  const unlimited = account?.unlimited === true;
  const running = billing !== undefined && billing.status !== "canceled" && billing.status !== "unpaid";
  const period =
    billing?.billingCycleStart && billing.billingCycleEnd && billing.billingCycleEnd > asOf
      ? { start: billing.billingCycleStart, end: billing.billingCycleEnd }
      : calendarMonth(asOf);
  const limited = running && plan !== undefined && !unlimited && plan.tokensPerMonth > 0;
  return {
    timeZone,
    plan: limited
      ? {
          name: plan.name,
          tokens: plan.tokensPerMonth,
          period: period.start.toISOString(),
          used: (await usageByDay(tx, ctx, "live", period)).reduce((sum, row) => sum + row.tokens, 0),
        }
      : null,
    balance: account && !unlimited && (await hadTokens(tx, ctx)) ? account.balance : null,
    least: await leastOf(tx, ctx),
    // Without an end nothing runs out: that is known, and what was told before is over.
    forecast: unlimited ? { on: null, days: null, missing: 0 } : outlook && foreseen(outlook),
    unusual: await unusualOf(tx, ctx, timeZone, asOf, share),
    caps: await capsOf(tx, ctx, asOf),
    billing:
      billing && plan
        ? {
            plan: plan.name,
            late: billing.status === "past_due" || billing.status === "unpaid",
            graceUntil: billing.graceUntil?.toISOString() ?? null,
          }
        : null,
    ...(await overageOf(tx, ctx)),
    refusals: await refusalsOf(tx, ctx),
  };
}

/** A brand that never had tokens has not run out of them. */
async function hadTokens(tx: Tx, ctx: Ctx): Promise<boolean> {
  const [row] = await tx.execute(sql`
    select exists (select from grants where customer_id = ${ctx.customerId} and mode = 'live') as had`);
  return row?.had === true;
}

/** What the cheapest app that is on takes for a use; one token where none is. */
async function leastOf(tx: Tx, ctx: Ctx): Promise<number> {
  const [row] = await tx.execute(sql`
    select min(a.token_cost) as least from customer_apps c join apps a on a.id = c.app_id
    where c.customer_id = ${ctx.customerId} and c.status = 'active'`);
  return Number(row?.least ?? 1);
}

function foreseen({ forecast, today }: Forecast): BrandState["forecast"] {
  if (!forecast) return null;
  const { on } = forecast.runsOut;
  return { on, days: on === null ? null : daysBetween(today, on), missing: forecast.missing.expected };
}

/**
 * The days on which a clock is put forward or back, each with the lengths of the hours it has: one is missing then, or
 * longer, whose figures are of no hour like others.
 */
async function oddDays(tx: Tx, timeZone: string, from: string, to: string): Promise<Map<string, Map<number, number>>> {
  const rows = await tx.execute(sql`
    select d.at::date::text as date, extract(hour from q.at at time zone ${timeZone})::int as hour, count(*)::int as quarters
    from generate_series(${from}::timestamp, ${to}::timestamp, interval '1 day') d(at)
    cross join lateral (
      select d.at at time zone ${timeZone} as midnight, (d.at + interval '1 day') at time zone ${timeZone} as next
    ) m
    cross join generate_series(m.midnight, m.next - interval '15 minutes', interval '15 minutes') q(at)
    where m.next - m.midnight <> interval '24 hours' group by 1, 2`);
  const days = new Map<string, Map<number, number>>();
  for (const { date, hour, quarters } of rows) {
    const lengths = days.get(String(date)) ?? new Map<number, number>();
    days.set(String(date), lengths.set(Number(hour), Number(quarters) / 4));
  }
  return days;
}

/** Tokens of each hour by the brand's clock from its first use on, and of a usual use. */
export async function hoursOf(tx: Tx, ctx: Ctx, timeZone: string, asOf: Date) {
  const now = new Date(asOf.getTime() - SETTLED_MS);
  const today = dateIn(timeZone, now.getTime());
  const hour = Number(new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", hourCycle: "h23" }).format(now));
  const rows = await tx.execute(sql`
    select date::text as date, hour, tokens, uses from usage_hours
    where customer_id = ${ctx.customerId} and mode = 'live' and date >= ${shiftDate(today, -DAYS_BACK)}::date
    order by date, hour`);
  const first = rows[0] ? String(rows[0].date) : today;
  const found = new Map(rows.map((row) => [`${row.date} ${row.hour}`, Number(row.tokens)]));
  const days = first <= today ? datesOf(first, today) : [];
  const odd = await oddDays(tx, timeZone, first, today);
  const hours: number[] = [];
  for (const date of days) {
    for (let at = 0; at < 24; at++) {
      const lengths = odd.get(date);
      const length = lengths ? (lengths.get(at) ?? 0) : 1;
      // An hour that the clock left out was neither quiet nor busy: it is held for that of a week before.
      hours.push(length > 0 ? (found.get(`${date} ${at}`) ?? 0) / length : (hours.at(-WEEK) ?? 0));
    }
  }
  const uses = rows.reduce((sum, row) => sum + Number(row.uses), 0);
  const tokens = rows.reduce((sum, row) => sum + Number(row.tokens), 0);
  // The hour that is not over is the last one; the one before it is complete.
  return { hours: hours.slice(0, hours.length - 24 + hour + 1), unit: uses > 0 ? tokens / uses : 1, hour };
}

/**
 * How the last full hour stands to what is usual for it. The hour that is not over counts where it has passed what a whole
 * one may have: a surge is told within minutes, a lull only once its hour is over.
 */
async function unusualOf(
  tx: Tx,
  ctx: Ctx,
  timeZone: string,
  asOf: Date,
  share: number,
): Promise<BrandState["unusual"]> {
  const { hours, unit, hour } = await hoursOf(tx, ctx, timeZone, asOf);
  const baseline = new Baseline(hours, unit);
  const last = baseline.look(hours.length - 2, share);
  const before = baseline.look(hours.length - 3, share);
  const partial = baseline.look(hours.length - 1, share);
  if (!last || !before) return null;
  const early = partial?.high === true && !last.high;
  const shown = early && partial ? partial : last;
  const name = (at: number) => `${String((at + 24) % 24).padStart(2, "0")}:00`;
  const from = early ? hour : hour - 1;
  return {
    high: last.high || early,
    low: last.low,
    calm: last.calm && before.calm,
    tokens: shown.tokens,
    usual: shown.usual,
    hour: `${name(from)} to ${name(from + 1)}`,
  };
}

/** What has been spent under each of the brand's caps, by UTC day and calendar month; open reservations are not in it. */
async function capsOf(tx: Tx, ctx: Ctx, asOf: Date): Promise<BrandState["caps"]> {
  const caps = await tx
    .select()
    .from(spendCaps)
    .where(and(eq(spendCaps.customerId, ctx.customerId), eq(spendCaps.mode, "live")));
  if (caps.length === 0) return [];
  const day = dayOf(asOf);
  const month = `${day.slice(0, 7)}-01`;
  const rows = await tx.execute(sql`
    select a.catalog_id as app, a.name, a.token_cost, exists (
        select from customer_apps c where c.customer_id = ${ctx.customerId} and c.app_id = a.id and c.status = 'active'
      ) as active,
      coalesce(sum(d.tokens_consumed), 0)::float8 as month,
      coalesce(sum(d.tokens_consumed) filter (where d.date = ${day}::date), 0)::float8 as day
    from apps a left join usage_analytics_daily d
      on d.app_id = a.id and d.customer_id = ${ctx.customerId} and d.mode = 'live' and d.date >= ${month}::date
    group by a.id`);
  return caps.flatMap(({ scope, daily, monthly }) => {
    const own = rows.filter((row) => scope === "*" || row.app === scope);
    const active = own.filter((row) => row.active === true);
    const least = Math.min(...(active.length > 0 ? active : own).map((row) => Number(row.token_cost)));
    const name = scope === "*" ? "all apps" : String(own[0]?.name ?? scope);
    const used = (span: "day" | "month") => own.reduce((sum, row) => sum + Number(row[span]), 0);
    const of = (span: "day" | "month", limit: number | null) =>
      limit === null
        ? []
        : [{ scope, name, span, period: span === "day" ? day : month, limit, used: used(span), least }];
    return [...of("day", daily), ...of("month", monthly)];
  });
}

async function overageOf(tx: Tx, ctx: Ctx): Promise<Pick<BrandState, "topUp" | "billingMailsAt">> {
  const [row] = await tx.select().from(overageSettings).where(eq(overageSettings.customerId, ctx.customerId));
  return {
    topUp: row?.mode === "top_up" ? { stopped: row.stoppedAt !== null, reason: row.stoppedReason } : null,
    billingMailsAt: row?.lowBalanceTokens ?? null,
  };
}

/** Keys of the brand that were refused in this hour or the one before, the fuller of the two, with the commonest reason. */
async function refusalsOf(tx: Tx, ctx: Ctx): Promise<BrandState["refusals"]> {
  const rows = await tx.execute(sql`
    select key_id, name, max(times)::int as times, (array_agg(code order by most desc))[1] as code from (
      select r.key_id, k.name, r.hour, sum(r.times) as times, (array_agg(r.code order by r.times desc))[1] as code,
        max(r.times) as most
      from key_refusals r join api_keys k on k.key_id = r.key_id and k.customer_id = r.customer_id
      where r.customer_id = ${ctx.customerId} and r.hour >= date_trunc('hour', now()) - interval '1 hour'
      group by 1, 2, 3
    ) hours group by 1, 2`);
  return rows.map((row) => ({
    keyId: String(row.key_id),
    name: String(row.name),
    times: Number(row.times),
    code: String(row.code),
  }));
}

/** Whether a brand has used enough to say what is usual. */
export async function knowsUsual(ctx: Ctx): Promise<boolean> {
  const rows = await ctx.db.execute(sql`
    select 1 from usage_hours u join customers c on c.id = u.customer_id
    where u.customer_id = ${ctx.customerId} and u.mode = 'live'
      and u.date < (now() at time zone c.time_zone)::date - 14 limit 1`);
  return rows.length > 0;
}

/**
 * Brands whose alerts wait for a look, the longest wait first: a minute after the last where something was used or bought since
 * then, five minutes where not, because a lull and a late payment write nothing into the ledger.
 */
export async function brandsToLookAt(tx: Tx, most: number): Promise<string[]> {
  const rows = await tx.execute(sql`
    select a.customer_id from metering_accounts a left join alert_settings s on s.customer_id = a.customer_id
    where a.mode = 'live' and (s.asked_at is null or s.asked_at < now() - interval '5 minutes'
      or (s.asked_at < now() - interval '1 minute' and a.updated_at > s.evaluated_at))
    order by s.asked_at nulls first limit ${most}`);
  return rows.map((row) => String(row.customer_id));
}
