import type Stripe from "stripe";
import { cardFailure, foresee } from "./charging";
import { invalid, StripeFailure } from "./failure";
import { addInvoice, finalize, intentOf, type LineWish } from "./invoices";
import { endSubscription, methodFor, payInvoice } from "./paying";
import { periodEnd } from "./periods";
import { planOf } from "./plans";
import { type ItemPrice, periodLine } from "./proration";
import { idOf, letters, newId } from "./store";
import type { World } from "./world";

export type PaymentBehavior =
  | "allow_incomplete"
  | "default_incomplete"
  | "error_if_incomplete"
  | "pending_if_incomplete";

export interface SubscriptionWish {
  readonly customer: Stripe.Customer;
  readonly items: { price: string; quantity: number; metadata?: Record<string, string> }[];
  readonly method?: Stripe.PaymentMethod | undefined;
  readonly behavior: PaymentBehavior;
  readonly metadata?: Record<string, string>;
  readonly description?: string | null;
  readonly cancelAtPeriodEnd?: boolean;
  readonly offSession: boolean;
  readonly authenticated?: boolean;
  readonly savesMethod?: boolean;
}

/** A recurring price with the name people see on invoices. */
export function itemPrice(world: World, price: Stripe.Price, quantity: number): ItemPrice {
  const product = world.store.find("product", idOf(price.product) ?? "");
  return { price, quantity, name: product?.name ?? price.id };
}

/** @throws StripeFailure where the price cannot be subscribed to */
export function recurringPrice(world: World, id: string, param: string): Stripe.Price {
  const price = world.store.get("price", id, param);
  if (!price.active) throw invalid("The price specified is inactive. This field only accepts active prices.", param);
  if (!price.recurring)
    throw invalid(
      `The price specified is set to \`type=one_time\` but this field only accepts prices with \`type=recurring\`.`,
      param,
    );
  return price;
}

export function newItem(
  subscription: string,
  price: Stripe.Price,
  quantity: number,
  period: { start: number; end: number },
  metadata: Record<string, string> = {},
): Stripe.SubscriptionItem {
  return {
    id: `si_${letters(14)}`,
    object: "subscription_item",
    billing_thresholds: null,
    created: period.start,
    current_period_end: period.end,
    current_period_start: period.start,
    current_trial: null,
    discounts: [],
    metadata,
    plan: planOf(price),
    price,
    quantity,
    subscription,
    tax_rates: [],
  };
}

/** Begins a subscription with its first invoice, which is charged at once unless the wish says otherwise. */
export function createSubscription(world: World, wish: SubscriptionWish): Stripe.Subscription {
  const { customer } = wish;
  const now = world.nowFor(customer.id);
  const prices = wish.items.map((item, at) => ({
    ...item,
    price: recurringPrice(world, item.price, `items[${at}][price]`),
  }));
  const [first] = prices;
  if (!first?.price.recurring) throw invalid("Missing required param: items.", "items", "parameter_missing");
  const period = { start: now, end: periodEnd(now, first.price.recurring, now) };
  const method = wish.method ?? methodFor(world, customer);
  const amount = prices.reduce((sum, { price, quantity }) => sum + (price.unit_amount ?? 0) * quantity, 0);
  const collects = wish.behavior !== "default_incomplete" && amount > 0;
  if (collects && !method)
    throw invalid(
      "This customer has no attached payment source or default payment method. Please consider adding a default payment method. For more information, visit https://stripe.com/docs/billing/payments-failed#no-payment-method.",
      undefined,
      "resource_missing",
    );
  if (wish.behavior === "error_if_incomplete" && collects && method)
    refuseUnlessPaid(world, method, wish.offSession, now);

  const id = newId("subscription");
  const subscription = blank(id, wish, now);
  subscription.items.data = prices.map(({ price, quantity, metadata }) =>
    newItem(id, price, quantity, period, metadata),
  );
  subscription.default_payment_method = wish.method?.id ?? null;
  world.store.add("subscription", subscription);
  const lines: LineWish[] = subscription.items.data.map((item) =>
    periodLine(item, itemPrice(world, item.price, item.quantity ?? 1), period),
  );
  const invoice = addInvoice(world, {
    customer,
    subscription,
    reason: "subscription_create",
    lines,
    period: { start: now, end: now },
    now,
    autoAdvance: false,
  });
  subscription.latest_invoice = invoice.id;
  world.emit("customer.subscription.created", subscription);
  finalize(world, invoice);
  if (invoice.status === "paid") world.change(subscription, { status: "active" }, "customer.subscription.updated");
  else if (collects) payInvoice(world, invoice, { ...(method && { method }), ...wish });
  return subscription;
}

/** @throws StripeFailure 402 where a charge would not go through now: nothing has been changed then */
export function refuseUnlessPaid(world: World, method: Stripe.PaymentMethod, offSession: boolean, now: number): void {
  const outcome = foresee(world, { method, offSession }, now);
  if (outcome.status === "declined") throw cardFailure(undefined, outcome);
  if (outcome.status === "requires_action")
    throw new StripeFailure(402, "card_error", "Your card requires authentication.", {
      code: "subscription_payment_intent_requires_action",
    });
}

function blank(id: string, wish: SubscriptionWish, now: number): Stripe.Subscription {
  return {
    id,
    object: "subscription",
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: now,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: null, type: "classic" },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: wish.cancelAtPeriodEnd ?? false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: "charge_automatically",
    created: now,
    currency: "usd",
    customer: wish.customer.id,
    customer_account: null,
    days_until_due: null,
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: wish.description ?? null,
    discounts: [],
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: "self" },
    },
    items: { object: "list", data: [], has_more: false, url: `/v1/subscription_items?subscription=${id}` },
    latest_invoice: null,
    livemode: false,
    managed_payments: null,
    metadata: wish.metadata ?? {},
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: wish.savesMethod ? "on_subscription" : "off",
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: now,
    status: "incomplete",
    test_clock: wish.customer.test_clock ?? null,
    transfer_data: null,
    trial_end: null,
    trial_settings: null,
    trial_start: null,
  };
}

/** The one item of a subscription; the stand-in sells no more than one plan at a time. */
export function onlyItem(subscription: Stripe.Subscription): Stripe.SubscriptionItem {
  const [item] = subscription.items.data;
  if (!item) throw invalid("The subscription has no items.");
  return item;
}

export const cancelNow = (world: World, subscription: Stripe.Subscription): Stripe.Subscription =>
  endSubscription(world, subscription, "cancellation_requested");

/** Has it end with its period, or takes that back. */
export function cancelAtPeriodEnd(world: World, subscription: Stripe.Subscription, wanted: boolean): void {
  const end = onlyItem(subscription).current_period_end;
  const now = world.nowFor(subscription.customer);
  world.change(
    subscription,
    {
      cancel_at_period_end: wanted,
      cancel_at: wanted ? end : null,
      canceled_at: wanted ? now : null,
      cancellation_details: {
        comment: subscription.cancellation_details?.comment ?? null,
        feedback: subscription.cancellation_details?.feedback ?? null,
        feedback_option: null,
        reason: wanted ? "cancellation_requested" : null,
      },
    },
    "customer.subscription.updated",
  );
}

/** The client secret a page would confirm the first payment with. */
export const confirmationOf = (world: World, invoice: Stripe.Invoice): Stripe.Invoice.ConfirmationSecret | null => {
  const secret = intentOf(world, invoice)?.client_secret;
  return secret ? { client_secret: secret, type: "payment_intent" } : null;
};
