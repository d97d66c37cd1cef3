import type { Desk } from "../desk";
import type { PageAnswer } from "./checkout";
import { document, html, moment, money } from "./html";

/** What there is and what became of it, for the developer. */
export function homePage({ store, webhooks }: Desk): PageAnswer {
  const invoices = store.all("invoice").toReversed().slice(0, 50);
  const events = store.all("event").toReversed().slice(0, 100);
  return {
    status: 200,
    html: document(
      "Stripe stand-in",
      html`<main><h1>Stripe stand-in</h1>
<h2>Invoices</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Invoices"><table><thead><tr><th>Number</th><th>Customer</th><th>Status</th><th class="amount">Total</th></tr></thead>
<tbody>${invoices.map(
        (one) =>
          html`<tr><td>${one.number ?? one.id}</td><td>${one.customer_email}</td><td>${one.status}</td><td class="amount">${money(one.total)}</td></tr>`,
      )}</tbody></table></div>
<h2>Events</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Events"><table><thead><tr><th>When</th><th>Type</th><th>Deliveries</th></tr></thead>
<tbody>${events.map(
        (one) =>
          html`<tr><td>${moment(one.created)}</td><td><code>${one.type}</code></td><td>${webhooks.deliveries
            .filter((delivery) => delivery.event === one.id)
            .map((delivery) => html`${delivery.state} (${delivery.tries}, ${delivery.last}) `)}</td></tr>`,
      )}</tbody></table></div></main>`,
      true,
    ),
  };
}
