import type Stripe from "stripe";
import type { Tx } from "@/db/client";
import { emit } from "@/features/notifications/webhooks/service";
import { findPack } from "@/features/plans/queries";
import type { Scope } from "@/lib/context";
import { isUuid } from "@/lib/ids";
import { queueBillingMail } from "../mail/service";
import { completePurchase, failPurchase, type Purchase } from "../purchases/service";
import { packExpiry } from "../rules";
import { momentOf } from "../stripe/service";
import { recordTopUp } from "../top-up/service";

/** What a payment of a pack carries, so that it says by itself what is owed for it. */
export interface PackMetadata {
  readonly [name: string]: string;
  readonly brand: string;
  readonly pack: string;
  /** What the pack held when it was paid for. */
  readonly tokens: string;
  readonly origin: "checkout" | "card" | "top_up";
  /** The row written before the card was asked; empty for a checkout. */
  readonly purchase: string;
}

/** Reads it back; null where the payment is not for a pack of this brand. */
export function packMetadata(scope: Scope, metadata: Stripe.Metadata): PackMetadata | null {
  const { brand, pack, tokens, origin, purchase } = metadata;
  if (brand !== scope.customerId || !pack || !tokens || !/^[1-9]\d{0,8}$/.test(tokens)) return null;
  if (origin !== "checkout" && origin !== "card" && origin !== "top_up") return null;
  return { brand, pack, tokens, origin, purchase: purchase && isUuid(purchase) ? purchase : "" };
}

/** What Stripe shows a buyer of a payment: the page of its receipt, and the card. Both only of one read with its charge. */
function shownOf({ latest_charge: charge }: Stripe.PaymentIntent) {
  if (!charge || typeof charge === "string") return { receiptUrl: null, card: null };
  const { brand, last4 } = charge.payment_method_details?.card ?? {};
  return { receiptUrl: charge.receipt_url, card: brand && last4 ? { brand, last4 } : null };
}

/**
 * Writes down what became of a payment for a pack, as Stripe says it now: paid and owed, failed, or still open. The
 * caller holds the brand's row. A payment that is for no pack changes nothing.
 * @returns the purchase where it is paid
 */
export async function recordPayment(tx: Tx, scope: Scope, intent: Stripe.PaymentIntent): Promise<Purchase | null> {
  const facts = packMetadata(scope, intent.metadata);
  if (!facts) return null;
  if (intent.status !== "succeeded") {
    const ended = intent.status === "canceled" || intent.status === "requires_payment_method";
    const error = intent.last_payment_error?.message;
    // A checkout's own attempts are shown there; what we began ourselves has a row.
    if (ended && facts.purchase) {
      const failure = error ?? "The payment was not completed";
      if ((await failPurchase(tx, scope, facts.purchase, failure)) && facts.origin === "top_up") {
        await recordTopUp(tx, scope, facts.purchase, { failure });
      }
    }
    return null;
  }
  const pack = await findPack(tx, facts.pack);
  if (!pack) throw new Error(`The payment ${intent.id} is for a pack that we do not have: ${facts.pack}`);
  const paidAt = momentOf(intent.created);
  const tokens = Number(facts.tokens);
  const { purchase, made } = await completePurchase(tx, scope, {
    kind: "pack",
    origin: facts.origin,
    of: pack.id,
    tokens,
    priceCents: intent.amount_received,
    businessKey: `pack:${intent.id}`,
    expiresAt: packExpiry(paidAt),
    paymentIntentId: intent.id,
    begunAs: facts.purchase || null,
  });
  if (!made) return purchase;
  const money = { amount_cents: intent.amount_received, currency: intent.currency };
  const told = { purchase_id: purchase.id, pack_id: pack.id, tokens, ...money, automatic: facts.origin === "top_up" };
  await emit(tx, scope.customerId, "pack.purchased", told, { key: intent.id });
  const { receiptUrl, card } = shownOf(intent);
  if (facts.origin === "top_up") await recordTopUp(tx, scope, purchase.id, { failure: null, receiptUrl, card });
  else {
    await queueBillingMail(tx, scope.customerId, intent.id, {
      kind: "receipt",
      number: null,
      lines: [{ description: `Pack of ${tokens.toLocaleString("en-US")} tokens`, amount: intent.amount_received }],
      total: intent.amount_received,
      tax: 0,
      currency: intent.currency,
      tokens,
      tokens_expire_at: packExpiry(paidAt).toISOString(),
      paid_at: paidAt.toISOString(),
      card,
      invoice_url: receiptUrl,
    });
  }
  return purchase;
}
