import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { expect } from "@playwright/test";
import { freePort } from "../dev/stack/ports";
import { test } from "./journey";
import { expectAccessible, signIn, stack, stackEnv } from "./stack";

const NEXT = createRequire(import.meta.url).resolve("next/dist/bin/next");

/** The production build once more, with one of its stores at an address where nobody listens. */
async function serveWithout(
  store: "DATABASE_URL" | "UPSTASH_REDIS_REST_URL",
): Promise<{ url: string; child: ChildProcess }> {
  const env = stackEnv();
  const [port, closed] = [await freePort(), await freePort()];
  const url = `http://localhost:${port}`;
  const away = {
    DATABASE_URL: `postgres://x:x@127.0.0.1:${closed}/x`,
    UPSTASH_REDIS_REST_URL: `http://127.0.0.1:${closed}`,
  };
  const child = spawn(process.execPath, [NEXT, "start", "-p", String(port), "-H", "localhost"], {
    stdio: "ignore",
    env: {
      ...process.env,
      ...env,
      AUTH_URL: url,
      [store]: away[store],
      NODE_ENV: "production",
      NEXT_DIST_DIR: ".next-e2e",
      LOG_LEVEL: "silent",
    },
  });
  await expect
    .poll(async () => (await fetch(`${url}/api/health`).catch(() => null))?.status, { timeout: 20_000 })
    .toBe(200);
  return { url, child };
}

/** How long a server may take to finish with the pages that are still asking it, ms. */
const GRACE_MS = 5_000;

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  // An open page asks once a second, and its connection can keep a server that is stopping alive for good.
  const force = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
  await ended;
  clearTimeout(force);
}

const consume = (url: string) =>
  fetch(`${url}/api/v1/customer/tokens/consume`, {
    method: "POST",
    headers: { authorization: `Bearer ${stack().secret_key}`, "content-type": "application/json" },
    body: JSON.stringify({ app_id: "pdc-001" }),
  });

test("Postgres away: pages and reports say so, and a shop's consume goes on", async ({ page }) => {
  // The cookie is for the host, so whoever is signed in on one port is on the other.
  await signIn(page);
  expect((await consume(process.env.E2E_PRODUCTION_URL ?? "")).status).toBe(200);
  const { url, child } = await serveWithout("DATABASE_URL");
  try {
    await page.goto(`${url}/overview`);
    await expect(page.getByRole("heading", { name: "Our database cannot be reached" })).toBeVisible();
    await expect(page.getByText("nothing is lost")).toBeVisible();
    await expectAccessible(page);
    expect((await consume(url)).status).toBe(200);
    const report = await fetch(`${url}/api/v1/customer/tokens/usage`, {
      headers: { authorization: `Bearer ${stack().secret_key}` },
    });
    expect(report.status).toBe(503);
    expect((await report.json()).code).toBe("metering_unavailable");
    const ready = await fetch(`${url}/api/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ postgres: "away", redis: "ok" });
  } finally {
    await stop(child);
  }
});

test("Redis away: a consume is refused with nothing debited, and the page shows the ledger's figure", async ({
  page,
}) => {
  await signIn(page);
  const { url, child } = await serveWithout("UPSTASH_REDIS_REST_URL");
  try {
    const answer = await consume(url);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      code: "metering_unavailable",
      detail: expect.stringContaining("Nothing was debited"),
    });
    expect(answer.headers.get("retry-after")).toBeTruthy();
    await page.goto(`${url}/overview`);
    await expect(page.getByLabel("Token balance", { exact: true })).toBeVisible();
    await expect(page.getByText("From the ledger").first()).toBeVisible();
  } finally {
    await stop(child);
  }
});
