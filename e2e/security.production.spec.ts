import { readdirSync, readFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { dirname, join } from "node:path";
import { expect, type Page } from "@playwright/test";
import { isReadyMade } from "../src/lib/content-security";
import { TABLE } from "../src/test/routes";
import { test } from "./journey";
import { people, signIn, stack, stackEnv } from "./stack";

// What every answer carries and what no answer gives away, over the lists of routes and pages as they are: a new one is
// covered by being there.

const origin = () => process.env.E2E_PRODUCTION_URL ?? "";

/** Addresses of all pages, by their files; what stands in brackets is filled in. */
const FILLED: Record<string, string> = { "[slug]": "pd-calculator", "[guide]": "quick-start" };
const PAGES = readdirSync("src/app", { recursive: true })
  .map(String)
  .filter((file) => file.endsWith("page.tsx"))
  .map((file) =>
    join("/", dirname(file))
      .split("/")
      .filter((part) => !/^\(.*\)$/.test(part))
      .map((part) => FILLED[part] ?? part)
      .join("/"),
  )
  .map((path) => path || "/");

const visit = (path: string, init: RequestInit = {}) => fetch(origin() + path, { redirect: "manual", ...init });

/** What every answer says, whatever it is. */
function expectHardened(response: Response, what: string, isFrame = false): void {
  const header = (name: string) => response.headers.get(name) ?? "";
  expect(header("x-content-type-options"), what).toBe("nosniff");
  expect(header("referrer-policy"), what).toMatch(/(?:^|, )(?:strict-origin-when-cross-origin|no-referrer)$/);
  expect(header("x-powered-by"), what).toBe("");
  expect(header("content-security-policy"), what).toContain("frame-ancestors");
  // Two policies would both hold, and hide what each of them says.
  expect(header("content-security-policy").split("frame-ancestors"), what).toHaveLength(2);
  expect(header("strict-transport-security"), what).toMatch(isFrame ? /^$|^max-age=\d{8}/ : /^max-age=\d{8}/);
  if (!isFrame) {
    expect(header("x-frame-options"), what).toBe("DENY");
    expect(header("content-security-policy"), what).toContain("frame-ancestors 'none'");
  }
}

test("every method of every route, and every error, is answered with the headers that harden it", async () => {
  let asked = 0;
  for (const [route, methods] of Object.entries(TABLE)) {
    const path = route.replace(/\[\.\.\.\w+\]|\[\w+\]/g, "nothing-of-that-name");
    for (const method of Object.keys(methods)) {
      const response = await visit(path, { method });
      expectHardened(response, `${method} ${path}: ${response.status}`, path.startsWith("/v1/widget/"));
      expect(response.status, `${method} ${path}`).toBeLessThan(500);
      await response.body?.cancel();
      asked++;
    }
  }
  expect(asked).toBeGreaterThan(100);
  const others: [string, RequestInit, number][] = [
    ["/no-such-page", {}, 307],
    ["/no-such-file.js", {}, 404],
    ["/v1/embed.js", {}, 200],
    ["/theme.js", {}, 200],
    ["/_next/static/nothing.js", {}, 404],
    [
      "/api/v1/customer/tokens/consume",
      { method: "POST", body: "x".repeat(70_000), headers: { "content-type": "application/json" } },
      413,
    ],
    ["/api/v1/customer/tokens/consume", { method: "POST", body: "x", headers: { "content-type": "text/plain" } }, 415],
    ["/api/auth/callback/credentials", { method: "POST", body: new URLSearchParams({ x: "x".repeat(70_000) }) }, 413],
  ];
  for (const [path, init, status] of others) {
    const response = await visit(path, init);
    expectHardened(response, path);
    expect([path, response.status]).toEqual([path, status]);
  }
});

/** A page's scripts, and the nonce that its policy names. */
async function scriptsOf(
  response: Response,
): Promise<{ policy: string; nonce?: string; inline: string[]; html: string }> {
  const html = await response.text();
  const policy = response.headers.get("content-security-policy") ?? "";
  const inline = [...html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/g)]
    .filter(
      ([, attributes = "", body]) =>
        body && !/\bsrc=/.test(attributes) && !/type="(?!text\/javascript)/.test(attributes),
    )
    .map(([, attributes = ""]) => attributes);
  const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
  return { policy, ...(nonce !== undefined && { nonce }), inline, html };
}

async function cookieOf(page: Page): Promise<string> {
  return (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
}

test("pages made for a visit carry its nonce, on every script, once; ready-made ones are those that the list names", async ({
  page,
}) => {
  await signIn(page);
  const cookie = await cookieOf(page);
  const made = JSON.parse(readFileSync(".next-e2e/prerender-manifest.json", "utf8")) as {
    routes: Record<string, unknown>;
  };
  const ready = Object.keys(made.routes).filter((path) => !path.startsWith("/_") && !/\.\w+$/.test(path));
  for (const path of ready) expect([path, isReadyMade(path)]).toEqual([path, true]);
  expect(PAGES.length).toBeGreaterThan(12);
  const nonces = new Set<string>();
  for (const path of [...PAGES, "/no-such-page"]) {
    const response = await visit(path, { headers: { cookie } });
    expectHardened(response, path);
    const { policy, nonce, inline, html } = await scriptsOf(response);
    expect(policy, path).toContain("base-uri 'none'");
    expect(policy, path).toContain("object-src 'none'");
    expect(policy, path).not.toMatch(/unsafe-eval|script-src[^;]*https?:|script-src[^;]*\*/);
    expect(html, path).not.toMatch(/<[^>]+\son\w+="/);
    if (isReadyMade(path)) {
      expect([path, nonce]).toEqual([path, undefined]);
      continue;
    }
    expect(policy, path).not.toMatch(/script-src[^;]*unsafe-inline/);
    expect(nonce, path).toMatch(/^[A-Za-z0-9+/]{22}==$/);
    expect(nonces.has(nonce ?? ""), path).toBe(false);
    nonces.add(nonce ?? "");
    // A shared browser's way back shows nobody's figures, and no proxy keeps them.
    expect(response.headers.get("cache-control"), path).toMatch(/\bno-store\b/);
    if (response.status === 200) expect(inline.length, path).toBeGreaterThan(0);
    for (const attributes of inline) expect(attributes, path).toContain(`nonce="${nonce}"`);
  }
});

test("a script written into a page does not run", async ({ page }) => {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (/Content Security Policy|Content-Security-Policy/i.test(message.text())) complaints.push(message.text());
  });
  await signIn(page);
  await page.waitForLoadState("networkidle");
  expect(complaints).toEqual([]);
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.written = true";
    document.body.append(script);
    const holder = document.createElement("div");
    holder.innerHTML = `<img src="x:" onerror="window.written = true">`;
    document.body.append(holder);
    return new Promise((done) => setTimeout(() => done("written" in window), 300));
  });
  expect(ran).toBe(false);
  await expect.poll(() => complaints.length).toBeGreaterThan(0);
});

test("the way from a ready-made page into the app is a visit of its own, under the app's policy", async ({ page }) => {
  await signIn(page);
  for (const path of ["/", "/docs", "/docs/apps/advanced-analytics"]) {
    await page.goto(path);
    const ways = page.locator("a[href='/sign-in'], a[href='/overview'], a[href='/sign-up'], a[href='/usage/insights']");
    expect(await ways.count(), path).toBeGreaterThan(0);
    for (let i = 0; i < (await ways.count()); i++) {
      await page.goto(path);
      const arrived = page.waitForResponse(
        (response) => response.request().isNavigationRequest() && response.status() === 200,
      );
      await ways.nth(i).click();
      expect((await arrived).headers()["content-security-policy"], path).toContain("'nonce-");
    }
  }
});

test("no header, prefetch or spelling of its address shows a page to somebody who is not signed in", async () => {
  const tricks: Record<string, string>[] = [
    { "x-middleware-subrequest": "middleware:middleware:middleware:middleware:middleware" },
    { "x-middleware-subrequest": "src/middleware:src/middleware:src/middleware:src/middleware:src/middleware" },
    { "x-middleware-next": "1" },
    { "x-middleware-rewrite": "/overview" },
    { "x-matched-path": "/overview" },
    { "x-nextjs-data": "1" },
    { rsc: "1" },
    { rsc: "1", "next-router-prefetch": "1" },
    { rsc: "1", "next-router-segment-prefetch": "/_tree" },
    { "x-forwarded-host": "evil.example" },
    { "x-session-look": "in" },
    { "content-security-policy": "script-src 'nonce-mine'" },
  ];
  const closed = ["/overview", "/keys", "/usage", "/billing", "/apps", "/apps/pd-calculator/configure"];
  const spelled = closed.flatMap((path) => [
    path,
    `${path}/`,
    `/%6${path.charCodeAt(1).toString(16)[1]}${path.slice(2)}`,
    `/.${path}`,
    `/${path}`,
    `${path}.rsc`,
    `${path}.json`,
    `${path}?_rsc=x`,
    `/_next/data/x${path}.json`,
    path.toUpperCase(),
  ]);
  for (const path of spelled) {
    const response = await visit(path);
    const text = await response.text();
    expect([path, text.includes("Northlight")]).toEqual([path, false]);
    expect([path, response.status]).not.toEqual([path, 200]);
  }
  for (const path of closed) {
    for (const headers of tricks) {
      const response = await visit(path, { headers });
      expect([path, headers, (await response.text()).includes("Northlight")]).toEqual([path, headers, false]);
      expect([path, headers, response.status]).not.toEqual([path, headers, 200]);
      const location = response.headers.get("location");
      if (location) expect(new URL(location, origin()).origin).toBe(origin());
    }
  }
});

test("the Host that somebody names stands in no redirect, no cookie and no page; the session's cookie is out of scripts' reach", async ({
  page,
}) => {
  const EVIL = "evil.example";
  const ask = (path: string, headers: Record<string, string>) =>
    new Promise<{ answer: IncomingMessage; text: string }>((done, failed) => {
      const { hostname, port } = new URL(origin());
      const sent = request({ hostname, port, path, headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("end", () => done({ answer, text: Buffer.concat(parts).toString("utf8") }));
      });
      sent.on("error", failed).end();
    });
  const claims: Record<string, string>[] = [
    { host: EVIL },
    { "x-forwarded-host": EVIL },
    { forwarded: `host=${EVIL}` },
    { "x-host": EVIL },
  ];
  for (const path of [
    "/",
    "/overview",
    "/sign-in",
    "/forgot-password",
    "/docs/api",
    "/api/auth/csrf",
    "/api/auth/signin",
  ]) {
    for (const headers of claims) {
      const { answer, text } = await ask(path, headers);
      expect([path, headers, answer.statusCode ?? 500]).not.toEqual([path, headers, 500]);
      const said = [answer.headers.location ?? "", ...(answer.headers["set-cookie"] ?? []), text].join("\n");
      expect([path, headers, said.includes(EVIL)]).toEqual([path, headers, false]);
    }
  }
  await signIn(page);
  const session = (await page.context().cookies()).find(({ name }) => name.endsWith("connected-apps.session"));
  expect(session).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/", domain: "localhost" });
});

test("what a viewer is sent holds no secret, no hash, and no address of anybody else", async ({ page }) => {
  await signIn(page, people.viewer);
  const cookie = await cookieOf(page);
  const { secret_key } = stack();
  const env = stackEnv();
  const never = [
    secret_key,
    ...[
      "AUTH_SECRET",
      "API_KEY_PEPPER",
      "INTERNAL_SECRET",
      "METRICS_TOKEN",
      "UPSTASH_REDIS_REST_TOKEN",
      "DATABASE_URL",
    ].map((name) => env[name] ?? ""),
    "$argon2",
    "passwordHash",
    "hmac",
    people.admin,
    people.manager,
  ].filter(Boolean);
  expect(never.length).toBeGreaterThan(9);
  for (const path of PAGES.filter((one) => !isReadyMade(one))) {
    for (const rsc of [{}, { rsc: "1" }]) {
      const headers = new Headers({ cookie, ...rsc } as Record<string, string>);
      const text = await (await visit(path, { headers })).text();
      for (const secret of never) expect([path, secret, text.includes(secret)]).toEqual([path, secret, false]);
    }
  }
});

test("no log holds a key, a password or a secret of the environment", async ({ page }) => {
  await signIn(page);
  const { secret_key, public_key, admin } = stack();
  for (const key of [secret_key, `${secret_key.slice(0, -1)}x`]) {
    await visit(`/api/v1/customer/tokens/balance?key=${key}`, { headers: { authorization: `Bearer ${key}` } });
    await visit("/api/v1/customer/tokens/consume", {
      method: "POST",
      body: key,
      headers: { authorization: `Bearer ${key}` },
    });
  }
  const env = stackEnv();
  const cookie =
    (await page.context().cookies()).find(({ name }) => name.endsWith("connected-apps.session"))?.value ?? "";
  const never = [
    secret_key,
    public_key.slice(-20),
    admin.password,
    cookie,
    ...["AUTH_SECRET", "API_KEY_PEPPER", "INTERNAL_SECRET", "METRICS_TOKEN", "UPSTASH_REDIS_REST_TOKEN"].map(
      (name) => env[name] ?? "",
    ),
  ];
  for (const secret of never) expect(secret.length).toBeGreaterThan(15);
  // Of the production build, and of every part of the development stack, whose start alone shows the demo's sign-in.
  const logs = {
    production: readFileSync("test-results/production.log", "utf8"),
    dev: readFileSync("test-results/dev.log", "utf8"),
  };
  expect(logs.production.length).toBeGreaterThan(100);
  for (const [name, log] of Object.entries(logs)) {
    for (const secret of never) {
      // Next's own log of requests in development has their addresses, with the key that every shop shows anyway.
      if (name === "dev" && (secret === admin.password || public_key.endsWith(secret))) continue;
      expect([name, secret.slice(0, 12), log.includes(secret)]).toEqual([name, secret.slice(0, 12), false]);
    }
  }
});
