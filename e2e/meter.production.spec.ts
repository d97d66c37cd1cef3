import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "@playwright/test";
import { freePort } from "../dev/stack/ports";
import { test } from "./journey";
import { stack, stackEnv } from "./stack";

/** The meter beside the production build, over the same stores. */
let meter: ChildProcess;
let url: string;
test.beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  meter = spawn(process.execPath, ["src/cli/run.mjs", "src/meter/index.ts"], {
    stdio: "ignore",
    env: { ...process.env, ...stackEnv(), METER_PORT: String(port), LOG_LEVEL: "silent" },
  });
  await expect.poll(async () => (await fetch(`${url}/api/ready`).catch(() => null))?.status).toBe(200);
});
test.afterAll(async () => {
  const ended = once(meter, "exit");
  meter.kill("SIGTERM");
  await ended;
});

test("a use answered by one is replayed byte for byte by the other", async ({ baseURL }) => {
  for (const [first, second] of [
    [url, baseURL],
    [baseURL, url],
  ]) {
    const key = crypto.randomUUID();
    const consume = (base = "") =>
      fetch(`${base}/api/v1/customer/tokens/consume`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${stack().secret_key}`,
          "content-type": "application/json",
          "idempotency-key": key,
        },
        body: '{"app_id":"pdc-001"}',
      });
    const told = await consume(first);
    const again = await consume(second);
    expect(told.status).toBe(200);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(await again.text()).toBe(await told.text());
  }
});
