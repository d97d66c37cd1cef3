import { readReversals } from "../reversals/queries";
import { type Handler, idOf } from "../stripe/service";

/** The disputed money is back. */
export const chargeDisputeFundsReinstated: Handler = async (stripe, event) =>
  event.type === "charge.dispute.funds_reinstated"
    ? readReversals(stripe, idOf(event.data.object.payment_intent))
    : null;
