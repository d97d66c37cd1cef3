import type Stripe from "stripe";
import type { Ctx } from "@/db/context";
import { subscriptionOf } from "@/features/plans/queries";
import { Refusal } from "@/lib/errors";
import type { PaymentMethodView } from "../contract";
import { ask, idOf } from "../stripe/service";

interface Methods {
  readonly cards: readonly Stripe.PaymentMethod[];
  readonly defaultId: string | null;
}

/** The brand's cards at Stripe, and which of them is charged: the one chosen, the subscription's, or the newest. */
async function methodsOf(ctx: Ctx, customer: string): Promise<Methods> {
  const subscriptionId = (await subscriptionOf(ctx))?.stripeSubscriptionId;
  return ask(async (stripe) => {
    const [who, cards, subscription] = await Promise.all([
      stripe.customers.retrieve(customer),
      stripe.paymentMethods.list({ customer, type: "card", limit: 20 }),
      subscriptionId ? stripe.subscriptions.retrieve(subscriptionId) : null,
    ]);
    const chosen = who.deleted ? null : idOf(who.invoice_settings.default_payment_method);
    const first = chosen ?? idOf(subscription?.default_payment_method) ?? cards.data[0]?.id ?? null;
    return { cards: cards.data, defaultId: first };
  });
}

/** The card that is asked where nobody chooses one. @throws Refusal `payment_failed` where there is none */
export async function cardToCharge(ctx: Ctx, customer: string): Promise<string> {
  const { defaultId } = await methodsOf(ctx, customer);
  if (!defaultId)
    throw new Refusal("payment_failed", "There is no card on file. Add one, or buy through the checkout.");
  return defaultId;
}

/** The cards as people see them. */
export async function paymentMethodsOf(ctx: Ctx, customer: string, now: Date): Promise<PaymentMethodView[]> {
  const { cards, defaultId } = await methodsOf(ctx, customer);
  return cards.flatMap(({ id, card }) =>
    card
      ? [
          {
            id,
            brand: card.brand,
            last4: card.last4,
            expMonth: card.exp_month,
            expYear: card.exp_year,
            isDefault: id === defaultId,
            expiresSoon: expiresSoon(card.exp_month, card.exp_year, now),
          },
        ]
      : [],
  );
}

/** A card is good to the end of its month; soon is this month or the next. */
export const expiresSoon = (month: number, year: number, now: Date): boolean =>
  year * 12 + (month - 1) <= now.getUTCFullYear() * 12 + now.getUTCMonth() + 1;
