import { Stripe } from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Started } from "./started";
import { startStandIn } from "./started";

// Runs against the stand-in, and with STRIPE_TEST_SECRET_KEY in the environment against Stripe's real test mode too, where
// it needs fixtures.json carried out once. What is said here of one is said of both.

const realKey = process.env.STRIPE_TEST_SECRET_KEY;
if (realKey && !/^(?:sk|rk)_test_/.test(realKey)) throw new Error("STRIPE_TEST_SECRET_KEY must be a key of test mode");

const failureOf = async (promise: Promise<unknown>): Promise<Stripe.errors.StripeError> => {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error("It was not refused");
};

describe.each(realKey ? ["stand-in", "test mode"] : ["stand-in"])("%s", (where) => {
  let started: Started | undefined;
  let stripe: Stripe;
  const made: string[] = [];

  beforeAll(async () => {
    if (where === "stand-in") started = await startStandIn();
    stripe = started?.stripe ?? new Stripe(realKey ?? "", { telemetry: false });
  }, 60_000);
  afterAll(async () => {
    for (const id of made) await stripe.customers.del(id);
    await started?.standIn.close();
  });

  const newCustomer = async (method?: string): Promise<Stripe.Customer> => {
    const customer = await stripe.customers.create({ name: "Northlight Optics", email: "ada@northlight.example" });
    made.push(customer.id);
    if (!method) return customer;
    const { id } = await stripe.paymentMethods.attach(method, { customer: customer.id });
    return stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } });
  };
  const priceOf = async (key: string): Promise<string> => {
    const { data } = await stripe.prices.list({ lookup_keys: [key], active: true });
    return data[0]?.id ?? "";
  };

  test("prices are found by the catalogue's names, with the catalogue's amounts", async () => {
    const keys = ["price_starter_monthly", "price_pro_monthly", "price_enterprise_monthly", "price_tokens_5k"];
    const { data } = await stripe.prices.list({ lookup_keys: keys, active: true });
    const found = Object.fromEntries(data.map((price) => [price.lookup_key, [price.unit_amount, price.type]]));
    expect(found).toEqual({
      price_starter_monthly: [2_900, "recurring"],
      price_pro_monthly: [19_900, "recurring"],
      price_enterprise_monthly: [99_900, "recurring"],
      price_tokens_5k: [17_900, "one_time"],
    });
  });

  test("a request with the same idempotency key answers the same; with other parameters it is refused", async () => {
    const idempotencyKey = `test-${crypto.randomUUID()}`;
    const first = await stripe.customers.create({ name: "Once" }, { idempotencyKey });
    made.push(first.id);
    const again = await stripe.customers.create({ name: "Once" }, { idempotencyKey });
    expect(again.id).toBe(first.id);
    const other = await failureOf(stripe.customers.create({ name: "Other" }, { idempotencyKey }));
    expect([other.statusCode, other.rawType]).toEqual([400, "idempotency_error"]);
  });

  test("a refused card is refused again under the same key, without a second charge", async () => {
    const customer = await newCustomer("pm_card_chargeCustomerFail");
    const idempotencyKey = `test-${crypto.randomUUID()}`;
    const method = String(customer.invoice_settings.default_payment_method);
    const pay = () =>
      stripe.paymentIntents.create(
        {
          amount: 3_900,
          currency: "usd",
          customer: customer.id,
          payment_method: method,
          confirm: true,
          off_session: true,
        },
        { idempotencyKey },
      );
    const first = await failureOf(pay());
    expect([first.statusCode, first.rawType, first.code]).toEqual([402, "card_error", "card_declined"]);
    expect(first.payment_intent?.status).toBe("requires_payment_method");
    const second = await failureOf(pay());
    expect(second.payment_intent?.id).toBe(first.payment_intent?.id);
    const charges = await stripe.charges.list({ customer: customer.id });
    expect(charges.data.map(({ status }) => status)).toEqual(["failed"]);
  });

  test("errors are Stripe's: unknown id, unknown parameter, missing parameter, unknown route", async () => {
    const unknown = await failureOf(stripe.customers.retrieve("cus_nobody"));
    expect([unknown.statusCode, unknown.code, unknown.param]).toEqual([404, "resource_missing", "id"]);
    const parameter = await failureOf(stripe.customers.create({ shoe_size: "43" } as Stripe.CustomerCreateParams));
    expect([parameter.statusCode, parameter.code, parameter.param]).toEqual([400, "parameter_unknown", "shoe_size"]);
    const missing = await failureOf(stripe.products.create({} as Stripe.ProductCreateParams));
    expect([missing.statusCode, missing.code, missing.param]).toEqual([400, "parameter_missing", "name"]);
    const route = await failureOf(stripe.rawRequest("GET", "/v1/spectacles"));
    expect([route.statusCode, route.rawType]).toEqual([404, "invalid_request_error"]);
  });

  test("lists come in pages, the newest first", async () => {
    const customer = await newCustomer();
    for (const value of ["DE123456789", "DE136695976", "DE129273398"])
      await stripe.customers.createTaxId(customer.id, { type: "eu_vat", value });
    const first = await stripe.customers.listTaxIds(customer.id, { limit: 2 });
    expect([first.data.length, first.has_more]).toEqual([2, true]);
    const rest = await stripe.customers.listTaxIds(customer.id, { limit: 2, starting_after: first.data[1]?.id ?? "" });
    expect([rest.data.length, rest.has_more]).toEqual([1, false]);
    const all = await stripe.customers.listTaxIds(customer.id, { limit: 1 }).autoPagingToArray({ limit: 10 });
    expect(all.map(({ value }) => value)).toEqual([...first.data, ...rest.data].map(({ value }) => value));
  });

  test("a subscription is paid at once and its parts can be looked at in one answer", async () => {
    const customer = await newCustomer("pm_card_visa");
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: await priceOf("price_starter_monthly") }],
      payment_behavior: "error_if_incomplete",
      metadata: { brand: "northlight" },
    });
    expect(subscription.status).toBe("active");
    const invoice = await stripe.invoices.retrieve(String(subscription.latest_invoice), {
      expand: ["payments.data.payment.payment_intent"],
    });
    expect([invoice.status, invoice.billing_reason, invoice.amount_paid]).toEqual([
      "paid",
      "subscription_create",
      2_900,
    ]);
    expect(invoice.parent?.subscription_details?.metadata).toEqual({ brand: "northlight" });
    const [line] = invoice.lines.data;
    const [item] = subscription.items.data;
    expect(line?.period).toEqual({ start: item?.current_period_start, end: item?.current_period_end });
    expect(line?.parent?.subscription_item_details?.subscription_item).toBe(item?.id);
    const intent = invoice.payments?.data[0]?.payment.payment_intent as Stripe.PaymentIntent;
    expect([intent.status, intent.amount]).toEqual(["succeeded", 2_900]);
  });

  test("a subscription whose card is refused does not begin, where that is asked for", async () => {
    const customer = await newCustomer("pm_card_chargeCustomerFail");
    const refused = await failureOf(
      stripe.subscriptions.create({
        customer: customer.id,
        items: [{ price: await priceOf("price_starter_monthly") }],
        payment_behavior: "error_if_incomplete",
      }),
    );
    expect([refused.statusCode, refused.rawType, refused.code]).toEqual([402, "card_error", "card_declined"]);
    expect((await stripe.subscriptions.list({ customer: customer.id, status: "all" })).data).toEqual([]);
  });

  test("an upgrade charges what its preview said, to the cent", async () => {
    const customer = await newCustomer("pm_card_visa");
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: await priceOf("price_starter_monthly") }],
    });
    const id = subscription.items.data[0]?.id ?? "";
    const price = await priceOf("price_pro_monthly");
    const proration_date = subscription.items.data[0]?.current_period_start ?? 0;
    const change = {
      items: [{ id, price }],
      proration_behavior: "always_invoice" as const,
      proration_date,
    };
    const preview = await stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: change,
    });
    const updated = await stripe.subscriptions.update(subscription.id, {
      ...change,
      payment_behavior: "error_if_incomplete",
      expand: ["latest_invoice"],
    });
    const invoice = updated.latest_invoice as Stripe.Invoice;
    expect(invoice.amount_paid).toBe(preview.amount_due);
    expect(invoice.billing_reason).toBe("subscription_update");
    expect(invoice.lines.data.map(({ amount }) => amount)).toEqual(preview.lines.data.map(({ amount }) => amount));
    const [credit, debit] = invoice.lines.data.map(({ amount }) => amount).sort((a, b) => a - b);
    expect([credit, debit]).toEqual([-2_900, 19_900]);
  });

  test("a payment without its buyer: paid, refused, or wanting the buyer", async () => {
    const outcomes: unknown[] = [];
    for (const card of ["pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired"]) {
      const customer = await newCustomer(card);
      const payment = stripe.paymentIntents.create({
        amount: 17_900,
        currency: "usd",
        customer: customer.id,
        payment_method: String(customer.invoice_settings.default_payment_method),
        confirm: true,
        off_session: true,
      });
      outcomes.push(await payment.then(({ status }) => status).catch((error: Stripe.errors.StripeError) => error.code));
    }
    expect(outcomes).toEqual(["succeeded", "card_declined", "authentication_required"]);
  });

  test("a charge is given back in parts, never more than it was", async () => {
    const customer = await newCustomer("pm_card_visa");
    const intent = await stripe.paymentIntents.create({
      amount: 3_900,
      currency: "usd",
      customer: customer.id,
      payment_method: String(customer.invoice_settings.default_payment_method),
      confirm: true,
      off_session: true,
    });
    await stripe.refunds.create({ payment_intent: intent.id, amount: 900, reason: "requested_by_customer" });
    const tooMuch = await failureOf(stripe.refunds.create({ payment_intent: intent.id, amount: 3_001 }));
    expect([tooMuch.statusCode, tooMuch.param]).toEqual([400, "amount"]);
    await stripe.refunds.create({ payment_intent: intent.id });
    const over = await failureOf(stripe.refunds.create({ payment_intent: intent.id }));
    expect(over.code).toBe("charge_already_refunded");
    const { data } = await stripe.refunds.list({ payment_intent: intent.id });
    expect(data.map(({ amount }) => amount)).toEqual([3_000, 900]);
    const charge = await stripe.charges.retrieve(String(intent.latest_charge));
    expect([charge.refunded, charge.amount_refunded]).toEqual([true, 3_900]);
  });

  test("a subscription that ends with its period can be taken back, one that has ended cannot", async () => {
    const customer = await newCustomer("pm_card_visa");
    const { id } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: await priceOf("price_pro_monthly") }],
    });
    const ending = await stripe.subscriptions.update(id, { cancel_at_period_end: true });
    expect([ending.status, ending.cancel_at_period_end, ending.cancel_at]).toEqual([
      "active",
      true,
      ending.items.data[0]?.current_period_end,
    ]);
    const back = await stripe.subscriptions.update(id, { cancel_at_period_end: false });
    expect([back.cancel_at_period_end, back.cancel_at, back.canceled_at]).toEqual([false, null, null]);
    expect((await stripe.subscriptions.cancel(id)).status).toBe("canceled");
    const refused = await failureOf(stripe.subscriptions.update(id, { cancel_at_period_end: false }));
    expect(refused.statusCode).toBe(400);
  });
});
