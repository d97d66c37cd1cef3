import { and, eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { apps, customerApps } from "@/db/schema/catalog";
import { apiKeys } from "@/db/schema/keys";
import {
  grantIntents,
  grants,
  ledgerEntries,
  reservations,
  tokenUsage,
  usageAnalyticsDaily,
} from "@/db/schema/metering";
import { uuidv7 } from "@/lib/ids";
import { ctxOf, headOf } from "@/test/ledger";
import { checkedAfterEach, consumeWith, drain, type TestBrand, testBrand } from "@/test/meter";
import { owe } from "../intents/service";
import { type LedgerEvent, readEntry } from "../ledger/rules";
import { accountName } from "../rules";
import { isPoison, UnknownReference, writeEntries } from "./service";

/** What stands in step with the ledger, written with each entry, and what an entry must not name. */

let brand: TestBrand;
let other: TestBrand;
let balance: number;
let seq: number;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100 });
  other = await testBrand({ tokens: 100 });
  for (const one of [brand, other]) await drain(one);
  balance = 100;
  seq = 1;
});
checkedAfterEach();

it.each([
  ["a value that Postgres does not take", sql`select 'x'::uuid`, true],
  ["a constraint that it breaks", sql`update metering_accounts set balance = -1`, true],
  ["a table that is not there", sql`select from no_such_table`, false],
  ["a statement that was given up", sql`select pg_sleep(1)`, false],
])("whether the entry is to blame for %s", async (_, statement, itsFault) => {
  const error = await db()
    .transaction(async (tx) => {
      await tx.execute(sql`select set_config('statement_timeout', '50', true)`);
      await tx.execute(statement);
    })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(isPoison(error)).toBe(itsFault);
});

class Undone extends Error {}
/** Does something in a transaction that is rolled back. */
const undone = async (act: Parameters<ReturnType<typeof db>["transaction"]>[0]) => {
  const done = db().transaction(async (tx) => {
    await act(tx);
    throw new Undone();
  });
  await expect(done).rejects.toThrow(Undone);
};
const grantOf = async (one: TestBrand): Promise<string> =>
  (
    await db()
      .select()
      .from(grants)
      .where(and(eq(grants.customerId, one.customerId), eq(grants.mode, "live")))
  )[0]?.id ?? "";

/** The next entry of the brand's chain, as a script would write it. */
function entry(kind: string, tokens: number, delta: number, more: Record<string, string> = {}): LedgerEvent {
  balance += delta;
  seq += 1;
  const read = readEntry("1-0", {
    a: accountName(brand.account),
    e: "1",
    s: String(seq),
    o: uuidv7(),
    k: kind,
    t: String(tokens),
    d: String(delta),
    b: String(balance),
    g: "",
    n: String(Date.now()),
    ...more,
  });
  if (!("kind" in read)) throw new Error(read.error);
  return read;
}
const refused = (...events: LedgerEvent[]) =>
  expect(db().transaction((tx) => writeEntries(tx, events))).rejects.toThrow(UnknownReference);
const use = async (tokens = 5, more: Record<string, string> = {}) =>
  entry("usage", tokens, -tokens, { p: "vto-001", g: `${await grantOf(brand)},${-tokens};`, ...more });

describe("a use", () => {
  it("is counted in the statistics of its day and app, with a processing time where it has one", async () => {
    const took = (ms: unknown) => ({ m: JSON.stringify({ m: { processing_time_ms: ms } }) });
    const own = () =>
      db().select().from(usageAnalyticsDaily).where(eq(usageAnalyticsDaily.customerId, brand.customerId));
    await undone(async (tx) => {
      const day = () =>
        tx
          .select()
          .from(usageAnalyticsDaily)
          .innerJoin(apps, eq(apps.id, usageAnalyticsDaily.appId))
          .where(eq(usageAnalyticsDaily.customerId, brand.customerId))
          .orderBy(apps.catalogId)
          .then((rows) =>
            rows.map(({ apps: app, usage_analytics_daily: row }) => [
              app.catalogId,
              row.tokensConsumed,
              row.sessionsCount,
              row.avgProcessingTimeMs,
              row.processingTimeCount,
            ]),
          );
      await writeEntries(tx, [await use(5), await use(7)]);
      expect(await day()).toEqual([["vto-001", 12, 2, null, 0]]);
      await writeEntries(tx, [await use(1, took(100)), await use(2, took(200)), await use(1, { p: "pdc-001" })]);
      expect(await day()).toEqual([
        ["pdc-001", 1, 1, null, 0],
        ["vto-001", 15, 4, 150, 2],
      ]);
      await writeEntries(tx, [await use(1, took(300)), await use(1, took("slow")), await use(1)]);
      expect((await day())[1]).toEqual(["vto-001", 18, 7, 200, 3]);
    });
    expect(await own()).toEqual([]);
  });

  it("is that of its own day, in UTC", async () => {
    await undone(async (tx) => {
      const at = (time: string) => ({ n: String(Date.parse(time)) });
      await writeEntries(tx, [await use(1, at("2026-03-01T23:59:59.999Z")), await use(2, at("2026-03-02T00:00:00Z"))]);
      const rows = await tx
        .select()
        .from(usageAnalyticsDaily)
        .where(eq(usageAnalyticsDaily.customerId, brand.customerId))
        .orderBy(usageAnalyticsDaily.date);
      expect(rows.map(({ date, tokensConsumed }) => [date, tokensConsumed])).toEqual([
        ["2026-03-01", 1],
        ["2026-03-02", 2],
      ]);
    });
  });

  it("is the last of its app and of its key, of its own brand only, and an older one does not take that back", async () => {
    const late = Date.now() + 3_600_000;
    const key = brand.secretKey.key.keyId;
    await undone(async (tx) => {
      const last = async (one: TestBrand) => [
        (await tx.select().from(customerApps).where(eq(customerApps.customerId, one.customerId))).map(
          ({ lastUsedAt }) => lastUsedAt?.getTime(),
        ),
        (await tx.select().from(apiKeys).where(eq(apiKeys.customerId, one.customerId)))
          .filter(({ keyId }) => keyId === one.secretKey.key.keyId)
          .map(({ lastUsedAt }) => lastUsedAt?.getTime()),
      ];
      await writeEntries(tx, [
        await use(1, { n: String(late - 5), y: key }),
        await use(1, { n: String(late), y: key }),
      ]);
      await writeEntries(tx, [await use(1, { n: String(late - 9), y: key })]);
      const [ofApps, ofKeys] = await last(brand);
      expect([ofApps?.toSorted(), ofKeys]).toEqual([[late, undefined], [late]]);
      expect(await last(other)).toEqual([[undefined, undefined], [undefined]]);
    });
  });

  it("has its details beside it, and an address only where it is one", async () => {
    const ids: string[] = [];
    await undone(async (tx) => {
      for (const ip of ["203.0.113.9", "fe80::1%eth0", "nonsense"]) {
        const one = await use(1, { y: "ak_1", m: JSON.stringify({ s: "s", m: { a: 1 }, ip, ua: "agent" }) });
        ids.push(one.operationId);
        await writeEntries(tx, [one]);
      }
      const rows = await tx.select().from(tokenUsage).where(eq(tokenUsage.customerId, brand.customerId));
      expect(ids.map((id) => rows.find((row) => row.id === id)?.ipAddress)).toEqual(["203.0.113.9", null, null]);
      expect(rows[0]).toMatchObject({ sessionId: "s", metadata: { a: 1 }, userAgent: "agent", keyId: "ak_1" });
    });
  });

  it("of an app that is not in the catalogue, or from a grant nobody has, is refused", async () => {
    await refused(await use(5, { p: "xyz-999" }));
    await refused(await use(5, { g: `${uuidv7()},-5;` }));
    // One of several: none of them is written.
    await refused(await use(5), await use(5, { p: "xyz-999" }));
    expect(await db().select().from(ledgerEntries).where(eq(ledgerEntries.customerId, brand.customerId))).toHaveLength(
      1,
    );
  });

  it.each([
    ["another brand's", "live"],
    ["the other mode's", "test"],
  ])("from %s grant is refused", async (_, mode) => {
    const theirs = mode === "test" ? await grantOf(brand) : await grantOf(other);
    const own = await use(5, { g: `${theirs},-5;` });
    await refused(mode === "test" ? { ...own, mode: "test", account: `${brand.customerId}:test` } : own);
  });
});

describe("a grant", () => {
  const owed = (one: TestBrand, mode: "live" | "test" = "live") =>
    owe(ctxOf(one), { mode, source: "pack", tokens: 7, businessKey: `${mode}:${one.customerId}` });
  const opened = (id: string, more: Record<string, string> = {}) =>
    entry("grant", 7, 7, { r: id, g: `${id},7;`, o: `grant:${id}`, ...more });

  it("opens with what it gives, and settles its intent", async () => {
    const id = await owed(brand);
    await undone(async (tx) => {
      const end = Date.now() + 60_000;
      await writeEntries(tx, [opened(id, { x: String(end) })]);
      const [row] = await tx.select().from(grants).where(eq(grants.id, id));
      expect(row).toMatchObject({ source: "pack", tokens: 7, remaining: 7, expiresAt: new Date(end), mode: "live" });
      const [intent] = await tx.select().from(grantIntents).where(eq(grantIntents.id, id));
      expect(intent?.appliedAt).not.toBeNull();
    });
    await db().delete(grantIntents).where(eq(grantIntents.id, id));
  });

  it("that nobody owed, or another account is owed, is refused", async () => {
    await refused(opened(uuidv7()));
    const [theirs, test] = [await owed(other), await owed(brand, "test")];
    await refused(opened(theirs));
    await refused(opened(test));
    await db().delete(grantIntents).where(eq(grantIntents.id, theirs));
    await db().delete(grantIntents).where(eq(grantIntents.id, test));
  });

  it("is ended for its own account only, and never later than before", async () => {
    const [own, theirs, sandbox] = [await grantOf(brand), await grantOf(other), uuidv7()];
    const ends = [Date.now() + 50_000, Date.now() + 90_000];
    const intents = await Promise.all(
      [own, theirs, sandbox].map(async (target) => {
        const id = uuidv7();
        await db()
          .insert(grantIntents)
          .values({
            id,
            kind: "expiry",
            customerId: brand.customerId,
            mode: "live",
            source: "adjustment",
            tokens: 0,
            target,
            businessKey: `end:${id}`,
          });
        return id;
      }),
    );
    await undone(async (tx) => {
      const one = { id: sandbox, customerId: brand.customerId, mode: "test", source: "adjustment", tokens: 1 } as const;
      await tx.insert(grantIntents).values({ ...one, kind: "grant", businessKey: `sandbox:${sandbox}` });
      await tx.insert(grants).values({ ...one, remaining: 0, grantedAt: new Date() });
      for (const [i, target] of [own, theirs, sandbox].entries()) {
        const [j = "", x] = [intents[i], String(ends[0])];
        await writeEntries(tx, [entry("expiry", 0, 0, { r: target, x, j, o: `end:${j}` })]);
      }
      const end = async (id: string) =>
        (await tx.select().from(grants).where(eq(grants.id, id)))[0]?.expiresAt?.getTime();
      expect([await end(own), await end(theirs), await end(sandbox)]).toEqual([ends[0], undefined, undefined]);
      const [j = ""] = intents;
      await writeEntries(tx, [entry("expiry", 0, 0, { r: own, x: String(ends[1]), j, o: "later" })]);
      expect(await end(own)).toBe(ends[0]);
      // One that is over by itself says nothing new of when it ends.
      await writeEntries(tx, [entry("expiry", 0, 0, { r: own, x: "5", o: "by-itself" })]);
      expect(await end(own)).toBe(ends[0]);
    });
    for (const id of intents) await db().delete(grantIntents).where(eq(grantIntents.id, id));
  });
});

describe("an intent that an entry carries out", () => {
  it("is this account's own", async () => {
    await refused(entry("adjustment", 1, 0, { j: uuidv7() }));
    for (const [one, mode] of [
      [other, "live"],
      [brand, "test"],
    ] as const) {
      const id = uuidv7();
      await db().insert(grantIntents).values({
        id,
        kind: "adjustment",
        customerId: one.customerId,
        mode,
        source: "adjustment",
        tokens: 1,
        businessKey: id,
      });
      await refused(entry("adjustment", 1, 0, { j: id }));
      await db().delete(grantIntents).where(eq(grantIntents.id, id));
    }
  });
});

describe("a reservation", () => {
  const held = async (id: string, tokens = 10, more: Record<string, string> = {}) =>
    entry("hold", tokens, -tokens, {
      v: id,
      p: "vto-001",
      x: String(Date.now() + 60_000),
      g: `${await grantOf(brand)},${-tokens};`,
      o: id,
      ...more,
    });
  const settled = async (id: string, used: number, back: number) =>
    entry("settle", used, back, { v: id, p: "vto-001", g: back ? `${await grantOf(brand)},${back};` : "" });
  const released = async (id: string, back: number) =>
    entry("release", 10, back, {
      v: id,
      p: "vto-001",
      o: `release:${id}`,
      g: back ? `${await grantOf(brand)},${back};` : "",
    });

  it("is opened, and resolved with what it came to", async () => {
    const [one, two, free] = [uuidv7(), uuidv7(), uuidv7()];
    await undone(async (tx) => {
      const row = async (id: string) => (await tx.select().from(reservations).where(eq(reservations.id, id)))[0];
      await writeEntries(tx, [
        await held(one),
        await held(two),
        entry("hold", 9, 0, { v: free, p: "vto-001", x: "5", o: free }),
      ]);
      expect(await row(one)).toMatchObject({
        status: "held",
        tokensReserved: 10,
        parts: [[await grantOf(brand), 10]],
        unlimited: false,
        tokensConsumed: null,
      });
      expect(await row(free)).toMatchObject({ parts: [], unlimited: true });
      const settle = await settled(one, 4, 6);
      await writeEntries(tx, [settle, await released(two, 10)]);
      expect(await row(one)).toMatchObject({
        status: "settled",
        tokensConsumed: 4,
        usageId: settle.operationId,
        balanceAfter: settle.balanceAfter,
        resolvedAt: settle.occurredAt,
      });
      expect(await row(two)).toMatchObject({ status: "released", tokensConsumed: 0, usageId: null });
    });
  });

  it("that is not open, or another account's, is not resolved", async () => {
    await refused(await settled(uuidv7(), 1, 0));
    const id = uuidv7();
    await expect(
      db().transaction(async (tx) => {
        await writeEntries(tx, [await held(id), await settled(id, 4, 6)]);
        await writeEntries(tx, [{ ...(await settled(id, 1, 0)), operationId: uuidv7(), grantParts: [] }]);
      }),
    ).rejects.toThrow();
    for (const elsewhere of [
      { customerId: other.customerId, account: `${other.customerId}:live` },
      { mode: "test" as const, account: `${brand.customerId}:test` },
    ]) {
      await expect(
        db().transaction(async (tx) => {
          await writeEntries(tx, [await held(id)]);
          await writeEntries(tx, [{ ...(await settled(id, 4, 0)), grantParts: [], ...elsewhere }]);
        }),
      ).rejects.toThrow(UnknownReference);
    }
  });
});

describe("a refund", () => {
  const intent = async (target: string) => {
    const id = uuidv7();
    await db().insert(grantIntents).values({
      id,
      kind: "refund",
      customerId: brand.customerId,
      mode: "live",
      source: "refund",
      tokens: 5,
      target,
      businessKey: id,
    });
    return id;
  };

  it("takes its use out of the statistics of its own day, app and account, and of no other", async () => {
    const refunded = await use(5);
    const j = await intent(refunded.operationId);
    await undone(async (tx) => {
      const days = async () =>
        (await tx.select().from(usageAnalyticsDaily).where(eq(usageAnalyticsDaily.customerId, brand.customerId)))
          .map(({ tokensConsumed, sessionsCount }) => [tokensConsumed, sessionsCount])
          .toSorted(([a = 0], [b = 0]) => a - b);
      const elsewhere = [
        await use(7),
        await use(11, { n: String(Date.parse("2026-03-01T12:00:00Z")) }),
        await use(13, { p: "pdc-001" }),
        { ...(await use(17)), mode: "test" as const, account: `${brand.customerId}:test`, grantParts: [] },
      ];
      await writeEntries(tx, [refunded, ...elsewhere]);
      expect(await days()).toEqual([
        [11, 1],
        [12, 2],
        [13, 1],
        [17, 1],
      ]);
      const back = { z: refunded.operationId, p: "vto-001", j, o: `refund:${refunded.operationId}` };
      await writeEntries(tx, [entry("refund", 5, 0, back)]);
      expect(await days()).toEqual([
        [7, 1],
        [11, 1],
        [13, 1],
        [17, 1],
      ]);
    });
    await db().delete(grantIntents).where(eq(grantIntents.id, j));
  });

  it("of a use that is not there, or another account's, is refused", async () => {
    const { usage_id } = await (await consumeWith(other.secretKey.secret)).json();
    await drain(other);
    for (const target of [uuidv7(), String(usage_id)]) {
      const j = await intent(target);
      await refused(entry("refund", 5, 0, { z: target, p: "vto-001", j, o: `refund:${target}` }));
      await db().delete(grantIntents).where(eq(grantIntents.id, j));
    }
    expect((await headOf(other))?.balance).toBe(95);
  });
});
