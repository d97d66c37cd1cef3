import { readReversals } from "../reversals/queries";
import { type Handler, idOf } from "../stripe/service";

/** The disputed money is gone from our account. */
export const chargeDisputeFundsWithdrawn: Handler = async (stripe, event) =>
  event.type === "charge.dispute.funds_withdrawn"
    ? readReversals(stripe, idOf(event.data.object.payment_intent))
    : null;
