import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { INSIDE_KEY } from "@/features/metering/inside/service";
import type { Mode } from "@/lib/ids";
import { partsOf, type Scope } from "../packed/queries";
import { appsByDay, cutAt, hoursOfWeek, type Span, valuesOf } from "../packed/rules";
import type { Dashboard, DashboardQuery, Entries, EntriesQuery, Parts, Totals } from "./contract";
import { comparable, countShoppers, datesOf, mergeSketches, shiftDate, spanBefore } from "./rules";

/** How many keys, products or countries are named; the rest come together. */
const NAMED = 8;
/** Entries to a page. */
const PAGE = 25;

/** Does all of a question at one moment of the database, so that no two figures of an answer can disagree. */
export const atOneMoment = <T>(ctx: Ctx, read: (tx: Tx) => Promise<T>): Promise<T> =>
  ctx.db.transaction(read, { isolationLevel: "repeatable read", accessMode: "read only" });

/** The brand's clock and what it says, and when the answer is of. */
export async function clockOf(tx: Tx, ctx: Ctx): Promise<{ timeZone: string; today: string; asOf: Date }> {
  const [row] = await tx.execute(sql`
    select time_zone, (now() at time zone time_zone)::date::text as today, extract(epoch from now()) * 1000 as now
    from customers where id = ${ctx.customerId}`);
  return {
    timeZone: String(row?.time_zone ?? "UTC"),
    today: String(row?.today),
    asOf: new Date(Math.floor(Number(row?.now))),
  };
}

/** Each day's uses of each app. */
export async function usageByDayAndApp(tx: Tx, { ctx, mode }: Scope, { from, to }: Span) {
  const rows = await tx.execute(sql`
    select d.date::text as date, a.catalog_id as app_id, a.name, d.tokens, d.uses, d.took_ms, d.timed
    from usage_days d join apps a on a.id = d.app_id
    where customer_id = ${ctx.customerId} and mode = ${mode} and date between ${from}::date and ${to}::date`);
  return rows.map((row) => ({
    date: String(row.date),
    appId: String(row.app_id),
    name: String(row.name),
    tokens: Number(row.tokens),
    uses: Number(row.uses),
    tookMs: Number(row.took_ms),
    timed: Number(row.timed),
  }));
}
type DayRow = Awaited<ReturnType<typeof usageByDayAndApp>>[number];

/** How apps are called, by the id under which they are counted. */
async function appNames(tx: Tx): Promise<Map<string, { appId: string; name: string }>> {
  const rows = await tx.execute(sql`select id, catalog_id, name from apps`);
  return new Map(rows.map((row) => [String(row.id), { appId: String(row.catalog_id), name: String(row.name) }]));
}

/** What the brand calls its keys. */
async function keyNames(tx: Tx, ctx: Ctx): Promise<Map<string, string>> {
  const rows = await tx.execute(sql`select key_id, name from api_keys where customer_id = ${ctx.customerId}`);
  return new Map([
    [INSIDE_KEY, "Our own reports"],
    ...rows.map((row) => [String(row.key_id), String(row.name)] as const),
  ]);
}

/** What an account used over some days of the brand's clock and over as many before them, from the rollups alone. */
export function dashboard(ctx: Ctx, input: { mode: Mode; query: DashboardQuery }): Promise<Dashboard> {
  const scope = { ctx, mode: input.mode };
  const { from, to } = input.query;
  const before = spanBefore(input.query);
  return atOneMoment(ctx, async (tx) => {
    const { timeZone, today, asOf } = await clockOf(tx, ctx);
    const compared = comparable(input.query, today);
    // Cut where a question begins or ends: each of them is about some of the pieces.
    const ends = compared ? [shiftDate(compared.now.to, 1), shiftDate(compared.before.to, 1)] : [];
    const spans = cutAt({ from: before.from, to }, [from, ...ends]);
    const parts = await partsOf(tx, scope, spans, from);
    const shown = parts.filter(({ start }) => start >= from);
    const called = await appNames(tx);
    const names = await keyNames(tx, ctx);
    const rows = appsByDay(parts).map((row) => ({ name: row.appId, ...row, ...called.get(row.appId) }));
    const sketches = spans.map((span) => {
      const own = parts.filter(({ start }) => lyingIn(span)({ date: start }));
      return {
        date: span.from,
        sketch: mergeSketches(own.map(({ sketch }) => sketch)),
        known: sum(own, ({ known }) => known),
      };
    });
    const now = rows.filter((row) => row.date >= from);
    const then = rows.filter((row) => row.date < from);
    const totalsIn = (days: Span) => totalsOf(rows.filter(lyingIn(days)), sketches.filter(lyingIn(days)));
    const [totals, totalsBefore] = [totalsIn(input.query), totalsIn(before)];
    // Where all days are over they are the same.
    const whole = compared?.now.to === to;
    const apps = appsOf(now, then, compared);
    const facet = (name: string, nameOf: (value: string) => string) => largestOf(valuesOf(shown, name), totals, nameOf);
    return {
      timeZone,
      asOf: asOf.toISOString(),
      ...{ from, to, before, today },
      ...{ totals, totalsBefore },
      compared: compared && {
        ...{ ...compared.now, before: compared.before },
        totals: whole ? totals : totalsIn(compared.now),
        totalsBefore: whole ? totalsBefore : totalsIn(compared.before),
      },
      apps,
      days: byDay(
        input.query,
        before,
        now,
        then,
        apps.map(({ appId }) => appId),
      ),
      hours: hoursOfWeek(shown),
      keys: facet("key", (id) => names.get(id) ?? "A key of before"),
      products: facet("product", (id) => id),
      countries: facet("country", (code) => code),
    };
  });
}

const lyingIn =
  ({ from, to }: Span) =>
  ({ date }: { readonly date: string }): boolean =>
    date >= from && date <= to;
const sum = <T>(rows: readonly T[], pick: (row: T) => number): number => rows.reduce((all, row) => all + pick(row), 0);

function totalsOf(rows: readonly DayRow[], sketches: readonly { sketch: Uint8Array; known: number }[]): Totals {
  const timed = sum(rows, (row) => row.timed);
  const known = sum(sketches, (row) => row.known);
  return {
    tokens: sum(rows, (row) => row.tokens),
    sessions: sum(rows, (row) => row.uses),
    shoppers: known === 0 ? null : countShoppers(mergeSketches(sketches.map(({ sketch }) => sketch))),
    known,
    tookMs: timed === 0 ? null : sum(rows, (row) => row.tookMs) / timed,
  };
}

function appsOf(
  now: readonly DayRow[],
  then: readonly DayRow[],
  compared: ReturnType<typeof comparable>,
): Dashboard["apps"] {
  const apps = new Map([...then, ...now].map(({ appId, name }) => [appId, name]));
  return Array.from(apps, ([appId, name]) => {
    const own = now.filter((row) => row.appId === appId);
    const old = then.filter((row) => row.appId === appId);
    const tokens = (rows: readonly DayRow[]) => sum(rows, (row) => row.tokens);
    return {
      appId,
      name,
      tokens: tokens(own),
      sessions: sum(own, (row) => row.uses),
      tokensBefore: tokens(old),
      compared: {
        tokens: compared ? tokens(own.filter(lyingIn(compared.now))) : 0,
        tokensBefore: compared ? tokens(old.filter(lyingIn(compared.before))) : 0,
      },
    };
  })
    .filter((app) => app.tokens > 0 || app.tokensBefore > 0)
    .toSorted((a, b) => b.tokens - a.tokens || a.name.localeCompare(b.name));
}

function byDay(
  days: Span,
  before: Span,
  now: readonly DayRow[],
  then: readonly DayRow[],
  apps: readonly string[],
): Dashboard["days"] {
  const old = datesOf(before.from, before.to);
  const [nowBy, thenBy] = [now, then].map((rows) => Map.groupBy(rows, ({ date }) => date));
  return datesOf(days.from, days.to).map((date, i) => {
    const own = nowBy?.get(date) ?? [];
    const tokensOf = Map.groupBy(own, ({ appId }) => appId);
    return {
      date,
      tokens: sum(own, (row) => row.tokens),
      sessions: sum(own, (row) => row.uses),
      apps: apps.map((appId) => sum(tokensOf.get(appId) ?? [], (row) => row.tokens)),
      before: sum(thenBy?.get(old[i] ?? "") ?? [], (row) => row.tokens),
    };
  });
}

/** The largest keys, products or countries by name, the rest together, and what no use told of. */
function largestOf(all: ReturnType<typeof valuesOf>, totals: Totals, nameOf: (value: string) => string): Parts {
  const [named, rest] = [all.slice(0, NAMED), all.slice(NAMED)];
  const of = (some: typeof all) => ({
    tokens: sum(some, (part) => part.tokens),
    sessions: sum(some, (part) => part.uses),
  });
  const told = of(all);
  return {
    parts: named.map(({ value, tokens, uses }) => ({ value, name: nameOf(value), tokens, sessions: uses })),
    others: { count: rest.length, ...of(rest) },
    unknown: { tokens: totals.tokens - told.tokens, sessions: totals.sessions - told.sessions },
  };
}

/** The uses of one day by the brand's clock, newest first, each with its entry in the ledger; 25 to a page. */
export async function entriesOfDay(ctx: Ctx, input: { mode: Mode; query: EntriesQuery }): Promise<Entries> {
  const { date, appId, cursor } = input.query;
  const [at, id] = cursor?.split("_") ?? [];
  const rows = await ctx.db.execute(sql`
    with page as materialized (
      select u.* from token_usage u
      where u.customer_id = ${ctx.customerId} and u.mode = ${input.mode}
        and u.created_at >= (select ${date}::timestamp at time zone time_zone from customers where id = ${ctx.customerId})
        and u.created_at < (select (${date}::date + 1)::timestamp at time zone time_zone from customers where id = ${ctx.customerId})
        ${appId ? sql`and u.app_id = (select id from apps where catalog_id = ${appId})` : sql``}
        ${at && id ? sql`and u.created_at <= ${at}::timestamptz and (u.created_at, u.id) < (${at}::timestamptz, ${id}::uuid)` : sql``}
      -- In the order of the index, or a busy day would be read and sorted whole for its first page.
      order by u.created_at desc nulls last, u.id desc limit ${PAGE + 1}
    )
    select l.epoch, l.seq, u.id, a.catalog_id, a.name, u.tokens_consumed as tokens, l.delta, l.balance_after,
      u.refunded_at is not null as refunded, usage_product(u.metadata) as product, k.name as key_name,
      extract(epoch from u.created_at) * 1000 as at
    from page u
    join apps a on a.id = u.app_id
    cross join lateral (
      select epoch, seq, delta, balance_after from ledger_entries e
      where e.customer_id = u.customer_id and e.mode = u.mode and e.operation_id = u.id::text limit 1
    ) l
    left join api_keys k on k.key_id = u.key_id and k.customer_id = u.customer_id
    order by u.created_at desc, u.id desc`);
  const entries = rows.slice(0, PAGE).map((row) => ({
    epoch: Number(row.epoch),
    seq: Number(row.seq),
    usageId: String(row.id),
    appId: String(row.catalog_id),
    appName: String(row.name),
    tokens: Number(row.tokens),
    delta: Number(row.delta),
    balanceAfter: Number(row.balance_after),
    refunded: row.refunded === true,
    product: row.product === null ? null : String(row.product),
    keyName: row.key_name === null ? null : String(row.key_name),
    occurredAt: new Date(Number(row.at)).toISOString(),
  }));
  const last = entries.at(-1);
  return { entries, cursor: rows.length > PAGE && last ? `${last.occurredAt}_${last.usageId}` : null };
}
