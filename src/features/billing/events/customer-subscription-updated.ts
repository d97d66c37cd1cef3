import { readSubscription } from "../standing/queries";
import type { Handler } from "../stripe/service";

/** A subscription changed: plan, status, period, or whether it ends. */
export const customerSubscriptionUpdated: Handler = async (stripe, event) =>
  event.type === "customer.subscription.updated" ? readSubscription(stripe, event.data.object.id) : null;
