import { expect, test } from "@playwright/test";
import { expectAccessible, findings, people, signIn } from "./stack";

type Pages = readonly (readonly [path: string, heading: string])[];

/** What stands without a sign-in, with a link that does not work where one is asked for. */
const PUBLIC: Pages = [
  ["/", "AI services for your eyewear shop, counted to the token"],
  ["/sign-up", "Create your brand"],
  ["/forgot-password", "Choose a new password"],
  ["/magic-link", "Get in by mail"],
  ["/invite?token=none", "This link does not work"],
  ["/docs", "Documentation"],
];
/** An admin's pages of a brand. */
const OF_A_BRAND: Pages = [
  ["/overview", "Overview"],
  ["/apps", "Connected Apps"],
  ["/apps/pd-calculator", "PD Calculator"],
  ["/apps/pd-calculator/configure", "Configure PD Calculator"],
  ["/products", "Products"],
  ["/products/import", "Import products"],
  ["/usage", "Usage"],
  ["/usage/alerts", "Alerts"],
  ["/notifications", "Notifications"],
  ["/notifications/preferences", "How you are told"],
  ["/notifications/failures", "Not delivered"],
  ["/billing", "Billing"],
  ["/billing/plans", "Plans"],
  ["/keys", "API keys"],
  ["/team", "Team"],
  ["/audit", "Audit log"],
  ["/settings", "Settings"],
  ["/settings/webhooks", "Webhooks"],
];
/** The platform's own. */
const OF_THE_PLATFORM: Pages = [
  ["/admin", "Business"],
  ["/admin/customers", "Brands"],
  ["/admin/system", "System"],
  ["/admin/banners", "Banners"],
];

/**
 * Every page: nothing for axe to find, and nothing that runs off the side. What axe finds does not hang on the width
 * between a phone's and a wide screen's, and each journey looks at its own pages, wide and light.
 */
for (const [colorScheme, width, axe] of [
  ["light", 390, true],
  ["dark", 1440, true],
  ["light", 834, false],
] as const) {
  test(`pages hold in ${colorScheme} at ${width} px`, async ({ browser, baseURL }) => {
    test.setTimeout(300_000);
    const looking = async (pages: Pages, email: string | null) => {
      const context = await browser.newContext({
        colorScheme,
        reducedMotion: "reduce",
        viewport: { width, height: 900 },
        ...(baseURL === undefined ? {} : { baseURL }),
      });
      const page = await context.newPage();
      if (email !== null) await signIn(page, email);
      for (const [path, heading] of pages) {
        await page.goto(path);
        await expect(page.getByRole("heading", { level: 1, name: heading, exact: true })).toBeVisible();
        await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
        // What a page asked for has come, and it still stands.
        await expect(page.getByText("This page could not be put together")).toHaveCount(0);
        if (axe) expect.soft(await findings(page), path).toEqual([]);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect.soft(overflow, `${path} is wider than the window`).toBeLessThanOrEqual(0);
      }
      await page.goto("/nothing-here");
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expectAccessible(page);
      await context.close();
    };
    await looking(PUBLIC, null);
    await looking(OF_A_BRAND, people.admin);
    await looking(OF_THE_PLATFORM, people.staff);
  });
}

test("the first page can be used with the keyboard alone", async ({ page }) => {
  await page.goto("/sign-in");
  await page.getByLabel("Email").focus();
  await page.keyboard.type("ada@northlight.example");
  await page.keyboard.press("Tab");
  await page.keyboard.type("northlight-demo-2026");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/overview");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("#content")).toBeFocused();
});
