import type Stripe from "stripe";
import { readSubscription } from "../standing/queries";
import { idOf, type Reading } from "../stripe/service";
import { recordPayment } from "./service";

/** What became of a payment, and that it be written down. A payment once made stays made: nothing newer undoes it. */
export async function readPayment(stripe: Stripe, id: string): Promise<Reading | null> {
  const intent = await stripe.paymentIntents.retrieve(id, { expand: ["latest_charge"] });
  const customer = idOf(intent.customer);
  // A payment of an invoice, or of somebody else's.
  if (!customer || !intent.metadata.pack) return null;
  return {
    customer,
    fenced: false,
    apply: async (tx, scope) => {
      await recordPayment(tx, scope, intent);
    },
  };
}

/** What a checkout was for: the payment of a pack, or a subscription. */
export async function readCheckout(stripe: Stripe, id: string): Promise<Reading | null> {
  const session = await stripe.checkout.sessions.retrieve(id);
  const payment = idOf(session.payment_intent);
  const subscription = idOf(session.subscription);
  if (subscription) return readSubscription(stripe, subscription);
  return payment ? readPayment(stripe, payment) : null;
}
