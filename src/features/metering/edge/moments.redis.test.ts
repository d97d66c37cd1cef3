import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { grantIntents } from "@/db/schema/metering";
import { uuidv7 } from "@/lib/ids";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { ctxOf, hashOf } from "@/test/ledger";
import { accountState, checkedAfterEach, drain, type TestBrand, testBrand } from "@/test/meter";
import { consumeAt, type Door, holdAt, intentAt, recordIn, recordKey, resolveAt, runAt } from "@/test/scripts";
import { applyIntents, owe } from "../intents/service";
import { accountKey, accountKeys, accountName, catalogKey, dueKey, holdsKey, outboxKey } from "../rules";
import { END_GRANT, GRANT, REFUND, TAKE_BACK } from "./lua/intent";
import { CONFIGURE_ACCOUNTS, SET_ACCOUNT, SET_CATALOG } from "./lua/state";
import { SWEEP } from "./lua/sweep";

/** On which side of a moment each thing lies: the scripts themselves, at a time of our choosing. */

let brand: TestBrand;
let now: number;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100, apps: ["vto-001", "pdc-001", "cai-001"] });
  await drain(brand);
  now = Date.now();
});
checkedAfterEach();

const use = (at: number, door: Door & { amount?: string } = {}) => consumeAt(brand, at, door);
const hold = (at: number, tokens: number, lifetime: number, door: Door = {}) =>
  holdAt(brand, at, tokens, lifetime, door);
/** Holds tokens; the reservation's id. */
const held = async (tokens: number, lifetime: number) => recordIn(await hold(now, tokens, lifetime))[3] ?? "";
const resolve = (at: number, id: string, used: number, door: Door = {}) => resolveAt(brand, at, id, used, door);
const sweep = (at: number) => runAt(at, SWEEP, accountKeys(brand.account), [accountName(brand.account)]);
const code = async (reply: Promise<string[]>) => (await reply)[0];
/** App, amount and balance that a use's answer tells. */
const spent = async (reply: Promise<string[]>) => {
  const [, app, , amount, , balance] = recordIn(await reply);
  return [app, amount, balance];
};

const field = (name: string) => redis().hget<string>(accountKey(brand.account), name);
const set = (fields: Record<string, string>) => redis().hset(accountKey(brand.account), fields);
const backlog = () => redis().xlen(outboxKey(brand.partition));
const dueAt = () => redis().zscore(dueKey(brand.partition), accountName(brand.account));
const grant = async (tokens: number, expiresAt: number) => {
  const businessKey = `${tokens}:${brand.customerId}`;
  const id = await owe(ctxOf(brand), {
    mode: "live",
    source: "pack",
    tokens,
    expiresAt: new Date(expiresAt),
    businessKey,
  });
  await applyIntents(metering(), brand.account);
  return id;
};
/** Rewrites parts of the key's record: `status|expires|key id|may consume|limit|burst`. */
const keyIs = async (more: { expires?: number; limit?: number; burst?: number }) => {
  const key = recordKey(brand);
  const [status, expires, id, may, limit, burst] = ((await redis().hget<string>(key, "r")) ?? "").split("|");
  const record = [status, more.expires ?? expires, id, may, more.limit ?? limit, more.burst ?? burst];
  await redis().hset(key, { r: record.join("|") });
};

describe("a deadline", () => {
  const nobody = "00000000-0000-0000-0000-000000000000";
  const nothing = "{p00}:catalog:nothing";
  const scripts: Record<string, (deadline: number) => Promise<string[]>> = {
    CONSUME: (deadline) => use(now, { deadline }),
    HOLD: (deadline) => hold(now, 5, 60_000, { deadline }),
    RESOLVE: (deadline) => resolve(now, nobody, 0, { deadline, lookedUp: true }),
    GRANT: (deadline) => intentAt(brand, now, GRANT, "7", [nobody, "pack", 1, 0], deadline),
    REFUND: (deadline) => intentAt(brand, now, REFUND, "7", [nobody, nobody, 1, "", "vto-001", now, 1], deadline),
    END_GRANT: (deadline) => intentAt(brand, now, END_GRANT, "7", [nobody, nobody], deadline),
    TAKE_BACK: (deadline) => intentAt(brand, now, TAKE_BACK, "7", [nobody, 1], deadline),
    SET_ACCOUNT: (deadline) =>
      runAt(
        now,
        SET_ACCOUNT,
        [accountKey(brand.account), dueKey(brand.partition), holdsKey(brand.account)],
        [deadline, accountName(brand.account), "", "1", "", "e", "1"],
      ),
    SET_CATALOG: (deadline) => runAt(now, SET_CATALOG, [nothing], [deadline, "gen", "1"]),
    CONFIGURE_ACCOUNTS: (deadline) => runAt(now, CONFIGURE_ACCOUNTS, [accountKey(brand.account)], [deadline, "u", "0"]),
  };

  it.each([
    ["CONSUME", "ok"],
    ["HOLD", "ok"],
    ["RESOLVE", "reservation_not_found"],
    ["GRANT", "other_epoch"],
    ["REFUND", "other_epoch"],
    ["END_GRANT", "other_epoch"],
    ["TAKE_BACK", "other_epoch"],
    ["SET_ACCOUNT", "present"],
    ["SET_CATALOG", "ok"],
    ["CONFIGURE_ACCOUNTS", "ok"],
  ])("of %s is over after its moment and not at it", async (name, otherwise) => {
    const act = scripts[name];
    const before = await hashOf(accountKey(brand.account));
    expect((await act?.(now - 1))?.slice(0, 2)).toEqual(["late", String(now)]);
    expect(await hashOf(accountKey(brand.account))).toEqual(before);
    expect((await act?.(now))?.[0]).toBe(otherwise);
    await redis().del(nothing);
  });
});

describe("at its moment", () => {
  it("a key has expired, and just before it has not", async () => {
    await keyIs({ expires: now });
    expect(await code(use(now - 1))).toBe("ok");
    expect(await code(use(now))).toBe("invalid_api_key");
  });

  it("the day of look-ups is over, and just before an unseen operation must be looked up", async () => {
    await set({ lk: String(now), f: "1" });
    expect(await code(use(now - 1))).toBe("unseen");
    expect(await code(use(now - 1, { lookedUp: true }))).toBe("ok");
    expect(await code(hold(now - 1, 1, 60_000))).toBe("unseen");
    expect(await code(hold(now - 1, 1, 60_000, { lookedUp: true }))).toBe("ok");
    expect(await code(use(now))).toBe("ok");
    expect(await code(hold(now, 1, 60_000))).toBe("ok");
  });

  it("a grant is over: it is written off, and not counted", async () => {
    const until = now + 60_000;
    const id = await grant(20, until);
    await drain(brand);
    expect(await spent(use(until - 1))).toEqual(["vto-001", "5", "115"]);
    expect(await field("x")).toBe(String(until));
    const more = { app: "cai-001", amount: "101" };
    expect((await use(until, more)).filter((_, i) => i !== 2)).toEqual([
      "insufficient_tokens",
      String(until),
      "101",
      "100",
    ]);
    // A refusal writes nothing: it is still there, and due.
    expect(await field("g")).toContain(id);
    expect(await spent(use(until))).toEqual(["vto-001", "5", "95"]);
    expect(await field("g")).not.toContain(id);
    expect([await field("x"), await dueAt()]).toEqual([null, null]);
  });

  it("a reservation has released itself: for a use, and for its own settle", async () => {
    const [one, two] = [await held(40, 10_000), await held(50, 10_000)];
    const end = now + 10_000;
    expect(await field("x")).toBe(String(end));
    expect(await code(use(end - 1, { app: "cai-001", amount: "11" }))).toBe("insufficient_tokens");
    expect(recordIn(await resolve(end - 1, one, 4)).slice(0, 4)).toEqual(["settled", "vto-001", "40", "4"]);
    expect(await code(resolve(end, two, 4))).toBe("reservation_closed");
    const [status, , reserved, used, balance, , , usage] = recordIn(await resolve(end, two, 0));
    // What was released is no use, and has no id of one.
    expect([status, reserved, used, balance, usage]).toEqual(["released", "50", "0", "96", ""]);
    expect([await field("x"), await dueAt()]).toEqual([null, null]);
  });

  it("a reservation takes what has come back, not what is over, and may take all of it", async () => {
    const until = now + 30_000;
    await grant(20, until);
    await held(40, 10_000);
    expect(await code(hold(until, 101, 60_000))).toBe("insufficient_tokens");
    expect(recordIn(await hold(until, 100, 60_000)).slice(4, 5)).toEqual(["0"]);
    expect(await accountState(brand)).toMatchObject({ b: "0", g: "" });
    expect(await redis().zcard(holdsKey(brand.account))).toBe(1);
    await set({ u: "1" });
    expect(await code(hold(until, 1, 60_000))).toBe("ok");
    expect(await code(use(until))).toBe("ok");
    expect((await accountState(brand)).b).toBe("0");
    await set({ u: "0" });
  });

  it("a reservation has released itself also for the sweep, for a grant and for a correction", async () => {
    const { e: epoch } = await accountState(brand);
    const end = now + 10_000;
    await held(40, 10_000);
    expect(await sweep(end - 1)).toEqual(["ok", String(end - 1)]);
    expect((await accountState(brand)).b).toBe("60");
    expect(Number(await dueAt())).toBe(end);
    const businessKey = `one:${brand.customerId}`;
    const id = await owe(ctxOf(brand), { mode: "live", source: "pack", tokens: 1, businessKey });
    expect(await intentAt(brand, end, GRANT, epoch, [id, "pack", 1, 0])).toEqual(["ok", String(end), "101"]);
    expect(await intentAt(brand, end, GRANT, epoch, [id, "pack", 1, 0])).toEqual(["applied", String(end), "101"]);
    expect(await dueAt()).toBeNull();
    await held(40, 20_000);
    expect(await intentAt(brand, end, TAKE_BACK, epoch, [uuidv7(), 62])).toEqual(["refused", String(end), ""]);
    expect(await sweep(now + 20_000)).toEqual(["ok", String(now + 20_000)]);
    expect((await accountState(brand)).b).toBe("101");
    expect(await redis().exists(holdsKey(brand.account))).toBe(0);
  });

  it("what a refund gives back to a grant opens another one, and just before it does not", async () => {
    const { e: epoch } = await accountState(brand);
    const until = now + 60_000;
    const id = await grant(20, until);
    const uses = [uuidv7(), uuidv7()] as const;
    for (const one of uses) await use(now, { id: one });
    await drain(brand);
    const giveBack = async (target: string, at: number) => {
      const intent = uuidv7();
      await db()
        .insert(grantIntents)
        .values({
          id: intent,
          kind: "refund",
          customerId: brand.customerId,
          mode: "live",
          source: "refund",
          tokens: 5,
          target,
          businessKey: `refund:${target}`,
        });
      const parts = `${id},pack,5,${until};`;
      await intentAt(brand, at, REFUND, epoch, [intent, target, 5, parts, "vto-001", now, 1000]);
      return intent;
    };
    await giveBack(uses[0], until - 1);
    expect((await accountState(brand)).g).toContain(`${id},pack,15,${until};`);
    const opened = await giveBack(uses[1], until);
    expect((await accountState(brand)).g).toMatch(
      new RegExp(`^${opened},refund,5,${until + 1000};[^;]+,adjustment,100,0;$`),
    );
    expect((await accountState(brand)).b).toBe("105");
  });

  it("what comes back to a grant that is over expires with it", async () => {
    const until = now + 30_000;
    await grant(20, until);
    const id = await held(25, 60_000);
    expect((await accountState(brand)).b).toBe("95");
    // 20 of the one and 5 of the other are held; 3 are used, and 17 come back too late.
    expect(recordIn(await resolve(until, id, 3)).slice(0, 5)).toEqual(["settled", "vto-001", "25", "3", "100"]);
    expect((await accountState(brand)).g).not.toContain("pack");
  });
});

describe("an account is due", () => {
  it("when the soonest thing of it ends that has anything left, and not where nothing ends", async () => {
    const soonest = async () => [await field("x"), await dueAt()].map((at) => (at === null ? null : Number(at) - now));
    expect(await soonest()).toEqual([null, null]);
    await grant(20, now + 30_000);
    await grant(10, now + 40_000);
    expect(await soonest()).toEqual([30_000, 30_000]);
    // All of the first grant is held, and ends with the reservation at the earliest.
    const first = await held(20, 60_000);
    expect(await soonest()).toEqual([40_000, 40_000]);
    const second = await held(10, 50_000);
    expect(await soonest()).toEqual([50_000, 50_000]);
    await resolve(now, first, 0);
    expect(await soonest()).toEqual([30_000, 30_000]);
    await resolve(now, second, 10);
    await use(now, { app: "cai-001", amount: "20" });
    // The use burnt what was left of it, and left the account due: the sweep finds nothing to do then.
    await sweep(now + 30_000);
    expect(await soonest()).toEqual([null, null]);
  });
});

describe("a rate", () => {
  const limited = async (limits: { limit: number; burst: number; cl?: number; cb?: number }) => {
    await keyIs(limits);
    await set({ cl: String(limits.cl ?? 1_000_000), cb: String(limits.cb ?? 1_000_000) });
  };
  const codes = async (...moments: number[]) => {
    const found: string[] = [];
    for (const at of moments) found.push((await use(at, { app: "pdc-001" }))[0] ?? "");
    return found;
  };
  const keysOwn = async () => {
    const flat = await hashOf(accountKey(brand.account));
    return flat[flat.findIndex((name) => name.startsWith("ak_")) + 1];
  };

  it("of one a second with a burst of two refills to the millisecond", async () => {
    await limited({ limit: 3600, burst: 2 });
    expect(await codes(now, now, now, now + 999, now + 1000, now + 1999)).toEqual([
      "ok",
      "ok",
      "rate_limited",
      "rate_limited",
      "ok",
      "rate_limited",
    ]);
    // Full again after two seconds more, and no fuller than full.
    expect(await codes(now + 60_000, now + 60_000, now + 60_000)).toEqual(["ok", "ok", "rate_limited"]);
  });

  it("tells how long to wait, rounded up, and what is left", async () => {
    await limited({ limit: 3600, burst: 1 });
    expect((await use(now))[2]).toBe(`3600,1,${now + 1000}.000;1000000,1000000,${now + 3}.600;`);
    expect(await use(now)).toEqual(["rate_limited", String(now), `3600,1,${now + 1000}.000;`, "1", "key"]);
    expect((await use(now + 1)).slice(3)).toEqual(["1", "key"]);
    await limited({ limit: 1, burst: 1 });
    expect(await code(use(now + 1000))).toBe("ok");
    expect((await use(now + 1001)).slice(3)).toEqual(["3600", "key"]);
  });

  it("that no number of milliseconds divides lets through all of its burst, and not one more", async () => {
    await limited({ limit: 7, burst: 7 });
    expect(await codes(...Array.from({ length: 8 }, () => now))).toEqual([...Array(7).fill("ok"), "rate_limited"]);
  });

  it("of the account is its own, and counted with the key's where it refuses", async () => {
    await limited({ limit: 3600, burst: 5, cl: 3600, cb: 2 });
    expect(await codes(now, now)).toEqual(["ok", "ok"]);
    const both = `3600,5,${now + 3000}.000;3600,2,${now + 2000}.000;`;
    expect(await use(now)).toEqual(["rate_limited", String(now), both, "1", "customer"]);
    expect([await keysOwn(), await field("rc")]).toEqual([`${now + 3000}.000`, `${now + 2000}.000`]);
    // The key's own limit refuses first, and then counts nothing.
    expect(await codes(now, now)).toEqual(["rate_limited", "rate_limited"]);
    expect((await use(now)).slice(4)).toEqual(["key"]);
    expect([await keysOwn(), await field("rc")]).toEqual([`${now + 5000}.000`, `${now + 2000}.000`]);
  });

  it.each([
    ["an app that is not there", { app: "nix-001" }, "app_not_found"],
    ["an amount that is not allowed", { amount: "4" }, "amount_not_allowed"],
    ["more than there is", { app: "cai-001", amount: "101" }, "insufficient_tokens"],
  ])("counts a use refused for %s", async (_, more, refused) => {
    await limited({ limit: 3600, burst: 9 });
    expect(await code(use(now, more))).toBe(refused);
    expect([await keysOwn(), await field("rc")]).toEqual([`${now + 1000}.000`, `${now + 3}.600`]);
  });

  it.each([
    ["an app that is not there", () => hold(now, 5, 60_000, { app: "nix-001" }), "app_not_found"],
    ["an amount that is none", () => hold(now, 0, 60_000), "amount_not_allowed"],
    ["more than there is", () => hold(now, 101, 60_000), "insufficient_tokens"],
    ["what is not there to settle", () => resolve(now, uuidv7(), 1, { lookedUp: true }), "reservation_not_found"],
  ])("counts a reservation refused for %s", async (_, call, refused) => {
    expect(await code(call())).toBe(refused);
    expect(Number(await field("rc"))).toBeGreaterThan(now);
    expect(await backlog()).toBe(0);
  });

  it("counts a settle of more than was held, and a hold and a settle that are done", async () => {
    const id = await held(5, 60_000);
    const after = [await field("rc")];
    expect(await code(resolve(now, id, 6))).toBe("amount_not_allowed");
    after.push(await field("rc"));
    expect(await code(resolve(now, id, 5))).toBe("ok");
    after.push(await field("rc"));
    expect(after).toEqual([`${now + 3}.600`, `${now + 7}.200`, `${now + 10}.800`]);
  });
});

describe("an outbox", () => {
  const marked = () => redis().hget<string>(catalogKey(brand.partition), "full");

  it("that is as long as it may be is marked at an account's eighth entry, by whichever script makes it", async () => {
    // Entry 1 granted the tokens, and is drained.
    const id = await held(5, 60_000);
    const makers = [
      (door: Door) => use(now, { app: "pdc-001", ...door }),
      (door: Door) => hold(now, 1, 60_000, door),
      (door: Door) => resolve(now, id, 5, door),
    ];
    for (const [i, make] of makers.entries()) {
      while (Number(await field("s")) % 8 < 7) {
        // Nobody has asked how long it is, and so it takes what comes.
        expect(await code(use(now, { app: "pdc-001", backlog: 1 }))).toBe("ok");
        expect(await marked()).toBeNull();
      }
      expect(await code(make({ backlog: (await backlog()) + 1 }))).toBe("ok");
      expect(await marked(), String(i)).toBe("1");
      await drain(brand);
      expect(await code(use(now, { app: "pdc-001" }))).toBe("ok");
      expect(await marked()).toBeNull();
    }
  });

  it("is not marked at an eighth entry that leaves it room", async () => {
    while (Number(await field("s")) < 7) await use(now, { app: "pdc-001" });
    expect(await code(use(now, { app: "pdc-001", backlog: (await backlog()) + 2 }))).toBe("ok");
    expect([await field("s"), await marked()]).toEqual(["8", null]);
  });

  it("that is marked takes nothing while it is too long, before anything is counted, and is asked again", async () => {
    expect(await code(use(now))).toBe("ok");
    const [rate, length] = [await field("rc"), await backlog()];
    await redis().hset(catalogKey(brand.partition), { full: "1" });
    for (const call of [
      () => use(now, { backlog: length }),
      () => hold(now, 1, 60_000, { backlog: length }),
      () => resolve(now, uuidv7(), 0, { backlog: length }),
    ]) {
      expect(await call()).toEqual(["backlog", String(now), ""]);
    }
    expect([await field("rc"), await marked()]).toEqual([rate, "1"]);
    expect(await code(use(now, { backlog: length + 1 }))).toBe("ok");
    expect(await marked()).toBeNull();
  });
});
