import { readCheckout } from "../payments/queries";
import type { Handler } from "../stripe/service";

/** Somebody has gone through the checkout; whether it is paid, the payment or the subscription says. */
export const checkoutSessionCompleted: Handler = async (stripe, event) =>
  event.type === "checkout.session.completed" ? readCheckout(stripe, event.data.object.id) : null;
