import { expect } from "@playwright/test";
import { test } from "./journey";
import { expectAccessible, people, signIn, stack } from "./stack";

test("an admin makes a key, sees it once, uses it, changes it, and revokes it", async ({ page, request }) => {
  await signIn(page);
  await page.getByRole("link", { name: "API keys" }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: "API keys" })).toBeVisible();
  await expectAccessible(page);

  await page.getByRole("button", { name: "Create key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Journey server");
  await dialog.getByText("Secret, for your servers").click();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Create key" }).click();
  const secret = await dialog.getByText(/^ca_sk_live_/).innerText();
  await expectAccessible(page);
  await page.keyboard.press("Escape");

  const consume = () =>
    request.post(`${stack().url}/api/v1/customer/tokens/consume`, {
      headers: { authorization: `Bearer ${secret.trim()}`, "content-type": "application/json" },
      data: { app_id: "pdc-001" },
    });
  expect((await consume()).status()).toBe(200);
  await page.reload();
  expect(await page.content()).not.toContain(secret.trim());

  // Taken from the app that it was used for, and then ended.
  const row = page.getByRole("row", { name: /Journey server/ });
  await row.getByRole("button", { name: /Edit Journey server/ }).click();
  await dialog.getByText("Chosen apps").click();
  await dialog.getByText("Frame Finder").click();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Save changes" }).click();
  await expect(dialog).toBeHidden();
  expect((await consume()).status()).toBe(403);

  await row.getByRole("button", { name: /Revoke/ }).click();
  await page
    .getByRole("alertdialog")
    .getByRole("button", { name: /Revoke/ })
    .click();
  await expect(row).toContainText("Revoked");
  expect((await consume()).status()).toBe(401);
});

test("an admin replaces a key: both work, the old one says until when, and can still be revoked", async ({
  page,
  request,
}) => {
  await signIn(page);
  await page.goto("/keys");
  await page.getByRole("button", { name: "Create key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Journey rotation");
  await dialog.getByText("Secret, for your servers").click();
  await dialog.getByText("Spends 10,000 test tokens a month, never yours").click();
  await dialog.getByRole("button", { name: "Create key" }).click();
  await expect(dialog).toContainText("It spends the sandbox’s 10,000 test tokens a month");
  const first = (await dialog.getByText(/^ca_sk_test_/).innerText()).trim();
  await dialog.getByRole("button", { name: "Done" }).click();

  const row = page.getByRole("row", { name: new RegExp(`Journey rotation.*${first.slice(-4)}`) });
  await expect(row).toContainText("Test");
  await expect(row).toContainText("0 uses");
  await expect(row).toContainText("0 sandbox tokens");
  await row.getByRole("button", { name: /Rotate Journey rotation/ }).click();
  await expectAccessible(page);
  await dialog.getByLabel("Old key works for").selectOption("7 days");
  await dialog.getByRole("button", { name: "Rotate key" }).click();
  const second = (await dialog.getByText(/^ca_sk_test_/).innerText()).trim();
  expect(second).not.toBe(first);
  await expect(dialog).toContainText("works until");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(row).toContainText("Works until");
  await expectAccessible(page);

  // Both spend what the sandbox was filled with.
  const consume = async (key: string) =>
    (
      await request.post(`${stack().url}/api/v1/customer/tokens/consume`, {
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        data: { app_id: "pdc-001" },
      })
    ).status();
  expect(await consume(first)).toBe(200);
  expect(await consume(second)).toBe(200);
  await row.getByRole("button", { name: /Revoke/ }).click();
  await page
    .getByRole("alertdialog")
    .getByRole("button", { name: /Revoke/ })
    .click();
  await expect(row).toContainText("Revoked");
  expect(await consume(first)).toBe(401);
  expect(await consume(second)).toBe(200);
});

test("a manager sees the keys and cannot make one; a viewer finds no such page", async ({ page }) => {
  await signIn(page, people.manager);
  await page.goto("/keys");
  await expect(page.getByRole("heading", { level: 1, name: "API keys" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Create key" })).toHaveCount(0);
  await page.context().clearCookies();
  await signIn(page, people.viewer);
  await expect(page.getByRole("link", { name: "API keys" })).toHaveCount(0);
  const answer = await page.goto("/keys");
  expect(answer?.status()).toBe(404);
});
