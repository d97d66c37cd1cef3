import { readReversals } from "../reversals/queries";
import { type Handler, idOf } from "../stripe/service";

/** A dispute was decided; where it was won, what was taken back is given back. */
export const chargeDisputeClosed: Handler = async (stripe, event) =>
  event.type === "charge.dispute.closed" ? readReversals(stripe, idOf(event.data.object.payment_intent)) : null;
