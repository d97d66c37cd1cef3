import { Stripe } from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { StandIn } from "./server";

const standIn = new StandIn({ secretKey: "sk_test_smoke" });
let stripe: Stripe;
beforeAll(async () => {
  const url = new URL(await standIn.listen());
  stripe = new Stripe("sk_test_smoke", { host: url.hostname, port: url.port, protocol: "http", maxNetworkRetries: 0 });
});
afterAll(() => standIn.close());

test("a plan is bought on the Checkout page", async () => {
  const {
    data: [price],
  } = await stripe.prices.list({ lookup_keys: ["price_pro_monthly"] });
  const customer = await stripe.customers.create({ email: "a@b.example", name: "A" }, { idempotencyKey: "k1" });
  const session = await stripe.checkout.sessions.create({
    mode: "subscription",
    customer: customer.id,
    line_items: [{ price: price?.id ?? "", quantity: 1 }],
    success_url: "http://localhost/ok?s={CHECKOUT_SESSION_ID}",
    cancel_url: "http://localhost/no",
  });
  const page = await fetch(session.url ?? "");
  expect(page.status).toBe(200);
  const declined = await fetch(session.url ?? "", {
    method: "POST",
    body: new URLSearchParams({ number: "4000 0000 0000 0002", expiry: "12/34", cvc: "123", name: "A", country: "US" }),
  });
  expect(declined.status).toBe(402);
  const paid = await fetch(session.url ?? "", {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ number: "4242424242424242", expiry: "12/34", cvc: "123", name: "A", country: "US" }),
  });
  expect(paid.headers.get("location")).toBe(`http://localhost/ok?s=${session.id}`);
  const done = await stripe.checkout.sessions.retrieve(session.id, {
    expand: ["subscription.latest_invoice.payments", "line_items"],
  });
  expect(done.status).toBe("complete");
});
