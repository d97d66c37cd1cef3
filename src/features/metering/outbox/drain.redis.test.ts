import { and, eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import {
  deadLetters,
  ledgerEntries,
  lossReports,
  meteringAccounts,
  meteringPartitions,
  tokenUsage,
} from "@/db/schema/metering";
import { sumsAgree } from "@/features/metering/reconcile/queries";
import { loadCatalog } from "@/features/metering/reconcile/service";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { accountState, checkedAfterEach, consumeWith, drain, meterDeps, type TestBrand, testBrand } from "@/test/meter";
import { accountKey, accountName, outboxKey } from "../rules";
import { type DrainDeps, drainPartition } from "./service";

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 1000 });
});
checkedAfterEach();

const use = (times = 1) => Promise.all(Array.from({ length: times }, () => consumeWith(brand.secretKey.secret)));
const entries = () =>
  db()
    .select()
    .from(ledgerEntries)
    .where(eq(ledgerEntries.customerId, brand.customerId))
    .orderBy(ledgerEntries.epoch, ledgerEntries.seq);
const letters = () => db().select().from(deadLetters).where(eq(deadLetters.customerId, brand.customerId));
const backlog = () => redis().xlen(outboxKey(brand.partition));
const deps = (over: Partial<DrainDeps> = {}): DrainDeps => ({ ...metering(), ...over });

class Killed extends Error {}

/** Copies of stream entries, as a Redis that lost or kept the wrong tail would hold them. */
const addEvent = (fields: Record<string, string>) => redis().xadd(outboxKey(brand.partition), "*", fields);
const event = (over: Record<string, string>) => ({
  a: accountName(brand.account),
  k: "usage",
  t: "5",
  d: "-5",
  p: "vto-001",
  n: String(Date.now()),
  o: crypto.randomUUID(),
  ...over,
});

describe("the drain", () => {
  it("writes each use once, in order, with its details and rollup", async () => {
    const response = await consumeWith(brand.secretKey.secret, {
      body: {
        app_id: "vto-001",
        session_id: "s-1",
        metadata: { processing_time_ms: 120, product_id: "f-1", ip_address: "203.0.113.9" },
      },
    });
    const { usage_id } = await response.json();
    await use(2);
    expect(await drain(brand)).toMatchObject({ written: 3, reread: 0, poisoned: 0, forked: 0, busy: false });
    expect(await backlog()).toBe(0);
    expect((await entries()).map((e) => [e.kind, e.seq, e.delta, e.balanceAfter])).toEqual([
      ["grant", 1, 1000, 1000],
      ["usage", 2, -5, 995],
      ["usage", 3, -5, 990],
      ["usage", 4, -5, 985],
    ]);
    const [details] = await db().select().from(tokenUsage).where(eq(tokenUsage.id, usage_id));
    expect(details).toMatchObject({
      sessionId: "s-1",
      metadata: { processing_time_ms: 120, product_id: "f-1" },
      ipAddress: "203.0.113.9",
      keyId: brand.secretKey.key.keyId,
      tokensConsumed: 5,
    });
  });

  it.each(["read", "written", "committed", "deleted"] as const)(
    "loses and doubles nothing when killed after %s",
    async (point) => {
      await use(10);
      const killed = drainPartition(
        deps({
          at: (here) => {
            if (here === point) throw new Killed();
          },
        }),
        brand.partition,
      );
      await expect(killed).rejects.toThrow(Killed);
      await use(5);
      await drain(brand);
      expect(await entries()).toHaveLength(16);
      expect(await backlog()).toBe(0);
      expect((await accountState(brand)).b).toBe(String(1000 - 15 * 5));
    },
  );

  it("reads again what it had written but not deleted, and changes nothing", async () => {
    await use(3);
    const batch = await redis().xrange(outboxKey(brand.partition), "-", "+");
    await drain(brand);
    // The very entries come back, as after a kill between commit and deletion.
    for (const [, flat] of batch as unknown as [string, string[]][]) {
      const fields: Record<string, string> = {};
      for (let i = 0; i < flat.length; i += 2) fields[String(flat[i])] = String(flat[i + 1]);
      await addEvent(fields);
    }
    expect(await drain(brand)).toMatchObject({ written: 0, reread: 3, forked: 0 });
    expect(await entries()).toHaveLength(4);
  });

  it("doubles nothing when ten run at once", async () => {
    await use(40);
    await Promise.all(Array.from({ length: 10 }, () => drain(brand)));
    await drain(brand);
    expect(await entries()).toHaveLength(41);
    expect(await letters()).toHaveLength(0);
  });

  it("keeps an entry that Postgres refuses as a dead letter in its place, and writes the rest", async () => {
    await use(2);
    const state = await accountState(brand);
    // The store is made to carry one event that names an app nobody knows.
    await redis().hset(accountKey(brand.account), {
      s: String(Number(state.s) + 1),
      b: String(Number(state.b) - 5),
      g: state.g?.replace(/,990,/, ",985,") ?? "",
    });
    await addEvent(
      event({
        e: state.e ?? "",
        s: String(Number(state.s) + 1),
        b: String(Number(state.b) - 5),
        p: "xyz-999",
        g: `${state.g?.slice(0, 36)},-5;`,
      }),
    );
    await use(2);
    expect(await drain(brand)).toMatchObject({ written: 4, poisoned: 1, forked: 0 });
    expect(await letters()).toMatchObject([{ reason: "poison", seq: 4, delta: -5, balanceAfter: 985 }]);
    expect(await entries()).toHaveLength(5);
    expect((await accountState(brand)).b).toBe("975");
  });

  it("keeps what cannot even be read, and goes on", async () => {
    await addEvent({ nonsense: "1" });
    await use(1);
    expect(await drain(brand)).toMatchObject({ written: 1, poisoned: 1 });
    const [letter] = await db()
      .select()
      .from(deadLetters)
      .where(and(eq(deadLetters.partition, brand.partition), eq(deadLetters.reason, "poison")))
      .orderBy(deadLetters.createdAt);
    expect(letter).toBeDefined();
  });
});

describe("a fork", () => {
  it("is an entry that skips: it and all after it are quarantined, and the account opens a new epoch", async () => {
    await use(1);
    await drain(brand);
    const { e, s, b } = await accountState(brand);
    await addEvent(event({ e: e ?? "", s: String(Number(s) + 2), b: String(Number(b) - 5), g: "" }));
    await use(1);
    expect(await drain(brand)).toMatchObject({ forked: 2, written: 0 });
    expect(await letters()).toHaveLength(2);
    expect((await consumeWith(brand.secretKey.secret)).status).toBe(200);
    expect(Number((await accountState(brand)).e)).toBe(Number(e) + 1);
    const reports = await db().select().from(lossReports).where(eq(lossReports.customerId, brand.customerId));
    expect(reports).toHaveLength(1);
    expect(reports[0]?.reason).toContain("chain");
  });

  it("is a tail that was lost and its sequence used again: what was acknowledged then is posted again", async () => {
    await use(3);
    await drain(brand);
    const { e } = await accountState(brand);
    const grant = (await accountState(brand)).g?.slice(0, 36) ?? "";
    // Redis comes back as it was before the last two uses, and goes on from there.
    await redis().hset(accountKey(brand.account), { s: "2", b: "995", g: `${grant},adjustment,995,0;` });
    await use(4);
    const result = await drain(brand);
    expect(result).toMatchObject({ written: 0, forked: 4 });
    expect(await entries()).toHaveLength(4);
    const [head] = await db()
      .select()
      .from(meteringAccounts)
      .where(and(eq(meteringAccounts.customerId, brand.customerId), eq(meteringAccounts.mode, "live")));
    expect(head).toMatchObject({ epoch: Number(e), seq: 4, balance: 985, forked: true });
    expect((await consumeWith(brand.secretKey.secret)).status).toBe(200);
    // Two uses of the first history, four of the second and the one that opened the epoch: all are in the ledger, once.
    expect(await accountState(brand)).toMatchObject({ e: String(Number(e) + 1), b: "960" });
    await drain(brand);
    const uses = (await entries()).filter((entry) => entry.kind === "usage");
    expect(uses).toHaveLength(8);
    expect(new Set(uses.map((entry) => entry.operationId)).size).toBe(8);
    expect((await letters()).map((letter) => letter.resolution)).toEqual(Array(4).fill("posted again (epoch 2)"));
  });

  it("of an epoch that is over is kept aside and does not close the present one", async () => {
    await use(1);
    await drain(brand);
    const { e } = await accountState(brand);
    await db()
      .update(meteringAccounts)
      .set({ epoch: 7, seq: 0 })
      .where(and(eq(meteringAccounts.customerId, brand.customerId), eq(meteringAccounts.mode, "live")));
    await redis().hset(accountKey(brand.account), { e: "7", s: "0" });
    await addEvent(event({ e: e ?? "", s: "9", b: "0", g: "" }));
    await use(1);
    expect(await drain(brand)).toMatchObject({ written: 1, forked: 1 });
    expect(await accountState(brand)).toMatchObject({ e: "7", s: "1" });
  });
});

describe("a Redis that was started anew", () => {
  it("retires every account of the partition, which hydrate before they are used again", async () => {
    await use(2);
    await drain(brand);
    const before = await accountState(brand);
    await db()
      .update(meteringPartitions)
      .set({ redisRunId: "another" })
      .where(eq(meteringPartitions.partition, brand.partition));
    await drain(brand);
    const [row] = await db().select().from(meteringPartitions).where(eq(meteringPartitions.partition, brand.partition));
    expect(row?.redisRunId).not.toBe("another");
    expect((await consumeWith(brand.secretKey.secret)).status).toBe(200);
    const after = await accountState(brand);
    expect(Number(after.e)).toBe(Number(before.e) + 1);
    expect(after.b).toBe("985");
  });

  it("refuses on the old state while the Node side is away", async () => {
    await use(1);
    await db()
      .update(meteringPartitions)
      .set({ redisRunId: "another" })
      .where(eq(meteringPartitions.partition, brand.partition));
    await drain(brand);
    const before = await accountState(brand);
    // Catalogue and key are those of the new generation again; only the account is still the old one.
    await loadCatalog(metering(), brand.partition);
    const asked: string[] = [];
    const response = await consumeWith(brand.secretKey.secret, {
      deps: {
        load: async (want, signal) => {
          asked.push(want.what);
          return want.what === "account" ? "failed" : meterDeps().load(want, signal);
        },
      },
    });
    expect(response.status).toBe(503);
    expect((await response.json()).code).toBe("metering_unavailable");
    expect(asked).toEqual(["key", "account"]);
    expect(await accountState(brand)).toEqual(before);
    expect(await backlog()).toBe(0);
  });
});

describe("rollups", () => {
  it("are compared with the ledger, and a wrong one is found", async () => {
    await use(3);
    await drain(brand);
    const where = `customer_id = '${brand.customerId}'`;
    await db().execute(`update usage_analytics_daily set tokens_consumed = tokens_consumed + 1 where ${where}`);
    expect((await sumsAgree(db())).breaches).toHaveLength(1);
    await db().execute(`update usage_analytics_daily set tokens_consumed = tokens_consumed - 1 where ${where}`);
  });
});
