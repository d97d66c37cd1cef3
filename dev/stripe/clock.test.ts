import type { Stripe } from "stripe";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Started, startStandIn } from "./started";

let started: Started;
let stripe: Stripe;
beforeAll(async () => {
  started = await startStandIn();
  stripe = started.stripe;
}, 60_000);
beforeEach(() => started.command("reset"));
afterAll(() => started.standIn.close());

const HOUR = 3_600;
const DAY = 24 * HOUR;
const at = (text: string): number => Date.parse(`${text}Z`) / 1_000;

interface Brand {
  readonly clock: string;
  readonly customer: string;
  readonly subscription: Stripe.Subscription;
}

async function brand(begins: string, plan = "price_starter_monthly", card = "pm_card_visa"): Promise<Brand> {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: at(begins) });
  const customer = await stripe.customers.create({ name: "Northlight", email: "a@b.example", test_clock: clock.id });
  const method = await stripe.paymentMethods.attach(card, { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
  const { data } = await stripe.prices.list({ lookup_keys: [plan] });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: data[0]?.id ?? "" }],
  });
  return { clock: clock.id, customer: customer.id, subscription };
}

const advanceTo = async (clock: string, text: string): Promise<void> => {
  const answer = await stripe.testHelpers.testClocks.advance(clock, { frozen_time: at(text) });
  expect(answer.status).toBe("advancing");
  expect((await stripe.testHelpers.testClocks.retrieve(clock)).status).toBe("ready");
};
const eventsSince = async (types: string[], since: number): Promise<string[]> => {
  const { data } = await stripe.events.list({ limit: 100, types, created: { gt: since } });
  return data.map(({ type }) => type).reverse();
};
/** The card of a customer is refused from now on. */
async function cardFails({ customer }: Brand): Promise<string> {
  const method = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method.id } });
  return method.id;
}

test("periods keep the day they began on, where the month has it", async () => {
  const { clock, subscription } = await brand("2027-01-31T10:30:00");
  const ends: string[] = [];
  for (const to of ["2027-03-01T00:00", "2027-04-01T00:00", "2027-05-02T00:00"]) {
    await advanceTo(clock, to);
    const { items } = await stripe.subscriptions.retrieve(subscription.id);
    ends.push(new Date((items.data[0]?.current_period_end ?? 0) * 1_000).toISOString().slice(0, 16));
  }
  expect(ends).toEqual(["2027-03-31T10:30", "2027-04-30T10:30", "2027-05-31T10:30"]);
});

test("a renewal: announced a week before, a draft for an hour, then charged", async () => {
  const { clock, subscription } = await brand("2027-01-10T08:00:00");
  const types = ["invoice.*", "customer.subscription.updated", "charge.succeeded"];
  const begun = at("2027-01-10T08:00:00");
  await advanceTo(clock, "2027-02-04T00:00:00");
  expect(await eventsSince(types, begun)).toEqual(["invoice.upcoming"]);
  await advanceTo(clock, "2027-02-10T08:30:00");
  const { latest_invoice, status, items } = await stripe.subscriptions.retrieve(subscription.id);
  const draft = await stripe.invoices.retrieve(String(latest_invoice));
  expect([status, draft.status, draft.billing_reason]).toEqual(["active", "draft", "subscription_cycle"]);
  expect(draft.lines.data[0]?.period).toEqual({
    start: at("2027-02-10T08:00:00"),
    end: items.data[0]?.current_period_end,
  });
  await advanceTo(clock, "2027-02-10T09:00:00");
  expect((await stripe.invoices.retrieve(draft.id)).status).toBe("paid");
  expect(await eventsSince(types, begun + 8 * DAY)).toEqual([
    "invoice.upcoming",
    "invoice.created",
    "customer.subscription.updated",
    "invoice.finalized",
    "charge.succeeded",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
  ]);
});

test("a renewal that is refused: past due, tried again on days 1, 3, 5 and 7, then the subscription ends", async () => {
  const one = await brand("2027-01-10T08:00:00");
  await cardFails(one);
  await advanceTo(one.clock, "2027-02-10T09:00:00");
  const { latest_invoice, status } = await stripe.subscriptions.retrieve(one.subscription.id);
  const invoice = await stripe.invoices.retrieve(String(latest_invoice));
  expect([status, invoice.status, invoice.attempt_count]).toEqual(["past_due", "open", 1]);
  expect(invoice.next_payment_attempt).toBe(at("2027-02-11T09:00:00"));
  const tries: number[] = [];
  for (const to of ["2027-02-12T00:00", "2027-02-14T00:00", "2027-02-16T00:00"]) {
    await advanceTo(one.clock, to);
    tries.push((await stripe.invoices.retrieve(invoice.id)).attempt_count);
    expect((await stripe.subscriptions.retrieve(one.subscription.id)).status).toBe("past_due");
  }
  expect(tries).toEqual([2, 3, 4]);
  await advanceTo(one.clock, "2027-02-18T00:00:00");
  const ended = await stripe.subscriptions.retrieve(one.subscription.id);
  expect([ended.status, ended.cancellation_details?.reason]).toEqual(["canceled", "payment_failed"]);
  const left = await stripe.invoices.retrieve(invoice.id);
  expect([left.status, left.attempt_count, left.next_payment_attempt]).toEqual(["open", 5, null]);
});

test("where the account says so it stays unpaid: invoices stay drafts, and paying the old one brings it back", async () => {
  await started.command("settings", { afterRetries: "unpaid" });
  const one = await brand("2027-01-10T08:00:00");
  await cardFails(one);
  await advanceTo(one.clock, "2027-02-18T00:00:00");
  const unpaid = await stripe.subscriptions.retrieve(one.subscription.id);
  expect(unpaid.status).toBe("unpaid");
  const owed = String(unpaid.latest_invoice);
  await advanceTo(one.clock, "2027-03-11T00:00:00");
  const later = await stripe.subscriptions.retrieve(one.subscription.id);
  const draft = await stripe.invoices.retrieve(String(later.latest_invoice));
  expect([later.status, draft.status, draft.auto_advance]).toEqual(["unpaid", "draft", false]);
  const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: one.customer });
  await stripe.invoices.pay(owed, { payment_method: method.id });
  expect((await stripe.subscriptions.retrieve(one.subscription.id)).status).toBe("unpaid");
  await stripe.invoices.pay(draft.id, { payment_method: method.id });
  expect((await stripe.subscriptions.retrieve(one.subscription.id)).status).toBe("active");
});

test("a new card before the last try pays what is owed, and the subscription goes on", async () => {
  const one = await brand("2027-01-10T08:00:00");
  await cardFails(one);
  await advanceTo(one.clock, "2027-02-10T10:00:00");
  const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: one.customer });
  await stripe.customers.update(one.customer, { invoice_settings: { default_payment_method: method.id } });
  await advanceTo(one.clock, "2027-02-11T10:00:00");
  const subscription = await stripe.subscriptions.retrieve(one.subscription.id, { expand: ["latest_invoice"] });
  const invoice = subscription.latest_invoice as Stripe.Invoice;
  expect([subscription.status, invoice.status, invoice.attempt_count]).toEqual(["active", "paid", 2]);
});

test("trying an owed invoice by hand moves no later try, and a refused change changes nothing", async () => {
  const one = await brand("2027-01-10T08:00:00");
  const failing = await cardFails(one);
  await advanceTo(one.clock, "2027-02-10T10:00:00");
  const { latest_invoice } = await stripe.subscriptions.retrieve(one.subscription.id);
  await expect(stripe.invoices.pay(String(latest_invoice))).rejects.toMatchObject({ code: "card_declined" });
  const invoice = await stripe.invoices.retrieve(String(latest_invoice));
  expect([invoice.attempt_count, invoice.next_payment_attempt]).toEqual([1, at("2027-02-11T09:00:00")]);
  const before = await stripe.subscriptions.retrieve(one.subscription.id);
  const { data } = await stripe.prices.list({ lookup_keys: ["price_pro_monthly"] });
  const change = stripe.subscriptions.update(one.subscription.id, {
    items: [{ id: before.items.data[0]?.id ?? "", price: data[0]?.id ?? "" }],
    proration_behavior: "always_invoice",
    payment_behavior: "error_if_incomplete",
    default_payment_method: failing,
    cancel_at_period_end: true,
    metadata: { changed: "yes" },
  });
  await expect(change).rejects.toMatchObject({ statusCode: 402 });
  expect(JSON.stringify(await stripe.subscriptions.retrieve(one.subscription.id))).toBe(JSON.stringify(before));
});

test("a card that has run out is refused from the first of the next month on", async () => {
  const one = await brand("2027-01-10T08:00:00");
  const { data } = await stripe.paymentMethods.list({ customer: one.customer });
  await stripe.paymentMethods.update(data[0]?.id ?? "", { card: { exp_month: 2, exp_year: 2027 } });
  await advanceTo(one.clock, "2027-02-11T00:00:00");
  expect((await stripe.subscriptions.retrieve(one.subscription.id)).status).toBe("active");
  await advanceTo(one.clock, "2027-03-11T00:00:00");
  expect((await stripe.subscriptions.retrieve(one.subscription.id)).status).toBe("past_due");
  const [charge] = (await stripe.charges.list({ customer: one.customer })).data;
  expect(charge?.failure_code).toBe("expired_card");
});

test("a subscription set to end does so at the second its period ends, without an invoice", async () => {
  const one = await brand("2027-01-10T08:00:00");
  await stripe.subscriptions.update(one.subscription.id, { cancel_at_period_end: true });
  await advanceTo(one.clock, "2027-02-10T07:59:59");
  expect((await stripe.subscriptions.retrieve(one.subscription.id)).status).toBe("active");
  await advanceTo(one.clock, "2027-02-10T08:00:00");
  const ended = await stripe.subscriptions.retrieve(one.subscription.id);
  expect([ended.status, ended.ended_at]).toEqual(["canceled", at("2027-02-10T08:00:00")]);
  expect((await stripe.invoices.list({ customer: one.customer })).data).toHaveLength(1);
});

test("an upgrade in the middle is charged to the second, and the next renewal is for the new plan alone", async () => {
  const one = await brand("2027-04-01T00:00:00");
  await advanceTo(one.clock, "2027-04-16T00:00:00");
  const { data } = await stripe.prices.list({ lookup_keys: ["price_pro_monthly"] });
  const change = { items: [{ id: one.subscription.items.data[0]?.id ?? "", price: data[0]?.id ?? "" }] };
  const preview = await stripe.invoices.createPreview({
    subscription: one.subscription.id,
    subscription_details: { ...change, proration_behavior: "always_invoice" },
  });
  // Half of April is left: half of $29 back, half of $199 to pay.
  expect(preview.lines.data.map(({ amount }) => amount)).toEqual([-1_450, 9_950]);
  await stripe.subscriptions.update(one.subscription.id, { ...change, proration_behavior: "always_invoice" });
  const [invoice] = (await stripe.invoices.list({ customer: one.customer })).data;
  expect([invoice?.amount_paid, preview.amount_due]).toEqual([8_500, 8_500]);
  const upcoming = await stripe.invoices.createPreview({ subscription: one.subscription.id });
  expect(upcoming.amount_due).toBe(19_900);
  await advanceTo(one.clock, "2027-05-01T02:00:00");
  const [renewal] = (await stripe.invoices.list({ customer: one.customer })).data;
  expect([renewal?.billing_reason, renewal?.amount_paid]).toEqual(["subscription_cycle", 19_900]);
});

test("a new cycle with the change: the old plan's rest is credited, the new plan's month begins now", async () => {
  const one = await brand("2027-04-01T00:00:00");
  await advanceTo(one.clock, "2027-04-16T00:00:00");
  const { data } = await stripe.prices.list({ lookup_keys: ["price_pro_monthly"] });
  const subscription = await stripe.subscriptions.update(one.subscription.id, {
    items: [{ id: one.subscription.items.data[0]?.id ?? "", price: data[0]?.id ?? "" }],
    billing_cycle_anchor: { type: "now" },
    proration_behavior: "always_invoice",
    expand: ["latest_invoice"],
  });
  const invoice = subscription.latest_invoice as Stripe.Invoice;
  expect(invoice.lines.data.map(({ amount }) => amount)).toEqual([-1_450, 19_900]);
  expect(invoice.lines.data[1]?.period).toEqual({ start: at("2027-04-16T00:00:00"), end: at("2027-05-16T00:00:00") });
  expect(subscription.items.data[0]?.current_period_end).toBe(at("2027-05-16T00:00:00"));
});

test("a downgrade with proration leaves a credit that the next invoices use up", async () => {
  const one = await brand("2027-04-01T00:00:00", "price_pro_monthly");
  await advanceTo(one.clock, "2027-04-16T00:00:00");
  const { data } = await stripe.prices.list({ lookup_keys: ["price_starter_monthly"] });
  await stripe.subscriptions.update(one.subscription.id, {
    items: [{ id: one.subscription.items.data[0]?.id ?? "", price: data[0]?.id ?? "" }],
    proration_behavior: "always_invoice",
  });
  const customer = await stripe.customers.retrieve(one.customer);
  expect((customer as Stripe.Customer).balance).toBe(-8_500);
  await advanceTo(one.clock, "2027-06-02T00:00:00");
  const { data: invoices } = await stripe.invoices.list({ customer: one.customer });
  expect(invoices.map(({ total, amount_paid, ending_balance }) => [total, amount_paid, ending_balance])).toEqual([
    [2_900, 0, -2_700],
    [2_900, 0, -5_600],
    [-8_500, 0, -8_500],
    [19_900, 19_900, 0],
  ]);
});

test("a change that waits for its payment is made when it is paid, and dropped after 23 hours", async () => {
  const one = await brand("2027-04-01T00:00:00");
  const good = (await stripe.paymentMethods.list({ customer: one.customer })).data[0]?.id ?? "";
  await cardFails(one);
  const { data } = await stripe.prices.list({ lookup_keys: ["price_pro_monthly"] });
  const wish = {
    items: [{ id: one.subscription.items.data[0]?.id ?? "", price: data[0]?.id ?? "" }],
    proration_behavior: "always_invoice" as const,
    payment_behavior: "pending_if_incomplete" as const,
  };
  await stripe.testHelpers.testClocks.advance(one.clock, { frozen_time: at("2027-04-16T00:00:00") });
  const waiting = await stripe.subscriptions.update(one.subscription.id, wish);
  expect([waiting.items.data[0]?.price.unit_amount, waiting.status]).toEqual([2_900, "active"]);
  expect(waiting.pending_update?.subscription_items?.[0]?.price.unit_amount).toBe(19_900);
  await advanceTo(one.clock, "2027-04-17T00:00:00");
  const dropped = await stripe.subscriptions.retrieve(one.subscription.id, { expand: ["latest_invoice"] });
  expect([dropped.pending_update, (dropped.latest_invoice as Stripe.Invoice).status]).toEqual([null, "void"]);
  const again = await stripe.subscriptions.update(one.subscription.id, wish);
  await stripe.invoices.pay(String(again.latest_invoice), { payment_method: good });
  const changed = await stripe.subscriptions.retrieve(one.subscription.id);
  expect([changed.pending_update, changed.items.data[0]?.price.unit_amount]).toEqual([null, 19_900]);
});

test("a first payment that nobody completes expires with its subscription after 23 hours", async () => {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: at("2027-04-01T00:00:00") });
  const customer = await stripe.customers.create({ test_clock: clock.id });
  const { data } = await stripe.prices.list({ lookup_keys: ["price_pro_monthly"] });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: data[0]?.id ?? "" }],
    payment_behavior: "default_incomplete",
    expand: ["latest_invoice.confirmation_secret"],
  });
  const invoice = subscription.latest_invoice as Stripe.Invoice;
  expect([subscription.status, invoice.status]).toEqual(["incomplete", "open"]);
  expect(invoice.confirmation_secret?.client_secret).toMatch(/^pi_.+_secret_/);
  await advanceTo(clock.id, "2027-04-01T23:00:00");
  const expired = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
  expect([expired.status, (expired.latest_invoice as Stripe.Invoice).status]).toEqual(["incomplete_expired", "void"]);
});

test("an open Checkout page expires; the common clock moves those without a clock of their own", async () => {
  const { data } = await stripe.prices.list({ lookup_keys: ["price_tokens_1k"] });
  const session = await stripe.checkout.sessions.create({
    mode: "payment",
    line_items: [{ price: data[0]?.id ?? "", quantity: 1 }],
    success_url: "http://localhost/ok",
  });
  await started.command("advance", { seconds: 25 * HOUR });
  expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe("expired");
  expect((await fetch(`${started.url}/checkout/${session.id}`)).status).toBe(200);
  const { data: events } = await stripe.events.list({ type: "checkout.session.expired" });
  expect(events).toHaveLength(1);
});
