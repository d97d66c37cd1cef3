import { expect } from "@playwright/test";
import { test } from "./journey";
import { expectAccessible, people, signIn } from "./stack";

/** The platform's own pages: what its people may see of a brand, and that the brand reads it afterwards. */

test("staff open a brand with a reason, and the brand's own log has it", async ({ page, browser, baseURL }) => {
  const reason = `Asked about their invoice ${Date.now() % 10_000}`;
  await signIn(page, people.staff);
  await page.goto("/admin");
  await expect(page.getByRole("heading", { level: 2, name: "Movements of recurring revenue" })).toBeVisible();
  await expect(page.getByText("How far brands get")).toBeVisible();
  await page.goto("/admin/customers");
  await page.getByLabel("Search brands").fill("northlight");
  await expect(page).toHaveURL(/\?q=northlight/);
  await page.getByRole("link", { name: "Northlight Optics" }).click();
  await expect(page.getByRole("heading", { level: 2, name: "Why do you look into this brand?" })).toBeVisible();
  await expect(page.getByText(people.admin)).toHaveCount(0);
  await page.getByRole("button", { name: "Open for an hour" }).click();
  await expect(page.getByText("Say why, in at least 5 characters.")).toBeVisible();
  await page.getByLabel("Reason").fill(reason);
  await page.getByRole("button", { name: "Open for an hour" }).click();
  await expect(page.getByText("You look into a brand that is not yours")).toBeVisible();
  await expect(page.getByRole("table", { name: "People" })).toContainText(people.admin);
  await expect(page.getByText(/ca_[ps]k_/)).toHaveCount(0);
  await expectAccessible(page);

  // Nothing is done before it was looked at.
  await page.getByRole("button", { name: "Correct tokens" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Tokens").fill("12x");
  await dialog.getByRole("button", { name: "Look at it first" }).click();
  await expect(dialog.getByText("A whole number, not 0.")).toBeVisible();
  await dialog.getByLabel("Tokens").fill("7");
  await dialog.getByLabel("Reason").fill("A use that was counted and not delivered");
  await dialog.getByRole("button", { name: "Look at it first" }).click();
  await expect(dialog.getByText("Give 7 tokens").first()).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Give 7 tokens" }).click();
  await expect(page.getByText("The tokens are corrected")).toBeVisible();
  await expect(page.getByRole("table", { name: "Latest entries" })).toContainText("+7");

  const context = await browser.newContext(baseURL === undefined ? {} : { baseURL });
  const theirs = await context.newPage();
  await signIn(theirs);
  await theirs.goto("/audit");
  await expect(theirs.getByRole("row").filter({ hasText: reason })).toContainText("Olga Brandt");
  await context.close();
});

test("a brand's admin finds no such pages; what is put up is read by everybody, until it is taken down", async ({
  page,
  browser,
  baseURL,
}) => {
  await signIn(page);
  for (const path of ["/admin", "/admin/customers", "/admin/catalog", "/admin/flags", "/admin/review"]) {
    await page.goto(path);
    await expect(page.getByRole("navigation", { name: "Platform" })).toHaveCount(0);
    await expect(page.getByRole("heading", { level: 1 })).not.toHaveText(/Business|Brands|Catalogue|Flags|Review/);
  }
  const text = `Maintenance on Sunday at ${Date.now() % 10_000}`;
  const context = await browser.newContext(baseURL === undefined ? {} : { baseURL });
  const staff = await context.newPage();
  await signIn(staff, people.staff);
  await staff.goto("/admin/banners");
  await staff.getByLabel("Text").fill(text);
  await staff.getByRole("button", { name: "Put it up" }).click();
  await expect(staff.getByRole("row", { name: text })).toContainText("Up");
  await page.goto("/overview");
  await expect(page.getByText(text)).toBeVisible();
  await expectAccessible(page);
  await staff.getByRole("row", { name: text }).getByRole("button", { name: "Take down" }).click();
  await expect(staff.getByText("The banner is down")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await expect(page.getByText(text)).toHaveCount(0);
  await context.close();
});

test("staff change an app: a draft, beside how it will look, then published, seen by a brand, and taken back", async ({
  page,
  browser,
  baseURL,
}) => {
  const tagline = `Measures the distance of the pupils, ${Date.now() % 10_000}`;
  const context = await browser.newContext(baseURL === undefined ? {} : { baseURL });
  const theirs = await context.newPage();
  await signIn(theirs);
  await signIn(page, people.staff);
  await page.goto("/admin/catalog");
  await page.getByRole("link", { name: "PD Calculator" }).click();
  await page.getByLabel("Tagline").fill("Short");
  await page.getByRole("button", { name: "Save draft" }).click();
  await expect(page.getByText("At least 10 characters")).toBeVisible();
  await page.getByLabel("Tagline").fill(tagline);
  const preview = page.getByRole("region", { name: "Preview" });
  await expect(preview.getByText(tagline)).toHaveCount(2);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Save draft" }).click();
  await expect(page.getByText("The draft is saved")).toBeVisible();
  await theirs.goto("/apps/pd-calculator");
  await expect(theirs.getByRole("heading", { level: 1, name: "PD Calculator" })).toBeVisible();
  await expect(theirs.getByText(tagline)).toHaveCount(0);

  await page.getByRole("button", { name: "Publish" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").fill("Plainer words");
  await dialog.getByRole("button", { name: "Publish" }).click();
  await expect(page.getByText(/Version \d+ is published/).first()).toBeVisible();
  await theirs.reload();
  await expect(theirs.getByText(tagline)).toBeVisible();

  await page.getByRole("button", { name: "Bring back what is shipped" }).click();
  await dialog.getByLabel("Reason").fill("The old words were better");
  await dialog.getByRole("button", { name: "Bring it back" }).click();
  await expect(page.getByText("brought what is shipped back").first()).toBeVisible();
  await theirs.reload();
  await expect(theirs.getByRole("heading", { level: 1, name: "PD Calculator" })).toBeVisible();
  await expect(theirs.getByText(tagline)).toHaveCount(0);
  await context.close();
});
