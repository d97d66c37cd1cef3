import { and, eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { deadLetters, ledgerEntries, meteringAccounts, meteringPartitions } from "@/db/schema/metering";
import { uuidv7 } from "@/lib/ids";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { backlogOf, bent, entriesOf, forget, headOf, lettersOf, timedOut, use, whileHeld } from "@/test/ledger";
import { accountState, checkedAfterEach, drain, type TestBrand, testBrand } from "@/test/meter";
import { drainPartition, OutboxUnavailable } from "../outbox/service";
import { loadCatalog } from "../reconcile/service";
import { accountKey, accountName, catalogKey, markKey, outboxKey, parseAccountName } from "../rules";
import { readEntry } from "./rules";
import { type Recorded, recordEvents } from "./service";

/** What becomes of a batch: each event in its place, read again, or set aside; and what the drain does about it. */

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100 });
  await drain(brand);
});
checkedAfterEach();

class Undone extends Error {}
type Fields = Readonly<Record<string, string>>;

/** A use of nothing that follows where it is said to stand; its parts are none, so that it moves no grant. */
const event = (seq: number, more: Fields = {}): Fields => ({
  a: accountName(brand.account),
  e: "1",
  s: String(seq),
  o: uuidv7(),
  k: "usage",
  t: "5",
  d: "0",
  b: "100",
  g: "",
  p: "vto-001",
  n: String(Date.now()),
  ...more,
});
let stream = 0;
/** Records batches one after the other in a transaction that is then undone. */
async function recorded(...batches: (readonly Fields[])[]): Promise<Recorded[]> {
  const found: Recorded[] = [];
  const done = db().transaction(async (tx) => {
    for (const batch of batches) {
      const entries = batch.map((fields) => readEntry(`${++stream}-0`, fields));
      found.push(await recordEvents(tx, entries, () => brand.partition));
    }
    throw new Undone();
  });
  await expect(done).rejects.toThrow(Undone);
  return found;
}
const tally = ({ written, reread, poisoned, forked }: Recorded | Awaited<ReturnType<typeof drain>>) => ({
  written,
  reread,
  poisoned,
  forked,
});
const none = { written: 0, reread: 0, poisoned: 0, forked: 0 };
/** Has the account be in its second epoch, with one entry in it. */
const secondEpoch = async () => {
  await forget(brand);
  expect(await use(brand)).toBe(200);
  await drain(brand);
  expect(await headOf(brand)).toMatchObject({ epoch: 2, seq: 1, balance: 95 });
};

describe("an event in a batch", () => {
  it("that comes twice is written once and read again once", async () => {
    const one = event(2);
    const [first, again] = await recorded([one, event(3), one], [one]);
    expect(tally(first as Recorded)).toEqual({ ...none, written: 2, reread: 1 });
    expect(tally(again as Recorded)).toEqual({ ...none, reread: 1 });
    expect(first?.retire).toEqual([]);
  });

  it.each([
    ["the same place by another operation", (o: string) => [event(2, { o }), event(2)]],
    ["another place by the same operation", (o: string) => [event(2, { o }), event(1, { o })]],
    [
      "the same place of another account by the same operation",
      (o: string) => [event(1, { o, a: `${brand.customerId}:test`, b: "0" }), event(1, { o })],
    ],
  ])("that claims %s is set aside, and the account retired", async (_, batch) => {
    const [result] = await recorded(batch(uuidv7()));
    expect(tally(result as Recorded)).toEqual({ ...none, written: 1, forked: 1 });
    expect(result?.retire).toEqual([{ account: accountName(brand.account), epoch: 1 }]);
  });

  it("that claims the same place of another epoch by the same operation is set aside", async () => {
    await secondEpoch();
    const o = uuidv7();
    // At 1/2 there is nothing; at 1/1 there is the opening grant.
    const there = [event(2, { e: "2", b: "95" }), event(3, { e: "2", b: "95", o })];
    const claim = event(3, { o, b: "95" });
    const [together] = await recorded([...there, claim]);
    expect(tally(together as Recorded)).toEqual({ ...none, written: 2, forked: 1 });
    const [, later] = await recorded(there, [claim]);
    expect(tally(later as Recorded)).toEqual({ ...none, forked: 1 });
  });

  it("of an account that there is not is set aside, and the others are written", async () => {
    const stranger = uuidv7();
    const [result] = await recorded([event(2), event(1, { a: `${stranger}:live` }), event(3)]);
    expect(tally(result as Recorded)).toEqual({ ...none, written: 2, forked: 1 });
    expect(result?.retire).toEqual([]);
  });

  it("of which not even the place can be read is kept, and the others are written", async () => {
    const [result] = await recorded([{ nonsense: "1" }, event(2), event(3, { k: "loan" }), event(4)]);
    expect(tally(result as Recorded)).toEqual({ ...none, written: 2, poisoned: 2 });
    const [alone] = await recorded([{ nonsense: "1" }]);
    expect(tally(alone as Recorded)).toEqual({ ...none, poisoned: 1 });
  });

  it("that cannot be written is left out, and those after it follow it", async () => {
    const [result, again] = await recorded([event(2), event(3, { p: "xyz-999" }), event(4)], [event(5)]);
    expect(tally(result as Recorded)).toEqual({ ...none, written: 2, poisoned: 1 });
    expect(tally(again as Recorded)).toEqual({ ...none, written: 1 });
  });

  it("that cannot be written at present, through no fault of its own, is not given up", async () => {
    const batch = [readEntry(`${++stream}-0`, event(2)), readEntry(`${++stream}-0`, event(3))];
    const write = () =>
      db().transaction(async (tx) => {
        await tx.execute(sql`select set_config('lock_timeout', '50ms', true)`);
        await recordEvents(tx, batch, () => brand.partition);
      });
    await whileHeld(sql`lock table token_usage in share mode`, () => expect(write()).rejects.toThrow());
    expect(await lettersOf(brand)).toHaveLength(0);
    expect(await headOf(brand)).toMatchObject({ epoch: 1, seq: 1, balance: 100 });
  });

  it("that skips sets aside all after it, also in the next batch", async () => {
    const [first, second] = await recorded([event(2), event(4), event(3)], [event(3)]);
    expect(tally(first as Recorded)).toEqual({ ...none, written: 1, forked: 2 });
    expect(tally(second as Recorded)).toEqual({ ...none, forked: 1 });
    expect(second?.retire).toEqual([{ account: accountName(brand.account), epoch: 1 }]);
  });

  it("of an epoch to come is set aside, and the account retired up to the one it is in", async () => {
    const [first, second] = await recorded([event(1, { e: "2" })], [event(2)]);
    expect(tally(first as Recorded)).toEqual({ ...none, forked: 1 });
    expect(first?.retire).toEqual([{ account: accountName(brand.account), epoch: 1 }]);
    expect(tally(second as Recorded)).toEqual({ ...none, forked: 1 });
  });

  it("of an epoch that is over retires no more than that, and the present one goes on", async () => {
    await secondEpoch();
    const over = event(7);
    const [alone, mixed, both] = await recorded(
      [over, event(2, { e: "2", b: "95" })],
      [event(5, { e: "2" }), event(8)],
      [event(9)],
    );
    expect(tally(alone as Recorded)).toEqual({ ...none, written: 1, forked: 1 });
    expect(alone?.retire).toEqual([{ account: accountName(brand.account), epoch: 1 }]);
    expect(tally(mixed as Recorded)).toEqual({ ...none, forked: 2 });
    expect(mixed?.retire).toEqual([{ account: accountName(brand.account), epoch: 2 }]);
    expect(both?.retire).toEqual([{ account: accountName(brand.account), epoch: 1 }]);
  });

  it("moves the head of its own account and mode only", async () => {
    const other = await testBrand({ tokens: 7 });
    await use(brand);
    await drain(brand);
    expect(await headOf(brand)).toMatchObject({ seq: 2, balance: 95 });
    const heads = await db()
      .select()
      .from(meteringAccounts)
      .where(and(eq(meteringAccounts.customerId, brand.customerId), eq(meteringAccounts.mode, "test")));
    expect(heads).toMatchObject([{ epoch: 1, seq: 0, balance: 0, forked: false }]);
    await drain(other);
    expect(await headOf(other)).toMatchObject({ seq: 1, balance: 7 });
  });
});

describe("an event whose place a dead letter holds", () => {
  const letter = (seq: number, more: Fields = {}) => event(seq, { k: "loan", ...more });

  it("is read again where it is that operation, and set aside where it is not", async () => {
    const [x, y] = [uuidv7(), uuidv7()];
    const [first, second, third] = await recorded(
      [letter(2, { o: x }), letter(3, { o: y })],
      [event(2, { o: x })],
      [event(2, { o: y })],
    );
    expect(tally(first as Recorded)).toEqual({ ...none, poisoned: 2 });
    expect(tally(second as Recorded)).toEqual({ ...none, reread: 1 });
    expect(tally(third as Recorded)).toEqual({ ...none, forked: 1 });
  });

  it("is set aside where only another account's letter is of that operation", async () => {
    const x = uuidv7();
    const other = await testBrand({ tokens: 1 });
    await drain(other);
    const [result] = await recorded([
      letter(2),
      letter(2, { o: x, a: accountName(other.account), b: "1" }),
      event(2, { o: x }),
    ]);
    expect(tally(result as Recorded)).toEqual({ ...none, poisoned: 2, forked: 1 });
  });

  it("is set aside where only a letter of another epoch is of that operation", async () => {
    const x = uuidv7();
    await redis().xadd(outboxKey(brand.partition), "*", { ...letter(2, { o: x }) });
    await redis().hset(accountKey(brand.account), { s: "2" });
    await drain(brand);
    await forget(brand);
    expect(await use(brand)).toBe(200);
    await drain(brand);
    const [result] = await recorded([letter(2, { e: "2", b: "95" }), event(2, { e: "2", b: "95", o: x })]);
    expect(tally(result as Recorded)).toEqual({ ...none, poisoned: 1, forked: 1 });
  });
});

describe("a dead letter", () => {
  const nonsense = () => ({ nonsense: uuidv7() });
  const kept = async (fields: Fields) =>
    (await db().select().from(deadLetters)).filter((row) => row.fields.nonsense === fields.nonsense);
  const add = (partition: number, id: string, fields: Fields) => redis().xadd(outboxKey(partition), id, { ...fields });

  it("is kept once where its batch is read again, whether it has a place or not", async () => {
    const fields = nonsense();
    await add(brand.partition, "*", fields);
    await add(brand.partition, "*", event(9));
    class Killed extends Error {}
    const killed = drainPartition(
      {
        ...metering(),
        at: (point) => {
          if (point === "committed") throw new Killed();
        },
      },
      brand.partition,
    );
    await expect(killed).rejects.toThrow(Killed);
    expect(tally(await drain(brand))).toEqual({ ...none, poisoned: 1, forked: 1 });
    expect(await kept(fields)).toHaveLength(1);
    expect(await lettersOf(brand)).toHaveLength(1);
    expect(await use(brand)).toBe(200);
  });

  it("is kept beside one that says the same elsewhere or at another time, or something else in its place", async () => {
    const fields = nonsense();
    let other = await testBrand({ tokens: 1 });
    while (other.partition === brand.partition) other = await testBrand({ tokens: 1 });
    await add(brand.partition, "8000000000000-1", fields);
    await add(other.partition, "8000000000000-1", fields);
    await add(brand.partition, "8000000000000-2", fields);
    for (const one of [brand, other]) {
      await drain(one);
      // What counts from there on would never end otherwise.
      await redis().del(outboxKey(one.partition));
    }
    expect((await kept(fields)).map(({ partition, streamId }) => `${partition} ${streamId}`).toSorted()).toEqual(
      [
        `${brand.partition} 8000000000000-1`,
        `${brand.partition} 8000000000000-2`,
        `${other.partition} 8000000000000-1`,
      ].toSorted(),
    );
    // A Redis that was started anew gives the same names again.
    const another = nonsense();
    await add(brand.partition, "8000000000000-1", another);
    await drain(brand);
    await redis().del(outboxKey(brand.partition));
    expect(await kept(another)).toHaveLength(1);
  });
});

describe("the drain", () => {
  it("asks Redis for nothing where another one holds the partition", async () => {
    let calls = 0;
    const counting = bent(
      () => true,
      (real) => {
        calls++;
        return real();
      },
    );
    let second: Awaited<ReturnType<typeof drain>> | undefined;
    await drainPartition(
      {
        ...metering(),
        at: async (point) => {
          if (point === "read") second = await drainPartition({ ...metering(), redis: counting }, brand.partition);
        },
      },
      brand.partition,
    );
    expect(second).toMatchObject({ ...none, busy: true });
    expect(calls).toBe(0);
  });

  it("says when it was last there, whether there was anything or not", async () => {
    const last = async () =>
      (
        await db().select().from(meteringPartitions).where(eq(meteringPartitions.partition, brand.partition))
      )[0]?.lastDrainedAt?.getTime() ?? 0;
    const forgetTime = () =>
      db()
        .update(meteringPartitions)
        .set({ lastDrainedAt: new Date(0) })
        .where(eq(meteringPartitions.partition, brand.partition));
    await forgetTime();
    await drain(brand);
    expect(Date.now() - (await last())).toBeLessThan(60_000);
    await use(brand);
    await forgetTime();
    const killed = drainPartition(
      {
        ...metering(),
        at: (point) => {
          if (point === "committed") throw new Error("killed");
        },
      },
      brand.partition,
    );
    await expect(killed).rejects.toThrow("killed");
    expect(Date.now() - (await last())).toBeLessThan(60_000);
  });

  it("goes on until nothing is left, also past what one batch holds", async () => {
    const many = 1100;
    const key = outboxKey(brand.partition);
    const pipeline = redis().pipeline();
    for (let i = 0; i < many; i++) pipeline.xadd(key, "*", { ...event(2 + i) });
    await pipeline.exec();
    await redis().hset(accountKey(brand.account), { s: String(1 + many) });
    expect(tally(await drain(brand))).toEqual({ ...none, written: many });
    expect(await backlogOf(brand)).toBe(0);
    expect((await entriesOf(brand)).map(({ seq }) => seq)).toEqual(Array.from({ length: many + 1 }, (_, i) => i + 1));
  });

  it("deletes nothing before an account with a broken chain has been told, and tells it again", async () => {
    await redis().xadd(outboxKey(brand.partition), "*", { ...event(5) });
    const losing = bent(
      (keys) => keys[0] === accountKey(brand.account),
      async () => {
        throw timedOut();
      },
    );
    const failed = drainPartition({ ...metering(), redis: losing }, brand.partition);
    await expect(failed).rejects.toThrow(OutboxUnavailable);
    expect(await backlogOf(brand)).toBe(1);
    expect(await redis().hget(accountKey(brand.account), "ret")).toBeNull();
    expect(tally(await drain(brand))).toEqual({ ...none, forked: 1 });
    expect(await redis().hget(accountKey(brand.account), "ret")).toBe("1");
    expect(await backlogOf(brand)).toBe(0);
    expect(await lettersOf(brand)).toHaveLength(1);
    expect(await use(brand)).toBe(200);
    expect((await accountState(brand)).e).toBe("2");
  });

  it("cannot read a Redis that is away, and changes nothing", async () => {
    await use(brand);
    const away = new Proxy(redis(), {
      get: (target, name) => (name === "eval" ? () => Promise.reject(timedOut()) : Reflect.get(target, name, target)),
    });
    await expect(drainPartition({ ...metering(), redis: away }, brand.partition)).rejects.toThrow(OutboxUnavailable);
    expect(tally(await drain(brand))).toEqual({ ...none, written: 1 });
    expect(parseAccountName("nobody")).toBeNull();
    expect(await db().select().from(ledgerEntries).where(eq(ledgerEntries.customerId, brand.customerId))).toHaveLength(
      2,
    );
  });
});

describe("which Redis it is", () => {
  const partition = async () =>
    (await db().select().from(meteringPartitions).where(eq(meteringPartitions.partition, brand.partition)))[0];
  const gen = () => redis().hget<string>(catalogKey(brand.partition), "gen");
  const setRun = (redisRunId: string | null) =>
    db().update(meteringPartitions).set({ redisRunId }).where(eq(meteringPartitions.partition, brand.partition));

  it("is remembered the first time, and retires nothing", async () => {
    await loadCatalog(metering(), brand.partition);
    const before = await partition();
    await setRun(null);
    await drain(brand);
    expect(await partition()).toMatchObject({ redisRunId: before?.redisRunId, generation: before?.generation });
    expect(await gen()).toBe(String(before?.generation));
    await drain(brand);
    expect(await partition()).toMatchObject({ generation: before?.generation });
  });

  it("retires every account by one generation where it is another than last time", async () => {
    const before = await partition();
    await loadCatalog(metering(), brand.partition);
    await setRun("another");
    await drain(brand);
    await drain(brand);
    expect(await partition()).toMatchObject({
      redisRunId: before?.redisRunId,
      generation: Number(before?.generation) + 1,
    });
    expect(await gen()).toBeNull();
  });

  it("is found out by the next drain where it forgets while one looks", async () => {
    const before = await partition();
    await drainPartition(
      {
        ...metering(),
        at: async (point) => {
          if (point === "read") await redis().del(markKey(brand.partition));
        },
      },
      brand.partition,
    );
    expect(await partition()).toMatchObject({ generation: before?.generation });
    await drain(brand);
    expect(await partition()).toMatchObject({ generation: Number(before?.generation) + 1 });
  });

  it("is not known where the host hides it, and then nothing is concluded", async () => {
    await loadCatalog(metering(), brand.partition);
    await setRun("another");
    const before = await partition();
    const hiding = new Proxy(redis(), {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (name !== "eval") return typeof value === "function" ? value.bind(target) : value;
        return async (...all: Parameters<typeof target.eval>) => {
          const [, ...rest] = (await target.eval(...all)) as unknown[];
          return ["", ...rest];
        };
      },
    });
    await drainPartition({ ...metering(), redis: hiding }, brand.partition);
    expect(await partition()).toMatchObject({ redisRunId: "another", generation: before?.generation });
    expect(await gen()).toBe(String(before?.generation));
    await drain(brand);
  });
});
