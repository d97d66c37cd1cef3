import { and, eq, sql } from "drizzle-orm";
import { listOf } from "@/db/array";
import type { Db, Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { insightReaders, insightReports } from "@/db/schema/insights";
import { recordAudit } from "@/features/audit/service";
import { spendInside } from "@/features/metering/inside/service";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { mailTo } from "@/features/notifications/service";
import { type ProblemCode, Refusal } from "@/lib/errors";
import { accountOf, type CustomerId, uuidv7 } from "@/lib/ids";
import type { DashboardQuery } from "../dashboard/contract";
import { clockOf } from "../dashboard/queries";
import type { WidgetEvent } from "./contract";
import { figuresOf, readersOf, settingsOf } from "./queries";
import { AGAIN_HOURS, INSIGHTS_APP, MOST_EVENTS, paidFor } from "./rules";

/** A session of a widget: the live use that paid for it. */
export interface WidgetSession {
  readonly customerId: CustomerId;
  readonly usageId: string;
  /** Catalogue id of the app. */
  readonly appId: string;
  readonly openedAt: Date;
}

/**
 * Notes what happened in a session. Told again it changes nothing, and whatever is told first notes with it that the
 * session was opened, so that no later step can be there without that one. Frames that are shown or chosen must be the
 * brand's; what a shop puts into a basket need not be. A session that has told enough is not listened to any more.
 * @returns how many of them are new
 */
export async function recordEvents(db: Db, session: WidgetSession, events: readonly WidgetEvent[]): Promise<number> {
  const { customerId, usageId, appId, openedAt } = session;
  const rows = [{ kind: "open", sku: "" }, ...events.map((event) => ({ sku: "", ...event }))];
  const [result] = await db.execute(sql`
    with told as (
      select distinct kind, sku from unnest(${listOf(rows.map(({ kind }) => kind))}::text[],
        ${listOf(rows.map(({ sku }) => sku))}::text[]) as t(kind, sku)
    ), added as (
      insert into widget_events (customer_id, usage_id, app_id, kind, sku, opened_at)
      select ${customerId}, ${usageId}, a.id, t.kind, t.sku, ${openedAt.toISOString()}::timestamptz
      from told t join apps a on a.catalog_id = ${appId}
      where (select count(*) from widget_events where customer_id = ${customerId} and usage_id = ${usageId}) < ${MOST_EVENTS}
        and (t.kind not in ('view', 'choose')
          or exists (select from products p where p.customer_id = ${customerId} and p.sku = t.sku and p.deleted_at is null))
      on conflict do nothing returning kind
    ) select count(*) filter (where kind <> 'open')::int as counted from added`);
  return Number(result?.counted);
}

const WHY_NOT: Partial<Record<ProblemCode, string>> = {
  insufficient_tokens: "The brand's tokens do not cover a report. Nothing was charged.",
  spend_cap_reached: "The brand's own spend cap stands in the way. Nothing was charged.",
  app_not_active: "Advanced Analytics is not turned on. Nothing was charged.",
};

const reportOn = (ctx: Ctx, days: DashboardQuery) =>
  and(
    eq(insightReports.customerId, ctx.customerId),
    eq(insightReports.fromDay, days.from),
    eq(insightReports.toDay, days.to),
  );

/** Who a report goes to: one person, who asked for it, or everybody who has each month's. */
type Audience = { readonly userId: string } | { readonly readersUntil: Date };

/**
 * Makes a brand's report of some days and puts it into the mail. The first time it is paid for, by one use of the app that
 * bears the days' name; then its figures are kept with it, and whoever asks for the same days again is sent the same
 * report for nothing. Several may make one at once: the use is the same use, and the row's lock lets one of them keep
 * the figures and mail them.
 * @returns what it cost now
 * @throws Refusal where it could not be paid for, or nobody knows whether it was: asked again it goes on where it stands
 */
export async function makeReport(ctx: Ctx, deps: ReconcileDeps, days: DashboardQuery, to: Audience): Promise<number> {
  const settings = await settingsOf(ctx);
  const askedBy = "userId" in to ? to.userId : null;
  await ctx.db
    .insert(insightReports)
    .values({ id: uuidv7(), customerId: ctx.customerId, fromDay: days.from, toDay: days.to, askedBy })
    .onConflictDoUpdate({
      target: [insightReports.customerId, insightReports.fromDay, insightReports.toDay],
      set: { askedBy: sql`coalesce(excluded.asked_by, ${insightReports.askedBy})` },
    });
  const mine = reportOn(ctx, days);
  const [there] = await ctx.db.select().from(insightReports).where(mine);
  const use = there?.status === "ready" ? null : await payFor(ctx, deps, days);
  return ctx.db.transaction(async (tx) => {
    const [row] = await tx.select().from(insightReports).where(mine).for("update");
    if (!row) throw new Error("The report is gone");
    let { figures } = row;
    const first = row.status === "waiting" && use !== null;
    if (first) {
      const { frames, parts, accent } = settings;
      figures = { ...(await figuresOf(tx, ctx, days, frames)), parts, accent };
      const { usageId, tokens } = use;
      await tx
        .update(insightReports)
        .set({ status: "ready", readyAt: sql`now()`, reason: null, figures, usageId, tokens })
        .where(mine);
      await recordAudit(tx, ctx, { action: "report.made", subject: row.id, details: { ...days, tokens, usageId } });
    }
    if (figures === null) throw new Error("A report that is ready has no figures");
    if (!("userId" in to) && row.monthlyAt !== null) return 0;
    await mailReport(tx, ctx.customerId, row.id, figures, to);
    if (!("userId" in to)) await tx.update(insightReports).set({ monthlyAt: sql`now()` }).where(mine);
    return first ? (use?.tokens ?? 0) : 0;
  });
}

async function payFor(
  ctx: Ctx,
  deps: ReconcileDeps,
  days: DashboardQuery,
): Promise<{ usageId: string; tokens: number }> {
  const once = paidFor(days);
  const use = await spendInside(deps, accountOf(ctx.customerId, "live"), { appId: INSIGHTS_APP, once });
  if (use.state === "spent") return use;
  const code = use.state === "refused" ? use.code : "metering_unavailable";
  // Who was told that it cannot be made does not wait for it any more, and is not charged for it later.
  const later =
    use.state === "refused"
      ? { askedBy: null, dueAt: sql`now() + make_interval(hours => ${AGAIN_HOURS})` }
      : { dueAt: sql`now() + interval '1 minute'` };
  await ctx.db
    .update(insightReports)
    .set({ reason: code, ...later })
    .where(and(reportOn(ctx, days), eq(insightReports.status, "waiting")));
  throw new Refusal(
    code,
    WHY_NOT[code] ?? "The meter cannot be asked. The report is made, and charged once, as soon as it can.",
  );
}

/** The same person gets the same report at most once in a minute, however often it is asked for. */
async function mailReport(
  tx: Tx,
  customerId: CustomerId,
  id: string,
  figures: Record<string, unknown>,
  to: Audience,
): Promise<void> {
  const people = "userId" in to ? [to] : await readersOf(tx, customerId, to.readersUntil);
  const again = "userId" in to ? `:${new Date().toISOString().slice(0, 16)}` : "";
  const mail = {
    key: `insights:${id}${again}`,
    kind: "insights.report",
    facts: { figures, monthly: !("userId" in to) },
  };
  await mailTo(
    tx,
    customerId,
    people.map(({ userId }) => userId),
    mail,
  );
}

/**
 * Has the report of some days made and sent to whoever asks.
 * @throws Refusal as `makeReport` does, and `invalid_request` for days that have not begun
 */
export async function sendReport(ctx: Ctx, deps: ReconcileDeps, days: DashboardQuery): Promise<{ tokens: number }> {
  const { today } = await ctx.db.transaction((tx) => clockOf(tx, ctx));
  if (days.to > today) throw new Refusal("invalid_request", "The last day has not begun yet.");
  return { tokens: await makeReport(ctx, deps, days, { userId: ctx.actor.id }) };
}

/** Has the caller sent each month's report, or not any more. */
export async function subscribe(ctx: Ctx, input: { on: boolean }): Promise<void> {
  const mine = and(eq(insightReaders.customerId, ctx.customerId), eq(insightReaders.userId, ctx.actor.id));
  await ctx.db.transaction(async (tx) => {
    const changed = input.on
      ? await tx
          .insert(insightReaders)
          .values({ customerId: ctx.customerId, userId: ctx.actor.id })
          .onConflictDoNothing()
          .returning({ userId: insightReaders.userId })
      : await tx.delete(insightReaders).where(mine).returning({ userId: insightReaders.userId });
    if (changed.length === 0) return;
    const action = input.on ? "report.monthly_wanted" : "report.monthly_ended";
    await recordAudit(tx, ctx, { action, subject: ctx.actor.id });
  });
}
