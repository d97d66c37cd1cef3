import { createHash } from "node:crypto";
import type Stripe from "stripe";
import { cardByToken, EXPIRED, TEST_CARDS, type TestCard } from "./cards";
import { invalid, StripeFailure } from "./failure";
import { newId } from "./store";
import type { World } from "./world";

export interface CardDetails {
  readonly expMonth?: number;
  readonly expYear?: number;
  readonly billing?: Partial<Stripe.PaymentMethod.BillingDetails>;
}

/** A payment method for a test card. Only which card it is, is kept: the number is not. */
export function newMethod(world: World, card: TestCard, details: CardDetails = {}): Stripe.PaymentMethod {
  const year = new Date(world.now() * 1000).getUTCFullYear();
  const method: Stripe.PaymentMethod = {
    id: newId("payment_method"),
    object: "payment_method",
    allow_redisplay: "unspecified",
    billing_details: { address: NO_ADDRESS, email: null, name: null, phone: null, tax_id: null, ...details.billing },
    card: {
      brand: card.brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
      country: card.country,
      display_brand: card.brand === "amex" ? "american_express" : card.brand,
      exp_month: details.expMonth ?? 12,
      exp_year: details.expYear ?? year + 5,
      fingerprint: createHash("sha256").update(card.number).digest("hex").slice(0, 16),
      funding: "credit",
      generated_from: null,
      last4: card.number.slice(-4),
      networks: { available: [card.brand], preferred: null },
      regulated_status: "unregulated",
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: world.now(),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: "card",
  };
  world.store.notes.cards[method.id] = card.token;
  return world.store.add("payment_method", method);
}

export const NO_ADDRESS = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null };

/** The payment method of that id; a test token (`pm_card_visa`) makes a new one. */
export function resolveMethod(world: World, id: string, param = "payment_method"): Stripe.PaymentMethod {
  const known = world.store.find("payment_method", id);
  if (known) return known;
  const card = cardByToken(id);
  if (!card) throw invalid(`No such PaymentMethod: '${id}'`, param, "resource_missing");
  return newMethod(world, card);
}

/** Which test card a payment method stands for. */
export function cardOf(world: World, method: Stripe.PaymentMethod): TestCard {
  const card = cardByToken(world.store.notes.cards[method.id] ?? "") ?? TEST_CARDS[0];
  if (!card) throw new Error("There are no test cards");
  return card;
}

/** True once a card's month is over. */
export function hasExpired(method: Stripe.PaymentMethod, now: number): boolean {
  const { exp_month: month = 12, exp_year: year = 9999 } = method.card ?? {};
  return Date.UTC(year, month, 1) <= now * 1000;
}

/** @throws StripeFailure 402 where the card refuses to be saved */
export function attach(world: World, method: Stripe.PaymentMethod, customer: string): Stripe.PaymentMethod {
  world.store.get("customer", customer, "customer");
  if (method.customer === customer) return method;
  if (method.customer)
    throw invalid(
      "The payment method you provided has already been attached to a customer.",
      "payment_method",
      "payment_method_unexpected_state",
    );
  const card = cardOf(world, method);
  const refused = hasExpired(method, world.nowFor(customer)) ? EXPIRED : card.refusedAtOnce ? card.declines : undefined;
  if (refused) throw new StripeFailure(402, "card_error", refused.message, refused);
  world.change(method, { customer });
  world.emit("payment_method.attached", method);
  return method;
}

export function detach(world: World, method: Stripe.PaymentMethod): Stripe.PaymentMethod {
  const { customer } = method;
  if (!customer)
    throw invalid("The payment method you provided is not attached to a customer so detachment is impossible.");
  const owner = world.store.find("customer", String(customer));
  world.change(method, { customer: null });
  world.emit("payment_method.detached", method, { customer });
  if (owner && owner.invoice_settings.default_payment_method === method.id)
    world.change(
      owner,
      { invoice_settings: { ...owner.invoice_settings, default_payment_method: null } },
      "customer.updated",
    );
  for (const one of world.store.all("subscription"))
    if (one.default_payment_method === method.id)
      world.change(one, { default_payment_method: null }, "customer.subscription.updated");
  return method;
}
