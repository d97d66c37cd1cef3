import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { backlogOf, lettersOf, reportsOf, use, usesOf, whileHeld } from "@/test/ledger";
import { accountState, checkedAfterEach, type TestBrand, testBrand } from "@/test/meter";
import { drainAll } from "../jobs";
import { outboxKey } from "../rules";
import { drainPartition, drainTogether, OutboxUnavailable } from "./service";

checkedAfterEach();

let brands: TestBrand[];
let partitions: number[];

/** Three brands of three partitions, with five uses each that are not drained yet. */
beforeEach(async () => {
  const found = new Map<number, TestBrand>();
  while (found.size < 3) {
    const brand = await testBrand({ tokens: 1_000 });
    if (!found.has(brand.partition)) found.set(brand.partition, brand);
  }
  brands = [...found.values()];
  partitions = [...found.keys()];
  for (const brand of brands) for (let i = 0; i < 5; i++) expect(await use(brand)).toBe(200);
});

const countsOf = () => Promise.all(brands.map(async (brand) => (await usesOf(brand)).length));
const backlogsOf = () => Promise.all(brands.map(backlogOf));

describe("partitions drained together", () => {
  it("are written in one transaction, each in its order", async () => {
    const points: string[] = [];
    const { result, left } = await drainTogether({ ...metering(), at: (point) => void points.push(point) }, partitions);
    expect(points).toEqual(["read", "written", "committed", "deleted"]);
    expect([result.busy, result.forked, result.poisoned, left]).toEqual([false, 0, 0, []]);
    expect(await countsOf()).toEqual([5, 5, 5]);
    expect(await backlogsOf()).toEqual([0, 0, 0]);
    for (const brand of brands) {
      const uses = await usesOf(brand);
      expect(uses.map(({ balanceAfter }) => balanceAfter)).toEqual([995, 990, 985, 980, 975]);
      expect((await accountState(brand)).b).toBe("975");
    }
  });

  it.each(["read", "written", "committed", "deleted"] as const)(
    "lose and double nothing when the drain is killed after %s",
    async (point) => {
      const killed = drainTogether(
        {
          ...metering(),
          at: (here) => {
            if (here === point) throw new Error("killed");
          },
        },
        partitions,
      );
      await expect(killed).rejects.toThrow("killed");
      for (const brand of brands) expect(await use(brand)).toBe(200);
      await drainAll(metering(), partitions);
      expect(await countsOf()).toEqual([6, 6, 6]);
      expect(await backlogsOf()).toEqual([0, 0, 0]);
    },
  );

  it("leave the one that another drain holds to that one", async () => {
    const [first, ...others] = partitions;
    let between: Awaited<ReturnType<typeof drainTogether>> | undefined;
    await drainPartition(
      {
        ...metering(),
        at: async (point) => {
          if (point === "written") between = await drainTogether(metering(), partitions);
        },
      },
      first ?? -1,
    );
    expect(between?.result).toMatchObject({ busy: true, forked: 0 });
    expect(between?.result.written).toBeGreaterThanOrEqual(5 * others.length);
    expect(await countsOf()).toEqual([5, 5, 5]);
  });

  it("are drained one by one where one of them is locked for long, and do not wait for it", async () => {
    const [stuck, ...others] = brands;
    const all = await whileHeld(
      sql`select from metering_accounts where customer_id = ${stuck?.customerId} for update`,
      async () => {
        const going = drainAll(metering(), partitions);
        await expect.poll(async () => (await Promise.all(others.map(backlogOf))).join()).toBe("0,0");
        return { going };
      },
    );
    expect((await all.going).errors).toEqual([]);
    expect(await countsOf()).toEqual([5, 5, 5]);
  });

  it("are drained one by one where one of them cannot be read", async () => {
    const [broken, ...others] = partitions;
    const key = outboxKey(broken ?? -1);
    await redis().rename(key, `${key}:kept`);
    try {
      await redis().set(key, "no stream");
      await expect(drainTogether(metering(), partitions)).rejects.toThrow(OutboxUnavailable);
      expect((await drainAll(metering(), partitions)).errors).toHaveLength(1);
      expect(await Promise.all(others.map((partition) => redis().xlen(outboxKey(partition))))).toEqual([0, 0]);
    } finally {
      await redis().rename(`${key}:kept`, key);
    }
    await drainAll(metering(), partitions);
    expect(await countsOf()).toEqual([5, 5, 5]);
  });

  it("quarantine the fork of one, and write the others", async () => {
    const [forked] = brands;
    const first = (await redis().xrange(outboxKey(forked?.partition ?? -1), "-", "+", 1)) as unknown as [string][];
    // The first of its uses is gone: what follows it does not fit.
    await redis().xdel(outboxKey(forked?.partition ?? -1), first[0]?.[0] ?? "");
    const { result } = await drainTogether(metering(), partitions);
    expect(result).toMatchObject({ busy: false });
    expect(result.forked).toBeGreaterThan(0);
    expect((await countsOf()).slice(1)).toEqual([5, 5]);
    expect((await lettersOf(forked as TestBrand)).every(({ reason }) => reason === "fork")).toBe(true);
    // The account comes back with its next use, and what was acknowledged is posted again.
    expect(await use(forked as TestBrand)).toBe(200);
    expect(await reportsOf(forked as TestBrand)).toHaveLength(1);
  });

  it("throw as one where Redis is away", async () => {
    const pipeline = () => ({ eval: () => {}, exec: () => Promise.reject(new Error("away")) });
    const away = { ...metering(), redis: new Proxy(redis(), { get: () => pipeline }) };
    await expect(drainTogether(away, partitions)).rejects.toThrow(OutboxUnavailable);
  });
});
