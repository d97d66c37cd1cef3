import type Stripe from "stripe";
import { idOf, type Reading } from "../stripe/service";
import { recordStanding } from "./service";

/** How a subscription stands now, and that it be written down. */
export async function readSubscription(stripe: Stripe, id: string): Promise<Reading | null> {
  const subscription = await stripe.subscriptions.retrieve(id);
  const customer = idOf(subscription.customer);
  if (!customer) return null;
  return { customer, fenced: true, apply: (tx, scope) => recordStanding(tx, scope, subscription) };
}
