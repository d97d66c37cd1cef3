import { readSubscription } from "../standing/queries";
import type { Handler } from "../stripe/service";

/** A change that waited for a person's confirmation was paid, and holds. */
export const customerSubscriptionPendingUpdateApplied: Handler = async (stripe, event) =>
  event.type === "customer.subscription.pending_update_applied" ? readSubscription(stripe, event.data.object.id) : null;
