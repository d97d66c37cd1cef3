import { readReversals } from "../reversals/queries";
import { type Handler, idOf } from "../stripe/service";

/** A charge was given back, wholly or in part. */
export const chargeRefunded: Handler = async (stripe, event) =>
  event.type === "charge.refunded" ? readReversals(stripe, idOf(event.data.object.payment_intent)) : null;
