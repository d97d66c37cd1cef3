import { readCheckout } from "../payments/queries";
import type { Handler } from "../stripe/service";

/** A checkout that was paid by a slow method is paid now. */
export const checkoutSessionAsyncPaymentSucceeded: Handler = async (stripe, event) =>
  event.type === "checkout.session.async_payment_succeeded" ? readCheckout(stripe, event.data.object.id) : null;
