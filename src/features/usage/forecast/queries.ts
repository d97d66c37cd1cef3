import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { billingPeriod, findPlan, offers } from "@/features/plans/queries";
import { cheapestPacks } from "@/features/plans/rules";
import type { Mode } from "@/lib/ids";
import { atOneMoment, clockOf } from "../dashboard/queries";
import { dateIn, datesOf, daysBetween, shiftDate } from "../dashboard/rules";
import type { Forecast } from "./contract";
import { coverOf, type Left, lookAhead, MOST_DAYS, shareLeft } from "./rules";

/** Days from which the shares of a day's hours are told. */
const HOURS_DAYS = 28;

interface Account {
  readonly ctx: Ctx;
  readonly mode: Mode;
}

/** Tokens of each day that had any, from a day on. */
async function tokensByDay(tx: Tx, { ctx, mode }: Account, from: string): Promise<Map<string, number>> {
  const rows = await tx.execute(sql`
    select date::text as date, sum(tokens)::float8 as tokens from usage_days
    where customer_id = ${ctx.customerId} and mode = ${mode} and date >= ${from}::date group by 1`);
  return new Map(rows.map((row) => [String(row.date), Number(row.tokens)]));
}

/** Tokens by hour of the day over the last weeks. */
async function tokensByHour(tx: Tx, { ctx, mode }: Account, today: string): Promise<number[]> {
  const rows = await tx.execute(sql`
    select hour, sum(tokens)::float8 as tokens from usage_hours
    where customer_id = ${ctx.customerId} and mode = ${mode}
      and date between ${shiftDate(today, -HOURS_DAYS)}::date and ${shiftDate(today, -1)}::date
    group by 1`);
  const hours = new Array<number>(24).fill(0);
  for (const row of rows) hours[Number(row.hour)] = Number(row.tokens);
  return hours;
}

/** What an account has: its balance, whether it needs one, and what is left of each grant. */
async function holdings(tx: Tx, { ctx, mode }: Account) {
  const [head] = await tx.execute(sql`
    select balance, unlimited from metering_accounts where customer_id = ${ctx.customerId} and mode = ${mode}`);
  const grants = await tx.execute(sql`
    select remaining, extract(epoch from expires_at) * 1000 as expires_at from grants
    where customer_id = ${ctx.customerId} and mode = ${mode} and remaining > 0 and (expires_at is null or expires_at > now())`);
  return {
    balance: Number(head?.balance ?? 0),
    unlimited: head?.unlimited === true,
    grants: grants.map((row) => ({
      remaining: Number(row.remaining),
      expiresAt: row.expires_at === null ? null : Number(row.expires_at),
    })),
  };
}

/** The period by the brand's clock, and the moment it began: the subscription's, or the calendar month. */
async function periodOf(tx: Tx, ctx: Ctx, today: string, timeZone: string, asOf: Date) {
  const period = await billingPeriod({ db: tx, customerId: ctx.customerId });
  // A subscription whose next period has not been told yet says nothing of today.
  if (period && period.end > asOf) {
    const from = dateIn(timeZone, period.start.getTime());
    const to = dateIn(timeZone, period.end.getTime() - 1);
    return { start: period.start, shown: { from, to, end: period.end.toISOString(), subscription: true } };
  }
  const from = `${today.slice(0, 7)}-01`;
  const next = `${shiftDate(from, 31).slice(0, 7)}-01`;
  const [end] = await tx.execute(
    sql`select extract(epoch from ${next}::timestamp at time zone ${timeZone}) * 1000 as at`,
  );
  const shown = { from, to: shiftDate(next, -1), end: new Date(Number(end?.at)).toISOString(), subscription: false };
  return { start: null, shown };
}

/** Tokens of the period's first day that were used before it began, counted one by one: few periods begin at midnight. */
async function usedBefore(tx: Tx, { ctx, mode }: Account, from: string, start: Date, timeZone: string) {
  const [row] = await tx.execute(sql`
    select coalesce(sum(tokens_consumed), 0)::float8 as tokens from token_usage
    where customer_id = ${ctx.customerId} and mode = ${mode} and refunded_at is null
      and created_at >= ${from}::timestamp at time zone ${timeZone} and created_at < ${start.toISOString()}::timestamptz`);
  return Number(row?.tokens);
}

/** The hour and minute of a moment by a clock. */
function clockTime(timeZone: string, at: Date): { hour: number; minute: number } {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const [hour = 0, minute = 0] = parts.format(at).split(":").map(Number);
  return { hour, minute };
}

/** How an account's use goes on to the end of its period, when its tokens run out, and what that costs. */
export function forecast(ctx: Ctx, input: { mode: Mode }): Promise<Forecast> {
  const account = { ctx, mode: input.mode };
  return atOneMoment(ctx, async (tx) => {
    const { timeZone, today, asOf } = await clockOf(tx, ctx);
    const { start, shown: period } = await periodOf(tx, ctx, today, timeZone, asOf);
    const since = [shiftDate(today, -MOST_DAYS), period.from].toSorted()[0] ?? today;
    const byDay = await tokensByDay(tx, account, since);
    const hours = await tokensByHour(tx, account, today);
    const held = await holdings(tx, account);
    const [subscription] = await tx.execute(
      sql`select plan_id from customer_billing where customer_id = ${ctx.customerId} and status in ('active', 'past_due')`,
    );
    const plan = subscription ? await findPlan(tx, String(subscription.plan_id)) : undefined;
    const before = start ? await usedBefore(tx, account, period.from, start, timeZone) : 0;
    const past = datesOf(period.from, today).map((date) => ({
      date,
      tokens: (byDay.get(date) ?? 0) - (date === period.from ? before : 0),
    }));
    const used = past.reduce((sum, day) => sum + day.tokens, 0);
    const left = (at: Date) => {
      const { hour, minute } = clockTime(timeZone, at);
      return shareLeft(hours, hour, minute);
    };
    const end = new Date(period.end);
    const ahead = outlook({
      byDay,
      today,
      used,
      period,
      left: {
        ...held,
        grants: held.grants.map((grant) => ({ ...grant, lastDay: lastDay(grant.expiresAt, today, timeZone) })),
      },
      todayLeft: left(asOf),
      afterEnd: dateIn(timeZone, end.getTime()) === period.to ? left(end) : 0,
    });
    const bought =
      ahead && !held.unlimited
        ? cheapestPacks((await offers(tx)).packs, Math.ceil(ahead.missing.expected))
        : { packs: [], priceCents: 0 };
    return {
      timeZone,
      asOf: asOf.toISOString(),
      period,
      today,
      unlimited: held.unlimited,
      balance: held.balance,
      past,
      used,
      forecast: ahead && {
        ...ahead,
        packs: (bought?.packs ?? []).map((pack) => ({ ...pack })),
        packsCents: bought?.priceCents ?? 0,
      },
      plan: plan ? { name: plan.name, priceCents: plan.priceCents } : null,
    };
  });
}

const lastDay = (expiresAt: number | null, today: string, timeZone: string): number | null =>
  expiresAt === null ? null : daysBetween(today, dateIn(timeZone, expiresAt));

interface Known {
  readonly byDay: ReadonlyMap<string, number>;
  readonly today: string;
  readonly used: number;
  readonly period: Forecast["period"];
  readonly left: { readonly unlimited: boolean; readonly grants: readonly Left[] };
  /** Which part of today's use is still to come. */
  readonly todayLeft: number;
  /** Which part of the last day's use comes after the period has ended. */
  readonly afterEnd: number;
}

/** The forecast over what is known; null where that is too little. */
function outlook({ byDay, today, used, period, left, todayLeft, afterEnd }: Known) {
  const first = [...byDay.keys()].toSorted()[0];
  if (first === undefined) return null;
  const full = datesOf(first, shiftDate(today, -1)).map((date) => byDay.get(date) ?? 0);
  const count = daysBetween(today, period.to) + 1;
  const look = lookAhead(full, count);
  if (!look) return null;
  const dates = datesOf(today, period.to);
  const sums = dates.map((_, day) => {
    if (day + 1 < count) return look.sum(day + 1, todayLeft);
    return day === 0 ? look.sum(1, Math.max(0, todayLeft - afterEnd)) : look.sum(count, todayLeft, 1 - afterEnd);
  });
  const days = dates.map((date, day) => {
    const { expected, low, high } = sums[day] ?? { expected: 0, low: 0, high: 0 };
    return { date, expected: used + expected, low: used + low, high: used + high };
  });
  const last = days.at(-1) ?? { expected: used, low: used, high: used };
  const cover = (pick: "expected" | "low" | "high") => {
    const needs = sums.map((sum, day) => Math.max(0, sum[pick] - (sums[day - 1]?.[pick] ?? 0)));
    const { runsOut, missing } = left.unlimited ? { runsOut: null, missing: 0 } : coverOf(left.grants, needs);
    return { on: runsOut === null ? null : (dates[runsOut] ?? null), missing };
  };
  const [expected, low, high] = [cover("expected"), cover("low"), cover("high")];
  return {
    days,
    total: { expected: last.expected, low: last.low, high: last.high },
    runsOut: { on: expected.on, earliest: high.on, latest: low.on },
    missing: { expected: expected.missing, low: low.missing, high: high.missing },
  };
}
