import type Stripe from "stripe";
import { changeItem, foreseeChange } from "../changes";
import { StripeFailure } from "../failure";
import { attach, detach, newMethod } from "../methods";
import { wholeAddress } from "../params";
import { idOf } from "../store";
import { cancelAtPeriodEnd, cancelNow, itemPrice, onlyItem } from "../subscriptions";
import { addTaxId, taxIdsOf } from "../tax-ids";
import type { World } from "../world";
import { cardFields, countryField, type Form, field, readCard, type Trouble, taxIdType, testCards } from "./card-form";
import type { PageAnswer } from "./checkout";
import { day, document, type Html, html, money } from "./html";

type Session = Stripe.BillingPortal.Session;

const button = (deed: string, label: string, rest: Record<string, string> = {}, main = false): Html =>
  html`<form method="post">${Object.entries({ do: deed, ...rest }).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )}<button${main && html` class="main"`}>${label}</button></form>`;

const configurationOf = (world: World, session: Session): Stripe.BillingPortal.Configuration =>
  world.store.get("billing_portal.configuration", idOf(session.configuration) ?? "");

const running = (world: World, customer: string): Stripe.Subscription[] =>
  world.store
    .all("subscription")
    .filter((one) => one.customer === customer && one.status !== "canceled" && one.status !== "incomplete_expired");

/** The customer's own page: plan, cards, address, invoices. */
export function portalPage(
  world: World,
  session: Session,
  form: Form = {},
  trouble?: Trouble,
  done?: string,
): PageAnswer {
  const customer = world.store.get("customer", session.customer);
  const { features } = configurationOf(world, session);
  const flow = session.flow?.type;
  const body =
    flow === "subscription_cancel"
      ? [plans(world, session, true)]
      : flow === "payment_method_update"
        ? [cards(world, customer, form, trouble)]
        : flow === "subscription_update"
          ? [plans(world, session, false)]
          : [
              plans(world, session, false),
              features.payment_method_update.enabled && cards(world, customer, form, trouble),
              features.customer_update.enabled && address(world, customer, form),
              features.invoice_history.enabled && invoices(world, customer),
            ];
  return {
    status: trouble ? 402 : 200,
    html: document(
      "Billing",
      html`<main class="narrow"><p>${session.return_url && html`<a href="${session.return_url}">Back to VARAi</a>`}</p>
<h1>Billing of ${customer.name ?? customer.email}</h1>
${done && html`<p class="done" role="status">${done}</p>`}
${trouble && html`<p class="trouble" role="alert">${trouble.message}</p>`}
${body}</main>`,
    ),
  };
}

function plans(world: World, session: Session, ending: boolean): Html {
  const { features } = configurationOf(world, session);
  const all = running(world, session.customer);
  return html`<section aria-labelledby="plan"><h2 id="plan">Current plan</h2>
${all.length === 0 && html`<p>There is no subscription.</p>`}
${all.map((one) => {
  const item = onlyItem(one);
  const { name } = itemPrice(world, item.price, 1);
  const end = day(item.current_period_end);
  return html`<p><strong>${name}</strong>, ${money(item.price.unit_amount ?? 0)} per ${item.price.recurring?.interval}.
${one.cancel_at_period_end ? `It ends on ${end}.` : one.status === "active" ? `It renews on ${end}.` : `It is ${one.status.replace("_", " ")}.`}</p>
<div class="row">${
    one.cancel_at_period_end
      ? button("resume", "Resume subscription", { subscription: one.id }, true)
      : features.subscription_cancel.enabled &&
        button("cancel", ending ? "Cancel subscription" : "Cancel plan", { subscription: one.id }, ending)
  }</div>
${!ending && features.subscription_update.enabled && choices(world, session, one)}`;
})}</section>`;
}

/** Prices the configuration lets a customer change to. */
const offered = (world: World, session: Session): Stripe.Price[] =>
  (configurationOf(world, session).features.subscription_update.products ?? []).flatMap(({ prices }) =>
    prices.map((id) => world.store.get("price", id)),
  );

const changeTo = (world: World, session: Session, price: string) => {
  const update = configurationOf(world, session).features.subscription_update;
  return {
    price,
    quantity: 1,
    proration: update.proration_behavior as "always_invoice" | "create_prorations" | "none",
    prorationDate: world.nowFor(session.customer),
    anchorNow: update.billing_cycle_anchor === "now",
    behavior: "error_if_incomplete" as const,
    offSession: false,
  };
};

function choices(world: World, session: Session, subscription: Stripe.Subscription): Html {
  const now = onlyItem(subscription).price.id;
  return html`<h2>Change plan</h2>${offered(world, session)
    .filter((price) => price.id !== now && price.active)
    .map((price) => {
      const { name } = itemPrice(world, price, 1);
      const { lines } = foreseeChange(world, subscription, changeTo(world, session, price.id));
      const due = lines.reduce((sum, line) => sum + line.amount, 0);
      return html`<div class="choice"><span><strong>${name}</strong><br>${money(price.unit_amount ?? 0)} per ${price.recurring?.interval};
${due >= 0 ? `${money(due)} due today` : `${money(-due)} credited`}</span>${button("change", `Change to ${name}`, {
        subscription: subscription.id,
        price: price.id,
      })}</div>`;
    })}`;
}

function cards(world: World, customer: Stripe.Customer, form: Form, trouble?: Trouble): Html {
  const standard = idOf(customer.invoice_settings.default_payment_method);
  const all = world.store.all("payment_method").filter((one) => one.customer === customer.id);
  return html`<section aria-labelledby="cards"><h2 id="cards">Payment methods</h2>
${all.map((one) => {
  const name = `${one.card?.brand} ending in ${one.card?.last4}`;
  return html`<div class="choice"><span>${name}<br><small>expires ${one.card?.exp_month}/${one.card?.exp_year}${one.id === standard && ", default"}</small></span>
<div class="row">${one.id !== standard && button("default", `Make ${name} the default`, { method: one.id })}
${one.id !== standard && button("remove", `Remove ${name}`, { method: one.id })}</div></div>`;
})}
<details${(trouble || all.length === 0) && html` open`}><summary>Add payment method</summary>
<form method="post" class="panel" autocomplete="off"><input type="hidden" name="do" value="add">
${cardFields(form, customer.name ?? "", trouble)}<button class="main">Add card</button>${testCards()}</form></details></section>`;
}

function address(world: World, customer: Stripe.Customer, form: Form): Html {
  const [taxId] = taxIdsOf(world, customer.id);
  return html`<section aria-labelledby="address"><h2 id="address">Billing information</h2>
<form method="post" class="panel"><input type="hidden" name="do" value="address">
${field("line1", "Address", form.line1 ?? customer.address?.line1, "")}
<div class="pair">${field("postal_code", "Postal code", form.postal_code ?? customer.address?.postal_code, "")}
${field("city", "City", form.city ?? customer.address?.city, "")}</div>
${countryField(form.country ?? customer.address?.country ?? "US")}
${field("tax_id", "VAT id", form.tax_id ?? taxId?.value, 'maxlength="30"')}
<button>Save</button></form></section>`;
}

function invoices(world: World, customer: Stripe.Customer): Html {
  const all = world.store
    .all("invoice")
    .filter((one) => one.customer === customer.id && one.status !== "draft")
    .toReversed();
  return html`<section aria-labelledby="invoices"><h2 id="invoices">Invoices</h2>
${all.length === 0 && html`<p>There are none yet.</p>`}
${all.map(
  (one) => html`<div class="choice"><span>${day(one.created)}, <a href="/invoices/${one.id}">${one.number}</a><br>
<small>${money(one.total)}, ${one.status}</small></span><a href="/invoices/${one.id}/pdf">PDF of ${one.number}</a></div>`,
)}</section>`;
}

/** Does what a button or form of the portal asks for. */
export function submitPortal(world: World, session: Session, form: Form): PageAnswer {
  const customer = world.store.get("customer", session.customer);
  const mine = (): Stripe.Subscription => {
    const one = world.store.get("subscription", form.subscription ?? "");
    if (one.customer !== customer.id) throw new StripeFailure(404, "invalid_request_error", "Not this customer's.");
    return one;
  };
  const again = (done: string): PageAnswer => afterFlow(session) ?? portalPage(world, session, {}, undefined, done);
  try {
    switch (form.do) {
      case "cancel":
        if (configurationOf(world, session).features.subscription_cancel.mode === "immediately")
          cancelNow(world, mine());
        else cancelAtPeriodEnd(world, mine(), true);
        return again("The subscription has been cancelled.");
      case "resume":
        cancelAtPeriodEnd(world, mine(), false);
        return again("The subscription goes on.");
      case "change": {
        const price = offered(world, session).find((one) => one.id === form.price);
        if (!price) return portalPage(world, session, form, { message: "That plan is not offered here." });
        changeItem(world, mine(), changeTo(world, session, price.id));
        return again("The plan has been changed.");
      }
      case "add": {
        const typed = readCard(form, world.nowFor(customer.id));
        if ("message" in typed) return portalPage(world, session, form, typed);
        const method = newMethod(world, typed.card, { ...typed, billing: { name: form.name ?? null } });
        attach(world, method, customer.id);
        // Whoever adds a card here has answered the bank; the portal asks on its own.
        world.store.notes.setUp[method.id] = true;
        makeDefault(world, customer, method.id);
        return again("The card has been added and is the default.");
      }
      case "default":
        makeDefault(world, customer, world.store.get("payment_method", form.method ?? "").id);
        return again("The default has been changed.");
      case "remove":
        detach(world, world.store.get("payment_method", form.method ?? ""));
        return again("The card has been removed.");
      case "address":
        saveAddress(world, customer, form);
        return again("The billing information has been saved.");
      default:
        return portalPage(world, session);
    }
  } catch (error) {
    if (error instanceof StripeFailure)
      return portalPage(world, session, form, { field: "number", message: error.message });
    throw error;
  }
}

const afterFlow = (session: Session): PageAnswer | undefined => {
  const to = session.flow?.after_completion.redirect?.return_url;
  return to ? { status: 303, location: to } : undefined;
};

function makeDefault(world: World, customer: Stripe.Customer, method: string): void {
  if (world.store.get("payment_method", method).customer !== customer.id)
    throw new StripeFailure(404, "invalid_request_error", "Not this customer's.");
  world.change(
    customer,
    { invoice_settings: { ...customer.invoice_settings, default_payment_method: method } },
    "customer.updated",
  );
  // As Stripe's portal does: subscriptions follow the new default.
  for (const one of running(world, customer.id))
    if (one.default_payment_method !== null)
      world.change(one, { default_payment_method: method }, "customer.subscription.updated");
}

function saveAddress(world: World, customer: Stripe.Customer, form: Form): void {
  const { line1, postal_code, city, country, tax_id: typed = "" } = form;
  const given = { line1, postal_code, city, country };
  world.change(customer, { address: wholeAddress(given) }, "customer.updated");
  const before = taxIdsOf(world, customer.id);
  if (before[0]?.value === typed) return;
  for (const one of before) {
    world.store.remove("tax_id", one.id);
    world.emit("customer.tax_id.deleted", one);
  }
  if (typed !== "") addTaxId(world, customer.id, taxIdType(country), typed);
}
