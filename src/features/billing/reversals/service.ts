import { and, eq, sql } from "drizzle-orm";
import type Stripe from "stripe";
import type { Tx } from "@/db/client";
import { purchaseReversals, tokenPurchases } from "@/db/schema/billing";
import { grantIntents } from "@/db/schema/metering";
import { recordAudit } from "@/features/audit/service";
import { endGrantIn, oweIn } from "@/features/metering/intents/service";
import type { Scope } from "@/lib/context";
import type { Purchase } from "../purchases/service";
import { revokedTokens } from "../rules";

/** Thrown where an effect has to wait for another: the inbox keeps the event and tries again. */
export class NotYet extends Error {}

/** A refund or dispute as it stands now, with what it is worth. */
export interface Reversal {
  readonly id: string;
  readonly kind: "refund" | "dispute";
  readonly status: string;
  readonly amountCents: number;
}

const WON: readonly string[] = ["won", "warning_closed", "prevented"];

/** Everything that was given back, or is asked back, of one payment. An inquiry moves no money before it is a dispute. */
export async function reversalsOf(stripe: Stripe, paymentIntentId: string): Promise<Reversal[]> {
  const refunds = await stripe.refunds.list({ payment_intent: paymentIntentId, limit: 100 });
  const disputes = await stripe.disputes.list({ payment_intent: paymentIntentId, limit: 100 });
  return [
    ...refunds.data.map(
      ({ id, status, amount }): Reversal => ({
        id,
        kind: "refund",
        status: status ?? "unknown",
        amountCents: status === "failed" || status === "canceled" ? 0 : amount,
      }),
    ),
    ...disputes.data.map(
      ({ id, status, amount }): Reversal => ({
        id,
        kind: "dispute",
        status,
        amountCents: WON.includes(status) || status.startsWith("warning_") ? 0 : amount,
      }),
    ),
  ];
}

/**
 * Brings a purchase to what its refunds and disputes say now: takes back what is unspent of its tokens, or gives back
 * what a won dispute had taken. What was spent already stays in the books as owed.
 * @throws NotYet where the purchase is not known yet, or an earlier step has not reached the ledger
 */
export async function applyReversals(
  tx: Tx,
  scope: Scope,
  paymentIntentId: string,
  reversals: readonly Reversal[],
): Promise<void> {
  const own = eq(tokenPurchases.customerId, scope.customerId);
  const [purchase] = await tx
    .select()
    .from(tokenPurchases)
    .where(and(own, eq(tokenPurchases.stripePaymentIntentId, paymentIntentId)));
  if (!purchase || purchase.status === "pending" || purchase.status === "failed") {
    throw new NotYet("The payment that this gives back is not known yet");
  }
  for (const reversal of reversals) {
    const { id, kind, status, amountCents } = reversal;
    await tx
      .insert(purchaseReversals)
      .values({ id, purchaseId: purchase.id, customerId: scope.customerId, kind, status, amountCents })
      .onConflictDoUpdate({ target: purchaseReversals.id, set: { status, amountCents, updatedAt: sql`now()` } });
  }
  const sum = (kind: Reversal["kind"]) =>
    reversals.reduce((total, one) => total + (one.kind === kind ? one.amountCents : 0), 0);
  const [refundedCents, disputedCents] = [sum("refund"), sum("dispute")];
  const price = { tokens: purchase.tokensPurchased, priceCents: purchase.priceCents };
  const tokensRevoked = revokedTokens(price, refundedCents + disputedCents);
  if (tokensRevoked > purchase.tokensRevoked) await takeBack(tx, scope, purchase, tokensRevoked);
  if (tokensRevoked < purchase.tokensRevoked) await giveBack(tx, scope, purchase, tokensRevoked);
  const unchanged = purchase.refundedCents === refundedCents && purchase.disputedCents === disputedCents;
  if (unchanged && purchase.tokensRevoked === tokensRevoked) return;
  await tx
    .update(tokenPurchases)
    .set({
      refundedCents,
      disputedCents,
      tokensRevoked,
      status: refundedCents > 0 && refundedCents >= purchase.priceCents ? "refunded" : "completed",
    })
    .where(and(own, eq(tokenPurchases.id, purchase.id)));
  await recordAudit(tx, scope, {
    action: "purchase.reversed",
    subject: purchase.id,
    details: { refundedCents, disputedCents, tokensRevoked },
  });
}

/** The tokens are counted up from step to step, so that each step has a name of its own and is taken once. */
async function takeBack(tx: Tx, scope: Scope, purchase: Purchase, tokensRevoked: number): Promise<void> {
  const { grantId } = purchase;
  if (!grantId) return;
  const whole = tokensRevoked === purchase.tokensPurchased;
  const step = await stepsOf(tx, purchase);
  await endGrantIn(tx, scope, {
    mode: "live",
    grantId,
    reason: "refunded or disputed",
    businessKey: whole && step === 0 ? `end:${grantId}` : `revoke:${grantId}:${step}`,
    ...(whole ? {} : { tokens: tokensRevoked - purchase.tokensRevoked }),
  });
}

/** How many times tokens of a purchase were taken back or given back before. */
async function stepsOf(tx: Tx, purchase: Purchase): Promise<number> {
  const [row] = await tx.execute<{ n: number }>(sql`
    select count(*)::int as n from grant_intents
    where customer_id = ${purchase.customerId}
      and (target = ${purchase.grantId} or business_key like ${`restore:${purchase.grantId}:%`})`);
  return row?.n ?? 0;
}

/**
 * Gives back what was taken for a dispute that was won or a refund that failed: exactly what came out of the grant then,
 * as far as it is too much now.
 */
async function giveBack(tx: Tx, scope: Scope, purchase: Purchase, tokensRevoked: number): Promise<void> {
  const { grantId } = purchase;
  if (!grantId) return;
  const [row] = await tx.execute<{ taken: number; restored: number; open: number }>(sql`
    select
      (select coalesce(sum(l.tokens), 0)::float8 from ledger_entries l
        join grant_intents i on l.operation_id = 'end:' || i.id and i.kind = 'expiry' and i.target = ${grantId}
        where l.customer_id = ${scope.customerId} and l.mode = 'live' and l.kind = 'expiry') as taken,
      (select coalesce(sum(tokens), 0)::float8 from grant_intents
        where customer_id = ${scope.customerId} and business_key like ${`restore:${grantId}:%`}) as restored,
      (select count(*)::int from grant_intents
        where customer_id = ${scope.customerId} and target = ${grantId} and kind = 'expiry'
          and applied_at is null and refused_at is null) as open`);
  if (!row || row.open > 0) throw new NotYet("What was taken back has not reached the ledger");
  // What the purchase may still lack: of what was revoked before, only what was really taken comes back.
  const back = Math.min(row.taken - row.restored, purchase.tokensRevoked - tokensRevoked);
  if (back <= 0) return;
  const [grant] = await tx
    .select({ expiresAt: grantIntents.expiresAt })
    .from(grantIntents)
    .where(and(eq(grantIntents.customerId, scope.customerId), eq(grantIntents.id, grantId)));
  await oweIn(tx, scope, {
    mode: "live",
    source: "adjustment",
    tokens: back,
    expiresAt: grant?.expiresAt ?? null,
    businessKey: `restore:${grantId}:${await stepsOf(tx, purchase)}`,
    reason: "a refund or dispute came to nothing",
  });
}
