import type Stripe from "stripe";
import { invalid } from "./failure";
import { newId } from "./store";
import type { World } from "./world";

export interface RefundWish {
  readonly amount?: number | undefined;
  readonly reason?: Stripe.Refund.Reason | undefined;
  readonly metadata: Record<string, string>;
}

/** Gives back all of a charge, or a part of it. */
export function refund(world: World, charge: Stripe.Charge, wish: RefundWish): Stripe.Refund {
  const left = charge.amount - charge.amount_refunded;
  if (left <= 0) throw invalid(`Charge ${charge.id} has already been refunded.`, undefined, "charge_already_refunded");
  if (charge.disputed)
    throw invalid(`Charge ${charge.id} has been charged back; cannot issue a refund.`, undefined, "charge_disputed");
  if (!charge.paid)
    throw invalid(`Charge ${charge.id} has failed and cannot be refunded.`, undefined, "charge_not_refundable");
  const amount = wish.amount ?? left;
  if (amount < 1) throw invalid("Invalid positive integer", "amount", "parameter_invalid_integer");
  if (amount > left)
    throw invalid(
      `Refund amount ($${(amount / 100).toFixed(2)}) is greater than unrefunded amount on charge ($${(left / 100).toFixed(2)})`,
      "amount",
    );
  const made: Stripe.Refund = {
    id: newId("refund"),
    object: "refund",
    amount,
    balance_transaction: null,
    charge: charge.id,
    created: world.nowFor(charge.customer),
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: { card: { type: "refund" }, type: "card" },
    metadata: wish.metadata,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: wish.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: "succeeded",
    transfer_reversal: null,
  };
  world.store.add("refund", made);
  const refunded = charge.amount_refunded + amount;
  const before = { amount_refunded: charge.amount_refunded, refunded: charge.refunded };
  world.change(charge, { amount_refunded: refunded, refunded: refunded === charge.amount });
  world.emit("refund.created", made);
  world.emit("charge.refunded", charge, before);
  world.emit("refund.updated", made, {});
  return made;
}
