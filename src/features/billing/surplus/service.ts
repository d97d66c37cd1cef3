import { and, eq, sql } from "drizzle-orm";
import type Stripe from "stripe";
import type { Db, Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { tokenPurchases } from "@/db/schema/billing";
import { customerBilling } from "@/db/schema/plans";
import { recordAudit } from "@/features/audit/service";
import type { Scope } from "@/lib/context";
import { type CustomerId, mintCustomerId } from "@/lib/ids";
import { logger } from "@/lib/logger";
import { alone } from "../customers/service";
import { queueBillingMail } from "../mail/service";
import { type PricedInvoice, planFor, priceIdOf } from "../prices/queries";
import type { Purchase } from "../purchases/service";
import { applyReversals, reversalsOf } from "../reversals/service";
import { statusOf } from "../rules";
import { ask } from "../stripe/service";

/**
 * A brand has one subscription. Two checkouts that were open at the same moment can both be paid: the one we are told of
 * first counts, the other is cancelled and its money given back, without anybody having to notice.
 */

/** Whether a subscription was found to be one too many before: it never counts, whatever becomes of the other. */
export async function wasSurplus(tx: Tx, scope: Scope, subscriptionId: string): Promise<boolean> {
  const [found] = await tx
    .select({ id: tokenPurchases.id })
    .from(tokenPurchases)
    .where(
      and(
        eq(tokenPurchases.customerId, scope.customerId),
        eq(tokenPurchases.stripeSubscriptionId, subscriptionId),
        eq(tokenPurchases.origin, "surplus"),
      ),
    )
    .limit(1);
  return found !== undefined;
}

/**
 * Whether a subscription goes on beside the one that counts. One that has ended by now does not: what it was paid for before
 * that is told late, and was bought.
 */
export async function isSurplus(tx: Tx, scope: Scope, theirs: Stripe.Subscription): Promise<boolean> {
  if (await wasSurplus(tx, scope, theirs.id)) return true;
  const status = statusOf(theirs.status);
  if (status === null || status === "canceled") return false;
  const [row] = await tx.select().from(customerBilling).where(eq(customerBilling.customerId, scope.customerId));
  const counts = row?.stripeSubscriptionId;
  return Boolean(counts && counts !== theirs.id && row.status !== "canceled");
}

/** Tells people what they have paid twice, and that it comes back. */
export async function tellSurplus(tx: Tx, scope: Scope, { invoice, prices }: PricedInvoice): Promise<void> {
  const [line] = invoice.lines.data;
  const plan = await planFor(tx, line && prices.get(priceIdOf(line) ?? ""));
  await recordAudit(tx, scope, {
    action: "subscription.surplus_found",
    subject: invoice.id ?? "",
    details: { plan: plan?.id ?? null, cents: invoice.amount_paid },
  });
  await queueBillingMail(tx, scope.customerId, invoice.id ?? "", {
    kind: "paid_twice",
    plan: plan?.name ?? "Subscription",
    amount: invoice.amount_paid,
    currency: invoice.currency,
    invoice_url: invoice.hosted_invoice_url ?? null,
  });
}

/** What stands at a purchase once its subscription is cancelled: people read it in the list. */
const ENDED = "A second subscription. It was cancelled, and its money goes back.";

/** What was paid for a subscription too many that goes on, or whose money has not come back. */
const open = sql`${tokenPurchases.origin} = 'surplus' and ${tokenPurchases.status} = 'completed' and (${tokenPurchases.failure} is null
  or ${tokenPurchases.refundedCents} + ${tokenPurchases.disputedCents} < ${tokenPurchases.priceCents})`;

/** The purchases whose subscription is to be cancelled and whose money is to be given back. */
export async function surplusPurchases(db: Db): Promise<{ id: string; customerId: CustomerId }[]> {
  const rows = await db
    .select({ id: tokenPurchases.id, customerId: tokenPurchases.customerId })
    .from(tokenPurchases)
    .where(open)
    .limit(100);
  return rows.map(({ id, customerId }) => ({ id, customerId: mintCustomerId(customerId) }));
}

/**
 * Cancels a subscription that is one too many, and gives back what was paid for it: once, however often this is begun and
 * wherever it ends half way. A refund that the bank has sent back is left to a person; the daily report names it.
 */
export async function giveBackSurplus(
  db: Db,
  { id, customerId }: { readonly id: string; readonly customerId: CustomerId },
): Promise<void> {
  const ctx: Ctx = { db, customerId, actor: { type: "system", id: "billing" } };
  await alone(ctx, async (tx) => {
    const [purchase] = await tx
      .select()
      .from(tokenPurchases)
      .where(and(eq(tokenPurchases.customerId, customerId), eq(tokenPurchases.id, id), open));
    if (!purchase?.stripeSubscriptionId) return;
    await cancelNow(purchase.stripeSubscriptionId);
    const payment = purchase.stripePaymentIntentId;
    // Where a balance at Stripe has paid, nothing can be refunded: the report names what is missing.
    const paid = payment !== null && purchase.priceCents > 0;
    await tx
      .update(tokenPurchases)
      .set({ failure: ENDED, ...(paid ? {} : { status: "refunded" as const }) })
      .where(eq(tokenPurchases.id, id));
    if (purchase.failure === null) {
      await recordAudit(tx, ctx, {
        action: "subscription.surplus_ended",
        subject: purchase.stripeSubscriptionId,
        details: { purchase: id },
      });
    }
    if (paid) await refund(tx, ctx, purchase, payment);
  });
}

async function cancelNow(subscription: string): Promise<void> {
  const { status } = await ask((stripe) => stripe.subscriptions.retrieve(subscription));
  if (status === "canceled") return;
  // Without proration: nothing is credited for its rest, because all of it is refunded.
  await ask((stripe) => stripe.subscriptions.cancel(subscription));
}

async function refund(tx: Tx, ctx: Ctx, purchase: Purchase, payment: string): Promise<void> {
  const made = await ask((stripe) => reversalsOf(stripe, payment));
  const sent = made.filter(({ kind }) => kind === "refund");
  if (sent.some(({ amountCents }) => amountCents === 0)) {
    logger.error({ purchase: purchase.id }, "the refund of a second subscription has come back: see billing:reconcile");
    return;
  }
  const left = purchase.priceCents - made.reduce((sum, one) => sum + one.amountCents, 0);
  if (left > 0) {
    await ask((stripe) =>
      stripe.refunds.create(
        { payment_intent: payment, amount: left, reason: "duplicate", metadata: { purchase: purchase.id } },
        { idempotencyKey: `surplus:${purchase.id}:${sent.length}` },
      ),
    );
    await recordAudit(tx, ctx, { action: "purchase.refund_made", subject: purchase.id, details: { cents: left } });
  }
  await applyReversals(tx, ctx, payment, left > 0 ? await ask((stripe) => reversalsOf(stripe, payment)) : made);
}
