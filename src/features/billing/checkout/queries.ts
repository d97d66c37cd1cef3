import type { Ctx } from "@/db/context";
import { subscriptionOf } from "@/features/plans/queries";
import { Refusal } from "@/lib/errors";
import type { CheckoutStateInput, CheckoutStateOutput } from "../contract";
import { stripeIdOf } from "../customers/queries";
import { latestPeriod, purchaseOfPayment } from "../purchases/queries";
import { ask, idOf } from "../stripe/service";

/**
 * What became of a checkout that somebody comes back from: whether it is paid, and whether what was paid for is there.
 * A checkout that there is not, or another brand's, is `unknown`.
 */
export async function checkoutState(ctx: Ctx, input: CheckoutStateInput): Promise<CheckoutStateOutput> {
  const customer = await stripeIdOf(ctx);
  const unknown = { state: "unknown", tokens: null } as const;
  if (!customer) return unknown;
  const session = await ask((stripe) => stripe.checkout.sessions.retrieve(input.session)).catch((error: unknown) => {
    if (error instanceof Refusal && error.code === "not_found") return null;
    throw error;
  });
  if (!session || idOf(session.customer) !== customer) return unknown;
  if (session.status === "open") return { state: "open", tokens: null };
  if (session.status === "expired") return { state: "expired", tokens: null };
  const paid = session.payment_status !== "unpaid";
  const subscription = idOf(session.subscription);
  if (subscription) {
    const row = await subscriptionOf(ctx);
    const period = await latestPeriod(ctx, subscription);
    if (period?.purchase.origin === "surplus") return { state: "twice", tokens: null };
    const there = row?.stripeSubscriptionId === subscription && row.status === "active" && !row.unsettled;
    const arrived = there && period !== undefined && (period.purchase.grantId === null || period.arrivedAt !== null);
    return { state: arrived ? "arrived" : paid ? "paid" : "unknown", tokens: period?.purchase.tokensPurchased ?? null };
  }
  const payment = idOf(session.payment_intent);
  const bought = payment ? await purchaseOfPayment(ctx, payment) : undefined;
  return {
    state: bought?.arrivedAt ? "arrived" : paid ? "paid" : "unknown",
    tokens: bought?.purchase.tokensPurchased ?? null,
  };
}
