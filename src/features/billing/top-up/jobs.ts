import { and, eq, isNull, sql } from "drizzle-orm";
import type { Ctx } from "@/db/context";
import { overageSettings, tokenPurchases } from "@/db/schema/billing";
import { grantIntents, meteringAccounts } from "@/db/schema/metering";
import { recordAudit } from "@/features/audit/service";
import { liveAccount } from "@/features/metering/queries";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { findPack } from "@/features/plans/queries";
import { type CustomerId, mintCustomerId, uuidv7 } from "@/lib/ids";
import { stripeIdOf } from "../customers/queries";
import { charge } from "../packs/service";
import { failPurchase } from "../purchases/service";
import { lastTopUp, spentOnTopUps } from "./queries";
import { topUpDecision } from "./rules";
import { recordTopUp } from "./service";

/** The brands whose ledger says that a pack may be due, or that have one under way. */
export async function brandsInNeed(db: Ctx["db"]): Promise<CustomerId[]> {
  const rows = await db
    .select({ customerId: overageSettings.customerId })
    .from(overageSettings)
    .innerJoin(
      meteringAccounts,
      and(eq(meteringAccounts.customerId, overageSettings.customerId), eq(meteringAccounts.mode, "live")),
    )
    .where(
      sql`(${overageSettings.mode} = 'top_up' and ${overageSettings.stoppedAt} is null
          and not ${meteringAccounts.unlimited} and ${meteringAccounts.balance} <= ${overageSettings.threshold})
        or exists (select from token_purchases p where p.customer_id = ${overageSettings.customerId}
          and p.origin = 'top_up' and p.status = 'pending')`,
    );
  return rows.map((row) => mintCustomerId(row.customerId));
}

/** What a look at one brand came to. */
export type TopUpOutcome = "completed" | "failed" | "pending" | "enough" | "cooldown" | "limit" | "off" | "arriving";

/**
 * Buys a brand's next pack where it is needed. The need is decided and written down under the settings' row lock, and at
 * most one top-up of a brand is under way: whoever comes at the same time, or after a crash, finds that one and goes on
 * with it. The balance is asked only once the last one's tokens are in it, so that one need never buys twice.
 */
export async function topUp(deps: ReconcileDeps, customerId: CustomerId, now = new Date()): Promise<TopUpOutcome> {
  const ctx: Ctx = { db: deps.db, customerId, actor: { type: "system", id: "top-up" } };
  const [chosen] = await ctx.db
    .select({ mode: overageSettings.mode })
    .from(overageSettings)
    .where(eq(overageSettings.customerId, customerId));
  if (!chosen) return "off";
  const found = await decide(ctx, deps, now);
  if (typeof found === "string") return found;
  const customer = await stripeIdOf(ctx);
  if (!customer) {
    await giveUp(ctx, found.purchaseId, "There is no card on file");
    return "failed";
  }
  const charged = await charge(ctx, deps, { customer, purchaseId: found.purchaseId, present: false });
  if (charged.state === "action_required") {
    // The bank wants a person, and none is there: a payment left open would come true in a week.
    await giveUp(ctx, found.purchaseId, "The bank asks for a confirmation");
    return "failed";
  }
  return charged.state;
}

async function decide(ctx: Ctx, deps: ReconcileDeps, now: Date): Promise<{ purchaseId: string } | TopUpOutcome> {
  return ctx.db.transaction(async (tx) => {
    const own = eq(overageSettings.customerId, ctx.customerId);
    // Whoever else is at it does it: to wait would keep a connection that they may need.
    const [settings] = await tx.select().from(overageSettings).where(own).for("update", { skipLocked: true });
    if (!settings) return "pending";
    const last = await lastTopUp(tx, ctx);
    if (last?.status === "pending") return { purchaseId: last.id };
    if (settings.mode !== "top_up" || settings.stoppedAt) return "off";
    const { threshold, packId, monthlyLimitCents, cooldownMinutes } = settings;
    if (threshold === null || packId === null || monthlyLimitCents === null || cooldownMinutes === null) return "off";
    const pack = await findPack(tx, packId);
    if (!pack?.isActive) return "off";
    const [arriving] = await tx
      .select({ id: grantIntents.id })
      .from(grantIntents)
      .where(
        and(
          eq(grantIntents.customerId, ctx.customerId),
          eq(grantIntents.mode, "live"),
          eq(grantIntents.kind, "grant"),
          isNull(grantIntents.appliedAt),
          isNull(grantIntents.refusedAt),
        ),
      )
      .limit(1);
    if (arriving) return "arriving";
    const account = await liveAccount(ctx, deps, { mode: "live" });
    if (account.unlimited) return "off";
    const decision = topUpDecision(
      { threshold, monthlyLimitCents, cooldownMinutes, tokens: pack.tokens, priceCents: pack.priceCents },
      {
        balance: account.balance,
        now,
        lastBegunAt: last?.createdAt ?? null,
        spentThisMonthCents: await spentOnTopUps(tx, ctx, now),
      },
    );
    if (decision !== "buy") return decision;
    const purchaseId = uuidv7();
    await tx.insert(tokenPurchases).values({
      id: purchaseId,
      customerId: ctx.customerId,
      kind: "pack",
      origin: "top_up",
      packId: pack.id,
      tokensPurchased: pack.tokens,
      priceCents: pack.priceCents,
    });
    await recordAudit(tx, ctx, {
      action: "top_up.begun",
      subject: purchaseId,
      details: { packId: pack.id, balance: account.balance, threshold },
    });
    return { purchaseId };
  });
}

/** Ends a top-up that came to nothing, tells of it, and stops the next ones. */
async function giveUp(ctx: Ctx, purchaseId: string, failure: string): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    // Whoever ended it before has told of it, and stopped the next ones.
    if (await failPurchase(tx, ctx, purchaseId, failure)) await recordTopUp(tx, ctx, purchaseId, { failure });
  });
}
