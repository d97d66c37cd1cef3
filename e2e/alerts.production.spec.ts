import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "@playwright/test";
import { test } from "./journey";
import { expectAccessible, people, signIn, stack } from "./stack";

/** A chat tool on this machine: keeps what it is told, and answers as it is told to. */
async function chatTool() {
  const texts: string[] = [];
  const tool = { texts, status: 200, url: "", close: () => server.close() };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      if (tool.status === 200) texts.push((JSON.parse(body) as { text: string }).text);
      response.writeHead(tool.status).end(tool.status === 200 ? "ok" : "no_service");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  tool.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0/B0/secret`;
  return tool;
}

test("an admin adds an alert and a room; it is told once, in the app, by mail and in the room, and read", async ({
  page,
  request,
}) => {
  const tool = await chatTool();
  await signIn(page);
  await page.goto("/notifications/preferences");
  await page.getByRole("button", { name: "Add room" }).click();
  const dialog = page.getByRole("dialog");
  await expectAccessible(page);
  await dialog.getByLabel("Name").fill("#shop");
  await dialog.getByLabel("Webhook address").fill("https://10.0.0.1/hook");
  await dialog.getByRole("button", { name: "Add room" }).click();
  await expect(dialog.getByText("The address is not one of the public internet.")).toBeVisible();
  await dialog.getByLabel("Webhook address").fill(tool.url);
  await dialog.getByRole("button", { name: "Add room" }).click();
  await expect(page.getByText("127.0.0.1")).toBeVisible();
  expect(await page.content()).not.toContain("secret");
  await page.getByRole("button", { name: "Send test to #shop" }).click();
  await expect.poll(() => tool.texts.length).toBe(1);

  await page.getByRole("link", { name: "Usage" }).first().click();
  await page.getByRole("link", { name: "Alerts", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Alerts" })).toBeVisible();
  await page.getByRole("button", { name: "Add alert" }).click();
  await expectAccessible(page);
  await dialog.getByLabel("Tokens").fill("900000");
  await dialog.getByRole("button", { name: "Add alert" }).click();
  await expect(page.getByText("The balance falls to 900,000 tokens")).toBeVisible();
  await expect
    .poll(async () => {
      await page.reload();
      return page
        .getByRole("table", { name: "History of alerts" })
        .getByText(/tokens left$/)
        .count();
    })
    .toBe(1);
  await expect.poll(() => tool.texts.filter((text) => /tokens left/.test(text)).length).toBe(1);
  const told = page.getByRole("row", { name: /tokens left/ });
  await expect(told).toContainText("Ada Lind");
  await expect(told).toContainText("#shop");
  await expectAccessible(page);

  await page.getByRole("link", { name: /^Notifications ?, ?\d+ ?unread/ }).click();
  const item = page.getByRole("listitem").filter({ hasText: /tokens left/ });
  await expect(item).toHaveCount(1);
  await expectAccessible(page);
  await page.getByLabel("Search notifications").fill("no such words");
  await expect(page.getByText("Nothing like that")).toBeVisible();
  await page.getByRole("button", { name: "Show all" }).click();
  await item.getByRole("button", { name: /^Mark read/ }).click();
  await item.getByRole("button", { name: /^Mark unread/ }).click();
  await expect(item.getByRole("button", { name: /^Mark read/ })).toBeVisible();
  await page.getByRole("button", { name: "Mark all as read" }).click();
  await expect(page.getByRole("link", { name: "Notifications", exact: true }).first()).toBeVisible();

  await expect
    .poll(async () => (await (await request.get(`${stack().inbox_url}/mails.json`)).text()).includes("tokens left"))
    .toBe(true);
  tool.close();
});

test("what a room refuses stands with its reason, and goes out when it is tried again", async ({ page }) => {
  const tool = await chatTool();
  tool.status = 404;
  await signIn(page);
  await page.goto("/notifications/preferences");
  await page.getByRole("button", { name: "Add room" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("#gone");
  await dialog.getByLabel("Webhook address").fill(tool.url);
  await dialog.getByRole("button", { name: "Add room" }).click();
  await page.getByRole("button", { name: "Send test to #gone" }).click();
  await expect(page.getByText("A test is on its way to the room")).toBeVisible();
  await page.getByRole("link", { name: "Not delivered" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Not delivered" })).toBeVisible();
  const row = page.getByRole("row", { name: /#gone/ });
  await expect
    .poll(async () => {
      await page.reload();
      return row.count();
    })
    .toBe(1);
  await expect(row).toContainText("The chat tool answered 404: no_service");
  await expectAccessible(page);
  tool.status = 200;
  await row.getByRole("button", { name: /^Try again/ }).click();
  await expect.poll(() => tool.texts.length).toBe(1);
  tool.close();
});

test("a viewer sees the rules and changes none, and neither history nor failures", async ({ page }) => {
  await signIn(page, people.viewer);
  await page.goto("/usage/alerts");
  await expect(page.getByRole("heading", { name: "Low balance" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Add alert" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: /Turn|Remove|Test/ })).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "History" })).toHaveCount(0);
  await expectAccessible(page);
  await page.goto("/notifications/preferences");
  await expect(page.getByRole("heading", { name: "Chat rooms" })).toHaveCount(0);
  await page.getByLabel("Low balance, by mail").selectOption("digest");
  await expect(page.getByText("Saved")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Low balance, by mail")).toHaveValue("digest");
  expect((await page.goto("/notifications/failures"))?.status()).toBe(404);
});
