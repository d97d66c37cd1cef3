import type Stripe from "stripe";
import { idOf, type Reading } from "../stripe/service";
import { applyReversals, reversalsOf } from "./service";

/** All refunds and disputes of a payment as they are now, and that they be written down. */
export async function readReversals(stripe: Stripe, paymentIntentId: string | null): Promise<Reading | null> {
  if (!paymentIntentId) return null;
  const intent = await stripe.paymentIntents.retrieve(paymentIntentId);
  const customer = idOf(intent.customer);
  if (!customer) return null;
  const reversals = await reversalsOf(stripe, paymentIntentId);
  return { customer, fenced: true, apply: (tx, scope) => applyReversals(tx, scope, paymentIntentId, reversals) };
}
