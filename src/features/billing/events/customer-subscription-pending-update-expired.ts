import { readSubscription } from "../standing/queries";
import type { Handler } from "../stripe/service";

/** Nobody has confirmed a change in time: it is dropped, and the present plan goes on. */
export const customerSubscriptionPendingUpdateExpired: Handler = async (stripe, event) =>
  event.type === "customer.subscription.pending_update_expired" ? readSubscription(stripe, event.data.object.id) : null;
