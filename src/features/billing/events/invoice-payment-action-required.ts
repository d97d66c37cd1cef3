import { readLateInvoice } from "../periods/queries";
import type { Handler } from "../stripe/service";

/** A payment of a subscription waits for a person: to us it is late. */
export const invoicePaymentActionRequired: Handler = async (stripe, event) =>
  event.type === "invoice.payment_action_required" && event.data.object.id
    ? readLateInvoice(stripe, event.data.object.id)
    : null;
