import { readPayment } from "../payments/queries";
import type { Handler } from "../stripe/service";

/** A card was refused. A purchase that was begun with it has failed, until a later attempt succeeds. */
export const paymentIntentPaymentFailed: Handler = async (stripe, event) =>
  event.type === "payment_intent.payment_failed" ? readPayment(stripe, event.data.object.id) : null;
