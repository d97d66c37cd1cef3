import { type FrameLocator, type Page, test } from "@playwright/test";
import { stack } from "./stack";

/** A page of the shop's origin with a body of our choosing, and the events of its elements in `window.events`. */
export async function shopWith(page: Page, body: string, headers: Record<string, string> = {}): Promise<void> {
  // A page that no server sent counts as one from afar, which may not ask this machine without leave.
  await page.context().grantPermissions(["local-network-access"]);
  const address = `${stack().storefront_url}/of-a-test`;
  await page.unroute(address);
  await page.route(address, (route) =>
    route.fulfill({
      contentType: "text/html; charset=utf-8",
      headers,
      body: `<!doctype html><html lang="en"><head><title>A shop</title></head><body><h1>A shop</h1>${body}</body></html>`,
    }),
  );
  await page.addInitScript(() => {
    const events: unknown[] = [];
    Object.assign(window, { events });
    for (const type of ["open", "result", "unavailable", "close"]) {
      addEventListener(`varai:${type}`, (event) => events.push([type, (event as CustomEvent).detail]));
    }
  });
  await page.goto(address);
}

/** What the page's elements have told it so far. */
export const eventsOf = (page: Page): Promise<[string, Record<string, unknown>][]> =>
  page.evaluate(() => (window as unknown as { events: [string, Record<string, unknown>][] }).events);

/** The line a brand pastes, with the address of the host that this project is about, and an element. */
export const line = (key: string = stack().public_key, path = "/v1/embed.js"): string =>
  `<script async src="${test.info().project.use.baseURL ?? stack().url}${path}" data-key="${key}"></script>`;
export const element = (attributes = ""): string =>
  `<varai-app app="pd-calculator" sku="frame-1" label="Measure PD" ${attributes}></varai-app>`;

export const frameOf = (page: Page): FrameLocator => page.frameLocator("varai-app iframe");

/** What the brand has left, by its own server. */
export async function tokensLeft(): Promise<number> {
  const { url, secret_key } = stack();
  const answer = await fetch(`${url}/api/v1/customer/tokens/balance`, {
    headers: { authorization: `Bearer ${secret_key}` },
  });
  return ((await answer.json()) as { balance: number }).balance;
}
