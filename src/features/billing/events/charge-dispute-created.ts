import { readReversals } from "../reversals/queries";
import { type Handler, idOf } from "../stripe/service";

/** A payment is disputed: what is unspent of it is taken back until it is decided. */
export const chargeDisputeCreated: Handler = async (stripe, event) =>
  event.type === "charge.dispute.created" ? readReversals(stripe, idOf(event.data.object.payment_intent)) : null;
