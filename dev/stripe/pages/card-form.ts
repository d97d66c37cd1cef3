import { cardByNumber, type TestCard } from "../cards";
import { Html, html } from "./html";

export type Form = Record<string, string>;

/** What is wrong with a form, and with which of its fields. */
export interface Trouble {
  readonly field?: string;
  readonly message: string;
}

/** A field with its label. `attributes` is markup of ours, never of a visitor. */
export function field(
  name: string,
  label: string,
  value: string | null | undefined,
  attributes: string,
  trouble?: Trouble,
): Html {
  const wrong = trouble?.field === name;
  return html`<div class="field"><label for="${name}">${label}</label><input id="${name}" name="${name}" value="${value ?? ""}" ${new Html(attributes)}${wrong && html` aria-invalid="true"`}></div>`;
}

/** The card's fields. Number and code are never filled in again. */
export const cardFields = (form: Form, name: string, trouble?: Trouble): Html => html`<fieldset><legend>Card</legend>
${field("number", "Card number", "", 'inputmode="numeric" required placeholder="1234 1234 1234 1234" autocomplete="off"', trouble)}
<div class="pair">
${field("expiry", "Expiry (MM / YY)", form.expiry, 'inputmode="numeric" required placeholder="MM / YY" autocomplete="off"', trouble)}
${field("cvc", "CVC", "", 'inputmode="numeric" required placeholder="123" maxlength="4" autocomplete="off"', trouble)}
</div>
${field("name", "Name on card", form.name ?? name, 'required maxlength="100"', trouble)}
</fieldset>`;

export const testCards = (): Html => html`<details><summary>Test cards</summary><dl class="cards">
${[
  ["4242 4242 4242 4242", "pays"],
  ["4000 0000 0000 0002", "is declined"],
  ["4000 0000 0000 9995", "has no funds"],
  ["4000 0025 0000 3155", "asks for 3-D Secure"],
  ["4000 0027 6000 3184", "asks each time"],
  ["4000 0000 0000 0341", "is declined later on"],
  ["4000 0000 0000 0259", "is disputed at once"],
].map(([number, does]) => html`<div><dt>${number}</dt><dd>${does}</dd></div>`)}
</dl></details>`;

export interface CardTyped {
  readonly card: TestCard;
  readonly expMonth: number;
  readonly expYear: number;
}

/** What was typed as a card, or what is wrong with it. `known` is the card where the bank has asked in between. */
export function readCard(form: Form, now: number, known?: TestCard): CardTyped | Trouble {
  const card = known ?? cardByNumber(form.number ?? "");
  if (!card)
    return {
      field: "number",
      message: "Your card number is invalid. This page takes test cards only; they are listed below.",
    };
  const expiry = /^\s*(0?[1-9]|1[0-2])\s*\/?\s*(?:20)?(\d\d)\s*$/.exec(form.expiry ?? "");
  if (!expiry) return { field: "expiry", message: "Your card’s expiration date is incomplete." };
  const expMonth = Number(expiry[1]);
  const expYear = 2000 + Number(expiry[2]);
  if (Date.UTC(expYear, expMonth, 1) <= now * 1000)
    return { field: "expiry", message: "Your card’s expiration date is in the past." };
  if (!known && !/^\d{3,4}$/.test(form.cvc ?? ""))
    return { field: "cvc", message: "Your card’s security code is incomplete." };
  return { card, expMonth, expYear };
}

export const COUNTRIES = [
  ["US", "United States"],
  ["DE", "Germany"],
  ["AT", "Austria"],
  ["FR", "France"],
  ["GB", "United Kingdom"],
  ["NL", "Netherlands"],
  ["CH", "Switzerland"],
] as const;

export const countryField = (chosen: string): Html =>
  html`<div class="field"><label for="country">Country</label><select id="country" name="country">${COUNTRIES.map(
    ([code, name]) => html`<option value="${code}"${chosen === code && html` selected`}>${name}</option>`,
  )}</select></div>`;

/** The kind of tax id a country's businesses have. */
export const taxIdType = (country: string | undefined): string =>
  ({ US: "us_ein", GB: "gb_vat", CH: "ch_vat" })[country ?? ""] ?? "eu_vat";
