import { expect } from "@playwright/test";
import { test } from "./journey";
import { people, signIn } from "./stack";

/** Runs against `npm run dev` and against the production build: the middleware has to run in both. */
test("the middleware looks at pages, and only at pages", async ({ request, baseURL }) => {
  for (const path of ["/overview", "/keys", "/sign-in", "/"]) {
    const answer = await request.get(path, { maxRedirects: 0 });
    expect(answer.headers()["x-session-look"], path).toBe("out");
  }
  for (const path of ["/api/health", "/api/v1/customer/tokens/usage", "/icon.svg"]) {
    const answer = await request.get(path, { maxRedirects: 0 });
    expect(answer.headers()["x-session-look"], path).toBeUndefined();
  }
  const anonymous = await request.get("/overview?x=1", { maxRedirects: 0 });
  expect(anonymous.status()).toBe(307);
  expect(new URL(anonymous.headers().location ?? "", baseURL).href).toBe(
    `${baseURL}/sign-in?next=${encodeURIComponent("/overview?x=1")}`,
  );
});

test("no header or spelling of the path gets an anonymous caller past it", async ({ request, baseURL }) => {
  const attempts: [string, Record<string, string>][] = [
    ["/overview", { "x-middleware-subrequest": "middleware:middleware:middleware:middleware:middleware" }],
    ["/overview", { "x-middleware-subrequest": "src/middleware:src/middleware:src/middleware" }],
    ["/overview", { rsc: "1" }],
    ["/overview", { rsc: "1", "next-router-prefetch": "1" }],
    ["/overview", { purpose: "prefetch" }],
    ["/overview", { host: "evil.example" }],
    ["/overview", { "x-forwarded-host": "evil.example" }],
    ["/%6fverview", {}],
    ["/overview/", {}],
    ["//overview", {}],
    ["/OVERVIEW", {}],
    ["/overview.rsc", {}],
  ];
  for (const [path, headers] of attempts) {
    // Joined by hand: as a relative address `//overview` would be a host.
    const answer = await request.get(`${baseURL}${path}`, { headers, maxRedirects: 0 });
    const text = await answer.text();
    expect(text, `${path} ${JSON.stringify(headers)}`).not.toContain("Northlight");
    expect(text).not.toContain("Token balance");
    expect(answer.headers().location ?? "").not.toContain("evil.example");
  }
});

test("signing in works, leads only to our own pages, and a cookie is HttpOnly", async ({ page, context }) => {
  await page.goto("/sign-in?next=https://evil.example/");
  await page.getByLabel("Email").fill(people.admin);
  await page.getByLabel("Password", { exact: true }).fill("wrong password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert").filter({ hasText: /./ })).toBeVisible();
  await expect(page.getByLabel("Email")).toHaveValue(people.admin);
  await signIn(page);
  await expect(page.getByLabel("Token balance", { exact: true })).toBeVisible();
  const session = (await context.cookies()).filter((cookie) => cookie.httpOnly);
  expect(session.length).toBeGreaterThan(0);
  for (const cookie of session) expect(cookie.sameSite).toBe("Lax");
});

test("internal routes do not exist for outsiders, and an unknown address says so", async ({ request }) => {
  for (const [method, path] of [
    ["post", "/api/internal/metering/load"],
    ["post", "/api/internal/metering/drain"],
    ["get", "/api/internal/metering/drain"],
    ["get", "/api/nothing/here"],
  ] as const) {
    const answer = await request[method](path, { headers: { authorization: "Bearer wrong" } });
    expect(answer.status(), path).toBe(404);
    expect((await answer.json()).code).toBe("not_found");
  }
});
