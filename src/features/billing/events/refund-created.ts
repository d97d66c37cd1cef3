import { readReversals } from "../reversals/queries";
import { type Handler, idOf } from "../stripe/service";

/** Money is on its way back. */
export const refundCreated: Handler = async (stripe, event) =>
  event.type === "refund.created" ? readReversals(stripe, idOf(event.data.object.payment_intent)) : null;
