import { readUpcoming } from "../periods/queries";
import type { Handler } from "../stripe/service";

/** A subscription renews in some days: people are told. */
export const invoiceUpcoming: Handler = async (stripe, event) =>
  event.type === "invoice.upcoming" ? readUpcoming(stripe, event.data.object, event.created) : null;
