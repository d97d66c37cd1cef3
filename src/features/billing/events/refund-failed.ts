import { readReversals } from "../reversals/queries";
import { type Handler, idOf } from "../stripe/service";

/** A refund came to nothing: what was taken back for it is given back. */
export const refundFailed: Handler = async (stripe, event) =>
  event.type === "refund.failed" ? readReversals(stripe, idOf(event.data.object.payment_intent)) : null;
