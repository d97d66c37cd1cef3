import { and, desc, eq, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import type { Ctx } from "@/db/context";
import { overageSettings, tokenPurchases } from "@/db/schema/billing";
import { findPack } from "@/features/plans/queries";
import type { Scope } from "@/lib/context";
import { Refusal } from "@/lib/errors";
import type { OverageInput, OverageOutput, OveragePreviewOutput } from "../contract";
import { monthBefore, monthStart, playAgain, type TopUpRule } from "./rules";

/** A purchase of the brand. */
export async function purchaseById(db: Reader, scope: Pick<Scope, "customerId">, id: string) {
  const [row] = await db
    .select()
    .from(tokenPurchases)
    .where(and(eq(tokenPurchases.customerId, scope.customerId), eq(tokenPurchases.id, id)));
  return row;
}

/** What automatic top-ups cost in the calendar month (UTC) of a moment, those under way included. */
export async function spentOnTopUps(db: Reader, scope: Pick<Scope, "customerId">, now: Date): Promise<number> {
  const [row] = await db.execute<{ cents: number }>(sql`
    select coalesce(sum(price_cents), 0)::int as cents from token_purchases
    where customer_id = ${scope.customerId} and origin = 'top_up' and status <> 'failed'
      and created_at >= ${monthStart(now).toISOString()}::timestamptz`);
  return row?.cents ?? 0;
}

/** The newest automatic top-up, whatever became of it. */
export async function lastTopUp(db: Reader, scope: Pick<Scope, "customerId">) {
  const [row] = await db
    .select()
    .from(tokenPurchases)
    .where(and(eq(tokenPurchases.customerId, scope.customerId), eq(tokenPurchases.origin, "top_up")))
    .orderBy(desc(tokenPurchases.createdAt))
    .limit(1);
  return row;
}

/** What a brand has chosen for when its tokens run out, and how its top-ups stand. */
export async function overageOf(ctx: Ctx): Promise<OverageOutput> {
  const [row] = await ctx.db.select().from(overageSettings).where(eq(overageSettings.customerId, ctx.customerId));
  const last = await lastTopUp(ctx.db, ctx);
  const { threshold, packId, monthlyLimitCents, cooldownMinutes } = row ?? {};
  const complete = threshold != null && packId != null && monthlyLimitCents != null && cooldownMinutes != null;
  return {
    settings: {
      mode: row?.mode ?? "stop",
      topUp: complete ? { threshold, packId, monthlyLimitCents, cooldownMinutes } : null,
      lowBalanceTokens: row?.lowBalanceTokens ?? null,
      alertDailyTokens: row?.alertDailyTokens ?? null,
      alertMonthlyTokens: row?.alertMonthlyTokens ?? null,
    },
    stopped: row?.stoppedAt ? { at: row.stoppedAt.toISOString(), reason: row.stoppedReason ?? "" } : null,
    thisMonthCents: await spentOnTopUps(ctx.db, ctx, new Date()),
    lastTopUpAt: last?.createdAt.toISOString() ?? null,
  };
}

/**
 * What settings would have done with last month's uses, five minutes by five minutes, which is the shortest wait between
 * two packs. Packs that were bought by themselves then are left out, so that what the given settings would have bought
 * stands alone; so is what was used without a limit, which no balance stops.
 * @throws Refusal `not_found` for a pack that there is not
 */
export async function overagePreview(ctx: Ctx, input: OverageInput, now = new Date()): Promise<OveragePreviewOutput> {
  const { month, start, end } = monthBefore(now);
  const rule = input.mode === "top_up" && input.topUp ? await ruleOf(ctx, input.topUp) : null;
  const [before] = await ctx.db.execute<{ balance: number }>(sql`
    select balance_after::float8 as balance from ledger_entries
    where customer_id = ${ctx.customerId} and mode = 'live' and occurred_at < ${start.toISOString()}::timestamptz
    order by epoch desc, seq desc limit 1`);
  const rows = await ctx.db.execute<{ at: string; used: number; unlimited: number; moved: number }>(sql`
    select date_bin('5 minutes', l.occurred_at, '2000-01-01Z')::text as at,
      sum(case when l.kind in ('usage', 'settle') then l.tokens else 0 end)::float8 as used,
      sum(case when l.kind = 'usage' and l.delta = 0 or l.kind = 'settle' and l.delta = 0 and exists (
        select from ledger_entries h where h.customer_id = l.customer_id and h.mode = l.mode and h.kind = 'hold'
          and h.reservation_id = l.reservation_id and h.delta = 0) then l.tokens else 0 end)::float8 as unlimited,
      sum(case
        when l.kind in ('usage', 'hold', 'settle', 'release') then 0
        when p.origin = 'top_up' then 0
        else l.delta end)::float8 as moved
    from ledger_entries l
    left join token_purchases p on p.grant_id = l.grant_id and l.kind = 'grant' and p.customer_id = l.customer_id
    where l.customer_id = ${ctx.customerId} and l.mode = 'live'
      and l.occurred_at >= ${start.toISOString()}::timestamptz and l.occurred_at < ${end.toISOString()}::timestamptz
    group by 1 order by 1`);
  const happenings = rows
    .map(({ at, used, unlimited, moved }) => ({ at: new Date(at), used: used - unlimited, moved }))
    .filter(({ used, moved }) => used !== 0 || moved !== 0);
  const tokensUsed = rows.reduce((sum, { used }) => sum + used, 0);
  const { topUps, costCents, stoppedAt, tokensRefused } = playAgain(before?.balance ?? 0, happenings, rule);
  return {
    month,
    tokensUsed,
    topUps,
    costCents,
    stoppedAt: stoppedAt?.toISOString() ?? null,
    tokensRefused,
    nothingKnown: tokensUsed === 0,
  };
}

async function ruleOf(ctx: Ctx, topUp: NonNullable<OverageInput["topUp"]>): Promise<TopUpRule> {
  const pack = await findPack(ctx.db, topUp.packId);
  if (!pack) throw new Refusal("not_found", "There is no pack with this id.");
  return { ...topUp, tokens: pack.tokens, priceCents: pack.priceCents };
}
