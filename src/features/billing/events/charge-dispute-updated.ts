import { readReversals } from "../reversals/queries";
import { type Handler, idOf } from "../stripe/service";

/** A dispute went further. */
export const chargeDisputeUpdated: Handler = async (stripe, event) =>
  event.type === "charge.dispute.updated" ? readReversals(stripe, idOf(event.data.object.payment_intent)) : null;
