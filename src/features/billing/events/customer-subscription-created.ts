import { readSubscription } from "../standing/queries";
import type { Handler } from "../stripe/service";

/** A subscription was begun; it counts once its first payment has come. */
export const customerSubscriptionCreated: Handler = async (stripe, event) =>
  event.type === "customer.subscription.created" ? readSubscription(stripe, event.data.object.id) : null;
