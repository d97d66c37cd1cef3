import type Stripe from "stripe";
import { z } from "zod";
import { foreseeChange } from "../changes";
import { cardFailure } from "../charging";
import { invalid, StripeFailure } from "../failure";
import {
  addInvoice,
  draftInvoice,
  finalize,
  intentOf,
  type LineWish,
  markPaid,
  subscriptionIdOf,
  voidInvoice,
} from "../invoices";
import { resolveMethod } from "../methods";
import { expand, flag, int, mergedMetadata, metadata, paging, plainPaging, retrieving, takes, text } from "../params";
import { afterPayment, payInvoice } from "../paying";
import { pendingItems, wishOf } from "../pending-items";
import { periodEnd } from "../periods";
import { periodLine } from "../proration";
import { page, route } from "../route";
import { idOf } from "../store";
import { itemPrice, onlyItem } from "../subscriptions";
import type { World } from "../world";

const previewing = takes<Stripe.InvoiceCreatePreviewParams>()({
  customer: text.optional(),
  subscription: text,
  subscription_details: z
    .strictObject({
      items: z
        .array(z.strictObject({ id: text, price: text.optional(), quantity: int.optional() }))
        .max(1)
        .optional(),
      billing_cycle_anchor: z.strictObject({ type: z.enum(["now", "unchanged"]) }).optional(),
      proration_behavior: z.enum(["always_invoice", "create_prorations", "none"]).optional(),
      proration_date: int.optional(),
      cancel_at_period_end: flag.optional(),
    })
    .optional(),
  expand,
});

/** What the next invoice would be, with or without a change. Nothing is kept. */
function preview(world: World, given: z.output<typeof previewing>): Stripe.Invoice {
  const subscription = world.store.get("subscription", given.subscription, "subscription");
  const ends = given.subscription_details?.cancel_at_period_end ?? subscription.cancel_at_period_end;
  if (subscription.status === "canceled" || ends)
    throw invalid("No upcoming invoices for customer", "subscription", "invoice_upcoming_none");
  const customer = world.store.get("customer", idOf(subscription.customer) ?? "");
  const item = onlyItem(subscription);
  const details = given.subscription_details;
  const [wanted] = details?.items ?? [];
  if (wanted && wanted.id !== item.id)
    throw invalid(`Invalid subscription_item id: ${wanted.id}`, "subscription_details[items][0][id]");
  const now = world.nowFor(customer.id);
  const behavior = details?.proration_behavior ?? "create_prorations";
  const quantity = wanted?.quantity ?? item.quantity ?? 1;
  const foreseen =
    wanted || details?.billing_cycle_anchor?.type === "now"
      ? foreseeChange(world, subscription, {
          price: wanted?.price ?? item.price.id,
          quantity,
          proration: behavior,
          prorationDate: details?.proration_date,
          anchorNow: details?.billing_cycle_anchor?.type === "now",
          behavior: "allow_incomplete",
          offSession: false,
        })
      : undefined;
  const wish = { customer, subscription, now, ...(foreseen && { prorationDate: foreseen.at }) };
  if (foreseen && (behavior === "always_invoice" || foreseen.anchorNow))
    return unsaved(
      draftInvoice(world, {
        ...wish,
        reason: "subscription_update",
        lines: foreseen.lines,
        period: { start: item.current_period_start, end: foreseen.at },
      }),
    );
  const price = foreseen?.price ?? item.price;
  const start = item.current_period_end;
  const end = price.recurring ? periodEnd(subscription.billing_cycle_anchor, price.recurring, start) : start;
  const lines: LineWish[] = [
    ...pendingItems(world, customer.id, subscription.id).map(wishOf),
    ...(foreseen?.lines ?? []),
    periodLine(item, itemPrice(world, price, quantity), { start, end }),
  ];
  const invoice = draftInvoice(world, {
    ...wish,
    reason: "upcoming",
    lines,
    period: { start: item.current_period_start, end: item.current_period_end },
  });
  invoice.created = start;
  invoice.next_payment_attempt = start + 3_600;
  return unsaved(invoice);
}

function unsaved(invoice: Stripe.Invoice): Stripe.Invoice {
  const id = `upcoming_${invoice.id}`;
  return {
    ...invoice,
    id,
    lines: { ...invoice.lines, data: invoice.lines.data.map((line) => ({ ...line, invoice: id })) },
  };
}

export const upcomingOf = (world: World, { id }: Stripe.Subscription): Stripe.Invoice =>
  preview(world, { subscription: id });

const creating = takes<Stripe.InvoiceCreateParams>()({
  customer: text,
  auto_advance: flag.optional(),
  description: text.optional(),
  metadata: metadata.optional(),
  pending_invoice_items_behavior: z.enum(["exclude", "include"]).optional(),
  expand,
});
const updating = takes<Stripe.InvoiceUpdateParams>()({
  auto_advance: flag.optional(),
  description: text.optional(),
  metadata: metadata.optional(),
  expand,
});
const paying = takes<Stripe.InvoicePayParams>()({
  off_session: flag.optional(),
  paid_out_of_band: flag.optional(),
  payment_method: text.optional(),
  expand,
});
const finalizing = takes<Stripe.InvoiceFinalizeInvoiceParams>()({ auto_advance: flag.optional(), expand });
const listing = takes<Stripe.InvoiceListParams>()({
  ...paging,
  customer: text.optional(),
  subscription: text.optional(),
  status: z.enum(["draft", "open", "paid", "uncollectible", "void"]).optional(),
});
const listingPayments = takes<Stripe.InvoicePaymentListParams>()({
  ...plainPaging,
  invoice: text.optional(),
  status: z.enum(["canceled", "open", "paid"]).optional(),
  payment: z.strictObject({ type: z.enum(["payment_intent"]), payment_intent: text.optional() }).optional(),
});

function pay(world: World, invoice: Stripe.Invoice, given: z.output<typeof paying>): Stripe.Invoice {
  if (invoice.status === "draft") finalize(world, invoice);
  if (invoice.status === "paid") throw invalid("Invoice is already paid", undefined, "invoice_already_paid");
  if (given.paid_out_of_band) {
    markPaid(world, invoice, true);
    afterPayment(world, invoice);
    return invoice;
  }
  const outcome = payInvoice(world, invoice, {
    // Stripe takes this request for one without the buyer unless it says otherwise.
    offSession: given.off_session ?? true,
    manual: true,
    ...(given.payment_method && { method: resolveMethod(world, given.payment_method) }),
  });
  if (outcome.status === "declined") throw cardFailure(intentOf(world, invoice), outcome);
  if (outcome.status === "requires_action")
    throw new StripeFailure(402, "card_error", "Your card requires authentication.", {
      code: "invoice_payment_intent_requires_action",
      payment_intent: intentOf(world, invoice),
    });
  return invoice;
}

export const invoiceRoutes = [
  route("POST /v1/invoices/create_preview", "InvoiceCreatePreviewParams", previewing, preview),
  route("POST /v1/invoices", "InvoiceCreateParams", creating, (world, given) => {
    const customer = world.store.get("customer", given.customer, "customer");
    const now = world.nowFor(customer.id);
    const items = given.pending_invoice_items_behavior === "include" ? pendingItems(world, customer.id) : [];
    const invoice = addInvoice(world, {
      customer,
      reason: "manual",
      lines: items.map(wishOf),
      period: { start: now, end: now },
      now,
      autoAdvance: given.auto_advance ?? false,
      metadata: mergedMetadata({}, given.metadata),
      description: given.description ?? null,
    });
    for (const item of items) world.change(item, { invoice: invoice.id });
    return invoice;
  }),
  route("GET /v1/invoices", "InvoiceListParams", listing, (world, given) =>
    page(
      world.store
        .all("invoice")
        .filter((one) => given.customer === undefined || one.customer === given.customer)
        .filter((one) => given.subscription === undefined || subscriptionIdOf(one) === given.subscription)
        .filter((one) => given.status === undefined || one.status === given.status),
      given,
      "/v1/invoices",
    ),
  ),
  route("GET /v1/invoices/:id", "InvoiceRetrieveParams", retrieving, (world, _, id = "") =>
    world.store.get("invoice", id),
  ),
  route("POST /v1/invoices/:id", "InvoiceUpdateParams", updating, (world, given, id = "") => {
    const invoice = world.store.get("invoice", id);
    return world.change(
      invoice,
      {
        ...(given.auto_advance !== undefined && { auto_advance: given.auto_advance }),
        ...(given.description !== undefined && { description: given.description || null }),
        metadata: mergedMetadata(invoice.metadata ?? {}, given.metadata),
      },
      "invoice.updated",
    );
  }),
  route("POST /v1/invoices/:id/finalize", "InvoiceFinalizeInvoiceParams", finalizing, (world, given, id = "") => {
    const invoice = finalize(world, world.store.get("invoice", id));
    if (given.auto_advance !== undefined && invoice.status === "open") invoice.auto_advance = given.auto_advance;
    return invoice;
  }),
  route("POST /v1/invoices/:id/pay", "InvoicePayParams", paying, (world, given, id = "") =>
    pay(world, world.store.get("invoice", id), given),
  ),
  route("POST /v1/invoices/:id/void", "InvoiceVoidInvoiceParams", retrieving, (world, _, id = "") =>
    voidInvoice(world, world.store.get("invoice", id)),
  ),
  route(
    "POST /v1/invoices/:id/mark_uncollectible",
    "InvoiceMarkUncollectibleParams",
    retrieving,
    (world, _, id = "") => {
      const invoice = world.store.get("invoice", id);
      if (invoice.status !== "open")
        throw invalid("You can only mark open invoices as uncollectible.", undefined, "invoice_not_open");
      const marked_uncollectible_at = world.nowFor(invoice.customer);
      world.change(invoice, {
        status: "uncollectible",
        next_payment_attempt: null,
        status_transitions: { ...invoice.status_transitions, marked_uncollectible_at },
      });
      world.emit("invoice.marked_uncollectible", invoice);
      return invoice;
    },
  ),
  route(
    "GET /v1/invoices/:id/lines",
    "InvoiceListLineItemsParams",
    z.strictObject(plainPaging),
    (world, given, id = "") =>
      // Lines keep the order they have on paper.
      page(world.store.get("invoice", id).lines.data.toReversed(), given, `/v1/invoices/${id}/lines`),
  ),
  route("GET /v1/invoice_payments", "InvoicePaymentListParams", listingPayments, (world, given) =>
    page(
      world.store
        .all("invoice_payment")
        .filter((one) => given.invoice === undefined || one.invoice === given.invoice)
        .filter((one) => given.status === undefined || one.status === given.status)
        .filter(
          (one) =>
            given.payment?.payment_intent === undefined || one.payment.payment_intent === given.payment.payment_intent,
        ),
      given,
      "/v1/invoice_payments",
    ),
  ),
  route("GET /v1/invoice_payments/:id", "InvoicePaymentRetrieveParams", retrieving, (world, _, id = "") =>
    world.store.get("invoice_payment", id),
  ),
];
