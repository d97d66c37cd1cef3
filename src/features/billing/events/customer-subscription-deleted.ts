import { readSubscription } from "../standing/queries";
import type { Handler } from "../stripe/service";

/** A subscription has ended. */
export const customerSubscriptionDeleted: Handler = async (stripe, event) =>
  event.type === "customer.subscription.deleted" ? readSubscription(stripe, event.data.object.id) : null;
