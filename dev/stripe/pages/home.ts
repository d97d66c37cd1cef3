import { advance } from "../clock";
import type { Desk } from "../desk";
import { closeDispute, openDispute } from "../disputes";
import { itemPrice, onlyItem } from "../subscriptions";
import { type Form, field } from "./card-form";
import type { PageAnswer } from "./checkout";
import { document, type Html, html, moment, money } from "./html";

const DAY = 86_400;

const button = (deed: string, label: string, rest: Record<string, string> = {}): Html =>
  html`<form method="post">${Object.entries({ do: deed, ...rest }).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )}<button>${label}</button></form>`;

const table = (name: string, heads: string[], rows: Html[]): Html => html`<section><h2>${name}</h2>
${
  rows.length === 0
    ? html`<p class="quiet">None yet.</p>`
    : html`<div class="scroll" tabindex="0" role="region" aria-label="${name}"><table><thead><tr>${heads.map(
        (head) => html`<th scope="col">${head}</th>`,
      )}</tr></thead><tbody>${rows}</tbody></table></div>`
}</section>`;

/** What there is and what became of it, for the developer. */
export function homePage({ api, store, webhooks, world }: Desk, done?: string): PageAnswer {
  const newest = <T>(all: T[], most: number): T[] => all.toReversed().slice(0, most);
  const { manner } = webhooks;
  return {
    status: 200,
    html: document(
      "Stripe stand-in",
      html`<main><h1>Stripe stand-in</h1>
<p class="quiet">Its clock says ${moment(world.now())} UTC. Renewals, retries and expiries happen when it passes them; the product keeps its own time.</p>
${done && html`<p class="done" role="status">${done}</p>`}
<div class="row">
<form method="post"><input type="hidden" name="do" value="advance">${field("days", "Advance the clock by days", "1", 'type="number" min="1" max="366" required')}<button>Advance</button></form>
${manner.hold ? button("release", `Release ${webhooks.deliveries.filter((one) => one.state === "held").length} events`) : button("hold", "Hold events back")}
${button("copies", manner.copies > 1 ? "Send each event once" : "Send each event twice")}
${button("shuffle", manner.shuffle ? "Send events in order" : "Shuffle events")}
</div>
${table(
  "Customers",
  ["Customer", "Email", "Name", "Balance"],
  newest(store.all("customer"), 50).map(
    (one) =>
      html`<tr><td><code>${one.id}</code></td><td>${one.email}</td><td>${one.name}</td><td>${money(one.balance)}</td></tr>`,
  ),
)}
${table(
  "Subscriptions",
  ["Subscription", "Customer", "Plan", "Status", "Period ends"],
  newest(store.all("subscription"), 50).map((one) => {
    const item = onlyItem(one);
    return html`<tr><td><code>${one.id}</code></td><td><code>${String(one.customer)}</code></td><td>${itemPrice(world, item.price, 1).name}</td>
<td>${one.status}${one.cancel_at_period_end && ", ends with its period"}</td><td>${moment(item.current_period_end)}</td></tr>`;
  }),
)}
${table(
  "Invoices",
  ["Number", "Customer", "For", "Status", "Total"],
  newest(store.all("invoice"), 50).map(
    (one) =>
      html`<tr><td><a href="/invoices/${one.id}">${one.number ?? one.id}</a></td><td>${one.customer_email}</td><td>${one.billing_reason?.replace("_", " ")}</td><td>${one.status}</td><td>${money(one.total)}</td></tr>`,
  ),
)}
${table(
  "Payments",
  ["Charge", "Amount", "Status", "Given back", ""],
  newest(store.all("charge"), 50).map((one) => {
    const dispute = store.all("dispute").find((each) => each.charge === one.id);
    const open = dispute?.status === "needs_response";
    return html`<tr><td><code>${one.id}</code></td><td>${money(one.amount)}</td><td>${one.failure_code ?? one.status}${dispute && `, dispute ${dispute.status.replace("_", " ")}`}</td><td>${money(one.amount_refunded)}</td>
<td><div class="row">${one.paid && !dispute && button("dispute", "Dispute", { charge: one.id })}
${open && [button("close-dispute", "Win", { dispute: dispute.id, status: "won" }), button("close-dispute", "Lose", { dispute: dispute.id, status: "lost" })]}</div></td></tr>`;
  }),
)}
${table(
  "Events",
  ["When", "Type", "Deliveries", ""],
  newest(store.all("event"), 100).map((one) => {
    const sent = webhooks.deliveries.filter((delivery) => delivery.event === one.id);
    return html`<tr><td>${moment(one.created)}</td><td><code>${one.type}</code></td>
<td>${sent.map((each) => html`${each.state.replace("_", " ")}${each.tries > 0 && `, try ${each.tries}: ${each.last}`}<br>`)}</td>
<td>${button("resend", "Send again", { event: one.id })}</td></tr>`;
  }),
)}
${table(
  "Requests",
  ["When", "Request", "Answer", "Idempotency key"],
  newest(api.log, 50).map(
    (one) =>
      html`<tr><td>${one.at.slice(0, 19).replace("T", " ")}</td><td><code>${one.request}</code></td><td>${one.status}${one.replayed && ", replayed"}</td><td><code>${one.idempotency_key}</code></td></tr>`,
  ),
)}</main>`,
      true,
    ),
  };
}

/** What the developer asks for on that page. */
export function submitHome(desk: Desk, form: Form): PageAnswer {
  const { webhooks, store, world } = desk;
  switch (form.do) {
    case "advance": {
      const days = Math.min(366, Math.max(0, Math.floor(Number(form.days) || 0)));
      advance(world, null, world.now() + days * DAY);
      return homePage(desk, `The clock has been advanced by ${days === 1 ? "a day" : `${days} days`}.`);
    }
    case "hold":
      webhooks.manner.hold = true;
      return homePage(desk, "Events are held back until you release them.");
    case "release":
      webhooks.manner.hold = false;
      return homePage(desk, `Released ${webhooks.release()} events.`);
    case "copies":
      webhooks.manner.copies = webhooks.manner.copies > 1 ? 1 : 2;
      return homePage(desk, `Each event is sent ${webhooks.manner.copies > 1 ? "twice" : "once"} from now on.`);
    case "shuffle":
      webhooks.manner.shuffle = !webhooks.manner.shuffle;
      return homePage(
        desk,
        webhooks.manner.shuffle ? "Events that wait go out in any order." : "Events go out in order.",
      );
    case "dispute":
      openDispute(world, store.get("charge", form.charge ?? ""), "fraudulent");
      return homePage(desk, "The card’s owner has disputed the payment.");
    case "close-dispute":
      closeDispute(world, store.get("dispute", form.dispute ?? ""), form.status === "won" ? "won" : "lost");
      return homePage(desk, "The bank has decided.");
    case "resend":
      webhooks.add(store.get("event", form.event ?? ""));
      return homePage(desk, "The event is on its way again.");
    default:
      return homePage(desk);
  }
}
