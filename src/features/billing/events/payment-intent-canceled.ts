import { readPayment } from "../payments/queries";
import type { Handler } from "../stripe/service";

/** A payment was given up. */
export const paymentIntentCanceled: Handler = async (stripe, event) =>
  event.type === "payment_intent.canceled" ? readPayment(stripe, event.data.object.id) : null;
