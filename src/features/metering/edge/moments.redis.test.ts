import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { grantIntents } from "@/db/schema/metering";
import { hmacApiKey } from "@/lib/api-key";
import { env } from "@/lib/env";
import { uuidv7 } from "@/lib/ids";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { ctxOf, hashOf } from "@/test/ledger";
import { accountState, checkedAfterEach, drain, type TestBrand, testBrand } from "@/test/meter";
import { callAt, intentAt, runAt } from "@/test/scripts";
import { applyIntents, owe } from "../intents/service";
import { accountKey, accountKeys, accountName, dueKey, holdsKey, keyRecordKey, outboxKey } from "../rules";
import { CONSUME } from "./lua/consume";
import { HOLD } from "./lua/hold";
import { END_GRANT, GRANT, REFUND, TAKE_BACK } from "./lua/intent";
import { RESOLVE } from "./lua/resolve";
import { CONFIGURE_ACCOUNT, SET_ACCOUNT, SET_CATALOG } from "./lua/state";
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

type More = Partial<Omit<Parameters<typeof callAt>[2], "rest">>;
const use = (at: number, more: More & { amount?: string; id?: string } = {}) =>
  callAt(brand, CONSUME, {
    now: at,
    ...more,
    rest: [more.id ?? uuidv7(at), more.amount ?? "", "request", "idem", "{}", 60_000],
  });
const hold = (at: number, tokens: number, lifetime: number, more: More = {}) =>
  callAt(brand, HOLD, { now: at, ...more, rest: [uuidv7(at), tokens, "request", "idem", lifetime, 60_000] });
const resolve = (at: number, id: string, used: number, more: More = {}) =>
  callAt(brand, RESOLVE, {
    now: at,
    app: "",
    operation: `resolution-${id}`,
    ...more,
    rest: [id, used, uuidv7(at), "{}", 60_000],
  });
const field = async (name: string) => redis().hget<string>(accountKey(brand.account), name);
const set = (fields: Record<string, string>) => redis().hset(accountKey(brand.account), fields);
const backlog = () => redis().xlen(outboxKey(brand.partition));
const grant = (tokens: number, expiresAt: number) =>
  owe(ctxOf(brand), {
    mode: "live",
    source: "pack",
    tokens,
    expiresAt: new Date(expiresAt),
    businessKey: `${tokens}:${brand.customerId}`,
  }).then(async (id) => {
    await applyIntents(metering(), brand.account);
    return id;
  });
const code = async (reply: Promise<string[]>) => (await reply)[0];

describe("a deadline", () => {
  const hmac = () => hmacApiKey(brand.secretKey.secret, env().API_KEY_PEPPER);
  const nobody = "00000000-0000-0000-0000-000000000000";
  const scripts: Record<string, (deadline: number) => Promise<string[]>> = {
    CONSUME: (deadline) => use(now, { deadline }),
    HOLD: (deadline) => hold(now, 5, 60_000, { deadline }),
    RESOLVE: (deadline) => resolve(now, nobody, 0, { deadline, lookedUp: "1" }),
    GRANT: (deadline) => intentAt(brand, GRANT, now, [deadline, "7", nobody, "pack", 1, 0]),
    REFUND: (deadline) => intentAt(brand, REFUND, now, [deadline, "7", nobody, nobody, 1, "", "vto-001", now, 1]),
    END_GRANT: (deadline) => intentAt(brand, END_GRANT, now, [deadline, "7", nobody, nobody]),
    TAKE_BACK: (deadline) => intentAt(brand, TAKE_BACK, now, [deadline, "7", nobody, 1]),
    SET_ACCOUNT: (deadline) =>
      runAt(
        now,
        SET_ACCOUNT,
        [accountKey(brand.account), dueKey(brand.partition), holdsKey(brand.account)],
        [deadline, accountName(brand.account), "", "1", "", "e", "1"],
      ),
    SET_CATALOG: (deadline) => runAt(now, SET_CATALOG, [`{p00}:nothing:${hmac()}`], [deadline, "gen", "1"]),
    CONFIGURE_ACCOUNT: (deadline) => runAt(now, CONFIGURE_ACCOUNT, [accountKey(brand.account)], [deadline, "u", "0"]),
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
    ["CONFIGURE_ACCOUNT", "ok"],
  ])("of %s is over after its moment and not at it", async (name, otherwise) => {
    const run = scripts[name];
    const before = await hashOf(accountKey(brand.account));
    expect(await run?.(now - 1)).toEqual(expect.arrayContaining(["late", String(now)]));
    expect(await hashOf(accountKey(brand.account))).toEqual(before);
    expect((await run?.(now))?.[0]).toBe(otherwise);
    await redis().del(`{p00}:nothing:${hmac()}`);
  });
});

describe("at its moment", () => {
  it("a key has expired, and just before it has not", async () => {
    const record = keyRecordKey(brand.partition, hmacApiKey(brand.secretKey.secret, env().API_KEY_PEPPER));
    await redis().hset(record, { exp: String(now) });
    expect(await code(use(now - 1))).toBe("ok");
    expect(await code(use(now))).toBe("invalid_api_key");
  });

  it("the day of look-ups is over, and just before an unseen operation must be looked up", async () => {
    await set({ lk: String(now) });
    expect(await code(use(now - 1))).toBe("unseen");
    expect(await code(use(now - 1, { lookedUp: "1" }))).toBe("ok");
    expect(await code(hold(now - 1, 1, 60_000))).toBe("unseen");
    expect(await code(use(now))).toBe("ok");
    expect(await code(hold(now, 1, 60_000))).toBe("ok");
  });

  it("a grant is over: it is written off, and not counted", async () => {
    const until = now + 60_000;
    const id = await grant(20, until);
    await drain(brand);
    expect((await use(until - 1)).slice(3, 6)).toEqual(["vto-001", "5", "115"]);
    expect(await field("x")).toBe(String(until));
    expect(await code(use(until, { app: "cai-001", amount: "101" }))).toBe("insufficient_tokens");
    expect(await use(until, { app: "cai-001", amount: "101" })).toEqual(expect.arrayContaining(["101", "100"]));
    // A refusal writes nothing: it is still there, and due.
    expect(await field("g")).toContain(id);
    expect((await use(until)).slice(3, 6)).toEqual(["vto-001", "5", "95"]);
    expect(await field("g")).not.toContain(id);
    expect(await field("x")).toBeNull();
    expect(await redis().zscore(dueKey(brand.partition), accountName(brand.account))).toBeNull();
  });

  it("a reservation has released itself: for a use, and for its own settle", async () => {
    const [, , , , , , , , one = ""] = await hold(now, 40, 10_000);
    const [, , , , , , , , two = ""] = await hold(now, 50, 10_000);
    const end = now + 10_000;
    expect(await field("x")).toBe(String(end));
    expect(await code(use(end - 1, { app: "cai-001", amount: "11" }))).toBe("insufficient_tokens");
    expect((await resolve(end - 1, one, 4)).slice(3, 7)).toEqual(["settled", "vto-001", "40", "4"]);
    expect(await code(resolve(end, two, 4))).toBe("reservation_closed");
    expect((await resolve(end, two, 0)).slice(3, 8)).toEqual(["released", "vto-001", "50", "0", "96"]);
    expect(await field("x")).toBeNull();
  });

  it("a reservation has released itself also for the sweep, for a grant and for a correction", async () => {
    const epoch = (await accountState(brand)).e ?? "";
    const end = now + 10_000;
    await hold(now, 40, 10_000);
    const sweep = (at: number) => runAt(at, SWEEP, accountKeys(brand.account), [accountName(brand.account)]);
    expect(await sweep(end - 1)).toEqual(["ok", String(end - 1)]);
    expect((await accountState(brand)).b).toBe("60");
    expect(Number(await redis().zscore(dueKey(brand.partition), accountName(brand.account)))).toBe(end);
    const taken = await owe(ctxOf(brand), {
      mode: "live",
      source: "pack",
      tokens: 1,
      businessKey: `one:${brand.customerId}`,
    });
    expect(await intentAt(brand, GRANT, end, [end, epoch, taken, "pack", 1, 0])).toEqual(["ok", String(end), "101"]);
    expect(await redis().zscore(dueKey(brand.partition), accountName(brand.account))).toBeNull();
    await hold(now, 40, 20_000);
    expect(await intentAt(brand, TAKE_BACK, end, [end, epoch, uuidv7(), 62])).toEqual(["refused", String(end), ""]);
    expect(await sweep(now + 20_000)).toEqual(["ok", String(now + 20_000)]);
    expect((await accountState(brand)).b).toBe("101");
    expect(await redis().exists(holdsKey(brand.account))).toBe(0);
  });

  it("what a refund gives back to a grant opens another one, and just before it does not", async () => {
    const epoch = (await accountState(brand)).e ?? "";
    const until = now + 60_000;
    const id = await grant(20, until);
    const ids = [uuidv7(), uuidv7()];
    for (const one of ids) await use(now, { id: one });
    await drain(brand);
    const give = async (target: string, at: number) => {
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
      await intentAt(brand, REFUND, at, [at, epoch, intent, target, 5, parts, "vto-001", now, 1000]);
      return intent;
    };
    await give(ids[0] ?? "", until - 1);
    expect((await accountState(brand)).g).toContain(`${id},pack,15,${until};`);
    const opened = await give(ids[1] ?? "", until);
    expect((await accountState(brand)).g).toMatch(
      new RegExp(`^${opened},refund,5,${until + 1000};[^;]+,adjustment,100,0;$`),
    );
    expect((await accountState(brand)).b).toBe("105");
  });

  it("what comes back to a grant that is over expires with it", async () => {
    const until = now + 30_000;
    await grant(20, until);
    const [, , , , , , , , id = ""] = await hold(now, 25, 60_000);
    expect((await accountState(brand)).b).toBe("95");
    // 20 of the one and 5 of the other are held; 3 are used, and 17 come back too late.
    expect((await resolve(until, id, 3)).slice(3, 8)).toEqual(["settled", "vto-001", "25", "3", "100"]);
    expect((await accountState(brand)).g).not.toContain("pack");
  });
});

describe("a rate", () => {
  const limited = async (fields: { rl: number; rb: number; cl?: number; cb?: number }) => {
    const record = keyRecordKey(brand.partition, hmacApiKey(brand.secretKey.secret, env().API_KEY_PEPPER));
    await redis().hset(record, { rl: String(fields.rl), rb: String(fields.rb) });
    await set({ cl: String(fields.cl ?? 1_000_000), cb: String(fields.cb ?? 1_000_000) });
  };
  const codes = async (...moments: number[]) => {
    const found: string[] = [];
    for (const at of moments) found.push((await use(at, { app: "pdc-001" }))[0] ?? "");
    return found;
  };

  it("of one a second with a burst of two refills to the millisecond", async () => {
    await limited({ rl: 3600, rb: 2 });
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
    await limited({ rl: 3600, rb: 1 });
    expect((await use(now))[2]).toBe(
      `3600,1,${now + 1000}.000;1000000,1000000,${now}.000;`.replace(`,${now}.000`, `,${now + 3}.600`),
    );
    expect(await use(now)).toEqual(["rate_limited", String(now), `3600,1,${now + 1000}.000;`, "1", "key"]);
    expect((await use(now + 1)).slice(3)).toEqual(["1", "key"]);
    await limited({ rl: 1, rb: 1 });
    expect((await use(now + 1000)).slice(0, 1)).toEqual(["ok"]);
    expect((await use(now + 1001)).slice(3)).toEqual(["3600", "key"]);
  });

  it("that no number of milliseconds divides lets through all of its burst, and not one more", async () => {
    await limited({ rl: 7, rb: 7 });
    expect(await codes(...Array.from({ length: 8 }, () => now))).toEqual([...Array(7).fill("ok"), "rate_limited"]);
  });

  it("of the account is its own, and counted with the key's where it refuses", async () => {
    await limited({ rl: 3600, rb: 5, cl: 3600, cb: 2 });
    expect(await codes(now, now)).toEqual(["ok", "ok"]);
    expect(await use(now)).toEqual([
      "rate_limited",
      String(now),
      `3600,5,${now + 3000}.000;3600,2,${now + 2000}.000;`,
      "1",
      "customer",
    ]);
    const name = (await hashOf(accountKey(brand.account))).find((one) => one.startsWith("rk:")) ?? "";
    expect([await field(name), await field("rc")]).toEqual([`${now + 3000}.000`, `${now + 2000}.000`]);
    // The key's own limit refuses first, and then counts nothing.
    expect(await codes(now, now)).toEqual(["rate_limited", "rate_limited"]);
    expect((await use(now)).slice(4)).toEqual(["key"]);
    expect([await field(name), await field("rc")]).toEqual([`${now + 5000}.000`, `${now + 2000}.000`]);
  });

  it.each([
    ["an app that is not there", { app: "nix-001" }, "app_not_found"],
    ["an amount that is not allowed", { amount: "4" }, "amount_not_allowed"],
    ["more than there is", { app: "cai-001", amount: "101" }, "insufficient_tokens"],
  ])("counts a use refused for %s", async (_, more, refused) => {
    await limited({ rl: 3600, rb: 9 });
    expect(await code(use(now, more))).toBe(refused);
    expect(await field("rc")).toBe(`${now + 3}.600`);
  });

  it.each([
    ["an app that is not there", () => hold(now, 5, 60_000, { app: "nix-001" }), "app_not_found"],
    ["an amount that is none", () => hold(now, 0, 60_000), "amount_not_allowed"],
    ["more than there is", () => hold(now, 101, 60_000), "insufficient_tokens"],
    ["what is not there to settle", () => resolve(now, uuidv7(), 1, { lookedUp: "1" }), "reservation_not_found"],
  ])("counts a reservation refused for %s", async (_, call, refused) => {
    expect(await code(call())).toBe(refused);
    expect(Number(await field("rc"))).toBeGreaterThan(now);
    expect(await backlog()).toBe(0);
  });

  it("counts a settle of more than was held, and a hold and a settle that are done", async () => {
    const [, , , , , , , , id = ""] = await hold(now, 5, 60_000);
    const after = [await field("rc")];
    expect(await code(resolve(now, id, 6))).toBe("amount_not_allowed");
    after.push(await field("rc"));
    expect(await code(resolve(now, id, 5))).toBe("ok");
    after.push(await field("rc"));
    expect(after).toEqual([`${now + 3}.600`, `${now + 7}.200`, `${now + 10}.800`]);
  });
});

describe("an outbox", () => {
  it("takes an event until it is as long as it may be, and refuses before anything is counted", async () => {
    expect(await code(use(now, { backlog: 1 }))).toBe("ok");
    const [rate, length] = [await field("rc"), await backlog()];
    for (const call of [
      () => use(now, { backlog: length }),
      () => hold(now, 1, 60_000, { backlog: length }),
      () => resolve(now, uuidv7(), 0, { backlog: length }),
    ]) {
      expect(await call()).toEqual(["backlog", String(now), ""]);
    }
    expect(await field("rc")).toBe(rate);
    expect(await code(use(now, { backlog: length + 1 }))).toBe("ok");
  });
});
