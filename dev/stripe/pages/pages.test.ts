import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Stripe } from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { StandIn } from "../server";
import { BUYER, clientOf, type Started, startStandIn, TEST_KEY } from "../started";

let started: Started;
let stripe: Stripe;
beforeAll(async () => {
  started = await startStandIn();
  stripe = started.stripe;
}, 60_000);
afterAll(() => started.standIn.close());

const priceOf = async (key: string): Promise<string> =>
  (await stripe.prices.list({ lookup_keys: [key] })).data[0]?.id ?? "";
const BACK = { success_url: "http://localhost/ok?session={CHECKOUT_SESSION_ID}", cancel_url: "http://localhost/no" };

async function packSession(extra: Partial<Stripe.Checkout.SessionCreateParams> = {}): Promise<Stripe.Checkout.Session> {
  const customer = await stripe.customers.create({ name: "Northlight", email: "ada@northlight.example" });
  return stripe.checkout.sessions.create({
    mode: "payment",
    customer: customer.id,
    line_items: [{ price: await priceOf("price_tokens_5k"), quantity: 1 }],
    payment_intent_data: { metadata: { pack: "pack-5k" }, setup_future_usage: "off_session" },
    ...BACK,
    ...extra,
  });
}

test("a pack is paid on the page: card saved, intent marked, buyer sent back", async () => {
  const session = await packSession();
  const paid = await started.submit(session.url, BUYER);
  expect([paid.status, paid.headers.get("location")]).toEqual([303, `http://localhost/ok?session=${session.id}`]);
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["payment_intent", "line_items"] });
  expect([done.status, done.payment_status, done.amount_total]).toEqual(["complete", "paid", 17_900]);
  expect(done.line_items?.data[0]?.price?.lookup_key).toBe("price_tokens_5k");
  expect((done.payment_intent as Stripe.PaymentIntent).metadata).toEqual({ pack: "pack-5k" });
  const { data } = await stripe.customers.listPaymentMethods(String(done.customer));
  expect(data.map(({ card }) => card?.last4)).toEqual(["4242"]);
});

test("a pack with an invoice: the invoice is paid by the session's intent", async () => {
  const session = await packSession({ invoice_creation: { enabled: true } });
  await started.submit(session.url, BUYER);
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["invoice.payments"] });
  const invoice = done.invoice as Stripe.Invoice;
  expect([invoice.status, invoice.amount_paid, invoice.billing_reason]).toEqual(["paid", 17_900, "manual"]);
  expect(invoice.payments?.data[0]?.payment.payment_intent).toBe(done.payment_intent);
  const document = await fetch(invoice.invoice_pdf ?? "");
  expect(document.headers.get("content-type")).toBe("application/pdf");
  const text = await document.text();
  expect(text.slice(0, 8)).toBe("%PDF-1.4");
  expect(text).toContain("5,000 tokens: $179.00");
});

test("a declined card says why and leaves the page open; the same intent is paid by the next card", async () => {
  const session = await packSession();
  const refused = await started.submit(session.url, { ...BUYER, number: "4000000000009995" });
  expect(refused.status).toBe(402);
  expect(await refused.text()).toContain("Your card has insufficient funds.");
  const open = await stripe.checkout.sessions.retrieve(session.id);
  expect([open.status, open.payment_status]).toEqual(["open", "unpaid"]);
  expect((await stripe.paymentIntents.retrieve(String(open.payment_intent))).last_payment_error?.decline_code).toBe(
    "insufficient_funds",
  );
  await started.submit(session.url, BUYER);
  const done = await stripe.checkout.sessions.retrieve(session.id);
  expect([done.payment_status, done.payment_intent]).toEqual(["paid", open.payment_intent]);
  expect(await (await started.submit(session.url, BUYER)).text()).toContain("This has been paid");
});

test("a 3-D Secure card that was set up on the page can be charged later without its owner", async () => {
  const session = await packSession();
  const card = { ...BUYER, number: "4000 0025 0000 3155" };
  const question = await started.submit(session.url, card);
  expect(await question.text()).toContain("Your bank asks");
  expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe("open");
  const { number: _, cvc: __, ...kept } = card;
  const token = { ...kept, card: "pm_card_authenticationRequiredOnSetup" };
  await started.submit(session.url, { ...token, answer: "approve" });
  const done = await stripe.checkout.sessions.retrieve(session.id);
  expect(done.status).toBe("complete");
  const [method] = (await stripe.customers.listPaymentMethods(String(done.customer))).data;
  const later = await stripe.paymentIntents.create({
    amount: 3_900,
    currency: "usd",
    customer: String(done.customer),
    payment_method: method?.id ?? "",
    confirm: true,
    off_session: true,
  });
  expect(later.status).toBe("succeeded");
});

test("what is wrong with a card is said before anything is charged", async () => {
  const session = await packSession();
  for (const [wrong, words] of [
    [{ number: "1234" }, "card number is invalid"],
    [{ expiry: "13/40" }, "expiration date is incomplete"],
    [{ expiry: "01/20" }, "in the past"],
    [{ cvc: "1" }, "security code"],
  ] as const)
    expect(await (await started.submit(session.url, { ...BUYER, ...wrong })).text()).toContain(words);
  expect((await stripe.checkout.sessions.retrieve(session.id)).payment_intent).toBeNull();
});

test("what people type cannot become markup, and no number of a card is kept", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "stripe-"));
  const file = join(dataDir, "stripe.json");
  const first = new StandIn({ secretKey: TEST_KEY, file });
  const client = clientOf(await first.listen());
  const customer = await client.customers.create({ name: `<script>alert("x")</script>`, email: "x@y.example" });
  const price = (await client.prices.list({ lookup_keys: ["price_starter_monthly"] })).data[0]?.id ?? "";
  const session = await client.checkout.sessions.create({
    mode: "subscription",
    customer: customer.id,
    line_items: [{ price, quantity: 1 }],
    ...BACK,
  });
  expect(await (await fetch(session.url ?? "")).text()).not.toContain("<script>");
  await started.submit(session.url, BUYER);
  await first.close();
  const saved = readFileSync(file, "utf8");
  expect(saved).not.toMatch(/4242 ?4242/);
  expect(saved).toContain('"last4":"4242"');

  // A second start finds what the first has left.
  const second = new StandIn({ secretKey: TEST_KEY, file });
  const again = clientOf(await second.listen());
  const [invoice] = (await again.invoices.list({ customer: customer.id })).data;
  expect(invoice?.status).toBe("paid");
  await second.close();
  rmSync(dataDir, { recursive: true });
  expect(existsSync(dataDir)).toBe(false);
});

test("a payment intent that wants its buyer sends them to the bank and back", async () => {
  const customer = await stripe.customers.create({ name: "Ada" });
  const method = await stripe.paymentMethods.attach("pm_card_authenticationRequired", { customer: customer.id });
  const intent = await stripe.paymentIntents.create({
    amount: 3_900,
    currency: "usd",
    customer: customer.id,
    payment_method: method.id,
    confirm: true,
    return_url: "http://localhost/back",
  });
  expect(intent.status).toBe("requires_action");
  const bank = intent.next_action?.redirect_to_url?.url ?? null;
  const back = await started.submit(bank, { answer: "approve" });
  expect(back.headers.get("location")).toBe(
    `http://localhost/back?payment_intent=${intent.id}&redirect_status=succeeded`,
  );
  expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe("succeeded");
});

test("an overdue invoice is paid on its page, and the subscription is active again with that card", async () => {
  const now = 1_800_000_000;
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: now });
  const customer = await stripe.customers.create({ name: "Late", email: "l@t.example", test_clock: clock.id });
  const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: await priceOf("price_starter_monthly") }],
  });
  await stripe.paymentMethods.detach(method.id);
  await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: now + 32 * 86_400 });
  const late = await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] });
  expect(late.status).toBe("past_due");
  await started.submit((late.latest_invoice as Stripe.Invoice).hosted_invoice_url ?? "", BUYER);
  const back = await stripe.subscriptions.retrieve(id);
  expect(back.status).toBe("active");
  expect((await stripe.paymentMethods.retrieve(String(back.default_payment_method))).card?.last4).toBe("4242");
});

test("the portal changes a plan only where its configuration offers it, and charges what it shows", async () => {
  const customer = await stripe.customers.create({ name: "Northlight", email: "ada@northlight.example" });
  const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: await priceOf("price_starter_monthly") }],
  });
  const plain = await stripe.billingPortal.sessions.create({ customer: customer.id });
  expect(await (await fetch(plain.url)).text()).not.toContain("Change to Professional");
  const pro = await stripe.prices.retrieve(await priceOf("price_pro_monthly"));
  const configuration = await stripe.billingPortal.configurations.create({
    features: {
      invoice_history: { enabled: true },
      subscription_update: {
        enabled: true,
        default_allowed_updates: ["price"],
        proration_behavior: "always_invoice",
        products: [{ product: String(pro.product), prices: [pro.id] }],
      },
    },
  });
  const session = await stripe.billingPortal.sessions.create({
    customer: customer.id,
    configuration: configuration.id,
  });
  expect(await (await fetch(session.url)).text()).toContain("$170.00 due today");
  await started.submit(session.url, { do: "change", subscription: subscription.id, price: pro.id });
  const [invoice] = (await stripe.invoices.list({ customer: customer.id })).data;
  expect([invoice?.billing_reason, invoice?.amount_paid]).toEqual(["subscription_update", 17_000]);
});

test("an unknown page is not found", async () => {
  expect((await fetch(`${started.url}/${randomUUID()}`)).status).toBe(404);
});
