import { expect, test } from "@playwright/test";
import { expectAccessible, signIn } from "./stack";

/** The ways in, with a link that does not work where one is asked for. */
const DOORS = [
  ["/sign-up", "Create your brand"],
  ["/forgot-password", "Choose a new password"],
  ["/magic-link", "Get in by mail"],
  ["/invite?token=none", "This link does not work"],
] as const;

/** Every page, in both themes, at phone and wide width: nothing for axe to find, and nothing that runs off the side. */
for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [390, 834, 1440]) {
    test(`pages hold in ${colorScheme} at ${width} px`, async ({ browser, baseURL }) => {
      const context = await browser.newContext({
        colorScheme,
        reducedMotion: "reduce",
        viewport: { width, height: 900 },
        ...(baseURL === undefined ? {} : { baseURL }),
      });
      const page = await context.newPage();
      const holds = async (heading: string) => {
        await expect(page.getByRole("heading", { level: 1, name: heading })).toBeVisible();
        await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
        // What axe finds does not hang on the width between a phone's and a wide screen's; what runs off the side does.
        if (width !== 834) await expectAccessible(page);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(overflow, "wider than the window").toBeLessThanOrEqual(0);
      };
      await page.goto("/");
      await holds("AI services for your eyewear shop, counted to the token");
      for (const [path, heading] of DOORS) {
        await page.goto(path);
        await holds(heading);
      }
      await signIn(page);
      await holds("Overview");
      await page.goto("/team");
      await holds("Team");
      await page.goto("/audit");
      await holds("Audit log");
      await page.goto("/settings");
      await holds("Settings");
      await page.goto("/usage");
      await holds("Usage");
      await page.goto("/usage/alerts");
      await holds("Alerts");
      await page.goto("/notifications");
      await holds("Notifications");
      await page.goto("/notifications/preferences");
      await holds("How you are told");
      await page.goto("/notifications/failures");
      await holds("Not delivered");
      await page.goto("/products");
      await holds("Products");
      await page.goto("/products/import");
      await holds("Import products");
      await page.goto("/keys");
      await holds("API keys");
      await page.goto("/settings/webhooks");
      await holds("Webhooks");
      await page.goto("/billing");
      await holds("Billing");
      await page.goto("/billing/plans");
      await holds("Plans");
      await page.goto("/apps");
      await holds("Connected Apps");
      await page.goto("/apps/pd-calculator");
      await holds("PD Calculator");
      await page.goto("/apps/pd-calculator/configure");
      await holds("Configure PD Calculator");
      await page.goto("/nothing-here");
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expectAccessible(page);
      await context.close();
    });
  }
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
