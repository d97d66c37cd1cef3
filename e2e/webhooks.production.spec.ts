import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "@playwright/test";
import { Webhook } from "standardwebhooks";
import { test } from "./journey";
import { expectAccessible, people, signIn } from "./stack";

interface Got {
  readonly headers: Record<string, string>;
  readonly body: string;
}
let server: Server;
let got: Got[] = [];
let status = 200;

test.beforeEach(async () => {
  [got, status] = [[], 200];
  server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    got.push({ headers: request.headers as Record<string, string>, body });
    response.writeHead(status).end(`answer ${status}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
test.afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test("an admin adds an endpoint, is told of a key, sees what came back, and sends it again", async ({ page }) => {
  const port = (server.address() as AddressInfo).port;
  await signIn(page);
  await page.goto("/settings/webhooks");
  await page.getByRole("button", { name: "Add endpoint" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Address").fill("https://10.0.0.1/hook");
  await dialog.getByRole("button", { name: "Add endpoint" }).click();
  await expect(dialog).toContainText("not one of the public internet");
  await dialog.getByLabel("Address").fill(`http://localhost:${port}/hook`);
  await dialog.getByLabel("Description").fill("Journey");
  await dialog.getByText("Chosen events").click();
  await dialog.getByText("key.created", { exact: true }).click();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Add endpoint" }).click();
  const secret = (await dialog.getByText(/^whsec_/).innerText()).trim();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Done" }).click();
  expect(await page.content()).not.toContain(secret);
  await page.getByRole("link", { name: new RegExp(`localhost:${port}`) }).click();
  await expect(page.getByRole("heading", { level: 1, name: `localhost:${port}` })).toBeVisible();

  await page.getByRole("button", { name: "Send test event" }).click();
  await expect.poll(() => got.length).toBe(1);
  expect(new Webhook(secret).verify(got[0]?.body ?? "", got[0]?.headers ?? {})).toMatchObject({ type: "webhook.test" });
  await expect(page.getByRole("row", { name: /webhook\.test/ })).toContainText("Delivered");

  // Something happens while the receiver is down.
  status = 500;
  const endpoint = page.url();
  await page.goto("/keys");
  await page.getByRole("button", { name: "Create key" }).click();
  await dialog.getByLabel("Name").fill("Told of by webhook");
  await dialog.getByText("Secret, for your servers").click();
  await dialog.getByRole("button", { name: "Create key" }).click();
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.goto(endpoint);
  const row = page.getByRole("row", { name: /key\.created/ });
  await expect(row).toContainText("It answered 500.");
  await expect(page.getByText("Failing")).toBeVisible();
  status = 200;
  await expect(row).toContainText("Delivered", { timeout: 20_000 });
  const told = got.filter(({ body }) => JSON.parse(body).type === "key.created");
  expect(new Set(told.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  expect(JSON.parse(told[0]?.body ?? "").data.name).toBe("Told of by webhook");

  await row.getByRole("button", { name: "key.created" }).click();
  await expect(dialog).toContainText("answer 500");
  await expectAccessible(page);
  const before = got.length;
  await dialog.getByRole("button", { name: "Send again" }).click();
  await expect.poll(() => got.length).toBe(before + 1);
  await dialog.getByRole("button", { name: "Close" }).last().click();

  await page.getByRole("button", { name: "Rotate secret" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Rotate secret" }).click();
  const next = (await dialog.getByText(/^whsec_/).innerText()).trim();
  expect(next).not.toBe(secret);
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Send test event" }).click();
  await expect.poll(() => got.length).toBe(before + 2);
  const last = got.at(-1);
  for (const known of [secret, next])
    expect(new Webhook(known).verify(last?.body ?? "", last?.headers ?? {})).toBeTruthy();

  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete endpoint" }).click();
  await page.waitForURL("**/settings/webhooks");
  await expect(page.getByText(`localhost:${port}`)).toHaveCount(0);
});

test("a manager may look and press nothing; a viewer finds no such page", async ({ page, browser, baseURL }) => {
  await signIn(page, people.manager);
  await page.goto("/settings/webhooks");
  await expect(page.getByRole("heading", { level: 1, name: "Webhooks" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Add endpoint" })).toHaveCount(0);
  const context = await browser.newContext(baseURL === undefined ? {} : { baseURL });
  const viewer = await context.newPage();
  await signIn(viewer, people.viewer);
  expect((await viewer.goto("/settings/webhooks"))?.status()).toBe(404);
  await context.close();
});
