import { Stripe } from "stripe";
import { newIntent } from "./charging";
import { invalid } from "./failure";
import { idOf, letters, newId } from "./store";
import { taxIdsOf } from "./tax-ids";
import type { World } from "./world";

/** A line as it is to be; the invoice gives it the rest. */
export interface LineWish {
  readonly amount: number;
  readonly description: string;
  readonly period: { start: number; end: number };
  readonly price: Pick<Stripe.Price, "id" | "product" | "unit_amount_decimal"> | null;
  readonly quantity: number;
  readonly proration: boolean;
  readonly subscriptionItem?: string;
  readonly invoiceItem?: string;
  readonly credited: { invoice: string; invoice_line_items: string[] } | null;
  readonly metadata?: Record<string, string>;
}

export interface InvoiceWish {
  readonly customer: Stripe.Customer;
  readonly subscription?: Stripe.Subscription;
  readonly reason: Stripe.Invoice.BillingReason;
  readonly lines: LineWish[];
  readonly period: { start: number; end: number };
  readonly now: number;
  readonly prorationDate?: number;
  readonly autoAdvance?: boolean;
  readonly metadata?: Record<string, string>;
  readonly description?: string | null;
}

/** Stripe charges no less than this; what is below goes on the next invoice (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts). */
const LEAST_CENTS = 50;
export const HOUR = 3_600;

function lineOf(invoice: string, wish: LineWish, subscription: string | null): Stripe.InvoiceLineItem {
  const proration_details = { credited_items: wish.credited };
  return {
    id: `il_${letters(24)}`,
    object: "line_item",
    amount: wish.amount,
    currency: "usd",
    description: wish.description,
    discount_amounts: [],
    discountable: !wish.proration,
    discounts: [],
    invoice,
    livemode: false,
    metadata: wish.metadata ?? {},
    parent: wish.subscriptionItem
      ? {
          invoice_item_details: null,
          subscription_item_details: {
            invoice_item: wish.invoiceItem ?? null,
            proration: wish.proration,
            proration_details,
            subscription,
            subscription_item: wish.subscriptionItem,
          },
          type: "subscription_item_details",
        }
      : wish.invoiceItem
        ? {
            invoice_item_details: {
              invoice_item: wish.invoiceItem,
              proration: wish.proration,
              proration_details,
              subscription,
            },
            subscription_item_details: null,
            type: "invoice_item_details",
          }
        : null,
    period: wish.period,
    pretax_credit_amounts: [],
    pricing: wish.price && {
      price_details: { price: wish.price.id, product: idOf(wish.price.product) ?? "" },
      type: "price_details",
      unit_amount_decimal: wish.price.unit_amount_decimal,
    },
    quantity: wish.quantity,
    quantity_decimal: Stripe.Decimal.from(wish.quantity),
    subscription,
    subtotal: wish.amount,
    taxes: [],
  };
}

/** An invoice as a draft that nobody has kept or heard of: also what a preview is. */
export function draftInvoice(world: World, wish: InvoiceWish): Stripe.Invoice {
  const { customer, subscription, now } = wish;
  const id = newId("invoice");
  const total = wish.lines.reduce((sum, line) => sum + line.amount, 0);
  const { due, ending } = withBalance(total, customer.balance);
  return {
    id,
    object: "invoice",
    account_country: "US",
    account_name: "VARAi",
    account_tax_ids: null,
    amount_due: due,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_remaining: due,
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: wish.autoAdvance ?? true,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    automatically_finalizes_at: null,
    billing_reason: wish.reason,
    collection_method: "charge_automatically",
    created: now,
    currency: "usd",
    custom_fields: null,
    customer: customer.id,
    customer_account: null,
    customer_address: customer.address ?? null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    customer_shipping: null,
    customer_tax_exempt: customer.tax_exempt ?? "none",
    customer_tax_ids: taxIdsOf(world, customer.id).map(({ type, value }) => ({ type, value })),
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: wish.description ?? null,
    discounts: [],
    due_date: null,
    effective_at: null,
    ending_balance: ending,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: "self" },
    last_finalization_error: null,
    latest_revision: null,
    lines: {
      object: "list",
      data: wish.lines.map((line) => lineOf(id, line, subscription?.id ?? null)),
      has_more: false,
      url: `/v1/invoices/${id}/lines`,
    },
    livemode: false,
    metadata: wish.metadata ?? {},
    next_payment_attempt: null,
    number: null,
    on_behalf_of: null,
    parent: subscription
      ? {
          quote_details: null,
          subscription_details: {
            metadata: subscription.metadata,
            subscription: subscription.id,
            ...(wish.prorationDate !== undefined && { subscription_proration_date: wish.prorationDate }),
          },
          type: "subscription_details",
        }
      : null,
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: wish.period.end,
    period_start: wish.period.start,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: customer.balance,
    statement_descriptor: null,
    status: "draft",
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal: total,
    subtotal_excluding_tax: total,
    test_clock: customer.test_clock ?? null,
    total,
    total_discount_amounts: [],
    total_excluding_tax: total,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: null,
  };
}

/** What of a total is asked for, and what stays on the customer's balance (below zero: a credit). */
function withBalance(total: number, balance: number): { due: number; ending: number } {
  const sum = total + balance;
  return sum >= LEAST_CENTS ? { due: sum, ending: 0 } : { due: 0, ending: sum };
}

/** Makes an invoice and tells of it; it is a draft until it is finalized. */
export function addInvoice(world: World, wish: InvoiceWish): Stripe.Invoice {
  const invoice = draftInvoice(world, wish);
  invoice.ending_balance = null;
  if (wish.autoAdvance !== false) invoice.automatically_finalizes_at = invoice.created + HOUR;
  world.store.add("invoice", invoice);
  if (wish.customer.currency === null) world.change(wish.customer, { currency: "usd" });
  world.emit("invoice.created", invoice);
  return invoice;
}

/** Draft → open: it gets its number, its pages and, where there is something to pay, its payment intent. */
export function finalize(world: World, invoice: Stripe.Invoice): Stripe.Invoice {
  if (invoice.status !== "draft")
    throw invalid(
      "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
      undefined,
      "invoice_not_editable",
    );
  const customer = world.store.get("customer", idOf(invoice.customer) ?? "");
  const now = world.nowFor(customer.id);
  const { due, ending } = withBalance(invoice.total, customer.balance);
  const number = customer.next_invoice_sequence ?? 1;
  world.change(invoice, {
    status: "open",
    number: `${customer.invoice_prefix}-${String(number).padStart(4, "0")}`,
    starting_balance: customer.balance,
    ending_balance: ending,
    amount_due: due,
    amount_remaining: due,
    automatically_finalizes_at: null,
    effective_at: now,
    hosted_invoice_url: `${world.url}/invoices/${invoice.id}`,
    invoice_pdf: `${world.url}/invoices/${invoice.id}/pdf`,
    status_transitions: { ...invoice.status_transitions, finalized_at: now },
  });
  customer.next_invoice_sequence = number + 1;
  if (ending !== customer.balance) world.change(customer, { balance: ending }, "customer.updated");
  world.emit("invoice.finalized", invoice);
  if (due === 0) return markPaid(world, invoice);
  const intent = newIntent(world, {
    amount: due,
    currency: invoice.currency,
    customer: customer.id,
    description: subscriptionIdOf(invoice)
      ? invoice.billing_reason === "subscription_create"
        ? "Subscription creation"
        : "Subscription update"
      : `Payment for Invoice ${invoice.number}`,
    receiptEmail: customer.email,
    setupFutureUsage: subscriptionIdOf(invoice) ? "off_session" : null,
    invoice: invoice.id,
  });
  world.store.add("invoice_payment", {
    id: newId("invoice_payment"),
    object: "invoice_payment",
    amount_paid: null,
    amount_requested: due,
    created: now,
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { type: "payment_intent", payment_intent: intent.id },
    status: "open",
    status_transitions: { canceled_at: null, paid_at: null },
  });
  return invoice;
}

export const subscriptionIdOf = (invoice: Stripe.Invoice): string | undefined =>
  idOf(invoice.parent?.subscription_details?.subscription);

export const paymentsOf = (world: World, invoice: string): Stripe.InvoicePayment[] =>
  world.store.all("invoice_payment").filter((one) => one.invoice === invoice);

/** The payment intent an invoice is paid by, if there is anything to pay. */
export function intentOf(world: World, invoice: Stripe.Invoice): Stripe.PaymentIntent | undefined {
  const payment = paymentsOf(world, invoice.id).findLast((one) => one.status !== "canceled");
  const id = idOf(payment?.payment.payment_intent);
  return id === undefined ? undefined : world.store.find("payment_intent", id);
}

/** Open → paid, told as Stripe tells it. What depends on it is up to the caller. */
export function markPaid(world: World, invoice: Stripe.Invoice, outside = false): Stripe.Invoice {
  const now = world.nowFor(invoice.customer);
  const payment = paymentsOf(world, invoice.id).findLast((one) => one.status === "open");
  if (payment) {
    const status = outside ? "canceled" : "paid";
    world.change(payment, {
      status,
      amount_paid: outside ? null : invoice.amount_due,
      status_transitions: { canceled_at: outside ? now : null, paid_at: outside ? null : now },
    });
  }
  const before = {
    status: invoice.status,
    amount_paid: invoice.amount_paid,
    amount_remaining: invoice.amount_remaining,
  };
  world.change(invoice, {
    status: "paid",
    amount_paid: invoice.amount_due,
    amount_remaining: 0,
    attempted: true,
    auto_advance: false,
    next_payment_attempt: null,
    status_transitions: { ...invoice.status_transitions, paid_at: now },
  });
  world.emit("invoice.updated", invoice, before);
  if (payment && !outside) world.emit("invoice_payment.paid", payment);
  world.emit("invoice.paid", invoice);
  world.emit("invoice.payment_succeeded", invoice);
  return invoice;
}

/** Open → void: it is as if nobody had asked for it. */
export function voidInvoice(world: World, invoice: Stripe.Invoice): Stripe.Invoice {
  if (invoice.status !== "open" && invoice.status !== "uncollectible")
    throw invalid(
      `You can only pass in open or uncollectible invoices. This invoice isn't.`,
      undefined,
      "invoice_not_open",
    );
  const now = world.nowFor(invoice.customer);
  const intent = intentOf(world, invoice);
  if (intent && intent.status !== "succeeded") {
    world.change(intent, {
      status: "canceled",
      canceled_at: now,
      cancellation_reason: "void_invoice",
      next_action: null,
    });
    world.emit("payment_intent.canceled", intent);
  }
  for (const one of paymentsOf(world, invoice.id))
    if (one.status === "open")
      world.change(one, { status: "canceled", status_transitions: { canceled_at: now, paid_at: null } });
  // What it had taken from the balance, or put there, goes back.
  const customer = world.store.find("customer", idOf(invoice.customer) ?? "");
  const moved = invoice.starting_balance - (invoice.ending_balance ?? 0);
  if (customer && moved !== 0) world.change(customer, { balance: customer.balance + moved }, "customer.updated");
  world.change(invoice, {
    status: "void",
    auto_advance: false,
    next_payment_attempt: null,
    amount_remaining: invoice.amount_due,
    status_transitions: { ...invoice.status_transitions, voided_at: now },
  });
  world.emit("invoice.voided", invoice);
  return invoice;
}
