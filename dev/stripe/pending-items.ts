import type Stripe from "stripe";
import type { LineWish } from "./invoices";
import { idOf } from "./store";
import type { World } from "./world";

/** What waits for a customer's next invoice: of one subscription and of none, or all of it. */
export const pendingItems = (world: World, customer: string, subscription?: string): Stripe.InvoiceItem[] =>
  world.store.all("invoiceitem").filter((item) => {
    if (item.customer !== customer || item.invoice !== null) return false;
    const of = item.parent?.subscription_details?.subscription;
    return subscription === undefined || of === undefined || of === subscription;
  });

/** A waiting item as a line of an invoice. */
export function wishOf(item: Stripe.InvoiceItem): LineWish {
  const subscriptionItem = item.parent?.subscription_details?.subscription_item;
  const price = item.pricing?.price_details;
  return {
    amount: item.amount,
    description: item.description ?? "",
    period: item.period,
    price: price
      ? {
          id: idOf(price.price) ?? "",
          product: price.product,
          unit_amount_decimal: item.pricing?.unit_amount_decimal ?? null,
        }
      : null,
    quantity: item.quantity,
    proration: item.proration,
    invoiceItem: item.id,
    ...(subscriptionItem && { subscriptionItem }),
    credited: null,
    metadata: item.metadata ?? {},
  };
}
