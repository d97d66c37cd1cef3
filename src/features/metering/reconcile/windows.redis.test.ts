import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { meteringPartitions } from "@/db/schema/metering";
import { partitionTag } from "@/lib/partition";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { entriesOf, forget, headOf, pause, reportsOf, restarted, use, usesOf } from "@/test/ledger";
import { consumeWith, drain, testBrand } from "@/test/meter";
import { drainAll, inspectAll } from "../jobs";
import { drainPartition } from "../outbox/service";
import { accountKey, outboxKey } from "../rules";

const partitionOf = async (brand: { partition: number }) => {
  const [row] = await db().select().from(meteringPartitions).where(eq(meteringPartitions.partition, brand.partition));
  if (!row) throw new Error("no such partition");
  return row;
};

/** The window of a brand's only loss report begins no later than this moment. */
async function expectCovered(brand: Parameters<typeof reportsOf>[0], acknowledgedAt: number): Promise<void> {
  const reports = await reportsOf(brand);
  expect(reports).toHaveLength(1);
  expect(reports[0]?.windowFrom?.getTime()).toBeLessThanOrEqual(acknowledgedAt);
}

describe("the window of a loss report", () => {
  it("holds what was lost also where the drain has noticed the restart before anybody hydrates", async () => {
    const brand = await testBrand({ tokens: 100 });
    expect(await use(brand)).toBe(200);
    const acknowledgedAt = Date.now();
    await pause(20);
    // Redis comes back without its last second: neither the event nor the account is there.
    await redis().del(outboxKey(brand.partition), accountKey(brand.account));
    await restarted(brand);
    // What the worker does every ten seconds.
    await inspectAll(metering());
    expect(await use(brand)).toBe(200);
    await expectCovered(brand, acknowledgedAt);
  });

  it("holds what was lost also where the last drain was killed between two batches", async () => {
    const brand = await testBrand({ tokens: 10_000 });
    for (let i = 0; i < 600; i += 50) await Promise.all(Array.from({ length: 50 }, () => use(brand)));
    const acknowledgedAt = Date.now();
    await pause(20);
    const killed = drainPartition(
      {
        ...metering(),
        at: (point) => {
          if (point === "deleted") throw new Error("killed");
        },
      },
      brand.partition,
    );
    await expect(killed).rejects.toThrow("killed");
    await redis().del(outboxKey(brand.partition), accountKey(brand.account));
    expect(await use(brand)).toBe(200);
    await expectCovered(brand, acknowledgedAt);
  });

  it("holds what was lost also where a drain has found the outbox empty since", async () => {
    const brand = await testBrand({ tokens: 100 });
    expect(await use(brand)).toBe(200);
    const acknowledgedAt = Date.now();
    await pause(20);
    // FLUSHALL, with a drain under way: its next read finds nothing, in the same run of Redis.
    await redis().del(outboxKey(brand.partition), accountKey(brand.account));
    await drain(brand);
    expect(await use(brand)).toBe(200);
    await expectCovered(brand, acknowledgedAt);
  });

  it("begins where the partition had been drained when Redis lost it all, not at a drain since", async () => {
    const brand = await testBrand({ tokens: 100 });
    expect(await use(brand)).toBe(200);
    await drain(brand);
    await pause(20);
    const drained = Date.now();
    await drain(brand);
    await pause(20);
    expect(await use(brand)).toBe(200);
    const acknowledgedAt = Date.now();
    const row = await partitionOf(brand);
    // FLUSHALL, as far as this partition goes; other brands' requests and the worker come before this one's next use.
    await redis().del(...(await redis().keys(`${partitionTag(brand.partition)}*`)));
    await inspectAll(metering());
    await pause(20);
    await inspectAll(metering());
    expect((await partitionOf(brand)).generation).toBe(row.generation + 1);
    expect(await use(brand)).toBe(200);
    await expectCovered(brand, acknowledgedAt);
    // The brand's last entry is older: the partition is known to have been whole after it.
    expect((await reportsOf(brand))[0]?.windowFrom?.getTime()).toBeGreaterThanOrEqual(drained - 20);
  });

  it("begins at the first loss where there were two before the account was used again", async () => {
    const brand = await testBrand({ tokens: 100 });
    expect(await use(brand)).toBe(200);
    const acknowledgedAt = Date.now();
    await redis().del(outboxKey(brand.partition), accountKey(brand.account));
    for (let i = 0; i < 2; i++) {
      await pause(20);
      await restarted(brand);
      await inspectAll(metering());
    }
    expect(await use(brand)).toBe(200);
    await expectCovered(brand, acknowledgedAt);
  });
});

describe("the window where its own partition lost nothing since its epoch began", () => {
  it("begins at its own last entry, whatever happened to others, and before", async () => {
    const other = await testBrand({ tokens: 100 });
    let brand = await testBrand({ tokens: 100 });
    while (brand.partition === other.partition) brand = await testBrand({ tokens: 100 });
    for (const one of [other, brand]) {
      expect(await use(one)).toBe(200);
      await restarted(one);
      await inspectAll(metering());
      for (let i = 0; i < 2; i++) {
        expect(await use(one)).toBe(200);
        await pause(20);
      }
      await drain(one);
    }
    await restarted(other);
    await inspectAll(metering());
    const last = (await entriesOf(brand)).at(-1);
    expect(last).toMatchObject({ epoch: 2, seq: 2 });
    await forget(brand);
    expect(await use(brand)).toBe(200);
    expect((await reportsOf(brand)).find(({ epoch }) => epoch === 3)?.windowFrom).toEqual(last?.occurredAt);
  });
});

describe("a partition of which Redis has lost everything", () => {
  it("has that noticed by the first use after it, so that no later drain throws out what was brought in for it", async () => {
    const brand = await testBrand({ tokens: 100 });
    expect(await use(brand)).toBe(200);
    await drain(brand);
    const before = await partitionOf(brand);
    await redis().del(...(await redis().keys(`${partitionTag(brand.partition)}*`)));
    expect(await use(brand)).toBe(200);
    const opened = await headOf(brand);
    await drain(brand);
    expect(await use(brand)).toBe(200);
    expect((await partitionOf(brand)).generation).toBe(before.generation + 1);
    expect((await headOf(brand))?.epoch).toBe(opened?.epoch);
    expect(await reportsOf(brand)).toHaveLength(1);
  });
});

describe("a key whose record Redis has lost", () => {
  it("leads to no second debit where its use stands in the ledger", async () => {
    const brand = await testBrand({ tokens: 100 });
    const buy = async () => (await consumeWith(brand.secretKey.secret, { idempotencyKey: "order-1" })).text();
    const first = await buy();
    await drain(brand);
    await redis().del(...(await redis().keys(`${partitionTag(brand.partition)}:op:*`)));
    await forget(brand);
    expect(await buy()).toBe(first);
    await drain(brand);
    expect(await usesOf(brand)).toHaveLength(1);
  });
});

describe("a brand that never stops buying", () => {
  it("does not keep the brands of later partitions out of the ledger", async () => {
    let busy = await testBrand({ tokens: 1_000_000, rate: 1_000_000_000 });
    let quiet = await testBrand({ tokens: 100 });
    while (busy.partition === quiet.partition) quiet = await testBrand({ tokens: 100 });
    if (busy.partition > quiet.partition) {
      const other = await testBrand({ tokens: 1_000_000, rate: 1_000_000_000 });
      if (other.partition < quiet.partition) busy = other;
      else [busy, quiet] = [quiet, busy];
    }
    let going = true;
    const tills = Array.from({ length: 48 }, async () => {
      while (going) await use(busy, { app_id: "pdc-001" });
    });
    await pause(300);
    expect(await use(quiet)).toBe(200);
    const worker = drainAll(metering());
    // Visible within five seconds, says the contract.
    await pause(5_000);
    const landed = (await usesOf(quiet)).length;
    going = false;
    await Promise.all([...tills, worker]);
    expect(landed).toBe(1);
  }, 60_000);
});
