import { Stripe } from "stripe";
import { foresee } from "./charging";
import { invalid } from "./failure";
import { addInvoice, finalize, type LineWish } from "./invoices";
import { methodFor, payInvoice } from "./paying";
import { periodEnd } from "./periods";
import { planOf } from "./plans";
import { periodLine, prorationLines } from "./proration";
import { idOf, newId } from "./store";
import { itemPrice, onlyItem, type PaymentBehavior, recurringPrice, refuseUnlessPaid } from "./subscriptions";
import type { World } from "./world";

export type ProrationBehavior = "always_invoice" | "create_prorations" | "none";

export interface ChangeWish {
  readonly price: string;
  readonly quantity: number;
  readonly proration: ProrationBehavior;
  readonly prorationDate?: number | undefined;
  /** The billing cycle begins anew with the change. */
  readonly anchorNow: boolean;
  readonly behavior: PaymentBehavior;
  readonly offSession: boolean;
}

/** What a change would put on an invoice, and how the subscription's period would be after it. */
export interface ForeseenChange {
  readonly at: number;
  readonly price: Stripe.Price;
  readonly lines: LineWish[];
  readonly period: { start: number; end: number };
  readonly anchorNow: boolean;
}

/** Works out a change without making it; preview and change both come from here, so they cannot differ. */
export function foreseeChange(world: World, subscription: Stripe.Subscription, wish: ChangeWish): ForeseenChange {
  const item = onlyItem(subscription);
  const price = recurringPrice(world, wish.price, "items[0][price]");
  const now = world.nowFor(subscription.customer);
  const at = wish.prorationDate ?? now;
  if (at < item.current_period_start || at > item.current_period_end)
    throw invalid("Cannot specify `proration_date` outside of the current period.", "proration_date");
  const same =
    price.recurring?.interval === item.price.recurring?.interval &&
    price.recurring?.interval_count === item.price.recurring?.interval_count;
  // Another rhythm begins a cycle of its own.
  const anchorNow = wish.anchorNow || !same;
  const before = itemPrice(world, item.price, item.quantity ?? 1);
  const after = itemPrice(world, price, wish.quantity);
  const kept = { start: item.current_period_start, end: item.current_period_end };
  const unchanged = price.id === item.price.id && wish.quantity === (item.quantity ?? 1);
  const prorates = wish.proration !== "none" && !(unchanged && !anchorNow);
  const credited = creditedBy(world, subscription, item);
  if (!anchorNow || !price.recurring)
    return {
      at,
      price,
      lines: prorates ? prorationLines(item, before, after, at, credited) : [],
      period: kept,
      anchorNow: false,
    };
  const period = { start: now, end: periodEnd(now, price.recurring, now) };
  const unused = prorates ? prorationLines(item, before, undefined, at, credited) : [];
  return { at, price, lines: [...unused, periodLine(item, after, period)], period, anchorNow: true };
}

/** The line that charged what is now given back in part. */
function creditedBy(world: World, subscription: Stripe.Subscription, item: Stripe.SubscriptionItem) {
  for (const invoice of world.store.all("invoice").toReversed()) {
    const lines = invoice.lines.data.filter(
      (line) =>
        line.parent?.subscription_item_details?.subscription_item === item.id &&
        line.subscription === subscription.id &&
        line.amount > 0 &&
        line.period.end === item.current_period_end,
    );
    if (lines.length > 0) return { invoice: invoice.id, invoice_line_items: lines.map((line) => line.id) };
  }
  return null;
}

/** Another price or quantity for a running subscription. */
export function changeItem(world: World, subscription: Stripe.Subscription, wish: ChangeWish): void {
  const foreseen = foreseeChange(world, subscription, wish);
  const customer = world.store.get("customer", idOf(subscription.customer) ?? "");
  const bills = foreseen.lines.length > 0 && (wish.proration === "always_invoice" || foreseen.anchorNow);
  const total = foreseen.lines.reduce((sum, line) => sum + line.amount, 0) + customer.balance;
  const method = methodFor(world, customer, subscription);
  const now = world.nowFor(customer.id);
  if (bills && total > 0 && wish.behavior === "error_if_incomplete") {
    if (!method)
      throw invalid(
        "This customer has no attached payment source or default payment method.",
        undefined,
        "resource_missing",
      );
    refuseUnlessPaid(world, method, wish.offSession, now);
  }
  if (!bills) {
    for (const line of foreseen.lines) addPendingItem(world, subscription, line, foreseen.at);
    applyChange(world, subscription, foreseen, wish.quantity);
    return;
  }
  const waits =
    wish.behavior === "pending_if_incomplete" &&
    total > 0 &&
    (!method || foresee(world, { method, offSession: wish.offSession }, now).status !== "succeeded");
  if (!waits) applyChange(world, subscription, foreseen, wish.quantity);
  const invoice = addInvoice(world, {
    customer,
    subscription,
    reason: "subscription_update",
    lines: foreseen.lines,
    period: { start: onlyItem(subscription).current_period_start, end: foreseen.at },
    now,
    prorationDate: foreseen.at,
    autoAdvance: !waits,
  });
  world.change(subscription, { latest_invoice: invoice.id });
  if (waits) {
    world.store.notes.pendingChanges[subscription.id] = {
      price: foreseen.price.id,
      quantity: wish.quantity,
      anchorNow: foreseen.anchorNow,
      invoice: invoice.id,
    };
    world.change(
      subscription,
      {
        pending_update: {
          billing_cycle_anchor: foreseen.anchorNow ? now : null,
          cancel_at_period_end: null,
          discount: null,
          discounts: null,
          expires_at: now + 23 * 3_600,
          metadata: null,
          subscription_items: [
            { ...onlyItem(subscription), price: foreseen.price, plan: planOf(foreseen.price), quantity: wish.quantity },
          ],
          trial_end: null,
          trial_from_plan: null,
        },
      },
      "customer.subscription.updated",
    );
  }
  finalize(world, invoice);
  if (invoice.status === "open") payInvoice(world, invoice, { offSession: wish.offSession });
}

function applyChange(
  world: World,
  subscription: Stripe.Subscription,
  { price, period, anchorNow }: Pick<ForeseenChange, "price" | "period" | "anchorNow">,
  quantity: number,
): void {
  const items = {
    ...subscription.items,
    data: subscription.items.data.map((item) => ({
      ...item,
      price,
      plan: planOf(price),
      quantity,
      current_period_start: period.start,
      current_period_end: period.end,
    })),
  };
  world.change(
    subscription,
    { items, ...(anchorNow && { billing_cycle_anchor: period.start }) },
    "customer.subscription.updated",
  );
}

/** Makes a change that waited for its invoice. */
export function applyPending(world: World, subscription: Stripe.Subscription, invoice: Stripe.Invoice): void {
  const pending = world.store.notes.pendingChanges[subscription.id];
  if (pending?.invoice !== invoice.id) return;
  delete world.store.notes.pendingChanges[subscription.id];
  const price = world.store.get("price", pending.price);
  const item = onlyItem(subscription);
  const now = world.nowFor(subscription.customer);
  const period =
    pending.anchorNow && price.recurring
      ? { start: now, end: periodEnd(now, price.recurring, now) }
      : { start: item.current_period_start, end: item.current_period_end };
  world.change(subscription, { pending_update: null });
  applyChange(world, subscription, { price, period, anchorNow: pending.anchorNow }, pending.quantity);
  world.emit("customer.subscription.pending_update_applied", subscription);
}

/** A line that waits for the next invoice. */
function addPendingItem(world: World, subscription: Stripe.Subscription, line: LineWish, at: number): void {
  const item: Stripe.InvoiceItem = {
    id: newId("invoiceitem"),
    object: "invoiceitem",
    amount: line.amount,
    currency: "usd",
    customer: idOf(subscription.customer) ?? "",
    customer_account: null,
    date: at,
    description: line.description,
    discountable: false,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata: {},
    parent: {
      subscription_details: { subscription: subscription.id, subscription_item: line.subscriptionItem ?? "" },
      type: "subscription_details",
    },
    period: line.period,
    pricing: line.price && {
      price_details: { price: line.price.id, product: idOf(line.price.product) ?? "" },
      type: "price_details",
      unit_amount_decimal: line.price.unit_amount_decimal,
    },
    proration: line.proration,
    quantity: line.quantity,
    quantity_decimal: Stripe.Decimal.from(line.quantity),
    tax_rates: [],
    test_clock: subscription.test_clock,
  };
  world.store.add("invoiceitem", item);
  world.emit("invoiceitem.created", item);
}
