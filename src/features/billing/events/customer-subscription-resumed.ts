import { readSubscription } from "../standing/queries";
import type { Handler } from "../stripe/service";

/** A paused subscription goes on. */
export const customerSubscriptionResumed: Handler = async (stripe, event) =>
  event.type === "customer.subscription.resumed" ? readSubscription(stripe, event.data.object.id) : null;
