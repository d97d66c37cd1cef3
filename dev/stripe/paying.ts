import type Stripe from "stripe";
import { type Attempt, charge, type Outcome } from "./charging";
import { invalid } from "./failure";
import { intentOf, markPaid, subscriptionIdOf } from "./invoices";
import { idOf } from "./store";
import type { World } from "./world";

const DAY = 86_400;

/** The payment method that is charged when nobody names one: the subscription's, else the customer's. */
export function methodFor(
  world: World,
  customer: Stripe.Customer,
  subscription?: Stripe.Subscription,
): Stripe.PaymentMethod | undefined {
  const id = idOf(subscription?.default_payment_method) ?? idOf(customer.invoice_settings.default_payment_method);
  return id === undefined ? undefined : world.store.find("payment_method", id);
}

export interface InvoiceAttempt extends Partial<Attempt> {
  readonly offSession: boolean;
  /** Somebody asked for it. From the second on, such a try does not count and moves no other ("attempt_count"). */
  readonly manual?: boolean;
}

/** Tries to collect an open invoice. Its state and its subscription's follow how it went. */
export function payInvoice(world: World, invoice: Stripe.Invoice, attempt: InvoiceAttempt): Outcome {
  if (invoice.status !== "open") throw invalid("Invoice is not open.", undefined, "invoice_not_open");
  const intent = intentOf(world, invoice);
  if (!intent) {
    markPaid(world, invoice);
    afterPayment(world, invoice);
    return { status: "succeeded" };
  }
  const customer = world.store.get("customer", idOf(invoice.customer) ?? "");
  const subscription = subscriptionOf(world, invoice);
  const method = attempt.method ?? methodFor(world, customer, subscription);
  const outcome: Outcome = method
    ? charge(world, intent, { ...attempt, method })
    : {
        status: "declined",
        decline: {
          code: "resource_missing",
          decline_code: "",
          message: "This customer has no attached payment source or default payment method.",
        },
      };
  const counts = !attempt.manual || invoice.attempt_count === 0;
  const attempt_count = invoice.attempt_count + (counts ? 1 : 0);
  if (outcome.status === "succeeded") {
    world.change(invoice, { attempt_count });
    settleIntent(world, intent);
    return outcome;
  }
  const first = invoice.billing_reason === "subscription_create";
  const before = {
    attempt_count: invoice.attempt_count,
    attempted: invoice.attempted,
    next_payment_attempt: invoice.next_payment_attempt,
  };
  const retries = counts && !first && invoice.auto_advance !== false;
  world.change(invoice, {
    attempted: true,
    attempt_count,
    ...(retries && { next_payment_attempt: nextAttempt(world, invoice) }),
  });
  world.emit("invoice.updated", invoice, before);
  if (outcome.status === "requires_action") world.emit("invoice.payment_action_required", invoice);
  else {
    if (outcome.decline.code === "authentication_required") world.emit("invoice.payment_action_required", invoice);
    world.emit("invoice.payment_failed", invoice);
  }
  if (subscription && !first) fallBehind(world, subscription, invoice, counts);
  return outcome;
}

/** When the next try is: so many days after the first one, as long as days are left. */
function nextAttempt(world: World, invoice: Stripe.Invoice): number | null {
  const begun = invoice.status_transitions.finalized_at ?? invoice.created;
  const days = world.settings.retryDays[invoice.attempt_count];
  return days === undefined ? null : begun + days * DAY;
}

export function subscriptionOf(world: World, invoice: Stripe.Invoice): Stripe.Subscription | undefined {
  const id = subscriptionIdOf(invoice);
  return id === undefined ? undefined : world.store.find("subscription", id);
}

/** A renewal that was not paid: past due, and after the last try what the account's owner has chosen. */
function fallBehind(world: World, subscription: Stripe.Subscription, invoice: Stripe.Invoice, counts: boolean): void {
  const customer = world.store.find("customer", idOf(subscription.customer) ?? "");
  if (customer) world.change(customer, { delinquent: true }, "customer.updated");
  if (world.store.notes.pendingChanges[subscription.id]?.invoice === invoice.id) return;
  const last = counts && invoice.next_payment_attempt === null && invoice.auto_advance !== false;
  if (!last || world.settings.afterRetries === "past_due") {
    if (subscription.status === "active")
      world.change(subscription, { status: "past_due" }, "customer.subscription.updated");
    return;
  }
  world.change(invoice, { auto_advance: false });
  if (world.settings.afterRetries === "unpaid")
    world.change(subscription, { status: "unpaid" }, "customer.subscription.updated");
  else endSubscription(world, subscription, "payment_failed");
}

/** The end of a subscription: what it still asks for is not collected any more. */
export function endSubscription(
  world: World,
  subscription: Stripe.Subscription,
  reason: "cancellation_requested" | "payment_failed",
): Stripe.Subscription {
  const now = world.nowFor(subscription.customer);
  world.change(subscription, {
    status: "canceled",
    canceled_at: subscription.canceled_at ?? now,
    ended_at: now,
    cancel_at_period_end: false,
    cancel_at: null,
    pending_update: null,
    cancellation_details: {
      comment: subscription.cancellation_details?.comment ?? null,
      feedback: subscription.cancellation_details?.feedback ?? null,
      feedback_option: null,
      reason,
    },
  });
  delete world.store.notes.pendingChanges[subscription.id];
  for (const invoice of world.store.all("invoice"))
    if (subscriptionIdOf(invoice) === subscription.id && (invoice.status === "open" || invoice.status === "draft"))
      world.change(
        invoice,
        { auto_advance: false, next_payment_attempt: null, automatically_finalizes_at: null },
        "invoice.updated",
      );
  world.emit("customer.subscription.deleted", subscription);
  return subscription;
}

/** After a payment intent has succeeded: the invoice it pays is paid, with all that follows. */
export function settleIntent(world: World, intent: Stripe.PaymentIntent): void {
  const id = world.store.notes.paysInvoice[intent.id];
  const invoice = id === undefined ? undefined : world.store.find("invoice", id);
  if (invoice?.status !== "open") return;
  markPaid(world, invoice);
  afterPayment(world, invoice);
}

/** What a paid invoice means for its subscription: it is active, and a change that waited for it is made. */
export function afterPayment(world: World, invoice: Stripe.Invoice): void {
  const subscription = subscriptionOf(world, invoice);
  if (!subscription || subscription.status === "canceled" || subscription.status === "incomplete_expired") return;
  world.onPaid(world, subscription, invoice);
  const customer = world.store.find("customer", idOf(subscription.customer) ?? "");
  const owes = world.store
    .all("invoice")
    .some((one) => one.status === "open" && one.attempted && subscriptionIdOf(one) === subscription.id);
  if (customer && !owes) world.change(customer, { delinquent: false }, "customer.updated");
  // The latest invoice decides, whatever older ones still ask for.
  if (idOf(subscription.latest_invoice) === invoice.id)
    world.change(subscription, { status: "active" }, "customer.subscription.updated");
}
