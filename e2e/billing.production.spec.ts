import { expect, type Page } from "@playwright/test";
import { Stripe } from "stripe";
import { call, mailsTo, makeBrand, type OwnBrand } from "./brand";
import { test } from "./journey";
import { element, eventsOf, line, shopWith } from "./shop";
import { expectAccessible, people, signIn, stackEnv } from "./stack";

/** Money in and tokens out in a browser, at the pages of the stand-in for Stripe. */

test.describe.configure({ timeout: 180_000 });

const GOOD = "4242 4242 4242 4242";
const DECLINED = "4000 0000 0000 0002";

const toBilling = async (page: Page): Promise<void> => {
  await page.getByRole("link", { name: "Billing" }).first().click();
  // The page's first visit in development compiles it, and what the payment provider's client brings along.
  await expect(page.getByRole("heading", { level: 1, name: "Billing" })).toBeVisible({ timeout: 60_000 });
};
const open = async (page: Page, brand: OwnBrand): Promise<void> => {
  await signIn(page, brand.admin.email, brand.admin.password);
  await toBilling(page);
};

/** Fills in the checkout and presses its button. */
async function pay(page: Page, number: string): Promise<void> {
  await page.getByLabel("Card number").fill(number);
  await page.getByLabel("Expiry (MM / YY)").fill("12 / 34");
  await page.getByLabel("CVC").fill("123");
  await page.getByLabel("Name on card").fill("Ada Lind");
  const country = page.getByLabel("Country");
  if (await country.count()) await country.selectOption("DE");
  const email = page.getByRole("textbox", { name: "Email" });
  if (await email.count()) await email.fill("accounts@brand.example");
  for (const label of ["Address", "Postal code", "City", "ZIP or postal code"]) {
    const field = page.getByLabel(label, { exact: true });
    if (await field.count()) await field.fill(label === "City" ? "Berlin" : "10178");
  }
  await page.getByRole("button", { name: /^(Pay|Subscribe) \$/ }).click();
}

/** From now on the brand's bank wants each charge of its plan confirmed. */
async function wantPerson(brand: OwnBrand): Promise<void> {
  const env = stackEnv();
  const { hostname, port } = new URL(env.STRIPE_API_URL ?? "");
  const stripe = new Stripe(env.STRIPE_SECRET_KEY ?? "", { host: hostname, port, protocol: "http", telemetry: false });
  for await (const customer of stripe.customers.list({ limit: 100 })) {
    if (customer.metadata.brand !== brand.customer_id) continue;
    const card = await stripe.paymentMethods.attach("pm_card_authenticationRequired", { customer: customer.id });
    const [plan] = (await stripe.subscriptions.list({ customer: customer.id })).data;
    await stripe.subscriptions.update(plan?.id ?? "", { default_payment_method: card.id });
  }
}

/** The checkout is over, and the page has seen the tokens arrive without being asked again. */
const arrived = (page: Page) => expect(page.getByText("Paid, and all of it is here")).toBeVisible({ timeout: 30_000 });

const section = (page: Page, name: string) =>
  page.locator("section", { has: page.getByRole("heading", { level: 2, name, exact: true }) });

test("buy a plan, hit the limit on the storefront, upgrade, go on", async ({ page, context, request }) => {
  const brand = await makeBrand(0);
  await signIn(page, brand.admin.email, brand.admin.password);
  await expect(page.getByText("No tokens yet")).toBeVisible();
  await expectAccessible(page);
  await toBilling(page);
  // What has never come in has not run out.
  await expect(page.getByText("The tokens have run out")).toHaveCount(0);
  await expectAccessible(page);
  await page.getByRole("link", { name: "Choose a plan" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Plans" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Choose Starter" }).click();
  await expect(page.getByRole("heading", { level: 1, name: /Subscribe to/ })).toBeVisible();
  await expectAccessible(page);
  await pay(page, GOOD);
  await arrived(page);
  await expect(section(page, "Tokens")).toContainText("1,000 of 1,000 tokens");
  await expect(section(page, "Plan")).toContainText("Starter");
  await expectAccessible(page);
  await expect
    .poll(() => mailsTo(request, brand.admin.email))
    .toContainEqual(expect.stringMatching(/^Receipt for \$29/));

  // All of the month's tokens but one are set aside: the first shopper still gets in, the second does not.
  const held = await call(request, brand, "/tokens/reservations", { app_id: "pdc-001", tokens_reserved: 999 });
  expect(held.status).toBe(201);
  const shop = await context.newPage();
  const shopper = async () => {
    await shopWith(shop, line(brand.public_key) + element());
    await shop.evaluate(() => sessionStorage.clear());
    await shop.reload();
    await shop.getByRole("button", { name: "Measure PD" }).click();
    return async () => (await eventsOf(shop)).map(([type]) => type);
  };
  await expect.poll(await shopper()).toContain("open");
  await expect.poll(await shopper()).toContain("unavailable");

  await page.goto("/billing/plans");
  await expect(page.getByText("The tokens have run out")).toBeVisible();
  await page.getByRole("button", { name: "Upgrade to Professional" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("Charged now")).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: /^Upgrade/ }).click();
  await expect(page).toHaveURL(/\/billing$/);
  await expect(section(page, "Plan")).toContainText("Professional");
  await expect(section(page, "Tokens")).toContainText("of 10,000 tokens", { timeout: 30_000 });
  await shop.bringToFront();
  await expect.poll(await shopper()).toContain("open");
});

test("a declined card buys nothing; a pack through the checkout, and the next one in one press", async ({
  page,
  request,
}) => {
  const brand = await makeBrand(5);
  await open(page, brand);
  await page.getByRole("button", { name: "Buy 1,000 tokens" }).click();
  await expect(page.getByRole("heading", { level: 1, name: /Pay for/ })).toBeVisible();
  await pay(page, DECLINED);
  await expect(page.getByRole("alert")).toContainText("declined");
  await expectAccessible(page);
  await page.getByRole("link", { name: "Back to VARAi" }).click();
  await expect(page.getByText("The payment was not made")).toBeVisible();
  await expectAccessible(page);
  expect((await call(request, brand, "/tokens/balance")).body).toMatchObject({ balance: 5 });

  await page.getByRole("button", { name: "Buy 1,000 tokens" }).click();
  await pay(page, GOOD);
  await arrived(page);
  expect((await call(request, brand, "/tokens/balance")).body).toMatchObject({ balance: 1_005 });
  await page.getByRole("button", { name: "Close" }).click();
  await expect(section(page, "Payment methods")).toContainText("Visa ending in 4242");
  await expect(section(page, "Purchases")).toContainText("Done");

  await page.getByRole("button", { name: "Buy 5,000 tokens" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Charged at once to your Visa ending in 4242");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Buy for $179.00" }).click();
  await expect(page.getByText("5,000 tokens are in your balance")).toBeVisible({ timeout: 30_000 });
  await expect(dialog).toHaveCount(0);
  expect((await call(request, brand, "/tokens/balance")).body).toMatchObject({ balance: 6_005 });
  await expect(
    section(page, "Invoices and receipts")
      .getByRole("link", { name: /PDF of/ })
      .first(),
  ).toBeVisible();
  await expectAccessible(page);
});

test("cancel and resume a plan at the portal, then upgrade with a bank that wants it confirmed", async ({
  page,
  context,
  request,
}) => {
  const brand = await makeBrand(5);
  await open(page, brand);
  await page.getByRole("link", { name: "Choose a plan" }).click();
  await page.getByRole("button", { name: "Choose Starter" }).click();
  await pay(page, GOOD);
  await arrived(page);

  const portal = async (press: RegExp, then?: RegExp) => {
    await page.getByRole("button", { name: "Manage cards and plan" }).click();
    await expect(page.getByRole("heading", { level: 2, name: "Current plan" })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("button", { name: press }).click();
    if (then) await page.getByRole("button", { name: then }).click();
    await expect(page.getByRole("status")).toBeVisible();
    await page.getByRole("link", { name: "Back to VARAi" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Billing" })).toBeVisible();
  };
  await portal(/^Cancel plan/);
  // What the portal did is told to us by an event, which may be a moment behind the browser.
  await expect(async () => {
    await page.reload();
    await expect(section(page, "Plan")).toContainText("Starter ends on", { timeout: 2_000 });
  }).toPass({ timeout: 20_000 });
  await expectAccessible(page);
  await expect
    .poll(() => mailsTo(request, brand.admin.email))
    .toContainEqual(expect.stringMatching(/^Starter ends on/));

  await portal(/^Resume subscription/);
  await expect(async () => {
    await page.reload();
    await expect(section(page, "Plan").getByRole("button", { name: "Cancel plan" })).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 20_000 });
  await expect(section(page, "Plan")).not.toContainText("ends on");

  await wantPerson(brand);
  await page.goto("/billing/plans");
  await page.getByRole("button", { name: "Upgrade to Professional" }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Upgrade and pay/ })
    .click();
  await expect(page).toHaveURL(/\/billing$/);
  const confirm = page.getByRole("link", { name: /^Confirm payment/ });
  await expect(confirm).toBeVisible();
  await expect(section(page, "Plan")).toContainText("Starter");
  await expectAccessible(page);
  await page.goto("/overview");
  await expect(page.getByText("Professional waits for you to confirm its payment")).toBeVisible();
  await page.getByRole("link", { name: "Open billing" }).click();
  const opened = context.waitForEvent("page");
  await confirm.click();
  const bank = await opened;
  await pay(bank, GOOD);
  await expect(bank.getByText("Paid", { exact: true })).toBeVisible();
  // The page has kept looking.
  await expect(section(page, "Plan")).toContainText("Professional", { timeout: 30_000 });
  await expect(confirm).toHaveCount(0);
});

test("a manager sees everything and can press nothing; a viewer finds no such page", async ({ page }) => {
  await signIn(page, people.manager);
  await page.goto("/billing");
  await expect(page.getByText("To buy or change something, ask an admin of your brand.")).toBeVisible();
  for (const name of [/^Buy/, /^Cancel/, /^Manage/, /^Save/, /^Edit/]) {
    await expect(page.getByRole("button", { name })).toHaveCount(0);
  }
  await expectAccessible(page);
  await page.goto("/billing/plans");
  await expect(page.getByRole("button", { name: /^(Choose|Upgrade|Move)/ })).toHaveCount(0);

  await page.context().clearCookies();
  await signIn(page, people.viewer);
  await expect(page.getByRole("link", { name: "Billing" })).toHaveCount(0);
  for (const path of ["/billing", "/billing/plans"]) expect((await page.goto(path))?.status()).toBe(404);
});
