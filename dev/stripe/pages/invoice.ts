import type Stripe from "stripe";
import { attach, newMethod } from "../methods";
import { payInvoice } from "../paying";
import { idOf } from "../store";
import type { World } from "../world";
import { cardFields, type Form, readCard, type Trouble, testCards } from "./card-form";
import type { PageAnswer } from "./checkout";
import { day, document, html, money } from "./html";
import { pdf } from "./pdf";

/** The invoice as the customer sees it; an open one can be paid. */
export function invoicePage(invoice: Stripe.Invoice, form: Form = {}, trouble?: Trouble): PageAnswer {
  const period = ({ start, end }: { start: number; end: number }): string =>
    start === end ? day(start) : `${day(start)} to ${day(end)}`;
  return {
    status: trouble ? 402 : 200,
    html: document(
      `Invoice ${invoice.number}`,
      html`<main class="narrow"><h1>Invoice ${invoice.number}</h1>
<p class="total">${money(invoice.total)} <small>${invoice.status}</small></p>
<p>${day(invoice.created)}, to ${invoice.customer_name ?? invoice.customer_email}</p>
<ul class="lines">${invoice.lines.data.map(
        (line) =>
          html`<li><span>${line.description}<br><small>${period(line.period)}</small></span><span>${money(line.amount)}</span></li>`,
      )}
${invoice.amount_due !== invoice.total && html`<li><span>From the balance</span><span>${money(invoice.amount_due - invoice.total)}</span></li>`}
<li><strong>${invoice.status === "paid" ? "Paid" : "Due"}</strong><strong>${money(invoice.amount_due)}</strong></li></ul>
<p><a href="/invoices/${invoice.id}/pdf">Download PDF</a></p>
${
  invoice.status === "open" &&
  html`<form method="post" class="panel" aria-label="Payment" autocomplete="off">
${trouble && html`<p class="trouble" role="alert">${trouble.message}</p>`}
${cardFields(form, invoice.customer_name ?? "", trouble)}
<button class="main">Pay ${money(invoice.amount_remaining)}</button>${testCards()}</form>`
}</main>`,
    ),
  };
}

/** Pays an open invoice with a card, which the subscription is charged with from then on. */
export function submitInvoice(world: World, invoice: Stripe.Invoice, form: Form): PageAnswer {
  if (invoice.status !== "open") return invoicePage(invoice);
  const customer = idOf(invoice.customer) ?? "";
  const typed = readCard(form, world.nowFor(customer));
  if ("message" in typed) return invoicePage(invoice, form, typed);
  const method = newMethod(world, typed.card, { ...typed, billing: { name: form.name ?? null } });
  // Whoever types the card here is there to answer the bank.
  const outcome = payInvoice(world, invoice, { method, offSession: false, authenticated: true, manual: true });
  if (outcome.status === "declined")
    return invoicePage(invoice, form, { field: "number", message: outcome.decline.message });
  attach(world, method, customer);
  const owner = world.store.get("customer", customer);
  world.change(
    owner,
    { invoice_settings: { ...owner.invoice_settings, default_payment_method: method.id } },
    "customer.updated",
  );
  const subscription = world.store.find("subscription", idOf(invoice.parent?.subscription_details?.subscription) ?? "");
  if (subscription) world.change(subscription, { default_payment_method: method.id }, "customer.subscription.updated");
  return { status: 303, location: `/invoices/${invoice.id}` };
}

export const invoicePdf = (invoice: Stripe.Invoice): Buffer =>
  pdf([
    [20, `Invoice ${invoice.number}`],
    [10, "Test invoice. No money has moved."],
    [12, day(invoice.created)],
    [12, `To ${invoice.customer_name ?? ""} ${invoice.customer_email ?? ""}`],
    [
      12,
      [
        invoice.customer_address?.line1,
        invoice.customer_address?.postal_code,
        invoice.customer_address?.city,
        invoice.customer_address?.country,
      ]
        .filter(Boolean)
        .join(", "),
    ],
    ...(invoice.customer_tax_ids ?? []).map(({ value }) => [12, `VAT id ${value}`] as const),
    [12, ""],
    ...invoice.lines.data.map((line) => [11, `${line.description}: ${money(line.amount)}`] as const),
    [12, ""],
    [14, `Total ${money(invoice.total)}`],
    [12, `${invoice.status === "paid" ? "Paid" : "Due"} ${money(invoice.amount_due)}`],
  ]);

/** What a charge without an invoice leaves in the customer's hands. */
export const receiptPage = (charge: Stripe.Charge): PageAnswer => ({
  status: 200,
  html: document(
    "Receipt",
    html`<main class="narrow"><h1>Receipt</h1><p class="total">${money(charge.amount)}</p>
<p>${day(charge.created)}, ${charge.description ?? ""}, card ending in ${charge.payment_method_details?.card?.last4}</p>
${charge.amount_refunded > 0 && html`<p>${money(charge.amount_refunded)} given back.</p>`}</main>`,
  ),
});
