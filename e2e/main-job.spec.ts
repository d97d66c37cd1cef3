import { expect } from "@playwright/test";
import { test } from "./journey";
import { expectAccessible, shownBalance, signIn, stack } from "./stack";

/** The whole product in one sitting: a shopper's click in a shop, seen as spent tokens by the brand. */
test("sign in, see the balance, use the storefront, watch the balance fall, sign out, find the door closed", async ({
  page,
  context,
}) => {
  await page.goto("/overview");
  await expect(page).toHaveURL(/\/sign-in\?next=%2Foverview$/);
  await expectAccessible(page);

  await signIn(page);
  const balance = page.getByLabel("Token balance", { exact: true });
  await expect(balance).toBeVisible();
  await expect.poll(() => shownBalance(page)).toBeGreaterThan(1000);
  const before = await shownBalance(page);
  await expectAccessible(page);

  const shop = await context.newPage();
  await shop.goto(stack().storefront_url);
  await expectAccessible(shop);
  await shop.getByRole("button", { name: "Try it on" }).click();
  await expect(shop.getByRole("status")).toHaveText("Try-on opened. 5 tokens used.");

  // Fresh within two seconds of the shopper's answer, without a reload.
  await page.bringToFront();
  await expect.poll(() => shownBalance(page), { timeout: 2_500 }).toBe(before - 5);
  await expect(page.getByText("Virtual Try-On").first()).toBeVisible();

  // The same visit again, and a reload of the shop: the same use, nothing more.
  await shop.reload();
  await shop.getByRole("button", { name: "Try it on" }).click();
  await expect(shop.getByRole("status")).toHaveText("Try-on opened. 5 tokens used.");
  await shop.getByRole("button", { name: "Close" }).click();
  await shop.getByRole("button", { name: "Measure PD" }).click();
  await expect(shop.getByRole("status")).toHaveText("PD measurement opened. 1 token used.");
  await page.bringToFront();
  await expect.poll(() => shownBalance(page)).toBe(before - 6);

  await page.getByRole("button", { name: /Ada Lind/ }).click();
  const cookies = await context.cookies();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await page.goto("/overview");
  await expect(page).toHaveURL(/\/sign-in/);
  // Neither does the old cookie open it: the session is over on the server.
  await context.addCookies(cookies);
  await page.goto("/overview");
  await expect(page).toHaveURL(/\/sign-in/);
});

test("the balance is told, not asked for; where no stream gets through, it is asked for", async ({ page }) => {
  const spend = () =>
    page.request.post("/api/v1/customer/tokens/consume", {
      headers: { authorization: `Bearer ${stack().secret_key}` },
      data: { app_id: "pdc-001" },
    });
  let asked = 0;
  page.on("request", (request) => {
    if (request.url().includes("metering.balance")) asked++;
  });
  const watched = page.waitForResponse(/metering\.watch/);
  await signIn(page);
  expect((await watched).headers()["content-type"]).toBe("text/event-stream");
  const before = await shownBalance(page);
  await spend();
  await expect.poll(() => shownBalance(page), { timeout: 4_000 }).toBe(before - 1);
  // Once more, with time for three questions: there are none.
  asked = 0;
  await page.waitForTimeout(3_000);
  await spend();
  await expect.poll(() => shownBalance(page), { timeout: 4_000 }).toBe(before - 2);
  expect(asked).toBe(0);

  // Where something between us swallows streams, the page asks.
  await page.route("**/metering.watch**", (route) => route.abort());
  await page.reload();
  await expect.poll(() => shownBalance(page)).toBe(before - 2);
  await spend();
  await expect.poll(() => shownBalance(page), { timeout: 8_000 }).toBe(before - 3);
  expect(asked).toBeGreaterThan(0);
});

test("the shop goes on when our service cannot be reached", async ({ page }) => {
  await page.goto(stack().storefront_url);
  await page.route("**/tokens/consume", (route) => route.abort());
  await page.getByRole("button", { name: "Try it on" }).click();
  await expect(page.getByRole("status")).toContainText("The shop goes on without it.");
  await page.getByRole("button", { name: "Add to basket" }).click();
  await expect(page.getByText("One frame in your basket.")).toBeVisible();
});

test("a consume is in the usage report within five seconds", async ({ request }) => {
  const { url, secret_key } = stack();
  const headers = { authorization: `Bearer ${secret_key}` };
  const used = async (): Promise<number> =>
    (await (await request.get(`${url}/api/v1/customer/tokens/usage`, { headers })).json()).current_period.tokens_used;
  const before = await used();
  const answer = await request.post(`${url}/api/v1/customer/tokens/consume`, {
    headers: { ...headers, "content-type": "application/json" },
    data: { app_id: "pd-calculator" },
  });
  expect(answer.status()).toBe(200);
  await expect.poll(used, { timeout: 5_000 }).toBe(before + 1);
});
