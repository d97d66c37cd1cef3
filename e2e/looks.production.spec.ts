import { expect } from "@playwright/test";
import { test } from "./journey";
import { findings, people, signIn } from "./stack";

type Pages = readonly (readonly [path: string, heading: string])[];

/** What stands without a sign-in, with a link that does not work where one is asked for. */
const PUBLIC: Pages = [
  ["/", "AI services for your eyewear shop, counted to the token"],
  ["/sign-up", "Create your brand"],
  ["/forgot-password", "Choose a new password"],
  ["/magic-link", "Get in by mail"],
  ["/invite?token=none", "This link does not work"],
  ["/docs", "Documentation"],
  ["/docs/apps", "Apps"],
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
  ["/usage/insights", "Advanced Analytics"],
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
  ["/admin/review", "Review"],
  ["/admin/catalog", "Catalogue"],
  ["/admin/catalog/pd-calculator", "PD Calculator"],
  ["/admin/plans", "Plans"],
  ["/admin/flags", "Flags"],
  ["/admin/system", "System"],
  ["/admin/banners", "Banners"],
];

/** How a page is looked at: each theme once, and the widths of a phone, a tablet and a wide screen. */
const LOOKS = [
  { colorScheme: "light", widths: [390, 834] },
  { colorScheme: "dark", widths: [1440] },
] as const;

/**
 * Each page in both themes, in one visit: nothing for axe to find, nothing that runs off the side, nothing that its policy
 * forbids. What axe finds does not hang on the width between a phone's and a wide screen's, and each journey looks at its
 * own pages. Every other page begins in the dark, so that both themes are also loaded and not only changed to.
 */
for (const [whose, pages, email] of [
  ["anybody's", PUBLIC, null],
  ["a brand's", OF_A_BRAND, people.admin],
  ["the platform's", OF_THE_PLATFORM, people.staff],
] as const) {
  test(`${whose} pages hold, in light and dark, on a phone and a wide screen`, async ({ page }) => {
    test.setTimeout(300_000);
    const forbidden: string[] = [];
    page.on("console", (message) => {
      if (/Content.Security.Policy/i.test(message.text())) forbidden.push(`${page.url()}: ${message.text()}`);
    });
    await page.emulateMedia({ reducedMotion: "reduce" });
    if (email !== null) await signIn(page, email);
    for (const [index, [path, heading]] of [...pages, ["/nothing-here", /./] as const].entries()) {
      for (const [turn, { colorScheme, widths }] of (index % 2 === 0 ? LOOKS : LOOKS.toReversed()).entries()) {
        await page.emulateMedia({ colorScheme });
        const wider = async (width: number) => {
          await page.setViewportSize({ width, height: 900 });
          const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          await expect.soft
            .poll(overflow, { message: `${path} fits ${width} px`, timeout: 3_000 })
            .toBeLessThanOrEqual(0);
        };
        await page.setViewportSize({ width: widths[0], height: 900 });
        if (turn === 0) {
          await page.goto(path);
          await expect(page.getByRole("heading", { level: 1, name: heading, exact: true })).toBeVisible();
        }
        await expect(page.locator("html"), path).toHaveClass(new RegExp(colorScheme));
        await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
        // What a page asked for has come, and it still stands.
        await expect(page.getByText("This page could not be put together")).toHaveCount(0);
        expect.soft(await findings(page), `${path} in ${colorScheme}`).toEqual([]);
        for (const width of widths) await wider(width);
      }
    }
    expect(forbidden).toEqual([]);
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
