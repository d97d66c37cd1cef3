import { type APIRequestContext, expect, type Page } from "@playwright/test";
import { test } from "./journey";
import { expectAccessible, people, signIn, stack } from "./stack";

const PASSWORD = "a long enough one";
const address = (who: string) => `${who}-${Date.now().toString(36)}@brand.example`;

interface Mail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

/** The link in the newest mail to somebody whose subject fits, as a path of the app under test. */
async function mailedLink(request: APIRequestContext, to: string, subject: RegExp): Promise<string> {
  let link: URL | undefined;
  await expect
    .poll(async () => {
      const mails = (await (await request.get(`${stack().inbox_url}/mails.json`)).json()) as Mail[];
      const mail = mails.find((each) => each.to.some((one) => one.includes(to)) && subject.test(each.subject));
      const found = /https?:\/\/\S+\?token=[\w-]+/.exec(mail?.text ?? "");
      link = found ? new URL(found[0]) : undefined;
      return link !== undefined;
    })
    .toBe(true);
  return `${link?.pathname}${link?.search}`;
}

async function signUp(page: Page, request: APIRequestContext, email: string, brand: string): Promise<string> {
  await page.goto("/");
  await page.getByRole("link", { name: "Create your brand" }).click();
  await page.getByLabel("Brand").fill(brand);
  await page.getByLabel("Your name").fill("Kit Sandoval");
  await page.getByLabel("Email").fill(email);
  await page.getByRole("button", { name: "Create brand" }).click();
  await expect(page.getByText(`A mail is on its way to ${email}`)).toBeVisible();
  const link = await mailedLink(request, email, /Confirm your address to open/);
  await page.goto(link);
  await expectAccessible(page);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Open the brand" }).click();
  await page.waitForURL("**/overview");
  return link;
}

test("a company signs itself up, turns an app on and spends its first token, in minutes", async ({ page, request }) => {
  const begun = Date.now();
  const email = address("kit");
  const link = await signUp(page, request, email, "Harbour Frames");
  await expect(page.getByLabel("Token balance", { exact: true })).toBeVisible();

  const steps = page.locator("section", { hasText: "First steps" });
  await expect(steps.getByText("Confirm your address: done")).toBeAttached();
  await expect(steps.getByText("Turn an app on: next")).toBeAttached();
  await page.getByRole("button", { name: "Show me around" }).click();
  await expect(page.getByRole("dialog", { name: "Overview" })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("dialog", { name: "Connected Apps" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Show me around again" })).toBeFocused();
  await expectAccessible(page);

  await page.getByRole("link", { name: "Connected Apps" }).first().click();
  await page
    .getByRole("link", { name: /PD Calculator/ })
    .first()
    .click();
  await page.getByRole("button", { name: "Activate" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Activate" }).click();
  await expect(page.getByRole("link", { name: /Configure/ }).first()).toBeVisible();

  await page.getByRole("link", { name: "API keys" }).first().click();
  await page.getByRole("button", { name: "Create key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("First");
  await dialog.getByText("Secret, for your servers").click();
  await dialog.getByText("Test", { exact: true }).click();
  await dialog.getByRole("button", { name: "Create key" }).click();
  const secret = (
    await dialog
      .getByText(/^ca_sk_test_/)
      .first()
      .innerText()
  ).trim();
  const answer = await request.post("/api/v1/customer/tokens/consume", {
    headers: { authorization: `Bearer ${secret}` },
    data: { app_id: "pdc-001" },
  });
  expect(answer.status(), await answer.text()).toBe(200);
  const seconds = Math.round((Date.now() - begun) / 1000);
  console.log(`sign-up to first token: ${seconds} s`);
  expect(seconds).toBeLessThan(300);
  await dialog.getByRole("button", { name: "Done" }).click();

  await page.goto("/overview");
  await expect(steps.getByText("Spend the first token: done")).toBeAttached();
  await page.getByRole("button", { name: "Put away" }).click();
  await expect(steps).toHaveCount(0);

  // The link of the sign-up opens nothing a second time, and signing up again with the address tells nobody of it.
  await page.goto(link);
  await expect(page.getByRole("heading", { name: "This link does not work" })).toBeVisible();
  await page.context().clearCookies();
  await signIn(page, email, PASSWORD);
});

test("an invitation brings a colleague in; a change of role is felt at the next request, with a new session", async ({
  page,
  request,
  browser,
  baseURL,
}) => {
  await signUp(page, request, address("owner"), "Two Lenses");
  await page.getByRole("link", { name: "Team" }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: "Team" })).toBeVisible();
  await page.getByRole("button", { name: "Invite" }).click();
  const colleague = address("noor");
  await page.getByLabel("Their email").fill(colleague);
  await page.getByText("Manager", { exact: true }).click();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Send invitation" }).click();
  await expect(page.getByText(colleague).first()).toBeVisible();

  const link = await mailedLink(request, colleague, /Join Two Lenses/);
  // Somebody else who has the link gets no further.
  const other = await browser.newContext(baseURL === undefined ? {} : { baseURL });
  const stranger = await other.newPage();
  await signIn(stranger, people.viewer);
  await stranger.goto(link);
  await expect(stranger.getByText("This invitation is for another address")).toBeVisible();
  await expect(stranger.getByText(colleague)).toHaveCount(0);
  await other.close();

  const theirs = await browser.newContext(baseURL === undefined ? {} : { baseURL });
  const guest = await theirs.newPage();
  await guest.goto(link);
  await expectAccessible(guest);
  await guest.getByLabel("Your name").fill("Noor Haddad");
  await guest.getByLabel("Password").fill(PASSWORD);
  await guest.getByRole("button", { name: "Join the team" }).click();
  await guest.waitForURL("**/overview");
  await guest.getByRole("link", { name: "API keys" }).first().click();
  await expect(guest.getByRole("heading", { level: 1, name: "API keys" })).toBeVisible();

  await page.reload();
  await page.getByRole("button", { name: "Change role of Noor Haddad" }).click();
  await page.getByRole("dialog").getByText("Viewer", { exact: true }).click();
  await page.getByRole("button", { name: "Change role", exact: true }).click();
  await expect(page.getByText("Noor Haddad is viewer now")).toBeVisible();
  // The new role begins with a new sign-in, and the old session has nothing of it.
  await guest.goto("/keys");
  await expect(guest).toHaveURL(/\/sign-in\?next=%2Fkeys/);
  await guest.getByLabel("Email").fill(colleague);
  await guest.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await guest.getByRole("button", { name: "Sign in" }).click();
  await expect(guest.getByRole("heading", { name: "There is no such page here" })).toBeVisible();
  await expect(guest.getByRole("link", { name: "Team" })).toHaveCount(0);

  await page.getByRole("button", { name: "Remove Noor Haddad" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("Noor Haddad does not belong to the team any more")).toBeVisible();
  await guest.goto("/overview");
  await expect(guest).toHaveURL(/\/sign-in/);
  await theirs.close();

  // All of it stands in the log.
  await page.getByRole("link", { name: "Audit log" }).first().click();
  const log = page.getByRole("table", { name: "Audit log" });
  await expect(log.getByText("Removed").first()).toBeVisible();
  await page.getByLabel("Search the log").fill("noor");
  await expect(log.getByText("Role changed")).toBeVisible();
  await expect(log.getByText("Brand", { exact: true })).toHaveCount(0);
  await expectAccessible(page);
});

test("a forgotten password and a link by mail lead back in, each once; bad links lead nowhere", async ({
  page,
  request,
}) => {
  const email = address("lost");
  await signUp(page, request, email, "Lost and Found");
  await page.context().clearCookies();
  await page.goto("/sign-in");
  await page.getByRole("link", { name: "Forgotten?" }).click();
  // Both pages have a field of this name.
  await page.waitForURL("**/forgot-password");
  await page.getByLabel("Email").fill(email);
  await page.getByRole("button", { name: "Mail me the link" }).click();
  const reset = await mailedLink(request, email, /Choose a new password/);
  await page.goto(reset);
  await page.getByLabel("Password").fill("short");
  await page.getByRole("button", { name: "Save and go on" }).click();
  await page.getByLabel("Password").fill("quite another one");
  await page.getByRole("button", { name: "Save and go on" }).click();
  await page.waitForURL("**/overview");

  await page.context().clearCookies();
  await page.goto("/magic-link");
  await page.getByLabel("Email").fill(email);
  await page.getByRole("button", { name: "Mail me the link" }).click();
  const magic = await mailedLink(request, email, /Your link to sign in/);
  await page.goto(magic);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/overview");
  await page.goto("/settings");
  await expect(page.getByText("Confirmed", { exact: true })).toBeVisible();
  await expectAccessible(page);

  await page.context().clearCookies();
  const bad = ["/verify", "/invite", "/reset-password", "/confirm-email"].map(
    (path) => `${path}?token=${"x".repeat(43)}`,
  );
  for (const path of [reset, magic, ...bad, "/verify", "/reset-password?token=1&token=2"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { name: "This link does not work" }), path).toBeVisible();
  }
  // The same words for an address that nobody has.
  await page.goto("/forgot-password");
  await page.getByLabel("Email").fill("nobody@nowhere.example");
  await page.getByRole("button", { name: "Mail me the link" }).click();
  await expect(page.getByText("A mail is on its way to nobody@nowhere.example")).toBeVisible();
});
