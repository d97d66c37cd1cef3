import { expect, type Page } from "@playwright/test";
import { test } from "./journey";
import { frameOf, shopWith, tokensLeft } from "./shop";
import { expectAccessible, people, shownBalance, signIn, stack } from "./stack";

/** Turns an app off by the API where it is on, so that a journey can begin at its start however often it runs. */
async function turnedOff(page: Page, appId: string): Promise<void> {
  const { url, secret_key } = stack();
  await page.request.post(`${url}/api/v1/customer/apps/${appId}/deactivate`, {
    headers: { authorization: `Bearer ${secret_key}`, "content-type": "application/json" },
    data: {},
  });
}
const consume = async (page: Page, appId: string): Promise<number> => {
  const { url, secret_key } = stack();
  const answer = await page.request.post(`${url}/api/v1/customer/tokens/consume`, {
    headers: { authorization: `Bearer ${secret_key}`, "content-type": "application/json" },
    data: { app_id: appId },
  });
  return answer.status();
};

test("find an app, activate it, configure it, publish, pause it, turn it off", async ({ page }) => {
  await turnedOff(page, "fit-001");
  await signIn(page);
  await page.getByRole("link", { name: "Connected Apps" }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: "Connected Apps" })).toBeVisible();
  await expectAccessible(page);

  // What is asked for stands in the address, and comes back with it.
  await page.getByLabel("Search apps").fill("millimetres");
  await expect(page).toHaveURL(/\?q=millimetres/);
  await page.reload();
  await expect(page.getByRole("article")).toHaveCount(1);
  await page.getByRole("link", { name: "Fit Consultation" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Fit Consultation" })).toBeVisible();
  await expectAccessible(page);

  expect(await consume(page, "fit-001")).toBe(403);
  await page.getByRole("button", { name: "Activate" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("4 tokens for each session");
  await expect(dialog).toContainText("What it may access");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Activate" }).click();
  await expect(page.getByRole("link", { name: "Configure" })).toBeVisible();
  expect(await consume(page, "fit-001")).toBe(200);
  await expect(page.getByRole("button", { name: "Copy embed code" })).toBeVisible();
  await expect(page.getByLabel("Embed code")).toContainText('<varai-app app="fit-consultation">');

  await page.getByRole("link", { name: "Configure" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Configure Fit Consultation" })).toBeVisible();
  await expectAccessible(page);
  await expect(page.frameLocator("iframe").getByRole("heading", { level: 1, name: "Fit Consultation" })).toBeVisible();
  const bridge = page.getByLabel("Bridge, mm");
  await bridge.fill("99");
  await page.getByRole("button", { name: "Publish" }).click();
  await expect(bridge).toBeFocused();
  await expect(page.getByText("Must be at most 5.")).toBeVisible();
  await bridge.fill("3.5");
  await page.getByLabel("Label").fill(`Will it fit ${Date.now() % 1_000}`);

  // The browser's own way back, too, asks before what is typed is lost.
  await page.keyboard.press("Tab");
  await page.evaluate(() => history.back());
  const question = page.getByRole("alertdialog", { name: "Leave without saving?" });
  await question.getByRole("button", { name: "Stay here" }).click();
  await expect(question).toBeHidden();
  await expect(bridge).toHaveValue("3.5");
  // So does the end of the session.
  await page.getByRole("button", { name: /Ada Lind/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await question.getByRole("button", { name: "Stay here" }).click();
  await expect(question).toBeHidden();
  await expect(bridge).toHaveValue("3.5");
  await page.getByRole("button", { name: "Save draft" }).click();
  await expect(page.getByText("by Ada Lind")).toBeVisible();
  await page.reload();
  await expect(bridge).toHaveValue("3.5");
  await page.getByRole("button", { name: "Publish" }).click();
  await expect(page.getByText(/Version \d+ is in force/)).toBeVisible();
  await expect(page.getByText("by Ada Lind")).toHaveCount(0);

  // An earlier version beside what is in force, and back.
  await page
    .getByRole("button", { name: /Compare version/ })
    .first()
    .click();
  const compared = page.getByRole("dialog");
  await expect(compared.getByRole("row", { name: /Bridge|bridge/ })).toContainText("3.5");
  await expectAccessible(page);
  await compared.getByRole("button", { name: /Bring version \d+ back/ }).click();
  await expect(page.getByText(/brought version \d+ back/).first()).toBeVisible();
  await expect(bridge).toHaveValue("2");

  await page.getByRole("link", { name: "Fit Consultation" }).click();
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByRole("button", { name: "Resume" })).toBeVisible();
  expect(await consume(page, "fit-001")).toBe(403);
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  await page.getByRole("button", { name: "Deactivate" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Deactivate" }).click();
  await expect(page.getByRole("button", { name: "Activate", exact: true })).toBeVisible();
  expect(await consume(page, "fit-001")).toBe(403);
  await expect(page.getByText("turned it off").first()).toBeVisible();
});

test("what is published is in the shop within seconds, is used there, and is paid for in tokens", async ({
  page,
  context,
}) => {
  await turnedOff(page, "fsa-001");
  await signIn(page);
  await page.goto("/apps");
  await page.getByRole("link", { name: "Face Shape Analysis" }).click();
  await page.getByRole("button", { name: "Activate" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Activate" }).click();
  // The code as it is pasted, in a shop of the key's origin.
  const code = page.getByLabel("Embed code");
  await expect(code).toContainText('<varai-app app="face-shape-analysis">');
  const pasted = await code.innerText();
  const shop = await context.newPage();
  await shopWith(shop, pasted);
  await expect(shop.getByRole("button", { name: "Find my face shape" })).toBeVisible();

  await page.getByRole("link", { name: "Configure" }).click();
  const label = `Your shape ${Date.now() % 1_000}`;
  await page.getByLabel("Label").fill(label);
  await page.getByRole("button", { name: "Publish" }).click();
  await expect(page.getByText(/Version \d+ is in force/)).toBeVisible();
  // The shop's code is as it was; only time passes.
  await expect(async () => {
    await shop.reload();
    await expect(shop.getByRole("button", { name: label })).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 10_000 });

  const before = await tokensLeft();
  await shop.getByRole("button", { name: label }).click();
  await expect(frameOf(shop).getByRole("heading", { level: 1 })).toBeVisible();
  expect(await tokensLeft()).toBe(before - 3);
  await page.goto("/overview");
  await expect.poll(() => shownBalance(page)).toBe(before - 3);
  await expect(page.getByRole("row", { name: /Face Shape Analysis/ }).first()).toContainText("−3");
});

test("of two who edit at once, the second is told and keeps what they typed", async ({ page, browser, baseURL }) => {
  await signIn(page);
  // What an earlier run may have left behind must not look like what is typed now.
  const [hers, his] = [`Ada's advice ${Date.now()}`, `Max's advice ${Date.now()}`];
  const other = await (await browser.newContext(baseURL === undefined ? {} : { baseURL })).newPage();
  await signIn(other, people.manager);
  for (const each of [page, other]) await each.goto("/apps/pd-calculator/configure");
  await page.getByLabel("Advice beside the result").fill(hers);
  await other.getByLabel("Advice beside the result").fill(his);
  await other.getByRole("button", { name: "Save draft" }).click();
  await expect(other.getByText("by Max Oyelaran")).toBeVisible();
  await expect(page.getByText("Max Oyelaran saved a draft meanwhile")).toBeVisible();
  await expect(page.getByLabel("Advice beside the result")).toHaveValue(hers);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Show theirs" }).click();
  await expect(page.getByLabel("Advice beside the result")).toHaveValue(his);
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(page.getByText("Draft", { exact: true })).toHaveCount(0);
  await other.context().close();
});

test("a viewer reads, and turns nothing on", async ({ page }) => {
  await signIn(page, people.viewer);
  await page.goto("/apps/face-shape-analysis");
  await expect(page.getByRole("heading", { level: 1, name: "Face Shape Analysis" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Activate" })).toHaveCount(0);
  await page.goto("/apps/pd-calculator/configure");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByRole("button", { name: "Publish" })).toHaveCount(0);
  await expect(page.getByLabel("Advice beside the result")).toBeDisabled();
  expect(await page.content()).not.toContain("ca_pk_");
  const answer = await page.goto("/apps/no-such-app");
  expect(answer?.status()).toBe(404);
});

test("the main steps work with the keyboard alone", async ({ page }) => {
  await turnedOff(page, "sty-001");
  await signIn(page);
  await page.keyboard.press("ControlOrMeta+k");
  await page.keyboard.type("style");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Style Consultation" })).toBeVisible();
  await page.getByRole("button", { name: "Activate" }).focus();
  await page.keyboard.press("Enter");
  const confirm = page.getByRole("dialog").getByRole("button", { name: "Activate" });
  await expect(confirm).toBeVisible();
  for (let i = 0; i < 5 && !(await confirm.evaluate((one) => one === document.activeElement)); i++) {
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  const configure = page.getByRole("link", { name: "Configure" });
  await configure.focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("Frames to suggest").focus();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("9");
  await page.getByRole("button", { name: "Publish" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText(/Version \d+ is published/)).toBeVisible();
});
