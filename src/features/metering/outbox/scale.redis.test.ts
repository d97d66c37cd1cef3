import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { apps } from "@/db/schema/catalog";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { backlogOf, bent, lettersOf, pause, use, usesOf, whileHeld } from "@/test/ledger";
import { accountState, checkedAfterEach, consumeWith, drain, type TestBrand, testBrand } from "@/test/meter";
import { drainAll } from "../jobs";
import { rebuildAccounts } from "../rebuild/service";
import { outboxKey } from "../rules";
import { nextBatch } from "./rules";
import { drainPartition } from "./service";

checkedAfterEach();

const ROOT = resolve(import.meta.dirname, "../../../..");

/** Brands of as many partitions. */
async function spread(count: number): Promise<TestBrand[]> {
  const brands = new Map<number, TestBrand>();
  while (brands.size < count) {
    const brand = await testBrand({ tokens: 10_000, apps: ["pdc-001"] });
    if (!brands.has(brand.partition)) brands.set(brand.partition, brand);
  }
  return [...brands.values()];
}
const consume = async (brand: TestBrand, times: number): Promise<void> => {
  for (let sent = 0; sent < times; sent += 20) {
    const some = Array.from({ length: Math.min(20, times - sent) }, () => use(brand, { app_id: "pdc-001" }));
    expect(new Set(await Promise.all(some))).toEqual(new Set([200]));
  }
};

/** The script looks at the outbox's length at each eighth entry of an account, until it has found it full. */
const OVER = 7;

describe("an outbox that is full", () => {
  it("refuses the next use with a 503 that debited nothing, and takes uses again after the drain", async () => {
    const brand = await testBrand({ tokens: 1_000 });
    const capped = () =>
      consumeWith(brand.secretKey.secret, { idempotencyKey: crypto.randomUUID(), deps: { maxBacklog: 20 } });
    const answers: Response[] = [];
    for (let i = 0; i < 40; i++) answers.push(await capped());
    const served = answers.filter(({ status }) => status === 200).length;
    expect(served).toBeGreaterThanOrEqual(20);
    expect(served).toBeLessThanOrEqual(20 + OVER);
    // Once it is full, nobody is let in any more.
    expect(answers.map(({ status }) => status)).toEqual([...Array(served).fill(200), ...Array(40 - served).fill(503)]);
    const refused = answers[served];
    expect(refused?.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
    expect(await refused?.json()).toMatchObject({ code: "metering_unavailable" });
    expect(await accountState(brand)).toMatchObject({ s: String(1 + served), b: String(1_000 - served * 5) });
    expect(await backlogOf(brand)).toBe(served);
    expect((await drain(brand)).written).toBe(served);
    expect((await capped()).status).toBe(200);
    await drain(brand);
    expect(await usesOf(brand)).toHaveLength(served + 1);
  });

  it("answers a replay all the same, and is passed by none of many callers at once", async () => {
    const brand = await testBrand({ tokens: 10_000 });
    const deps = { maxBacklog: 30 };
    const first = await consumeWith(brand.secretKey.secret, { idempotencyKey: "one", deps });
    const answers = await Promise.all(Array.from({ length: 200 }, () => consumeWith(brand.secretKey.secret, { deps })));
    const served = 1 + answers.filter(({ status }) => status === 200).length;
    expect(served).toBeLessThanOrEqual(30 + OVER);
    expect(await backlogOf(brand)).toBe(served);
    const again = await consumeWith(brand.secretKey.secret, { idempotencyKey: "one", deps });
    expect([again.status, await again.text()]).toEqual([200, await first.text()]);
    await drain(brand);
  });
});

const fail = (why: string): never => {
  throw new Error(why);
};

describe("batches", () => {
  it("are read one after the other, each event once, and written in order", async () => {
    const brand = await testBrand({ tokens: 10_000, apps: ["pdc-001"] });
    await consume(brand, 1_200);
    const points: string[] = [];
    const deps = { ...metering(), at: (point: string) => void points.push(point) };
    expect(await drainPartition(deps, brand.partition)).toMatchObject({ written: 1_200, reread: 0, forked: 0 });
    expect(points.filter((point) => point === "written").length).toBeGreaterThanOrEqual(2);
    expect((await usesOf(brand)).map((entry) => entry.seq)).toEqual(Array.from({ length: 1_200 }, (_, i) => i + 2));
  });

  it("end with a turn that is over, and the next turn goes on", async () => {
    const brand = await testBrand({ tokens: 10_000, apps: ["pdc-001"] });
    await consume(brand, 1_200);
    const turn = await drainPartition(metering(), brand.partition, 0);
    expect(turn.more).toBe(true);
    expect(turn.written).toBeLessThan(1_200);
    expect(await usesOf(brand)).toHaveLength(turn.written);
    const rest = await drainPartition(metering(), brand.partition);
    expect([rest.written, rest.more]).toEqual([1_200 - turn.written, false]);
  });

  it.each(["drained by another process", "closed and opened anew"] as const)(
    "read ahead are a re-read where the partition was %s meanwhile",
    async (how) => {
      const brand = await testBrand({ tokens: 10_000, apps: ["pdc-001"] });
      await consume(brand, 1_200);
      const other: number[] = [];
      const result = await drainPartition(
        {
          ...metering(),
          at: async (point) => {
            if (point !== "deleted" || other.length > 0) return;
            if (how === "closed and opened anew") {
              await rebuildAccounts(metering(), { type: "system", id: "test" }, [brand.account]);
              expect(await use(brand, { app_id: "pdc-001" })).toBe(200);
            }
            other.push((await drainPartition(metering(), brand.partition)).written);
          },
        },
        brand.partition,
      );
      await drain(brand);
      expect(other).toHaveLength(1);
      expect(result).toMatchObject({ poisoned: 0, forked: 0 });
      expect(result.reread).toBeGreaterThan(0);
      const uses = await usesOf(brand);
      expect(uses).toHaveLength(how === "closed and opened anew" ? 1_201 : 1_200);
      expect(new Set(uses.map((entry) => entry.operationId)).size).toBe(uses.length);
      expect(await lettersOf(brand)).toHaveLength(0);
    },
    60_000,
  );

  it("lose only the entry that is bad, wherever it stands among many", async () => {
    const brand = await testBrand({ tokens: 10_000 });
    await consume(brand, 130);
    expect(await use(brand, { app_id: "vto-001" })).toBe(200);
    await consume(brand, 60);
    const rename = (from: string, to: string) =>
      db().update(apps).set({ catalogId: to }).where(eq(apps.catalogId, from));
    await rename("vto-001", "gone");
    const result = await drain(brand).finally(() => rename("gone", "vto-001"));
    expect(result).toMatchObject({ written: 190, poisoned: 1, forked: 0 });
    expect(await lettersOf(brand)).toMatchObject([{ reason: "poison", seq: 132, delta: -5 }]);
    expect((await usesOf(brand)).map((entry) => entry.seq)).toEqual(
      Array.from({ length: 191 }, (_, i) => i + 2).filter((seq) => seq !== 132),
    );
  });

  it("shrink where Postgres is slow, and again where a transaction is given up, and the partition is drained all the same", async () => {
    const brand = await testBrand({ tokens: 10_000, apps: ["pdc-001"] });
    await consume(brand, 150);
    const sizes: string[] = [];
    const asked = bent(
      (keys, args) => keys[0] === outboxKey(brand.partition) && args.length === 1,
      (real) => real(),
    );
    const spying = new Proxy(asked, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (name !== "eval" || typeof value !== "function") return value;
        return (script: string, keys: string[], args: string[]) => {
          sizes.push(args[0] ?? "");
          return value(script, keys, args);
        };
      },
    });
    const deps = { ...metering(), redis: spying };
    await whileHeld(sql`lock table token_usage in share mode`, async () => {
      const draining = drainPartition(deps, brand.partition);
      await pause(700);
      return { draining };
    }).then(({ draining }) => draining);
    await consume(brand, 10);
    await drainPartition(deps, brand.partition);
    const given = { ...deps, at: (point: string) => void (point === "written" && fail("given up")) };
    await consume(brand, 10);
    await expect(drainPartition(given, brand.partition)).rejects.toThrow("given up");
    await drainPartition(deps, brand.partition);
    const less = (size: number) => nextBatch(size, null, 0);
    const first = Number(sizes[0]);
    expect(sizes.map(Number)).toEqual([first, less(first), less(first), less(less(first))]);
    expect(await usesOf(brand)).toHaveLength(170);
  });
});

describe("partitions", () => {
  it("are drained side by side: one that waits keeps no other waiting", async () => {
    const brands = await spread(5);
    for (const brand of brands) await consume(brand, 5);
    const [stuck, ...others] = brands;
    if (!stuck) throw new Error("There is no brand");
    const held = await whileHeld(
      sql`select from metering_accounts where customer_id = ${stuck.customerId} for update`,
      async () => {
        const all = drainAll(metering());
        await expect.poll(async () => (await Promise.all(others.map(backlogOf))).join()).toBe("0,0,0,0");
        expect(await backlogOf(stuck)).toBe(5);
        return { all };
      },
    );
    expect((await held.all).errors).toEqual([]);
    expect(await backlogOf(stuck)).toBe(0);
  });

  it("are drained by several worker processes at once: each event once", async () => {
    const brands = await spread(6);
    const workers: ChildProcess[] = Array.from({ length: 3 }, () =>
      spawn(process.execPath, ["src/cli/run.mjs", "src/worker/index.ts"], {
        cwd: ROOT,
        env: process.env,
        stdio: "ignore",
      }),
    );
    try {
      for (let round = 0; round < 5; round++) for (const brand of brands) await consume(brand, 20);
      await expect
        .poll(async () => (await Promise.all(brands.map(backlogOf))).every((waiting) => waiting === 0), {
          timeout: 60_000,
        })
        .toBe(true);
    } finally {
      for (const worker of workers) worker.kill("SIGTERM");
      await Promise.all(workers.map((worker) => worker.exitCode ?? once(worker, "exit")));
    }
    for (const brand of brands) {
      expect(await usesOf(brand)).toHaveLength(100);
      expect(await lettersOf(brand)).toHaveLength(0);
      expect((await accountState(brand)).b).toBe("9900");
    }
    const [row] = await db().execute(sql`select sum(drained_events)::int as n from metering_partitions`);
    expect(row?.n).toBeGreaterThanOrEqual(600);
    expect(await redis().ping()).toBe("PONG");
  }, 90_000);
});
