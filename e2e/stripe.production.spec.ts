import { expect, type Page } from "@playwright/test";
import { Stripe } from "stripe";
import { test } from "./journey";
import { expectAccessible, stackEnv } from "./stack";

// The stand-in's own pages: what a buyer and a developer click there.

function client(): Stripe {
  const env = stackEnv();
  const { hostname, port } = new URL(env.STRIPE_API_URL ?? "");
  return new Stripe(env.STRIPE_SECRET_KEY ?? "", { host: hostname, port, protocol: "http", telemetry: false });
}

const priceOf = async (stripe: Stripe, key: string): Promise<string> =>
  (await stripe.prices.list({ lookup_keys: [key] })).data[0]?.id ?? "";

async function typeCard(page: Page, number: string): Promise<void> {
  await page.getByLabel("Card number").fill(number);
  await page.getByLabel("Expiry (MM / YY)").fill("12 / 40");
  await page.getByLabel("CVC").fill("123");
  await page.getByLabel("Name on card").fill("Ada Northlight");
}

test("Checkout: a declined card, then 3-D Secure refused and approved", async ({ page }) => {
  const stripe = client();
  const home = stackEnv().STRIPE_API_URL ?? "";
  const customer = await stripe.customers.create({ name: "Journey Optics", email: "journey@northlight.example" });
  const session = await stripe.checkout.sessions.create({
    mode: "subscription",
    customer: customer.id,
    line_items: [{ price: await priceOf(stripe, "price_pro_monthly"), quantity: 1 }],
    success_url: `${home}/?paid={CHECKOUT_SESSION_ID}`,
    cancel_url: `${home}/`,
    billing_address_collection: "required",
    customer_update: { name: "auto", address: "auto" },
    tax_id_collection: { enabled: true },
  });
  await page.goto(session.url ?? "");
  await expect(page.getByRole("heading", { name: "Subscribe to Professional" })).toBeVisible();
  await expect(page.getByText("No card is charged")).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel("Country").selectOption("DE");
  await page.getByLabel("Address", { exact: true }).fill("Lindenallee 1");
  await page.getByLabel("Postal code").fill("20259");
  await page.getByLabel("City").fill("Hamburg");
  await page.getByLabel("VAT id (optional)").fill("DE123456789");
  const pay = page.getByRole("button", { name: "Subscribe $199.00" });

  await typeCard(page, "4000 0000 0000 0002");
  await pay.click();
  await expect(page.getByRole("alert")).toHaveText("Your card was declined.");
  await expectAccessible(page);

  for (const [answer, after] of [
    ["Refuse", page.getByRole("alert")],
    ["Approve", page.getByRole("heading", { name: "Stripe stand-in" })],
  ] as const) {
    await typeCard(page, "4000 0025 0000 3155");
    await pay.click();
    await expect(page.getByRole("heading", { name: "Your bank asks" })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("button", { name: answer }).click();
    await expect(after).toBeVisible();
  }
  expect(page.url()).toContain(session.id);
  await expectAccessible(page);
  const [subscription] = (await stripe.subscriptions.list({ customer: customer.id })).data;
  expect(subscription?.status).toBe("active");
  const buyer = await stripe.customers.retrieve(customer.id, { expand: ["tax_ids"] });
  expect((buyer as Stripe.Customer).tax_ids?.data[0]?.value).toBe("DE123456789");
});

test("Portal: cancel and resume, another card, the invoice as a PDF", async ({ page }) => {
  const stripe = client();
  const customer = await stripe.customers.create({ name: "Portal Optics", email: "portal@northlight.example" });
  const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: await priceOf(stripe, "price_starter_monthly") }],
  });
  const session = await stripe.billingPortal.sessions.create({
    customer: customer.id,
    return_url: stackEnv().STRIPE_API_URL ?? "",
  });
  await page.goto(session.url);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Cancel plan" }).click();
  await expect(page.getByRole("status")).toHaveText("The subscription has been cancelled.");
  expect((await stripe.subscriptions.retrieve(subscription.id)).cancel_at_period_end).toBe(true);
  await page.getByRole("button", { name: "Resume subscription" }).click();
  await expect(page.getByText("It renews on")).toBeVisible();

  await page.getByText("Add payment method").click();
  await typeCard(page, "5555 5555 5555 4444");
  await page.getByRole("button", { name: "Add card" }).click();
  await expect(page.getByText("mastercard ending in 4444")).toBeVisible();
  await page.getByRole("button", { name: "Remove visa ending in 4242" }).click();
  await expect(page.getByText("visa ending in 4242")).toBeHidden();

  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: /^PDF of/ }).click();
  expect((await download).suggestedFilename()).toMatch(/-0001\.pdf$/);
  await page.locator("a[href^='/invoices/']").first().click();
  await expect(page.getByText("1 × Starter (at $29.00 / month)")).toBeVisible();
  await expectAccessible(page);
});
