import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { createConnection } from "node:net";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb } from "@/db/client";
import { accountKey } from "@/features/metering/rules";
import { redis } from "@/lib/redis";
import { CONSUME_CONTRACT } from "@/test/consume-contract";
import { crossing } from "@/test/crossing";
import { entriesOf } from "@/test/ledger";
import { accountState, expectSound, type TestBrand, testBrand } from "@/test/meter";
import { freePort } from "../../dev/stack/ports";
import { type Meter, startMeter } from "./server";

const redisUrl = process.env.STACK_REDIS_URL ?? "";
async function answers(base: string, path = "/api/ready"): Promise<void> {
  while ((await fetch(base + path).catch(() => null))?.status !== 200) await pause(20);
}

interface Running {
  readonly url: string;
  readonly child: ChildProcess;
  readonly stop: () => Promise<unknown[]>;
}
const run = (env: Record<string, string>): ChildProcess =>
  spawn(process.execPath, ["src/cli/run.mjs", "src/meter/index.ts"], {
    cwd: resolve(import.meta.dirname, "../.."),
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
/** A meter as a process of its own, as an operator starts it. */
async function startProcess(url: string): Promise<Running> {
  const port = await freePort();
  const child = run({ METER_REDIS_URL: url, METER_PORT: String(port), METERING_BUDGET_MS: "500" });
  const base = `http://127.0.0.1:${port}`;
  await answers(base);
  return {
    url: base,
    child,
    stop: () => {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      return ended;
    },
  };
}
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
const CONSUME = "/api/v1/customer/tokens/consume";

let meter: Meter;
beforeAll(async () => {
  meter = await startMeter({ redisUrl, port: 0, host: "127.0.0.1", budgetMs: 2_000, drain: true });
  await answers(meter.url);
});
afterAll(async () => {
  await meter.stop();
  await closeDb();
});

const consume = (brand: TestBrand, headers: Record<string, string> = {}, base = meter.url) =>
  fetch(base + CONSUME, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${brand.secretKey.secret}`, ...headers },
    body: '{"app_id":"vto-001"}',
  });

describe("the contract's consume table, over HTTP on the meter", () => {
  for (const { name, run } of CONSUME_CONTRACT) it(name, () => run(meter.url));
  afterAll(expectSound);
});

describe("state that is missing", () => {
  it("is brought in by the meter itself", async () => {
    const brand = await testBrand({ tokens: 100 });
    await redis().del(...(await redis().keys(`*${brand.customerId}:live`)));
    await redis().del(accountKey(brand.account));
    expect((await consume(brand)).status).toBe(200);
    expect(await accountState(brand)).toMatchObject({ b: "95", e: "2" });
  });
});

describe("a store that fails", () => {
  it("that loses the reply is outcome_unknown, debits once, and tells when asked again with the same key", async () => {
    const brand = await testBrand({ tokens: 100 });
    const way = await crossing(redisUrl);
    const other = await startProcess(way.url);
    expect((await consume(brand, {}, other.url)).status).toBe(200);
    way.mute();
    const lost = consume(brand, {}, other.url);
    await expect.poll(async () => (await accountState(brand)).b).toBe("90");
    way.cut();
    const answer = await lost;
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: "outcome_unknown" });
    expect(answer.headers.get("retry-after")).toBeTruthy();
    const key = answer.headers.get("idempotency-key") ?? "";
    way.mend();
    way.cut();
    await answers(other.url);
    const told = await consume(brand, { "idempotency-key": key }, other.url);
    expect(await told.json()).toMatchObject({ success: true, usage_id: key, tokens_remaining: 90 });
    expect((await accountState(brand)).b).toBe("90");
    await other.stop();
    way.close();
  });

  it("that is away is metering_unavailable, debits nothing, and the meter is alive but not ready", async () => {
    const brand = await testBrand({ tokens: 100 });
    const way = await crossing(redisUrl);
    const other = await startProcess(way.url);
    way.block();
    way.cut();
    await pause(20);
    const answer = await consume(brand, {}, other.url);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: "metering_unavailable" });
    expect((await fetch(`${other.url}/api/health`)).status).toBe(200);
    const readiness = await fetch(`${other.url}/api/ready`);
    expect(readiness.status).toBe(503);
    expect(Number(readiness.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await readiness.json()).toMatchObject({ postgres: "ok", redis: "away" });
    way.mend();
    await answers(other.url);
    expect((await consume(brand, {}, other.url)).status).toBe(200);
    expect((await accountState(brand)).b).toBe("95");
    await other.stop();
    way.close();
  });
});

describe("on the wire", () => {
  /** Sends bytes and reads until the other side closes, or until told enough. */
  const exchange = async (bytes: string, enough: (all: string) => boolean): Promise<string> => {
    const { port } = new URL(meter.url);
    const socket = createConnection(Number(port), "127.0.0.1");
    let all = "";
    socket.write(bytes);
    for await (const chunk of socket) {
      all += String(chunk);
      if (enough(all)) break;
    }
    socket.destroy();
    return all;
  };

  it("413 for a body that says no length and does not end", async () => {
    const brand = await testBrand();
    const call = request(meter.url + CONSUME, {
      method: "POST",
      headers: { authorization: `Bearer ${brand.secretKey.secret}`, "content-type": "application/json" },
    });
    call.on("error", () => {});
    const answered = once(call, "response");
    for (let i = 0; i < 20; i++) call.write("x".repeat(8_192));
    const [response] = await answered;
    expect(response.statusCode).toBe(413);
    expect(response.headers.connection).toBe("close");
    call.destroy();
  });

  it("each its own answer for several requests sent at once on one connection", async () => {
    const brand = await testBrand({ tokens: 100 });
    const one = (app: string) => {
      const body = JSON.stringify({ app_id: app });
      return (
        `POST ${CONSUME} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${brand.secretKey.secret}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
      );
    };
    const all = await exchange(one("vto-001") + one("xyz-999") + one("pdc-001"), (got) => got.includes('"pdc-001"'));
    expect(all.match(/HTTP\/1\.1 (\d+)/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 404", "HTTP/1.1 200"]);
    expect((await accountState(brand)).b).toBe("94");
  });

  it("nothing for a caller who breaks off, and nothing debited", async () => {
    const brand = await testBrand({ tokens: 100 });
    const socket = createConnection(Number(new URL(meter.url).port), "127.0.0.1");
    socket.write(
      `POST ${CONSUME} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${brand.secretKey.secret}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"app_id":',
    );
    await pause(50);
    socket.destroy();
    await pause(50);
    expect((await accountState(brand)).b).toBe("100");
    expect((await consume(brand)).status).toBe(200);
  });

  it("404 for what is not its own, with a request id", async () => {
    for (const path of ["/", "/overview", "/api/trpc/session.me", "/api/internal/metering/drain", "//evil.example/"]) {
      const answer = await exchange(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, () => false);
      expect(answer, path).toMatch(/^HTTP\/1\.1 404/);
      expect(answer).toContain('"code":"not_found"');
    }
  });

  it("HEAD like GET, without the body", async () => {
    const answer = await fetch(`${meter.url}/api/health`, { method: "HEAD" });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe("");
  });
});

describe("start and stop", () => {
  it("on SIGTERM answers what is under way, and what it wrote is in the ledger when it has stopped", async () => {
    const brand = await testBrand({ tokens: 100 });
    const other = await startProcess(redisUrl);
    const body = '{"app_id":"vto-001"}';
    const call = request(other.url + CONSUME, {
      method: "POST",
      headers: {
        authorization: `Bearer ${brand.secretKey.secret}`,
        "content-type": "application/json",
        "content-length": body.length,
      },
    });
    const answered = once(call, "response");
    call.write(body.slice(0, 5));
    await pause(50);
    const stopped = other.stop();
    await pause(50);
    await expect(fetch(`${other.url}/api/health`)).rejects.toThrow();
    call.end(body.slice(5));
    const [response] = await answered;
    expect(response.statusCode).toBe(200);
    expect(JSON.parse(await text(response))).toMatchObject({ tokens_remaining: 95 });
    expect(await stopped).toEqual([0, null]);
    expect((await entriesOf(brand)).map(({ kind }) => kind)).toEqual(["grant", "usage"]);
  });

  it("begins with a sentence where METER_REDIS_URL is missing", async () => {
    const { stderr } = run({ METER_REDIS_URL: "" });
    expect(stderr && (await text(stderr))).toContain("METER_REDIS_URL is missing");
  });
});
