import type Stripe from "stripe";
import type { LineWish } from "./invoices";

/**
 * The part of an amount that falls on what is left of a period, to the second and rounded to the cent
 * (docs.stripe.com/billing/subscriptions/prorations: "the amount is prorated to the second"). Half a cent goes away from
 * nothing, so a credit is exactly the negative of the charge for the same time.
 */
export function prorated(amount: number, period: { start: number; end: number }, at: number): number {
  const whole = BigInt(period.end - period.start);
  const left = BigInt(Math.max(0, Math.min(period.end, period.end - at)));
  if (whole <= 0n) return 0;
  // In whole numbers: a float loses cents in large amounts.
  return Number((BigInt(amount) * left * 2n + whole) / (whole * 2n));
}

export interface ItemPrice {
  readonly price: Stripe.Price;
  readonly quantity: number;
  readonly name: string;
}

const day = (at: number): string =>
  new Date(at * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

const titled = ({ name, quantity }: ItemPrice): string => (quantity === 1 ? name : `${quantity} × ${name}`);

/** What a change of price in the middle of a period credits and charges: two lines, each for the time that is left. */
export function prorationLines(
  item: Stripe.SubscriptionItem,
  before: ItemPrice,
  after: ItemPrice | undefined,
  at: number,
  credited: { invoice: string; invoice_line_items: string[] } | null,
): LineWish[] {
  const period = { start: item.current_period_start, end: item.current_period_end };
  const part = ({ price, quantity }: ItemPrice): number => prorated((price.unit_amount ?? 0) * quantity, period, at);
  const common = { period: { start: at, end: period.end }, proration: true, subscriptionItem: item.id };
  const lines: LineWish[] = [
    {
      ...common,
      amount: -part(before),
      description: `Unused time on ${titled(before)} after ${day(at)}`,
      price: before.price,
      quantity: before.quantity,
      credited,
    },
  ];
  if (after)
    lines.push({
      ...common,
      amount: part(after),
      description: `Remaining time on ${titled(after)} after ${day(at)}`,
      price: after.price,
      quantity: after.quantity,
      credited: null,
    });
  return lines;
}

export function periodLine(
  item: { id: string },
  { price, quantity, name }: ItemPrice,
  period: { start: number; end: number },
): LineWish {
  const every = price.recurring?.interval ?? "month";
  return {
    amount: (price.unit_amount ?? 0) * quantity,
    description: `${quantity} × ${name} (at $${((price.unit_amount ?? 0) / 100).toFixed(2)} / ${every})`,
    period,
    price,
    quantity,
    proration: false,
    subscriptionItem: item.id,
    credited: null,
  };
}
