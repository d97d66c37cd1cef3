import type Stripe from "stripe";
import type { Tx } from "@/db/client";
import { emit } from "@/features/notifications/webhooks/service";
import { isUnlimited } from "@/features/plans/queries";
import type { Scope } from "@/lib/context";
import { queueBillingMail } from "../mail/service";
import { type PricedInvoice, planFor, priceIdOf, pricesOf } from "../prices/queries";
import { completePurchase, endReplaced } from "../purchases/service";
import { RENEWAL_GAP_S, receiptOf, shareOfPlan } from "../rules";
import { idOf, momentOf } from "../stripe/service";
import { isSurplus, tellSurplus } from "../surplus/service";

/** An invoice with all that we look at, as it is now. */
export async function readInvoice(stripe: Stripe, id: string): Promise<PricedInvoice> {
  const invoice = await stripe.invoices.retrieve(id, { expand: ["payments"] });
  if (invoice.lines.has_more) {
    invoice.lines.data = await stripe.invoices.listLineItems(id, { limit: 100 }).autoPagingToArray({ limit: 1_000 });
  }
  const ids = invoice.lines.data.flatMap((line) => priceIdOf(line) ?? []);
  return { invoice, prices: await pricesOf(stripe, ids) };
}

/** The subscription an invoice is for; null where it is for none. */
export const subscriptionOfInvoice = (invoice: Stripe.Invoice): string | null =>
  idOf(invoice.parent?.subscription_details?.subscription);

/** The payment that paid an invoice; null where a credit covered it. */
export function paymentOf(invoice: Stripe.Invoice): string | null {
  const paid = invoice.payments?.data.find((one) => one.status === "paid" && one.payment.payment_intent);
  return idOf(paid?.payment.payment_intent);
}

/**
 * Writes down the periods of a plan that an invoice has paid, and what is owed for them. Credit is unique on subscription,
 * plan and the period's beginning, so that no second invoice and no second telling gives it twice. A line that is for part
 * of a period is owed its part of the tokens. Where another subscription counts already, nothing is owed: what was paid is
 * written down as one too many, and given back (surplus/service.ts).
 */
export async function recordPaidInvoice(
  tx: Tx,
  scope: Scope,
  priced: PricedInvoice,
  subscription: Stripe.Subscription,
): Promise<void> {
  const { invoice, prices } = priced;
  if (invoice.status !== "paid") return;
  const subscriptionId = subscriptionOfInvoice(invoice);
  if (!subscriptionId) return;
  const surplus = await isSurplus(tx, scope, subscription);
  let tokensGranted: number | null = 0;
  let expiresAt: Date | null = null;
  let made = false;
  let payment = paymentOf(invoice);
  for (const line of invoice.lines.data) {
    const plan = await planFor(tx, prices.get(priceIdOf(line) ?? ""));
    if (!plan || line.amount < 0) continue;
    const proration = line.parent?.subscription_item_details?.proration ?? line.parent?.invoice_item_details?.proration;
    const unlimited = isUnlimited(plan);
    const whole = plan.tokensPerMonth * (line.quantity ?? 1);
    const part = { tokens: whole, priceCents: plan.priceCents };
    const tokens = unlimited || surplus ? 0 : proration ? shareOfPlan(part, line.amount) : whole;
    if (!unlimited && !surplus && tokens === 0) continue;
    const period = { start: momentOf(line.period.start), end: momentOf(line.period.end) };
    const lastsUntil = momentOf(Math.max(line.period.end, runningEnd(line, subscription)) + RENEWAL_GAP_S);
    const done = await completePurchase(tx, scope, {
      kind: "plan",
      origin: surplus ? "surplus" : "subscription",
      of: plan.id,
      tokens,
      // What was paid for it: an upgrade's credit has been taken off, and a credit of before may have covered all of it.
      priceCents: made ? 0 : invoice.amount_paid,
      businessKey: `plan:${subscriptionId}:${plan.id}:${line.period.start}`,
      expiresAt: lastsUntil,
      paymentIntentId: payment,
      invoiceId: invoice.id ?? null,
      subscriptionId,
      period,
    });
    if (!done.made) continue;
    made = true;
    payment = null;
    tokensGranted = (unlimited && !surplus) || tokensGranted === null ? null : tokensGranted + tokens;
    expiresAt = lastsUntil;
  }
  if (!made) return;
  if (surplus) return tellSurplus(tx, scope, priced);
  await endReplaced(tx, scope, subscriptionId);
  const paid = { invoice_id: invoice.id ?? subscriptionId, number: invoice.number, tokens: tokensGranted };
  const money = { amount_cents: invoice.amount_paid, currency: invoice.currency };
  const told = { ...paid, ...money, invoice_url: invoice.hosted_invoice_url ?? null };
  await emit(tx, scope.customerId, "invoice.paid", told, { key: paid.invoice_id });
  await queueBillingMail(tx, scope.customerId, invoice.id ?? subscriptionId, {
    kind: "receipt",
    number: invoice.number,
    ...receiptOf(invoice),
    currency: invoice.currency,
    tokens: tokensGranted,
    tokens_expire_at: tokensGranted === null ? null : (expiresAt?.toISOString() ?? null),
    paid_at: momentOf(invoice.status_transitions.paid_at ?? invoice.created).toISOString(),
    card: null,
    invoice_url: invoice.hosted_invoice_url ?? null,
  });
}

/** When the period ends that a line has begun: one that waited to be confirmed may have begun after its invoice was made. */
function runningEnd(line: Stripe.InvoiceLineItem, { items }: Stripe.Subscription): number {
  const [item] = items.data;
  if (!item || item.price.id !== priceIdOf(line)) return 0;
  const { current_period_start: start, current_period_end: end } = item;
  return line.period.start <= start && start < line.period.end ? end : 0;
}

/** Tells that a higher plan waits for a payment which the bank wants confirmed by a person. */
export async function tellConfirmation(
  tx: Tx,
  scope: Scope,
  { invoice, prices }: PricedInvoice,
  until: Date,
): Promise<void> {
  if (invoice.status !== "open" || !invoice.hosted_invoice_url) return;
  const line = invoice.lines.data.find((one) => one.amount >= 0 && priceIdOf(one));
  const plan = await planFor(tx, line && prices.get(priceIdOf(line) ?? ""));
  await queueBillingMail(tx, scope.customerId, invoice.id ?? "", {
    kind: "confirm_payment",
    plan: plan?.name ?? "Subscription",
    amount: invoice.amount_remaining,
    currency: invoice.currency,
    until: until.toISOString(),
    invoice_url: invoice.hosted_invoice_url,
  });
}

/** Tells that a payment of a subscription failed; once for each attempt. */
export async function tellPaymentFailed(
  tx: Tx,
  scope: Scope,
  { invoice, prices }: PricedInvoice,
  graceUntil: Date | null,
): Promise<void> {
  if (invoice.status === "paid" || invoice.status === "void") return;
  const line = invoice.lines.data.find((one) => one.amount >= 0 && priceIdOf(one));
  const plan = await planFor(tx, line && prices.get(priceIdOf(line) ?? ""));
  const told = {
    for: "subscription",
    reference: invoice.id ?? "",
    amount_cents: invoice.amount_remaining,
    currency: invoice.currency,
    reason: "The bank refused the payment",
    next_attempt_at: invoice.next_payment_attempt ? momentOf(invoice.next_payment_attempt).toISOString() : null,
  } as const;
  await emit(tx, scope.customerId, "payment.failed", told, { key: `${invoice.id}:${invoice.attempt_count}` });
  await queueBillingMail(tx, scope.customerId, `${invoice.id}:${invoice.attempt_count}`, {
    kind: "payment_failed",
    plan: plan?.name ?? "Subscription",
    amount: invoice.amount_remaining,
    currency: invoice.currency,
    reason: "The bank refused the payment",
    next_attempt_at: invoice.next_payment_attempt ? momentOf(invoice.next_payment_attempt).toISOString() : null,
    grace_ends_at: graceUntil?.toISOString() ?? null,
    card: null,
    invoice_url: invoice.hosted_invoice_url ?? null,
  });
}
