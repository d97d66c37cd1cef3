import { expect, type Request } from "@playwright/test";
import { test } from "./journey";
import { element, eventsOf, frameOf, line, shopWith, tokensLeft } from "./shop";
import { stack } from "./stack";

/** The loader and its frame in a shop that is strict, hostile, broken or alone. */

const click = { name: "Measure PD" };
const STRICT = {
  "content-security-policy":
    "default-src 'none'; script-src OURS; connect-src OURS; frame-src OURS; style-src 'none'; base-uri 'none'",
};

test("opens, measures by the camera, tells the page, and gives the focus back; nothing but the number leaves", async ({
  page,
  context,
}) => {
  await context.grantPermissions(["camera"]);
  const before = await tokensLeft();
  await page.goto(stack().storefront_url);
  await page.getByRole("button", click).click();
  await expect(page.getByRole("status")).toHaveText("PD measurement opened. 1 token used.");
  const frame = frameOf(page);
  await expect(frame.getByRole("heading", { level: 1 })).toHaveText("Measure your pupillary distance");

  const sent: Request[] = [];
  page.on("request", (request) => sent.push(request));
  await frame.getByRole("button", { name: "Use the camera" }).click();
  await expect(frame.getByText("≈ 59 mm")).toBeVisible({ timeout: 60_000 });
  await expect(frame.getByText(/^Most likely between 5[56] and 6[23] mm$/)).toBeVisible();
  for (const request of sent) {
    expect([request.method(), request.postData(), new URL(request.url()).search]).toEqual(["GET", null, ""]);
    expect(request.url().startsWith(`${stack().url}/v1/`), request.url()).toBe(true);
  }
  await frame.getByRole("button", { name: "Use 59 mm" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByRole("status")).toHaveText(/^PD measurement: 59 mm \(5[56]–6[23]\)\.$/);
  await expect(page.getByRole("button", click)).toBeFocused();
  expect(await tokensLeft()).toBe(before - 1);

  // The same visit: opened again, and after a reload, for nothing.
  await page.reload();
  await page.getByRole("button", click).click();
  await expect(frame.getByRole("heading", { level: 1 })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  expect(await tokensLeft()).toBe(before - 1);
});

test("moves nothing on a page that keeps its place", async ({ page }) => {
  await page.addInitScript(() => {
    Object.assign(window, { moved: 0 });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const seen = window as unknown as { moved: number };
        seen.moved += (entry as PerformanceEntry & { value: number }).value;
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(stack().storefront_url);
  await expect(page.getByRole("button", click)).toHaveCSS("opacity", "1");
  await page.waitForLoadState("networkidle");
  expect(await page.evaluate(() => (window as unknown as { moved: number }).moved)).toBe(0);
});

test("asks nothing of a strict shop but what is documented", async ({ page }) => {
  const refused: string[] = [];
  page.on("console", (message) => {
    if (/content security policy/i.test(message.text())) refused.push(message.text());
  });
  const policy = STRICT["content-security-policy"].replaceAll("OURS", stack().url);
  await shopWith(page, line() + element(), { "content-security-policy": policy });
  await page.getByRole("button", click).click();
  await expect(frameOf(page).getByRole("heading", { level: 1 })).toBeVisible();
  expect(refused).toEqual([]);
  const box = await page.getByRole("dialog").boundingBox();
  expect(box?.width).toBe(720);
});

test("twice on a page, and once more in a pinned version, is once", async ({ page }) => {
  const { version, integrity } = await (await fetch(`${stack().url}/v1/build.json`)).json();
  const pinned = line(stack().public_key, `/v${version}/embed.js`).replace(
    "<script ",
    `<script integrity="${integrity}" crossorigin="anonymous" `,
  );
  const queue = "<script>window.varai = [(api) => { window.told = api.version; }];</script>";
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/widget/settings")) asked.push(request.url());
  });
  await shopWith(page, queue + pinned + line() + line() + element());
  await page.getByRole("button", click).click();
  await expect(page.locator("varai-app dialog")).toHaveCount(1);
  expect(asked).toHaveLength(1);
  expect(await page.evaluate(() => (window as unknown as { told: string }).told)).toBe(version);
});

test("the one-line form finds the brand's key and makes its own element", async ({ page }) => {
  const { customer_id } = await page.request
    .get(`${stack().url}/api/v1/customer/tokens/usage`, { headers: { authorization: `Bearer ${stack().secret_key}` } })
    .then(() => ({ customer_id: customerOf(stack().public_key) }));
  const config = JSON.stringify({ app: "pd-calculator", label: "My PD" }).replaceAll('"', "&quot;");
  await shopWith(
    page,
    `<script async src="${stack().url}/v1/embed.js" data-customer-id="${customer_id}" data-config="${config}"></script>`,
  );
  await page.getByRole("button", { name: "My PD" }).click();
  await expect(frameOf(page).getByRole("heading", { level: 1 })).toBeVisible();
});

test("two lines with an app each are two buttons, whichever arrives first, each by its own key", async ({ page }) => {
  const oneLine = (key: string, app: string, label: string) => {
    const config = JSON.stringify({ app, label }).replaceAll('"', "&quot;");
    return line(key).replace("data-key", `data-config="${config}" data-key`);
  };
  const { public_key: ours } = stack();
  await shopWith(page, oneLine(ours, "pd-calculator", "My PD") + oneLine(ours, "frame-finder", "My frame"));
  await expect(page.getByRole("button", { name: "My PD" })).toBeVisible();
  await page.getByRole("button", { name: "My frame" }).click();
  await expect(frameOf(page).getByRole("searchbox")).toBeVisible();
  await shopWith(
    page,
    oneLine("ca_pk_live_nothing", "pd-calculator", "My PD") + oneLine(ours, "frame-finder", "My frame"),
  );
  await expect(page.getByRole("button", { name: "My frame" })).toBeVisible();
  await expect(page.getByRole("button", { name: "My PD" })).toBeHidden();
  expect(await eventsOf(page)).toEqual([["unavailable", { app: "pd-calculator", reason: "unreachable" }]]);
});

/** The customer's UUID as a key carries it. */
function customerOf(key: string): string {
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const number = [...(key.split("_")[3] ?? "")].reduce((sum, c) => sum * 62n + BigInt(digits.indexOf(c)), 0n);
  return number
    .toString(16)
    .padStart(32, "0")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

for (const [what, script, reason] of [
  ["a key that is not one", () => line("ca_pk_live_nothing"), "unreachable"],
  ["no key at all", () => `<script async src="${stack().url}/v1/embed.js"></script>`, "no_key"],
  ["a data-config that cannot be read", () => line().replace("data-key", 'data-config="{" data-key'), null],
] as const) {
  test(`with ${what} the shop goes on`, async ({ page }) => {
    const errors: Error[] = [];
    page.on("pageerror", (error) => errors.push(error));
    await shopWith(page, script() + element());
    if (reason) {
      await expect
        .poll(async () => (await eventsOf(page))[0])
        .toEqual(["unavailable", { app: "pd-calculator", reason }]);
      await expect(page.getByRole("button", click)).toBeHidden();
    } else await expect(page.getByRole("button", click)).toBeVisible();
    await expect(page.getByRole("heading", { name: "A shop" })).toBeVisible();
    expect(errors).toEqual([]);
  });
}

test("an app that is not turned on hides; a page of another origin is told nothing", async ({ page }) => {
  await shopWith(page, `${line()}<varai-app app="style-consultation" label="Find"></varai-app>`);
  await expect
    .poll(async () => (await eventsOf(page))[0])
    .toEqual(["unavailable", { app: "style-consultation", reason: "app_not_active" }]);
  await expect(page.getByRole("button", { name: "Find" })).toBeHidden();
  await page.route("https://elsewhere.example/", (route) =>
    route.fulfill({ contentType: "text/html", body: `<h1>Else</h1>${line()}${element()}` }),
  );
  await page.goto("https://elsewhere.example/");
  await expect.poll(async () => (await eventsOf(page))[0]?.[1].reason).toBe("unreachable");
  await expect(page.getByRole("button", click)).toBeHidden();
});

for (const [what, answer, reason] of [
  ["no tokens are left", { status: 402, json: { code: "insufficient_tokens" } }, "insufficient_tokens"],
  ["the key was revoked meanwhile", { status: 401, json: { code: "invalid_api_key" } }, "invalid_api_key"],
  ["the network is gone", null, "unreachable"],
  ["something between us answers nonsense", { status: 200, body: "<html>" }, "unreachable"],
] as const) {
  test(`where ${what} the button says so`, async ({ page }) => {
    await shopWith(page, line() + element());
    await page.route("**/tokens/consume", (route) =>
      answer
        ? route.fulfill({ ...answer, headers: { "access-control-allow-origin": stack().storefront_url } })
        : route.abort(),
    );
    await page.getByRole("button", click).click();
    await expect(page.getByText("Not available just now. The shop works as usual.")).toBeVisible();
    expect(await eventsOf(page)).toEqual([["unavailable", { app: "pd-calculator", reason }]]);
    // And it may be tried again.
    await page.unroute("**/tokens/consume");
    await page.getByRole("button", click).click();
    await expect(frameOf(page).getByRole("heading", { level: 1 })).toBeVisible();
  });
}

test("messages from anybody but our own frame change nothing", async ({ page }) => {
  await shopWith(page, `${line()}${element()}<iframe id="other" srcdoc="<p>other</p>"></iframe>`);
  await page.getByRole("button", click).click();
  await expect(frameOf(page).getByRole("heading", { level: 1 })).toBeVisible();
  await page.evaluate(() => {
    const forged = [
      { source: "varai", type: "result", result: { pd_mm: 1 } },
      { source: "varai", type: "close", instance: "" },
      { source: "varai", type: "result", result: { fields: { price: "0" } }, instance: "undefined" },
      null,
      "close",
      { __proto__: { instance: 1 } },
    ];
    const other = (document.getElementById("other") as HTMLIFrameElement).contentWindow as Window & typeof globalThis;
    for (const message of forged) {
      window.postMessage(message, "*");
      // From a frame of the same page, with its own window as the source.
      other.eval(`parent.postMessage(${JSON.stringify(message)}, "*")`);
    }
  });
  await page.waitForTimeout(300);
  await expect(page.getByRole("dialog")).toBeVisible();
  expect((await eventsOf(page)).map(([type]) => type)).toEqual(["open"]);
});

test("a frame in a stranger's page opens nothing, even with a token that is good", async ({ page }) => {
  await shopWith(page, line() + element());
  const minted = page.waitForResponse("**/widget/sessions");
  await page.getByRole("button", click).click();
  const { token } = await (await minted).json();
  const told: unknown[] = [];
  await page.exposeFunction("tell", (data: unknown) => told.push(data));
  await page.route("https://stranger.example/", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<iframe src="${stack().url}/v1/widget/pd-calculator" width="600" height="600"></iframe>
        <script>addEventListener("message", (event) => tell(event.data));</script>`,
    }),
  );
  await page.goto("https://stranger.example/");
  const frame = page.frameLocator("iframe");
  await expect(frame.locator("main")).toBeAttached();
  await page.evaluate((stolen) => {
    const message = { source: "varai", instance: "x", type: "session", token: stolen };
    document.querySelector("iframe")?.contentWindow?.postMessage(message, "*");
  }, token);
  await expect(frame.getByRole("heading", { name: "This window is out of date" })).toBeVisible();
  expect(told).toEqual([]);
});

test("our own page previews a draft without a token, and nobody else's can", async ({ page }) => {
  // A bare page of our own origin: in a real one React may still be taking over the body, and would take the frame out.
  const address = new URL("/preview-host", stack().url).href;
  await page.route(address, (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<script>
          addEventListener("message", (event) => {
            if (event.data?.source !== "varai-preview" || event.data.type !== "ready") return;
            const name = "PD Calculator";
            const configuration = { methods: ["photo"], launcher: { color: "#aa0000" } };
            event.source.postMessage(
              { source: "varai-preview", name, configuration, language: "en", theme: "dark" }, location.origin);
          });
        </script>
        <iframe id="preview" src="/v1/widget/pd-calculator?preview=1" width="400" height="600"></iframe>`,
    }),
  );
  await page.goto(address);
  const frame = page.frameLocator("#preview");
  await expect(frame.getByRole("button", { name: "Choose a photo" })).toBeVisible();
  await expect(frame.getByRole("button", { name: "Use the camera" })).toHaveCount(0);
  await expect(frame.getByRole("button", { name: "Choose a photo" })).toHaveCSS("background-color", "rgb(170, 0, 0)");
  await expect(frame.locator("html")).toHaveAttribute("data-theme", "dark");
  const answer = await page.request.get("/v1/widget/pd-calculator?preview=1");
  expect(answer.headers()["content-security-policy"]).toContain("frame-ancestors 'self'");
});
