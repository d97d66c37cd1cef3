import { readSubscription } from "../standing/queries";
import type { Handler } from "../stripe/service";

/** A subscription was paused at Stripe: to us it is unpaid. */
export const customerSubscriptionPaused: Handler = async (stripe, event) =>
  event.type === "customer.subscription.paused" ? readSubscription(stripe, event.data.object.id) : null;
