import { readPayment } from "../payments/queries";
import type { Handler } from "../stripe/service";

/** A payment came; where it is for a pack, its tokens are owed. */
export const paymentIntentSucceeded: Handler = async (stripe, event) =>
  event.type === "payment_intent.succeeded" ? readPayment(stripe, event.data.object.id) : null;
