import type Stripe from "stripe";
import { cardByNumber, TEST_CARDS } from "../cards";
import { completeSession, type Purchase } from "../checkout";
import { idOf } from "../store";
import type { World } from "../world";
import { document, Html, html, money } from "./html";

/** What a page answers: markup, or where to go. */
export type PageAnswer = { status: number; html: string } | { status: 303; location: string };

export type Form = Record<string, string>;

const COUNTRIES = [
  ["US", "United States"],
  ["DE", "Germany"],
  ["AT", "Austria"],
  ["FR", "France"],
  ["GB", "United Kingdom"],
  ["NL", "Netherlands"],
  ["CH", "Switzerland"],
] as const;

const TAX_ID_TYPES: Record<string, string> = { US: "us_ein", GB: "gb_vat", CH: "ch_vat" };

interface Trouble {
  readonly field?: string;
  readonly message: string;
}

/** The page a buyer sees. After a refusal it holds what they typed, but for the card's number. */
export function checkoutPage(
  world: World,
  session: Stripe.Checkout.Session,
  form: Form = {},
  trouble?: Trouble,
): PageAnswer {
  if (session.status !== "open") return { status: 200, html: closedPage(session) };
  const lines = world.store.notes.sessions[session.id]?.lines ?? [];
  const recurring = session.mode === "subscription";
  const customer = world.store.find("customer", idOf(session.customer) ?? "");
  const email = customer?.email ?? session.customer_email;
  const pays = `${recurring ? "Subscribe" : "Pay"} ${money(session.amount_total ?? 0)}`;
  const asksAddress = session.billing_address_collection === "required" || session.tax_id_collection?.enabled === true;
  return {
    status: trouble ? 402 : 200,
    html: document(
      `Checkout: ${lines[0]?.description ?? ""}`,
      html`<main class="checkout">
<section class="order" aria-labelledby="order">
  ${session.cancel_url && html`<p><a href="${session.cancel_url}">Back to VARAi</a></p>`}
  <h1 id="order">${recurring ? "Subscribe to" : "Pay for"} ${lines[0]?.description}</h1>
  <p class="total"><span>${money(session.amount_total ?? 0)}</span>${recurring && html` <small>per ${lines[0]?.price?.recurring?.interval}</small>`}</p>
  <ul class="lines">${lines.map(
    (line) =>
      html`<li><span>${line.description}${(line.quantity ?? 1) > 1 && html` × ${line.quantity}`}</span><span>${money(line.amount_total)}</span></li>`,
  )}</ul>
</section>
<form method="post" class="panel" aria-label="Payment" autocomplete="off">
  ${trouble && html`<p class="trouble" role="alert">${trouble.message}</p>`}
  ${
    email
      ? html`<p class="fixed"><span>Email</span><strong>${email}</strong></p>`
      : field("email", "Email", form.email, 'type="email" required maxlength="200"')
  }
  <fieldset><legend>Card</legend>
    ${field("number", "Card number", "", 'inputmode="numeric" required placeholder="1234 1234 1234 1234" autocomplete="off"', trouble)}
    <div class="pair">
      ${field("expiry", "Expiry (MM / YY)", form.expiry, 'inputmode="numeric" required placeholder="MM / YY"', trouble)}
      ${field("cvc", "CVC", "", 'inputmode="numeric" required placeholder="123" maxlength="4"', trouble)}
    </div>
    ${field("name", "Name on card", form.name ?? customer?.name ?? "", 'required maxlength="100"')}
  </fieldset>
  <fieldset><legend>Billing address</legend>
    <div class="field"><label for="country">Country</label><select id="country" name="country">${COUNTRIES.map(
      ([code, name]) =>
        html`<option value="${code}"${(form.country ?? customer?.address?.country ?? "US") === code && html` selected`}>${name}</option>`,
    )}</select></div>
    ${
      asksAddress
        ? html`${field("line1", "Address", form.line1 ?? customer?.address?.line1 ?? "", "required")}
    <div class="pair">${field("postal_code", "Postal code", form.postal_code ?? customer?.address?.postal_code ?? "", "required")}
    ${field("city", "City", form.city ?? customer?.address?.city ?? "", "required")}</div>`
        : field("postal_code", "ZIP or postal code", form.postal_code ?? "", "")
    }
    ${session.tax_id_collection?.enabled && field("tax_id", "VAT id (optional)", form.tax_id ?? "", 'maxlength="30" placeholder="DE123456789"')}
  </fieldset>
  ${
    session.mode === "payment" &&
    session.saved_payment_method_options?.payment_method_save === "enabled" &&
    html`<label class="tick"><input type="checkbox" name="save" value="yes"> Save this card for next time</label>`
  }
  <button class="main" type="submit">${pays}</button>
  ${testCards()}
</form>
</main>`,
    ),
  };
}

const field = (name: string, label: string, value: string | undefined, attributes: string, trouble?: Trouble): Html => {
  const wrong = trouble?.field === name;
  return html`<div class="field"><label for="${name}">${label}</label><input id="${name}" name="${name}" value="${value ?? ""}" ${raw(attributes)}${wrong && html` aria-invalid="true"`}></div>`;
};

const raw = (text: string): Html => new Html(text);

const testCards = (): Html => html`<details><summary>Test cards</summary><dl class="cards">
${[
  ["4242 4242 4242 4242", "pays"],
  ["4000 0000 0000 0002", "is declined"],
  ["4000 0000 0000 9995", "has no funds"],
  ["4000 0025 0000 3155", "asks for 3-D Secure"],
  ["4000 0000 0000 0341", "pays nothing later on"],
  ["4000 0000 0000 0259", "is disputed at once"],
].map(([number, does]) => html`<div><dt>${number}</dt><dd>${does}</dd></div>`)}
</dl></details>`;

const closedPage = (session: Stripe.Checkout.Session): string =>
  document(
    "Checkout",
    html`<main class="narrow"><h1>${session.status === "complete" ? "This has been paid" : "This page has expired"}</h1>
<p>${session.status === "complete" ? "Nothing more is to be done here." : "Go back to VARAi and begin anew. Nothing was charged."}</p>
${session.cancel_url && html`<p><a href="${session.cancel_url}">Back to VARAi</a></p>`}</main>`,
  );

/** The bank's question, for cards that need it. What was typed travels along; the card only by its test token. */
function questionPage(session: Stripe.Checkout.Session, form: Form, token: string): PageAnswer {
  const kept = { ...form, number: "", cvc: "", card: token };
  return {
    status: 200,
    html: document(
      "3-D Secure",
      html`<main class="narrow"><h1>Your bank asks</h1>
<p>Do you want to pay ${money(session.amount_total ?? 0)} to VARAi with the card ending in ${TEST_CARDS.find((card) => card.token === token)?.number.slice(-4)}?</p>
<form method="post" class="panel">${Object.entries(kept).map(
        ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
      )}
<button class="main" name="answer" value="approve">Approve</button>
<button name="answer" value="refuse">Refuse</button></form></main>`,
    ),
  };
}

/** Takes the form. Either it is paid and the buyer goes on, or the page says what is wrong. */
export function submitCheckout(world: World, session: Stripe.Checkout.Session, form: Form): PageAnswer {
  if (session.status !== "open") return checkoutPage(world, session);
  if (form.answer === "refuse")
    return checkoutPage(world, session, form, {
      message:
        "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
    });
  const card = form.card ? TEST_CARDS.find((one) => one.token === form.card) : cardByNumber(form.number ?? "");
  if (!card)
    return checkoutPage(world, session, form, {
      field: "number",
      message: "Your card number is invalid. This page takes test cards only; they are listed below.",
    });
  const expiry = /^\s*(0?[1-9]|1[0-2])\s*\/?\s*(?:20)?(\d\d)\s*$/.exec(form.expiry ?? "");
  if (!expiry)
    return checkoutPage(world, session, form, {
      field: "expiry",
      message: "Your card’s expiration date is incomplete.",
    });
  const expMonth = Number(expiry[1]);
  const expYear = 2000 + Number(expiry[2]);
  if (Date.UTC(expYear, expMonth, 1) <= world.nowFor(session.customer) * 1000)
    return checkoutPage(world, session, form, {
      field: "expiry",
      message: "Your card’s expiration date is in the past.",
    });
  if (!form.card && !/^\d{3,4}$/.test(form.cvc ?? ""))
    return checkoutPage(world, session, form, { field: "cvc", message: "Your card’s security code is incomplete." });
  const customer = world.store.find("customer", idOf(session.customer) ?? "");
  const taxId = session.tax_id_collection?.enabled ? form.tax_id?.trim() : "";
  const purchase: Purchase = {
    card,
    expMonth,
    expYear,
    email: customer?.email ?? session.customer_email ?? form.email ?? "",
    name: form.name ?? "",
    address: {
      city: form.city || null,
      country: form.country || null,
      line1: form.line1 || null,
      line2: null,
      postal_code: form.postal_code || null,
      state: null,
    },
    taxId: taxId ? { type: TAX_ID_TYPES[form.country ?? ""] ?? "eu_vat", value: taxId } : undefined,
    saves: form.save === "yes",
    authenticated: form.answer === "approve",
  };
  const outcome = completeSession(world, session, purchase);
  if (outcome.status === "requires_action") return questionPage(session, form, card.token);
  if (outcome.status === "declined")
    return checkoutPage(world, session, form, { field: "number", message: outcome.decline.message });
  return { status: 303, location: (session.success_url ?? "/").replaceAll("{CHECKOUT_SESSION_ID}", session.id) };
}
