import { and, desc, eq, inArray, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { insightReaders, insightReports } from "@/db/schema/insights";
import { memberships } from "@/db/schema/people";
import { publishedApp } from "@/features/activations/embed/queries";
import { activationOf, appNamed } from "@/features/activations/queries";
import { imagePath } from "@/features/products/queries";
import type { DashboardQuery } from "../dashboard/contract";
import { atOneMoment, clockOf, usageByDayAndApp } from "../dashboard/queries";
import { comparable, datesOf, spanBefore } from "../dashboard/rules";
import type { InsightFigures, InsightsAnswer, ReportsAnswer, Steps } from "./contract";
import { INSIGHTS_APP, nextMonth, type ReportSettings, reportSettings } from "./rules";

interface Days {
  readonly from: string;
  readonly to: string;
}

/**
 * The brand's sessions that were opened on these days of its clock; the index by brand, kind and time answers. What was given
 * back was none: by the ledger, which forgets nothing, whatever was told of it before or after.
 */
const openedOn = (ctx: Ctx, { from, to }: Days) => sql`e.customer_id = ${ctx.customerId}
  and e.opened_at >= (select ${from}::timestamp at time zone time_zone from customers where id = ${ctx.customerId})
  and e.opened_at < (select (${to}::date + 1)::timestamp at time zone time_zone from customers where id = ${ctx.customerId})
  and not exists (select from ledger_entries r where r.customer_id = ${ctx.customerId} and r.mode = 'live'
    and r.operation_id = 'refund:' || e.usage_id::text)`;

/** Each day's sessions of each app, by how far they came. A session with two frames in the basket is one. */
async function sessionsByDayAndApp(tx: Tx, ctx: Ctx, days: Days) {
  const rows = await tx.execute(sql`
    select (e.opened_at at time zone c.time_zone)::date::text as date, a.catalog_id as app_id, a.name,
      count(*) filter (where e.kind = 'open')::int as opened,
      count(*) filter (where e.kind = 'result')::int as results,
      count(distinct e.usage_id) filter (where e.kind = 'cart')::int as carted
    from widget_events e join apps a on a.id = e.app_id join customers c on c.id = e.customer_id
    where ${openedOn(ctx, days)} and e.kind in ('open', 'result', 'cart')
    group by 1, 2, 3`);
  return rows.map((row) => ({
    date: String(row.date),
    appId: String(row.app_id),
    name: String(row.name),
    ...{ opened: Number(row.opened), results: Number(row.results), carted: Number(row.carted) },
  }));
}
type SessionRow = Awaited<ReturnType<typeof sessionsByDayAndApp>>[number];

/** The frames that were put into baskets, chosen and shown most, each with its sessions, and how many frames there are. */
async function topFrames(tx: Tx, ctx: Ctx, days: Days, most: number) {
  const rows = await tx.execute(sql`
    select f.*, p.name, p.image_hash, count(*) over () as in_all from (
      select e.sku, count(*) filter (where e.kind = 'view')::int as seen,
        count(*) filter (where e.kind = 'choose')::int as chosen, count(*) filter (where e.kind = 'cart')::int as carted
      from widget_events e where ${openedOn(ctx, days)} and e.kind in ('view', 'choose', 'cart') group by 1
    ) f left join products p on p.customer_id = ${ctx.customerId} and p.sku = f.sku
    order by f.carted desc, f.chosen desc, f.seen desc, f.sku limit ${most}`);
  return {
    frames: rows.map((row) => ({
      sku: String(row.sku),
      name: row.name === null ? null : String(row.name),
      image: imagePath(row.image_hash === null ? null : String(row.image_hash)),
      ...{ seen: Number(row.seen), chosen: Number(row.chosen), carted: Number(row.carted) },
    })),
    framesInAll: Number(rows[0]?.in_all ?? 0),
  };
}

const stepsOf = (rows: readonly SessionRow[]): Steps => ({
  opened: rows.reduce((sum, row) => sum + row.opened, 0),
  results: rows.reduce((sum, row) => sum + row.results, 0),
  carted: rows.reduce((sum, row) => sum + row.carted, 0),
});

/** What became of the sessions of some days, and of as many days before; every figure is counted from stored rows. */
export async function figuresOf(tx: Tx, ctx: Ctx, query: DashboardQuery, frames: number): Promise<InsightFigures> {
  const { from, to } = query;
  const before = spanBefore(query);
  const { timeZone, today, asOf } = await clockOf(tx, ctx);
  const rows = await sessionsByDayAndApp(tx, ctx, { from: before.from, to });
  const used = await usageByDayAndApp(tx, { ctx, mode: "live" }, query);
  const now = rows.filter((row) => row.date >= from);
  const then = rows.filter((row) => row.date < from);
  const names = new Map([...used, ...then, ...now].map(({ appId, name }) => [appId, name]));
  const of = (list: readonly SessionRow[], key: "appId" | "date", value: string) =>
    stepsOf(list.filter((row) => row[key] === value));
  const old = datesOf(before.from, before.to);
  const within = (days: Days) => stepsOf(rows.filter(({ date }) => date >= days.from && date <= days.to));
  const compared = comparable(query, today);
  return {
    ...{ timeZone, asOf: asOf.toISOString(), from, to, before, today },
    totals: stepsOf(now),
    totalsBefore: stepsOf(then),
    compared: compared && {
      ...{ ...compared.now, before: compared.before },
      ...{ totals: within(compared.now), totalsBefore: within(compared.before) },
    },
    days: datesOf(from, to).map((date, i) => ({
      ...{ date, ...of(now, "date", date) },
      before: of(then, "date", old[i] ?? "").opened,
    })),
    apps: Array.from(names, ([appId, name]) => ({
      ...{ appId, name, ...of(now, "appId", appId), before: of(then, "appId", appId) },
      tokens: used.filter((row) => row.appId === appId).reduce((sum, row) => sum + row.tokens, 0),
    }))
      .filter((app) => app.opened > 0 || app.before.opened > 0 || app.tokens > 0)
      .toSorted((a, b) => b.opened - a.opened || b.tokens - a.tokens || a.name.localeCompare(b.name)),
    ...(await topFrames(tx, ctx, query, frames)),
  };
}

/** What the brand has set up for its reports. @throws Refusal `app_not_active` where the app is not turned on */
export async function settingsOf(ctx: Ctx): Promise<ReportSettings> {
  return reportSettings((await publishedApp(ctx, INSIGHTS_APP)).configuration);
}

/** What the page shows; where the app is not active, that, and nothing of the brand's sessions. */
export async function insights(ctx: Ctx, query: DashboardQuery): Promise<InsightsAnswer> {
  const app = await appNamed(ctx.db, INSIGHTS_APP);
  const activation = await activationOf(ctx.db, ctx.customerId, app.id);
  if (activation?.status !== "active" || app.status === "disabled") {
    return { active: false, paused: activation?.status === "paused" };
  }
  const { frames } = reportSettings(activation.configuration ?? {});
  return { active: true, figures: await atOneMoment(ctx, (tx) => figuresOf(tx, ctx, query, frames)) };
}

/** How many reports are listed. */
const LISTED = 12;

/** What a report costs, who has each month's, and those there are. */
export async function reportsOf(ctx: Ctx): Promise<ReportsAnswer> {
  const { tokenCost } = await appNamed(ctx.db, INSIGHTS_APP);
  const readers = await readersOf(ctx.db, ctx.customerId);
  const rows = await ctx.db
    .select()
    .from(insightReports)
    .where(eq(insightReports.customerId, ctx.customerId))
    .orderBy(desc(insightReports.createdAt), desc(insightReports.id))
    .limit(LISTED);
  const { today } = await ctx.db.transaction((tx) => clockOf(tx, ctx));
  return {
    price: tokenCost,
    subscribed: readers.some(({ userId }) => userId === ctx.actor.id),
    readers: readers.length,
    next: nextMonth(today),
    reports: rows.map(({ fromDay, toDay, status, tokens, reason, readyAt, createdAt }) => ({
      ...{ from: fromDay, to: toDay, ready: status === "ready", tokens, reason },
      at: (readyAt ?? createdAt).toISOString(),
    })),
  };
}

/**
 * Who has each month's report: those who asked for it and may still spend the brand's tokens on it.
 * @param until only those who had asked before this
 */
export const readersOf = (db: Reader, customerId: string, until?: Date): Promise<{ userId: string }[]> =>
  db
    .select({ userId: insightReaders.userId })
    .from(insightReaders)
    .innerJoin(
      memberships,
      and(eq(memberships.customerId, insightReaders.customerId), eq(memberships.userId, insightReaders.userId)),
    )
    .where(
      and(
        eq(insightReaders.customerId, customerId),
        inArray(memberships.role, ["manager", "admin"]),
        until === undefined ? undefined : sql`${insightReaders.since} < ${until.toISOString()}::timestamptz`,
      ),
    );
