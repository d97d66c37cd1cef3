import type Stripe from "stripe";
import { cardByToken, type TestCard } from "../cards";
import { completeSession, type Purchase } from "../checkout";
import { idOf } from "../store";
import type { World } from "../world";
import { cardFields, countryField, type Form, field, readCard, type Trouble, taxIdType, testCards } from "./card-form";
import { document, html, money } from "./html";

/** What a page answers: markup, or where to go. */
export type PageAnswer = { status: number; html: string } | { status: 303; location: string };

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
  ${cardFields(form, customer?.name ?? "", trouble)}
  <fieldset><legend>Billing address</legend>
    ${countryField(form.country ?? customer?.address?.country ?? "US")}
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

const closedPage = (session: Stripe.Checkout.Session): string =>
  document(
    "Checkout",
    html`<main class="narrow"><h1>${session.status === "complete" ? "This has been paid" : "This page has expired"}</h1>
<p>${session.status === "complete" ? "Nothing more is to be done here." : "Go back to VARAi and begin anew. Nothing was charged."}</p>
${session.cancel_url && html`<p><a href="${session.cancel_url}">Back to VARAi</a></p>`}</main>`,
  );

/** The bank's question, for cards that need it. What was typed travels along; the card only by its test token. */
function questionPage(session: Stripe.Checkout.Session, form: Form, card: TestCard): PageAnswer {
  const kept = { ...form, number: "", cvc: "", card: card.token };
  return {
    status: 200,
    html: document(
      "3-D Secure",
      html`<main class="narrow"><h1>Your bank asks</h1>
<p>Do you want to pay ${money(session.amount_total ?? 0)} to VARAi with the card ending in ${card.number.slice(-4)}?</p>
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
  const known = form.card ? cardByToken(form.card) : undefined;
  const typed = readCard(form, world.nowFor(session.customer), known);
  if ("message" in typed) return checkoutPage(world, session, form, typed);
  const customer = world.store.find("customer", idOf(session.customer) ?? "");
  const taxId = session.tax_id_collection?.enabled ? form.tax_id?.trim() : "";
  const purchase: Purchase = {
    ...typed,
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
    taxId: taxId ? { type: taxIdType(form.country), value: taxId } : undefined,
    saves: form.save === "yes",
    authenticated: form.answer === "approve",
  };
  const outcome = completeSession(world, session, purchase);
  if (outcome.status === "requires_action") return questionPage(session, form, typed.card);
  if (outcome.status === "declined")
    return checkoutPage(world, session, form, { field: "number", message: outcome.decline.message });
  return { status: 303, location: (session.success_url ?? "/").replaceAll("{CHECKOUT_SESSION_ID}", session.id) };
}
