import { readFileSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

interface DevFile {
  readonly url: string;
  readonly admin: { readonly email: string; readonly password: string };
  readonly public_key: string;
  readonly secret_key: string;
  readonly storefront_url: string;
  readonly inbox_url: string;
}

const written = (name: string): unknown => JSON.parse(readFileSync(join(process.env.E2E_DATA_DIR ?? "", name), "utf8"));

/** What the running stack has written down for people and tests. */
export const stack = (): DevFile => written("dev.json") as DevFile;
/** The environment its commands take. */
export const stackEnv = (): Record<string, string> => written("env.json") as Record<string, string>;

/** The demo brand's people, and one of the platform's own; they share a password. */
export const people = {
  admin: "ada@northlight.example",
  manager: "max@northlight.example",
  viewer: "vera@northlight.example",
  staff: "olga@varai.example",
} as const;

/** Signs a person in through the form, as a person does. */
export async function signIn(
  page: Page,
  email: string = people.admin,
  password: string = stack().admin.password,
): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/overview");
}

/** What axe finds against WCAG 2.2 A and AA on what is on the page now, and in its frames. */
export async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    // Looking into frames of another origin opens a page of its own each time.
    .setLegacyMode(page.frames().length === 1)
    .options({
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
      // What holds need not be described.
      resultTypes: ["violations"],
    })
    .analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
}

/** No finding of axe on what is on the page now. */
export async function expectAccessible(page: Page): Promise<void> {
  expect(await findings(page)).toEqual([]);
}

/** The balance the overview shows, in tokens. */
export async function shownBalance(page: Page): Promise<number> {
  const text = await page.getByLabel("Token balance", { exact: true }).innerText();
  return Number(text.replace(/[^\d]/g, ""));
}
