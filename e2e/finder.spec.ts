import { expect, type Page } from "@playwright/test";
import { test } from "./journey";
import { eventsOf, frameOf, line, shopWith, tokensLeft } from "./shop";
import { expectAccessible, people, signIn, stack } from "./stack";

/** Frame Finder in the sample shop: found by words, by filters, by keyboard; chosen, and shown by the shop. */

const finder = (attributes = ""): string =>
  `<varai-app app="frame-finder" label="Find a frame" ${attributes}></varai-app>`;

test("a stranger finds a frame in the shop, and the shop shows it; one visit costs one use", async ({ page }) => {
  await page.context().grantPermissions(["local-network-access"]);
  const before = await tokensLeft();
  await page.goto(stack().storefront_url);
  await expect(page.getByRole("link", { name: /Halden/ })).toBeVisible();
  await page.getByRole("button", { name: "Find a frame" }).click();
  await expect(page.getByText("Frame Finder opened. 2 tokens used.")).toBeVisible();
  const frame = frameOf(page);
  await expect(frame.getByText("40 frames")).toBeVisible();
  await expectAccessible(page);

  const search = frame.getByLabel("Search frames");
  await search.fill("tortoise cat-eye");
  await expect(frame.getByText("1 of 40")).toBeVisible();
  await expect(frame.getByRole("link", { name: /Mimosa/ })).toBeVisible();
  await search.fill("avaitor");
  await expect(frame.getByText("Nothing is called “avaitor”. These are close: 3 of 40")).toBeVisible();
  await search.fill("");
  await expect(frame.getByText("40 frames")).toBeVisible();

  await frame.getByRole("button", { name: "Filters" }).click();
  await frame.getByRole("checkbox", { name: /Titanium/ }).check();
  await frame.getByRole("checkbox", { name: /Aviator/ }).check();
  await expect(frame.getByText("2 of 40")).toBeVisible();
  await expectAccessible(page);
  // A facet's own choice does not narrow it.
  await expect(frame.getByRole("checkbox", { name: /Steel/ })).toBeVisible();
  await frame.getByRole("button", { name: "Take away: Titanium" }).click();
  await expect(frame.getByText("3 of 40")).toBeVisible();
  await frame.getByLabel("Sort by").selectOption("price_high");
  await expect(frame.getByRole("listitem").first()).toContainText("Fyr");

  const picture = frame.getByRole("listitem").first().locator("img");
  await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(0);
  await frame.getByRole("link", { name: /Aurora/ }).click();
  await page.waitForURL("**/frames/aurora");
  await expect(page.getByRole("heading", { level: 1, name: "Aurora" })).toBeVisible();
  await page.getByRole("button", { name: "Add to basket" }).click();
  // The same visit opens it again for nothing.
  await page.getByRole("button", { name: "Find a frame" }).click();
  await expect(frameOf(page).getByText("40 frames")).toBeVisible();
  expect(before - (await tokensLeft())).toBe(2);
  await expectCounted(page);
});

/** The brand sees what came of it, and has a report of it made: paid for once, mailed as a PDF. */
async function expectCounted(page: Page): Promise<void> {
  const left = await tokensLeft();
  await signIn(page, people.manager);
  await page.goto("/usage/insights?period=7d");
  const app = page.getByRole("listitem").filter({ hasText: "Frame Finder" });
  await expect(app).toContainText(/[1-9]\d* of \d+ sessions · [1-9]\d* with a result/);
  const frame = page
    .getByRole("listitem")
    .filter({ hasText: /NL-\d+\d+ baskets?/ })
    .first();
  await expect(frame.locator("img")).toBeVisible();
  await expectAccessible(page);
  for (const costs of ["Send for 10 tokens", "Send it again"]) {
    await page.getByRole("button", { name: /^Mail me / }).click();
    await page.getByRole("button", { name: costs }).click();
    await expect(page.getByRole("dialog")).toHaveCount(0);
  }
  expect(left - (await tokensLeft())).toBe(10);
  await expect
    .poll(async () => (await (await page.request.get(`${stack().inbox_url}/mails.json`)).text()).includes("analytics-"))
    .toBe(true);
}

test("by keyboard and in German; the shop is told what was chosen", async ({ page }) => {
  await shopWith(page, `${line()}${finder('lang="de"')}`);
  await page.getByRole("button", { name: "Find a frame" }).press("Enter");
  const frame = frameOf(page);
  await expect(frame.getByText("40 Fassungen")).toBeVisible();
  await expect(frame.getByRole("heading", { level: 1 })).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(frame.getByLabel("Fassungen suchen")).toBeFocused();
  await page.keyboard.type("schwarze pilotenbrille");
  await expect(frame.getByText("1 von 40")).toBeVisible();
  // Escape empties the search before it closes the window.
  await page.keyboard.press("Escape");
  await expect(frame.getByText("40 Fassungen")).toBeVisible();
  await page.keyboard.type("storm");
  const link = frame.getByRole("link", { name: /Storm/ });
  await expect(frame.getByText("1 von 40")).toBeVisible();
  await expect(link).toContainText("185,00");
  // The shop hears of it before its page goes; here the page is kept.
  await page.route("**/frames/storm", (route) => route.fulfill({ status: 204 }));
  await link.press("Enter");
  await expect
    .poll(async () => (await eventsOf(page)).find(([type]) => type === "result")?.[1])
    .toMatchObject({ app: "frame-finder", result: { action: "choose", sku: "NL-1020", name: "Storm", position: 1 } });
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Find a frame" })).toBeFocused();
});

test("who sets it up sees their own frames, found as the draft would have them found", async ({ page }) => {
  await signIn(page, people.manager);
  await page.goto("/apps/frame-finder/configure");
  const frame = page.frameLocator("iframe[title='Preview of Frame Finder']");
  await expect(frame.getByText("40 frames")).toBeVisible();
  await expect(frame.getByText(/Sample frames/)).toHaveCount(0);
  await frame.getByLabel("Search frames").fill("storm");
  await expect(frame.getByRole("link", { name: /Storm/ })).toBeVisible();
  // Nothing is spent and nobody is led away by what is chosen there.
  await frame.getByRole("link", { name: /Storm/ }).click();
  await expect(page).toHaveURL(/configure$/);
});

test("where the frames cannot be loaded it says so, and can be tried again; on a phone nothing runs off the side", async ({
  page,
}) => {
  await page.setViewportSize({ width: 390, height: 800 });
  await shopWith(page, `${line()}${finder('theme="dark"')}`);
  await page.route("**/widget/products*", (route) => route.abort());
  await page.getByRole("button", { name: "Find a frame" }).click();
  const frame = frameOf(page);
  await expect(frame.getByText("The frames could not be loaded")).toBeVisible();
  await expectAccessible(page);
  await page.unroute("**/widget/products*");
  await frame.getByRole("button", { name: "Try again" }).click();
  await expect(frame.getByText("40 frames")).toBeVisible();
  await expect(frame.getByText("The frames could not be loaded")).toHaveCount(0);
  await frame.getByRole("button", { name: "Filters" }).click();
  const over = await frame.locator("html").evaluate((html) => html.scrollWidth - window.innerWidth);
  expect(over).toBeLessThanOrEqual(0);
  await expectAccessible(page);
  await frame.getByRole("button", { name: "Show more" }).click();
  await expect(frame.getByRole("listitem")).toHaveCount(40);
  await expect(frame.getByRole("button", { name: "Show more" })).toBeHidden();
});
