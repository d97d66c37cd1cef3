import { readReversals } from "../reversals/queries";
import { type Handler, idOf } from "../stripe/service";

/** A refund went further. */
export const refundUpdated: Handler = async (stripe, event) =>
  event.type === "refund.updated" ? readReversals(stripe, idOf(event.data.object.payment_intent)) : null;
