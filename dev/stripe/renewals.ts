import type Stripe from "stripe";
import { addInvoice, finalize, HOUR, type LineWish, voidInvoice } from "./invoices";
import { endSubscription, payInvoice, subscriptionOf } from "./paying";
import { pendingItems, wishOf } from "./pending-items";
import { periodEnd } from "./periods";
import { periodLine } from "./proration";
import { idOf } from "./store";
import { itemPrice, onlyItem } from "./subscriptions";
import type { World } from "./world";

/** Something that is to happen at a time. */
export interface Due {
  readonly at: number;
  readonly run: () => void;
}

const DAY = 86_400;
/** A first payment has so long to go through. */
const INCOMPLETE_FOR = 23 * HOUR;

/** What a subscription has before it. */
export function dueOfSubscription(world: World, subscription: Stripe.Subscription): Due[] {
  if (subscription.status === "canceled" || subscription.status === "incomplete_expired") return [];
  if (subscription.status === "incomplete")
    return [{ at: subscription.created + INCOMPLETE_FOR, run: () => expireFirst(world, subscription) }];
  const end = onlyItem(subscription).current_period_end;
  const due: Due[] = [{ at: end, run: () => renew(world, subscription) }];
  const announceAt = end - world.settings.upcomingDays * DAY;
  const goesOn =
    !subscription.cancel_at_period_end && (subscription.status === "active" || subscription.status === "past_due");
  if (goesOn && world.store.notes.announced[subscription.id] !== end)
    due.push({ at: announceAt, run: () => announce(world, subscription, end) });
  const expires = subscription.pending_update?.expires_at;
  if (expires !== undefined) due.push({ at: expires, run: () => dropPending(world, subscription) });
  return due;
}

/** What an invoice has before it: a draft is finalized after an hour, an open one is tried again. */
export function dueOfInvoice(world: World, invoice: Stripe.Invoice): Due[] {
  if (invoice.status === "draft" && invoice.automatically_finalizes_at !== null && invoice.auto_advance)
    return [{ at: invoice.automatically_finalizes_at, run: () => collect(world, invoice) }];
  if (invoice.status === "open" && invoice.next_payment_attempt !== null && invoice.auto_advance)
    return [{ at: invoice.next_payment_attempt, run: () => void payInvoice(world, invoice, { offSession: true }) }];
  return [];
}

function collect(world: World, invoice: Stripe.Invoice): void {
  finalize(world, invoice);
  // An invoice of nothing is paid already; what follows from that has still to happen.
  if (invoice.status === "paid") {
    const subscription = subscriptionOf(world, invoice);
    if (subscription) world.onPaid(world, subscription, invoice);
    return;
  }
  payInvoice(world, invoice, { offSession: true });
}

function expireFirst(world: World, subscription: Stripe.Subscription): void {
  const invoice = world.store.find("invoice", idOf(subscription.latest_invoice) ?? "");
  if (invoice?.status === "open") voidInvoice(world, invoice);
  const ended_at = world.nowFor(subscription.customer);
  world.change(subscription, { status: "incomplete_expired", ended_at }, "customer.subscription.updated");
}

function dropPending(world: World, subscription: Stripe.Subscription): void {
  const invoice = world.store.find("invoice", world.store.notes.pendingChanges[subscription.id]?.invoice ?? "");
  delete world.store.notes.pendingChanges[subscription.id];
  world.change(subscription, { pending_update: null });
  world.emit("customer.subscription.pending_update_expired", subscription);
  if (invoice?.status === "open") voidInvoice(world, invoice);
}

function announce(world: World, subscription: Stripe.Subscription, end: number): void {
  world.store.notes.announced[subscription.id] = end;
  const upcoming = world.previewOf(world, subscription);

  world.emit("invoice.upcoming", upcoming);
}

/** The end of a period: the subscription ends with it, or the next begins, with an invoice that is a draft for an hour. */
function renew(world: World, subscription: Stripe.Subscription): void {
  if (subscription.cancel_at_period_end) {
    endSubscription(world, subscription, "cancellation_requested");
    return;
  }
  const item = onlyItem(subscription);
  const start = item.current_period_end;
  const { price } = item;
  const quantity = item.quantity ?? 1;
  if (!price.recurring) throw new Error(`${subscription.id} has a price that does not recur`);
  const before = { items: subscription.items, latest_invoice: subscription.latest_invoice };
  const end = periodEnd(subscription.billing_cycle_anchor, price.recurring, start);
  const next = { ...item, current_period_start: start, current_period_end: end };
  subscription.items = { ...subscription.items, data: [next] };
  const customer = world.store.get("customer", idOf(subscription.customer) ?? "");
  const waiting = pendingItems(world, customer.id, subscription.id);
  const lines: LineWish[] = [
    ...waiting.map(wishOf),
    periodLine(next, itemPrice(world, price, quantity), { start, end }),
  ];
  const invoice = addInvoice(world, {
    customer,
    subscription,
    reason: "subscription_cycle",
    lines,
    period: { start: item.current_period_start, end: start },
    now: start,
    // Nobody tries to collect from a subscription that is unpaid: its invoices stay drafts.
    autoAdvance: subscription.status !== "unpaid",
  });
  for (const one of waiting) world.change(one, { invoice: invoice.id });
  subscription.latest_invoice = invoice.id;
  world.emit("customer.subscription.updated", subscription, before);
}
