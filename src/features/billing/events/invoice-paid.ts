import { readPaidInvoice } from "../periods/queries";
import type { Handler } from "../stripe/service";

/** An invoice was paid: the periods of a plan on it are owed their tokens. */
export const invoicePaid: Handler = async (stripe, event) =>
  event.type === "invoice.paid" && event.data.object.id ? readPaidInvoice(stripe, event.data.object.id) : null;
