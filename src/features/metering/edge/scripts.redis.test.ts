import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { grantIntents } from "@/db/schema/metering";
import { uuidv7 } from "@/lib/ids";
import { redis } from "@/lib/redis";
import { ctxOf, hashOf } from "@/test/ledger";
import { accountState, checkedAfterEach, drain, type TestBrand, testBrand } from "@/test/meter";
import { consumeAt, type Door, holdAt, intentAt, recordIn, recordKey, resolveAt, run, runAt } from "@/test/scripts";
import { owe } from "../intents/service";
import { accountKey, accountKeys, accountName, catalogKey, holdsKey, operationKey, outboxKey } from "../rules";
import { END_GRANT, GRANT, REFUND, TAKE_BACK, TAKE_FROM } from "./lua/intent";
import { READ_OUTBOX } from "./lua/outbox";
import { CONFIGURE_ACCOUNTS, RETIRE, SET_ACCOUNT, SET_CATALOG, SET_KEY_RECORD } from "./lua/state";
import { SWEEP } from "./lua/sweep";

/** What a script takes, and what it leaves alone, whoever calls it with whatever. */

/** A hash as an object; empty where there is none. */
const fieldsOf = async (key: string): Promise<Record<string, string>> => {
  const flat = await hashOf(key);
  return Object.fromEntries(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]));
};
/** Digits that are no amount, though other readers of numbers would take some. */
const NO_AMOUNT = ["0", "01", "-5", "1e3", "0x10", "5.0", "5 ", "nan", "inf", "9".repeat(16)];

describe("an amount that is none", () => {
  let brand: TestBrand;
  let epoch: string;
  const now = Date.now();
  beforeEach(async () => {
    brand = await testBrand({ tokens: 1000, apps: ["vto-001", "cai-001"] });
    await drain(brand);
    epoch = (await accountState(brand)).e ?? "";
  });
  checkedAfterEach();
  const consume = (amount: string, app = "cai-001") => consumeAt(brand, now, { app, amount });
  const hold = (amount: string) => holdAt(brand, now, amount, 60_000);
  const unchanged = async (act: () => Promise<string[]>): Promise<string | undefined> => {
    const before = await accountState(brand);
    const [code] = await act();
    expect(await accountState(brand)).toEqual(before);
    expect(await redis().xlen(outboxKey(brand.partition))).toBe(0);
    return code;
  };

  it.each(NO_AMOUNT)("is refused by every script: %j", async (amount) => {
    const id = uuidv7();
    const use = uuidv7();
    expect(await unchanged(() => consume(amount))).toBe("amount_not_allowed");
    expect(await unchanged(() => hold(amount))).toBe("amount_not_allowed");
    expect(await unchanged(() => intentAt(brand, now, GRANT, epoch, [id, "pack", amount, 0]))).toBe("too_much");
    const refund = [id, use, amount, "", "vto-001", now, 1000];
    expect(await unchanged(() => intentAt(brand, now, REFUND, epoch, refund))).toBe("refused");
    expect(await unchanged(() => intentAt(brand, now, TAKE_BACK, epoch, [id, amount]))).toBe("refused");
    expect(await unchanged(() => intentAt(brand, now, TAKE_FROM, epoch, [id, use, amount]))).toBe("refused");
  });

  it.each(["x", "-1", "1e1", "1.0", "9".repeat(16)])("is refused by a settle: %j", async (used) => {
    const id = recordIn(await hold("999"))[3] ?? "";
    await drain(brand);
    const settle = (amount: string) => resolveAt(brand, now, id, amount);
    expect(await unchanged(() => settle(used))).toBe("amount_not_allowed");
    expect((await settle("999"))[0]).toBe("ok");
  });

  it("is not one of 15 digits, as long as there is as much", async () => {
    const most = "999999999999999";
    expect((await consume(most))[0]).toBe("insufficient_tokens");
    expect((await hold(most))[0]).toBe("insufficient_tokens");
    const id = await owe(ctxOf(brand), {
      mode: "live",
      source: "pack",
      tokens: Number(most),
      businessKey: `most:${brand.customerId}`,
    });
    expect((await intentAt(brand, now, GRANT, epoch, [id, "pack", most, 0]))[0]).toBe("ok");
    const held = recordIn(await hold(most))[3] ?? "";
    expect(recordIn(await resolveAt(brand, now, held, most)).slice(0, 5)).toEqual([
      "settled",
      "vto-001",
      most,
      most,
      "1000",
    ]);
    const again = await owe(ctxOf(brand), {
      mode: "live",
      source: "pack",
      tokens: Number(most),
      businessKey: `again:${brand.customerId}`,
    });
    expect((await intentAt(brand, now, GRANT, epoch, [again, "pack", most, 0]))[0]).toBe("ok");
    expect(recordIn(await consume(most)).slice(3, 6)).toEqual([most, expect.any(String), "1000"]);
    expect((await accountState(brand)).b).toBe("1000");
  });

  it("leaves every digit of what is left, in the grant and in the balance", async () => {
    const most = "999999999999999";
    const owed = {
      mode: "live",
      source: "pack",
      tokens: Number(most),
      businessKey: `most:${brand.customerId}`,
    } as const;
    const id = await owe(ctxOf(brand), owed);
    await intentAt(brand, now, GRANT, epoch, [id, "pack", most, 0]);
    // The older grant is burnt to its end, and is gone.
    for (const [amount, left] of [
      ["1000", most],
      ["1", "999999999999998"],
      ["899999999999998", "100000000000000"],
      ["1", "99999999999999"],
      ["99999999999999", "0"],
    ] as const) {
      expect(recordIn(await consume(amount))[5]).toBe(left);
      expect(await accountState(brand)).toMatchObject({ b: left, g: left === "0" ? "" : `${id},pack,${left},0;` });
    }
  });

  it("is not given where the grants hold less than the balance says: nobody knows then what is there", async () => {
    const { g = "" } = await fieldsOf(accountKey(brand.account));
    await redis().hset(accountKey(brand.account), { g: g?.replace(",1000,", ",4,") });
    expect(await unchanged(() => consume("5"))).toBe("missing_account");
    await redis().hset(accountKey(brand.account), { g });
  });

  it("may be the price named, and nothing else for an app of one price, nor for a public key", async () => {
    expect((await consume("5", "vto-001"))[0]).toBe("ok");
    expect((await consume("6", "vto-001"))[0]).toBe("amount_not_allowed");
    const page = (amount: string) => consumeAt(brand, now, { kind: "pk", app: "cai-001", amount });
    expect((await page("6"))[0]).toBe("amount_not_allowed");
    const price = recordIn(await page(""))[2] ?? "";
    expect((await page(price))[0]).toBe("ok");
  });
});

describe("an operation seen before", () => {
  let brand: TestBrand;
  const now = Date.now();
  const operation = "an-operation-seen-once";
  beforeEach(async () => {
    brand = await testBrand({ tokens: 100 });
  });
  checkedAfterEach();
  const calls: [string, (door: Door) => Promise<string[]>][] = [
    ["use", (door) => consumeAt(brand, now, { operation, ...door })],
    ["reservation", (door) => holdAt(brand, now, 5, 60_000, { operation, ...door })],
  ];

  it.each(calls)(
    "answers the same under the app's slug, and after the app has left the catalogue: %s",
    async (_, call) => {
      const catalog = catalogKey(brand.partition);
      const [, , , first] = await call({});
      const apps = await fieldsOf(catalog);
      const there = apps["app:vto-001"] ?? "";
      const slug = Object.keys(apps).find((name) => name !== "app:vto-001" && apps[name] === there) ?? "";
      expect(await call({ app: slug.slice("app:".length) })).toEqual(["ok", String(now), "", first]);
      await redis().hdel(catalog, "app:vto-001");
      expect(await call({})).toEqual(["ok", String(now), "", first]);
      expect((await call({ app: "pdc-001" }))[0]).toBe("idempotency_key_reused");
      await redis().hset(catalog, { "app:vto-001": there });
      expect((await call({ request: "another" }))[0]).toBe("idempotency_key_reused");
      await redis().del(operationKey(brand.partition, operation));
      await drain(brand);
    },
  );
});

describe("a public key without origins", () => {
  it("is good for no page, also not for one that does not say where it is", async () => {
    const brand = await testBrand({ tokens: 100 });
    await redis().hset(recordKey(brand, "pk"), { org: "\n\n" });
    for (const from of ["p", "phttps://shop.example"]) {
      expect((await consumeAt(brand, Date.now(), { kind: "pk", from }))[0], from).toBe("origin_not_allowed");
    }
  });
});

describe("an intent", () => {
  let brand: TestBrand;
  const now = Date.now();
  beforeEach(async () => {
    brand = await testBrand({ tokens: 100 });
    await drain(brand);
  });
  checkedAfterEach();
  const scripts: [string, string, (string | number)[]][] = [
    ["GRANT", GRANT, ["pack", 5, 0]],
    ["REFUND", REFUND, [uuidv7(), 5, "", "vto-001", now, 1000]],
    ["END_GRANT", END_GRANT, [uuidv7()]],
    ["TAKE_BACK", TAKE_BACK, [5]],
    ["TAKE_FROM", TAKE_FROM, [uuidv7(), 5]],
  ];

  it.each(scripts)(
    "is not carried out on an account that is retired, lost or of another epoch: %s",
    async (_, script, rest) => {
      const key = accountKey(brand.account);
      const { e = "" } = await fieldsOf(key);
      const act = (epoch: string) => intentAt(brand, now, script, epoch, [uuidv7(), ...rest]);
      expect(await act("9")).toEqual(["other_epoch", String(now), ""]);
      await redis().hset(key, { ret: "1" });
      expect(await act(e)).toEqual(["missing_account", String(now), ""]);
      await redis().del(key);
      expect(await act(e)).toEqual(["missing_account", String(now), ""]);
      expect(await redis().exists(key)).toBe(0);
      expect(await redis().xlen(outboxKey(brand.partition))).toBe(0);
    },
  );

  it.each(scripts)("is carried out once in an epoch: %s", async (_, script, rest) => {
    const { e = "", b = "" } = await fieldsOf(accountKey(brand.account));
    const id = uuidv7();
    await redis().hset(accountKey(brand.account), { [`gid:${id}`]: "1" });
    expect(await intentAt(brand, now, script, e, [id, ...rest])).toEqual(["applied", String(now), b]);
    expect(await redis().xlen(outboxKey(brand.partition))).toBe(0);
  });

  it("grants up to the largest exact balance, and not one token further", async () => {
    const { e = "" } = await fieldsOf(accountKey(brand.account));
    // The books are written as they would be, and put back.
    const grants = `${uuidv7()},pack,9007199254740986,0;`;
    const before = await hashOf(accountKey(brand.account));
    await redis().hset(accountKey(brand.account), { b: "9007199254740986", g: grants });
    expect((await intentAt(brand, now, GRANT, e, [uuidv7(), "pack", 6, 0]))[0]).toBe("too_much");
    expect(await intentAt(brand, now, GRANT, e, [uuidv7(), "pack", 5, 0])).toEqual([
      "ok",
      String(now),
      "9007199254740991",
    ]);
    await redis().del(outboxKey(brand.partition), accountKey(brand.account));
    await redis().hset(
      accountKey(brand.account),
      Object.fromEntries(before.flatMap((name, i) => (i % 2 ? [] : [[name, before[i + 1]]]))),
    );
  });
});

describe("an account's hash", () => {
  const tag = "{p01}";
  const name = "018f4d2e-7c1a-7b3e-9a55-1f2e3d4c5b6a:live";
  const [key, due, holds] = [`${tag}:acct:test`, `${tag}:due:test`, `${tag}:holds:test`];
  const now = 1_800_000_000_000;
  beforeEach(() => redis().del(key, due, holds));
  const retire = (epoch: number) => run(RETIRE, [key], [epoch]);
  const set = (epoch: number, more: { due?: string; holds?: string; fields?: string[] } = {}) =>
    runAt(
      now,
      SET_ACCOUNT,
      [key, due, holds],
      [now, name, more.due ?? "", epoch, more.holds ?? "", ...["e", String(epoch), "b", "10", ...(more.fields ?? [])]],
    );

  it("is retired up to an epoch, and not after it, and tells what it held", async () => {
    await redis().hset(key, { e: "10", s: "4", b: "5", gen: "7" });
    expect(await retire(9)).toEqual(["newer"]);
    expect(await fieldsOf(key)).toEqual({ e: "10", s: "4", b: "5", gen: "7" });
    expect(await retire(10)).toEqual(["ok", "10", "4", "5", "7"]);
    expect(await fieldsOf(key)).toEqual({ e: "10", s: "4", b: "5", gen: "7", ret: "10", f: "1" });
    expect((await retire(11))[0]).toBe("ok");
    // The floor never sinks.
    expect((await retire(10))[0]).toBe("ok");
    expect((await fieldsOf(key)).ret).toBe("11");
  });

  it("that is not there leaves a floor when it is retired, under which nothing is set", async () => {
    expect(await retire(9)).toEqual(["ok", "", "", "", ""]);
    expect(await fieldsOf(key)).toEqual({ ret: "9", f: "1" });
    expect((await set(9))[0]).toBe("present");
    expect((await set(8))[0]).toBe("present");
    expect((await set(10))[0]).toBe("ok");
    expect(await fieldsOf(key)).toEqual({ e: "10", b: "10" });
  });

  it("in force is not set again, whatever the epoch", async () => {
    expect(await set(1)).toEqual(["ok", String(now)]);
    expect(await set(2)).toEqual(["present", String(now)]);
    expect((await fieldsOf(key)).e).toBe("1");
  });

  it("is set whole: what was there is gone, but for the rate buckets", async () => {
    await redis().hset(key, { e: "1", ret: "1", "app:old": "1", rc: "5", ak_a: "6", ak: "7", lk: "8" });
    await redis().zadd(holds, { score: 5, member: "old" });
    expect((await set(2, { fields: ["app:new", "1"] }))[0]).toBe("ok");
    expect(await fieldsOf(key)).toEqual({ e: "2", b: "10", "app:new": "1", rc: "5", ak_a: "6" });
    expect(await redis().exists(holds)).toBe(0);
  });

  it("is set with what falls due and when each reservation ends; without, it is not due", async () => {
    expect((await set(1, { due: "1800000000005", holds: "a,1800000000007;b,1800000000005;" }))[0]).toBe("ok");
    expect(await fieldsOf(key)).toEqual({ e: "1", b: "10", x: "1800000000005", f: "1" });
    expect(await redis().zrange(holds, 0, -1, { withScores: true })).toEqual([
      "b",
      "1800000000005",
      "a",
      "1800000000007",
    ]);
    expect(await redis().zrange(due, 0, -1, { withScores: true })).toEqual([name, "1800000000005"]);
    await retire(1);
    expect((await set(2))[0]).toBe("ok");
    expect(await fieldsOf(key)).toEqual({ e: "2", b: "10" });
    expect(await redis().exists(due)).toBe(0);
  });

  it("is configured in force, and neither where it is not there nor where it is retired; each for itself", async () => {
    const other = `${tag}:acct:another`;
    const configure = () => runAt(now, CONFIGURE_ACCOUNTS, [key, other], [now, "u", "1", "app:x", "1"]);
    expect(await configure()).toEqual(["ok", String(now)]);
    expect(await redis().exists(key, other)).toBe(0);
    await redis().hset(key, { e: "1", ret: "1" });
    await redis().hset(other, { e: "7" });
    expect(await configure()).toEqual(["ok", String(now)]);
    expect(await fieldsOf(key)).toEqual({ e: "1", ret: "1" });
    expect(await fieldsOf(other)).toEqual({ e: "7", u: "1", "app:x": "1" });
    await redis().hdel(key, "ret");
    expect(await configure()).toEqual(["ok", String(now)]);
    expect(await fieldsOf(key)).toEqual({ e: "1", u: "1", "app:x": "1" });
  });

  it.each([
    ["is not there", {}],
    ["is retired", { e: "1", s: "1", b: "5", g: "a,pack,5,1;", ret: "1" }],
  ])("that %s is taken off what is due by the sweep, which writes nothing else", async (_, fields) => {
    if (Object.keys(fields).length > 0) await redis().hset(key, fields);
    await redis().zadd(due, { score: 5, member: name }, { score: 6, member: "another" });
    expect(await runAt(now, SWEEP, [key, `${tag}:outbox:test`, due, holds], [name])).toEqual([
      "missing_account",
      String(now),
    ]);
    expect(await redis().zrange(due, 0, -1)).toEqual(["another"]);
    expect(await fieldsOf(key)).toEqual(fields);
    expect(await redis().exists(`${tag}:outbox:test`)).toBe(0);
  });
});

describe("a reservation without a record", () => {
  let brand: TestBrand;
  const now = Date.now();
  beforeEach(async () => {
    brand = await testBrand({ tokens: 100 });
    await drain(brand);
    await redis().zadd(holdsKey(brand.account), { score: now - 5, member: "stray" });
  });
  checkedAfterEach();

  it("is taken off the list of those that end, and gives nothing", async () => {
    expect((await runAt(now, SWEEP, accountKeys(brand.account), [accountName(brand.account)]))[0]).toBe("ok");
    expect(await redis().exists(holdsKey(brand.account))).toBe(0);
    expect((await accountState(brand)).b).toBe("100");
  });

  it("does not keep a grant from being ended", async () => {
    const { e = "", g = "" } = await fieldsOf(accountKey(brand.account));
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
        target: g.slice(0, 36),
        businessKey: `end:${g.slice(0, 36)}`,
      });
    await redis().zadd(holdsKey(brand.account), { score: now + 60_000, member: "another" });
    const reply = await intentAt(brand, now, END_GRANT, e, [id, g.slice(0, 36)]);
    expect(reply).toEqual(["ok", String(now), "0"]);
    await redis().del(holdsKey(brand.account));
  });
});

describe("a key's record", () => {
  const [key, catalog] = ["{p01}:key:test", "{p01}:catalog:test"];
  beforeEach(async () => {
    await redis().del(key, catalog);
    await redis().hset(catalog, { gen: "7" });
  });
  const write = (version: number, lifetime: string, ...fields: string[]) =>
    run(SET_KEY_RECORD, [key, catalog], [version, lifetime, ...fields]);

  it("is written whole, with the partition's generation, unless a newer one is there", async () => {
    expect(await write(3, "", "st", "active", "org", "x")).toEqual(["ok"]);
    expect(await fieldsOf(key)).toEqual({ v: "3", gen: "7", st: "active", org: "x" });
    expect(await redis().pttl(key)).toBe(-1);
    expect(await write(2, "", "st", "revoked")).toEqual(["newer"]);
    expect(await write(3, "", "st", "revoked")).toEqual(["ok"]);
    expect(await fieldsOf(key)).toEqual({ v: "3", gen: "7", st: "revoked" });
    expect(await write(10, "", "st", "active")).toEqual(["ok"]);
    expect(await write(9, "", "st", "revoked")).toEqual(["newer"]);
  });

  it("may be one for a moment, which a real one replaces for ever", async () => {
    expect(await write(0, "5000", "st", "none")).toEqual(["ok"]);
    const left = await redis().pttl(key);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(5000);
    expect(await write(1, "", "st", "active")).toEqual(["ok"]);
    expect(await redis().pttl(key)).toBe(-1);
  });

  it("is of no generation where the catalogue is missing, and so counts as unknown", async () => {
    await redis().del(catalog);
    expect(await write(1, "", "st", "active")).toEqual(["ok"]);
    expect((await fieldsOf(key)).gen).toBe("");
  });
});

describe("a partition's catalogue", () => {
  it("is replaced whole", async () => {
    const key = "{p01}:catalog:test";
    await redis().del(key);
    await redis().hset(key, { gen: "1", "app:old": "x" });
    const now = 1_800_000_000_000;
    expect(await runAt(now, SET_CATALOG, [key], [now, "gen", "2", "app:new", "y"])).toEqual(["ok", String(now)]);
    expect(await fieldsOf(key)).toEqual({ gen: "2", "app:new": "y" });
    await redis().del(key);
  });
});

describe("the head of an outbox", () => {
  const [key, mark] = ["{p01}:outbox:test", "{p01}:mark:test"];
  beforeEach(() => redis().del(key, mark));
  const read = (now: number, script = READ_OUTBOX) => runAt(now, script, [key, mark], [2]);

  it("is told in order, at most as many as asked for, with the server's run, the mark and the time", async () => {
    for (const n of ["1", "2", "3"]) await redis().xadd(key, "*", { n });
    await redis().set(mark, "left-here");
    const reply = (await redis().eval(READ_OUTBOX, [key, mark], ["2"])) as [
      string,
      string,
      string,
      [string, string[]][],
    ];
    const [server, left, at, events] = reply;
    expect(server).toMatch(/^[0-9a-f]{40}$/);
    expect(left).toBe("left-here");
    expect(Math.abs(Number(at) - Date.now())).toBeLessThan(5_000);
    expect(events.map(([, fields]) => fields)).toEqual([
      ["n", "1"],
      ["n", "2"],
    ]);
    await redis().del(key, mark);
  });

  it("tells the time with all of its digits, and that the mark is gone", async () => {
    expect((await read(1_800_000_000_007)).slice(1)).toEqual(["", "1800000000007", ""]);
  });

  it("is told also where the host does not say which Redis it is", async () => {
    const hidden = READ_OUTBOX.replace("redis.pcall('INFO', 'server')", "redis.pcall('NO-SUCH-COMMAND')");
    expect(hidden).not.toBe(READ_OUTBOX);
    expect((await read(Date.now(), hidden))[0]).toBe("");
  });
});
