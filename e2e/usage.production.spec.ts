import { readFileSync } from "node:fs";
import { expect } from "@playwright/test";
import { test } from "./journey";
import { expectAccessible, people, signIn, stack } from "./stack";

test("a viewer sees what was used, picks days, reads the table, saves it, and goes down to the ledger", async ({
  page,
}) => {
  await signIn(page, people.viewer);
  await page.getByRole("link", { name: "Usage" }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: "Usage" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Tokens by day" })).toBeVisible();
  await expect(page.getByText(/^Lasts beyond|^Runs out|^Should just last/)).toBeVisible();
  await expectAccessible(page);

  await page.getByText("7 days", { exact: true }).click();
  await expect(page).toHaveURL(/period=7d/);
  await page.getByRole("button", { name: "Tokens by day as a table" }).click();
  const table = page.getByRole("table", { name: "Tokens by day" });
  await expect(table.getByRole("row")).toHaveCount(8);
  await expectAccessible(page);

  // The table adds up to the figure above it.
  const amounts = await table.locator("tbody tr td:nth-last-child(3)").allInnerTexts();
  const sum = amounts.reduce((all, text) => all + Number(text.replace(/\D/g, "")), 0);
  await expect(page.locator("dl").first().locator("dd").first()).toHaveText(sum.toLocaleString("en-US"));

  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save Tokens by day" }).click();
  await page.getByRole("menuitem", { name: "Figures as CSV" }).click();
  const csv = readFileSync(await (await saved).path(), "utf8");
  expect(csv).toContain("Day,");
  expect(csv.trim().split("\r\n")).toHaveLength(8);

  await table.getByRole("button").nth(2).click();
  await expect(page).toHaveURL(/day=\d{4}-\d{2}-\d{2}/);
  const uses = page.getByRole("table", { name: "Uses of the day" });
  await expect(uses.getByRole("row").nth(1)).toContainText(/−\d/);
  await expectAccessible(page);
  // A view can be sent to somebody: its address holds all of it.
  await page.reload();
  await expect(uses).toBeVisible();
  await page.getByRole("button", { name: "Back to live" }).click();
  await expect(page.getByRole("heading", { name: "Latest uses" })).toBeVisible();
});

test("a use stands in the feed and in the figures within seconds, and a chart is saved as a picture", async ({
  page,
  request,
}) => {
  await signIn(page);
  await page.goto("/usage?period=7d");
  const tokens = page.locator("dl").first().locator("dd").first();
  const shown = async () => Number((await tokens.innerText()).replace(/\D/g, ""));
  const before = await shown();
  const answer = await request.post(`${stack().url}/api/v1/customer/tokens/consume`, {
    headers: { authorization: `Bearer ${stack().secret_key}`, "content-type": "application/json" },
    data: { app_id: "pdc-001", metadata: { product_id: "journey-frame", country: "DE" } },
  });
  const { usage_id } = (await answer.json()) as { usage_id: string };
  await expect(page.getByRole("table", { name: "Latest uses" })).toContainText(usage_id.slice(0, 10));
  await expect
    .poll(async () => {
      await page.reload();
      return shown();
    })
    .toBe(before + 1);
  await expect(page.getByText("Germany")).toBeVisible();

  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save Tokens by day" }).click();
  await page.getByRole("menuitem", { name: "Picture as PNG" }).click();
  const picture = readFileSync(await (await saved).path());
  expect(picture.subarray(1, 4).toString()).toBe("PNG");
  expect(picture.length).toBeGreaterThan(5_000);
});

test("days of one's own stand in the address; days without use say so", async ({ page }) => {
  await signIn(page);
  await page.goto("/usage?period=custom&from=2024-02-01&to=2024-02-10");
  await expect(page.getByText("Nothing was used from 1 Feb – 10 Feb")).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel("From").fill("2024-02-12");
  await expect(page.getByText("The first day comes after the last.")).toBeVisible();
});
