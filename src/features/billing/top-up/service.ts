import { eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { overageSettings } from "@/db/schema/billing";
import { recordAudit } from "@/features/audit/service";
import { emit } from "@/features/notifications/webhooks/service";
import { findPack } from "@/features/plans/queries";
import type { Scope } from "@/lib/context";
import { Refusal } from "@/lib/errors";
import type { OverageInput, OverageOutput } from "../contract";
import { queueBillingMail } from "../mail/service";
import { overageOf, purchaseById, spentOnTopUps } from "./queries";

/**
 * Sets what happens when tokens run out. Saving also starts again what a decline had stopped.
 * @throws Refusal `not_found` for a pack that is not sold
 */
export async function setOverage(ctx: Ctx, input: OverageInput): Promise<OverageOutput> {
  const { mode, topUp, lowBalanceTokens, alertDailyTokens, alertMonthlyTokens } = input;
  const pack = topUp ? await findPack(ctx.db, topUp.packId) : undefined;
  if (topUp && !pack?.isActive) throw new Refusal("not_found", "There is no pack with this id.");
  const values = {
    mode,
    threshold: topUp?.threshold ?? null,
    packId: topUp?.packId ?? null,
    monthlyLimitCents: topUp?.monthlyLimitCents ?? null,
    cooldownMinutes: topUp?.cooldownMinutes ?? null,
    lowBalanceTokens,
    alertDailyTokens,
    alertMonthlyTokens,
    stoppedAt: null,
    stoppedReason: null,
    updatedAt: new Date(),
  };
  await ctx.db.transaction(async (tx) => {
    await tx
      .insert(overageSettings)
      .values({ customerId: ctx.customerId, ...values })
      .onConflictDoUpdate({ target: overageSettings.customerId, set: values });
    await recordAudit(tx, ctx, { action: "overage.changed", subject: ctx.customerId, details: { ...input } });
  });
  return overageOf(ctx);
}

/**
 * Writes down how an automatic top-up has ended, in the transaction that ends its purchase: people are told, and after a
 * decline nothing more is tried until somebody saves the settings again.
 */
export async function recordTopUp(
  tx: Tx,
  scope: Scope,
  purchaseId: string,
  ended:
    | { readonly failure: string }
    | {
        readonly failure: null;
        readonly receiptUrl: string | null;
        readonly card: { readonly brand: string; readonly last4: string } | null;
      },
): Promise<void> {
  const own = eq(overageSettings.customerId, scope.customerId);
  const [settings] = await tx.select().from(overageSettings).where(own);
  const purchase = await purchaseById(tx, scope, purchaseId);
  if (!purchase) return;
  const facts = { tokens: purchase.tokensPurchased, amount: purchase.priceCents, currency: "usd" };
  if (ended.failure === null) {
    await queueBillingMail(tx, scope.customerId, purchaseId, {
      kind: "top_up_done",
      ...facts,
      threshold: settings?.threshold ?? 0,
      balance: null,
      spent_this_month: await spentOnTopUps(tx, scope, new Date()),
      monthly_limit: settings?.monthlyLimitCents ?? 0,
      card: ended.card,
      receipt_url: ended.receiptUrl,
    });
    return;
  }
  const reason = ended.failure.replace(/\.$/, "").slice(0, 300);
  await tx.update(overageSettings).set({ stoppedAt: sql`now()`, stoppedReason: reason }).where(own);
  await recordAudit(tx, scope, { action: "top_up.stopped", subject: purchaseId, details: { reason } });
  const refused = { for: "top_up", reference: purchaseId, reason, next_attempt_at: null } as const;
  const money = { amount_cents: facts.amount, currency: facts.currency };
  await emit(tx, scope.customerId, "payment.failed", { ...refused, ...money }, { key: purchaseId });
  await queueBillingMail(tx, scope.customerId, purchaseId, {
    kind: "top_up_failed",
    ...facts,
    reason,
    balance: null,
    threshold: settings?.threshold ?? 0,
  });
}
