import { readLateInvoice } from "../periods/queries";
import type { Handler } from "../stripe/service";

/** A payment of a subscription failed: people are told, and the grace begins. */
export const invoicePaymentFailed: Handler = async (stripe, event) =>
  event.type === "invoice.payment_failed" && event.data.object.id
    ? readLateInvoice(stripe, event.data.object.id)
    : null;
