import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb } from "@/db/client";
import { migrateDatabase } from "@/db/migrate";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { getUsage } from "@/rest/v1/usage";
import { accountState, consumeWith, drain, expectAllSound, type TestBrand, testBrand } from "@/test/meter";
import type { Services } from "../../../dev/stack/services";
import { startThrowAway } from "../../../dev/stack/throw-away";
import { drainAll } from "./jobs";
import { outboxKey } from "./rules";

/** Real processes, really killed. This file has a stack of its own, because it breaks it. */

let services: Services;
let brand: TestBrand;
const before = { ...process.env };

beforeAll(async () => {
  await closeDb();
  services = await startThrowAway("outages");
  Object.assign(process.env, services.env);
  await migrateDatabase(services.env.DATABASE_OWNER_URL ?? "");
  brand = await testBrand({ tokens: 10_000, rate: 1_000_000 });
});
afterAll(async () => {
  await closeDb();
  await services.stop();
  Object.assign(process.env, before);
});

const use = () => consumeWith(brand.secretKey.secret, { deps: { budgetMs: 1_000 } });
const usage = () =>
  getUsage(new Request("http://localhost/usage", { headers: { authorization: `Bearer ${brand.secretKey.secret}` } }));
/** Ends a part as an outage does. Never without its number: to kill process 0 is to kill everybody who runs this. */
const strike = (part: "postgres" | "redis" | "bridge") => {
  const { pid } = services.parts[part] ?? {};
  if (!pid || pid <= 1) throw new Error(`${part} is not running`);
  process.kill(pid, "SIGKILL");
};
const kill = async (part: "postgres" | "redis" | "bridge") => {
  strike(part);
  await services.parts[part]?.stop();
};
const start = async (part: "postgres" | "redis" | "bridge") => services.parts[part]?.start();

describe("Postgres away", () => {
  it("stops no consume; what reads it says so; the backlog is written when it is back", async () => {
    expect((await use()).status).toBe(200);
    await kill("postgres");
    for (let i = 0; i < 20; i++) expect((await use()).status).toBe(200);
    const report = await usage();
    expect(report.status).toBe(503);
    expect((await report.json()).code).toBe("metering_unavailable");
    const { errors } = await drainAll(metering());
    expect(errors.length).toBeGreaterThan(0);
    await start("postgres");
    await closeDb();
    expect((await drain(brand)).written).toBe(21);
    expect((await usage()).status).toBe(200);
    await expectAllSound();
  });
});

describe("Postgres away for long", () => {
  it("fills the outbox to its cap and no further: then a 503, nothing debited, and Redis grows no more", async () => {
    const CAP = 60;
    const capped = (i: number) =>
      consumeWith(brand.secretKey.secret, {
        deps: { budgetMs: 1_000, maxBacklog: CAP },
        body: { app_id: "pdc-001", metadata: { note: "x".repeat(1_000), i } },
      });
    const memory = async (): Promise<number> => {
      const info = await redis().eval("return redis.call('INFO', 'memory')", [], []);
      return Number(/used_memory:(\d+)/.exec(String(info))?.[1]);
    };
    expect((await capped(0)).status).toBe(200);
    await drain(brand);
    const before = await accountState(brand);
    await kill("postgres");
    const answers: Response[] = [];
    for (let i = 0; i < CAP + 20; i++) answers.push(await capped(i));
    // The script looks at the length at each eighth entry of an account, until it has found the outbox full.
    const served = answers.filter(({ status }) => status === 200).length;
    expect(served).toBeGreaterThanOrEqual(CAP);
    expect(served).toBeLessThanOrEqual(CAP + 7);
    const full = await memory();
    for (let i = 0; i < 1_000; i++) answers.push(await capped(i));
    const refused = answers.slice(served);
    for (const response of refused) expect(response.status).toBe(503);
    expect(await refused[0]?.json()).toMatchObject({ code: "metering_unavailable" });
    expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
    // What a thousand refusals leave behind: less than one event of the outbox each would be.
    expect((await memory()) - full).toBeLessThan(100_000);
    expect(await redis().xlen(outboxKey(brand.partition))).toBe(served);
    expect(Number((await accountState(brand)).b)).toBe(Number(before.b) - served);
    await start("postgres");
    await closeDb();
    expect((await drain(brand)).written).toBe(served);
    expect((await capped(0)).status).toBe(200);
    await drain(brand);
    await expectAllSound();
  });
});

describe("Redis away", () => {
  it("is a 503 that debited nothing, and after it the balance is what it was", async () => {
    const state = await accountState(brand);
    await kill("redis");
    for (let i = 0; i < 5; i++) {
      const response = await use();
      expect(response.status).toBe(503);
      expect((await response.json()).code).toBe("metering_unavailable");
    }
    await start("redis");
    await expect
      .poll(
        () =>
          redis()
            .ping()
            .catch(() => null),
        { timeout: 10_000 },
      )
      .toBe("PONG");
    expect((await accountState(brand)).b).toBe(state.b);
    await drain(brand);
    // It was started anew: the account opens a new epoch before it is used again.
    expect((await use()).status).toBe(200);
    expect(Number((await accountState(brand)).e)).toBe(Number(state.e) + 1);
    await expectAllSound();
  });

  it("behind a bridge that is gone is a 503 that debited nothing", async () => {
    const state = await accountState(brand);
    await kill("bridge");
    const response = await use();
    expect(response.status).toBe(503);
    expect((await response.json()).code).toBe("metering_unavailable");
    await start("bridge");
    expect(await accountState(brand)).toEqual(state);
  });
});

describe("everything killed under load", () => {
  it("comes back with every acknowledged use in the ledger, once, and nothing else", async () => {
    const acknowledged = new Set<string>();
    const unknown = new Set<string>();
    let going = true;
    const shopper = async () => {
      while (going) {
        const key = crypto.randomUUID();
        const response = await consumeWith(brand.secretKey.secret, {
          body: { app_id: "pdc-001" },
          idempotencyKey: key,
          deps: { budgetMs: 1_000 },
        }).catch(() => null);
        if (response?.status === 200) acknowledged.add((await response.json()).usage_id);
        else unknown.add(key);
      }
    };
    const drains = async () => {
      while (going) {
        await drainAll(metering()).catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const load = [...Array.from({ length: 16 }, shopper), drains()];
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    for (const part of ["redis", "bridge", "postgres"] as const) {
      strike(part);
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    going = false;
    await Promise.all(load);
    for (const part of ["postgres", "redis", "bridge"] as const) {
      await services.parts[part]?.stop();
      await start(part);
    }
    await closeDb();
    await drain(brand);
    expect((await use()).status).toBe(200);
    await drain(brand);
    expect(acknowledged.size).toBeGreaterThan(50);
    const { db } = await import("@/db/client");
    const rows = await db().execute(
      `select usage_id::text as id, count(*)::int as n from ledger_entries where customer_id = '${brand.customerId}' and kind = 'usage' group by 1`,
    );
    const written = new Map(rows.map((row) => [String(row.id), Number(row.n)]));
    const missing = [...acknowledged].filter((id) => !written.has(id));
    expect(missing).toEqual([]);
    expect([...written.values()].every((n) => n === 1)).toBe(true);
    await expectAllSound();
  });
});
