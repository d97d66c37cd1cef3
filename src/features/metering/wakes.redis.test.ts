import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { meteringPartitions } from "@/db/schema/metering";
import { env } from "@/lib/env";
import { metering, postDrain } from "@/rest/internal/metering";
import { backlogOf, pause, restarted, use, usesOf, whileBroken } from "@/test/ledger";
import { accountState, checkedAfterEach, drain, testBrand } from "@/test/meter";
import { Waker } from "./edge/jobs";
import { inspectAll } from "./jobs";
import { drainPartition } from "./outbox/service";
import { outboxKey } from "./rules";

checkedAfterEach();

/** What the edge sends after an answer is out. */
const wake = (...partitions: number[]) =>
  postDrain(
    new Request("http://localhost/api/internal/metering/drain", {
      method: "POST",
      headers: { authorization: `Bearer ${env().INTERNAL_SECRET}` },
      body: JSON.stringify({ partitions }),
    }),
  );

describe("a wake", () => {
  it("that came while another was being sent goes out although that one failed", async () => {
    const sent: number[][] = [];
    let calls = 0;
    const waker = new Waker(async (partitions) => {
      await pause(20);
      if (++calls === 1) throw new Error("away");
      sent.push(partitions);
    }, 1);
    const first = waker.wake(1);
    await pause(5);
    await Promise.all([first, waker.wake(2)]);
    expect(sent).toEqual([[2]]);
  });

  it("is not held back for ever by one whose send never ends", async () => {
    const sent: number[][] = [];
    let calls = 0;
    const waker = new Waker(
      (partitions) => {
        sent.push(partitions);
        return ++calls === 1 ? new Promise(() => {}) : Promise.resolve();
      },
      1,
      200,
    );
    void waker.wake(1);
    await pause(20);
    void waker.wake(2);
    expect(sent).toEqual([[1]]);
    await expect.poll(() => sent, { timeout: 2_000 }).toEqual([[1], [2]]);
  });

  it("that finds a drain at work which has read already is not lost", async () => {
    const brand = await testBrand({ tokens: 100 });
    expect(await use(brand)).toBe(200);
    let reads = 0;
    let woken: Promise<Response> | undefined;
    const result = await drainPartition(
      {
        ...metering(),
        at: async (point) => {
          // It has read all there was, and is about to write it: a use comes, and its wake.
          if (point !== "read" || ++reads !== 1) return;
          expect(await use(brand)).toBe(200);
          woken = wake(brand.partition);
          await pause(100);
        },
      },
      brand.partition,
    );
    expect(result.written).toBe(1);
    const answer = await woken;
    expect([answer?.status, await answer?.json()]).toEqual([200, { written: 1, failed: 0 }]);
    expect(await backlogOf(brand)).toBe(0);
    expect(await usesOf(brand)).toHaveLength(2);
  });

  it("of several partitions drains those that can be drained, and says that one could not", async () => {
    const brand = await testBrand({ tokens: 100 });
    let other = await testBrand({ tokens: 100 });
    while (other.partition === brand.partition) other = await testBrand({ tokens: 100 });
    await drain(brand);
    expect(await use(other)).toBe(200);
    const answer = await whileBroken(outboxKey(brand.partition), () => wake(brand.partition, other.partition));
    expect([answer.status, await answer.json()]).toEqual([503, { written: 1, failed: 1 }]);
    expect(await backlogOf(other)).toBe(0);
    expect(await usesOf(other)).toHaveLength(1);
  });
});

describe("a restart of Redis", () => {
  it("is noticed in every partition although an earlier one cannot be read", async () => {
    const broken = 0;
    let brand = await testBrand({ tokens: 100 });
    while (brand.partition === broken) brand = await testBrand({ tokens: 100 });
    await drainPartition(metering(), broken);
    await drain(brand);
    const partition = async () =>
      (await db().select().from(meteringPartitions).where(eq(meteringPartitions.partition, brand.partition)))[0];
    const before = await partition();
    await restarted(brand);
    await whileBroken(outboxKey(broken), () =>
      expect(inspectAll(metering())).rejects.toThrow("1 of 64 could not be done"),
    );
    expect(await partition()).toMatchObject({
      redisRunId: before?.redisRunId,
      generation: Number(before?.generation) + 1,
    });
    expect(await use(brand)).toBe(200);
    expect(await accountState(brand)).toMatchObject({ e: "2", b: "95" });
  });
});
