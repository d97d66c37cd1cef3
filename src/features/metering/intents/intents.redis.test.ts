import { and, desc, eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { grantIntents, grants } from "@/db/schema/metering";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { bent, ctxOf, entriesOf, forget, hashOf, headOf, pause, reportsOf, timedOut, use } from "@/test/ledger";
import {
  accountState,
  checkedAfterEach,
  consumeWith,
  drain,
  holdWith,
  releaseWith,
  settleWith,
  type TestBrand,
  testBrand,
} from "@/test/meter";
import { applyAllIntents, sweepDue } from "../jobs";
import { hydrateAccount } from "../reconcile/service";
import { accountKey, accountName, dueKey, MAX_AMOUNT, unpackGrants } from "../rules";
import { changeLimit } from "../service";
import { accountsOwed, adjustBalance, applyIntents, endGrantIn, expireGrant, grantTokens, owe } from "./service";

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100, apps: ["vto-001", "pdc-001", "cai-001"] });
});
checkedAfterEach();

const sk = () => brand.secretKey.secret;
const balance = async () => Number((await accountState(brand)).b);
const grantsThere = async () => unpackGrants((await accountState(brand)).g ?? "");
const kinds = async () => (await entriesOf(brand)).map(({ kind, tokens, delta }) => [kind, tokens, delta]);
const intentOf = async (id: string) => (await db().select().from(grantIntents).where(eq(grantIntents.id, id)))[0];
const grantRow = async (id: string) => (await db().select().from(grants).where(eq(grants.id, id)))[0];
const audited = (action: string) =>
  db()
    .select()
    .from(auditLog)
    .where(and(eq(auditLog.customerId, brand.customerId), eq(auditLog.action, action)))
    .orderBy(desc(auditLog.id));
const grant = (tokens: number, more: Partial<Parameters<typeof grantTokens>[2]> = {}) =>
  grantTokens(ctxOf(brand), metering(), {
    mode: "live",
    source: "pack",
    tokens,
    businessKey: `pack-${tokens}:${brand.customerId}`,
    ...more,
  });
const expire = (grantId: string) =>
  expireGrant(ctxOf(brand), metering(), { mode: "live", grantId, reason: "charged back" });
const adjust = (tokens: number, why = "why") =>
  adjustBalance(ctxOf(brand), metering(), {
    mode: "live",
    tokens,
    reason: why,
    businessKey: `${why}:${brand.customerId}`,
  });
const inAnHour = () => new Date(Date.now() + 3_600_000);
/** Redis, which nobody reaches. */
const away = () =>
  bent(
    () => true,
    async () => {
      throw timedOut();
    },
  );

describe("a grant", () => {
  it("arrives with its entry, its row and its line in the audit log, once however often it is asked", async () => {
    const expiresAt = inAnHour();
    const id = await grant(50, { expiresAt });
    expect(await grant(50, { expiresAt })).toBe(id);
    expect(await balance()).toBe(150);
    await drain(brand);
    expect(await kinds()).toEqual([
      ["grant", 100, 100],
      ["grant", 50, 50],
    ]);
    expect(await grantRow(id)).toMatchObject({ source: "pack", tokens: 50, remaining: 50, expiresAt, mode: "live" });
    expect((await entriesOf(brand)).at(-1)).toMatchObject({ operationId: `grant:${id}`, grantId: id, expiresAt });
    expect(await intentOf(id)).toMatchObject({ kind: "grant", appliedAt: expect.any(Date), refusedAt: null });
    expect((await audited("tokens.granted")).filter(({ subject }) => subject === id)).toMatchObject([
      { details: { mode: "live", source: "pack", tokens: 50 } },
    ]);
    expect(await grantsThere()).toMatchObject([{ id, remaining: 50, expiresAt: expiresAt.getTime() }, {}]);
  });

  it("cannot be asked for under another brand's business key", async () => {
    const other = await testBrand({ tokens: 1 });
    const input = { mode: "live", source: "pack", tokens: 5, businessKey: `same:${brand.customerId}` } as const;
    await owe(ctxOf(brand), input);
    await expect(owe(ctxOf(other), input)).rejects.toThrow("belongs to another brand");
    expect(await applyIntents(metering(), brand.account)).toBe(1);
    await drain(brand);
  });

  it("is written down where Redis is away, and arrives when it is back", async () => {
    const id = await grantTokens(
      ctxOf(brand),
      { ...metering(), redis: away() },
      { mode: "live", source: "pack", tokens: 7, businessKey: `away:${brand.customerId}` },
    );
    expect(await balance()).toBe(100);
    expect((await accountsOwed(db())).map(accountName)).toContain(accountName(brand.account));
    expect(await intentOf(id)).toMatchObject({ appliedAt: null });
    await applyAllIntents(metering());
    expect(await balance()).toBe(107);
    await drain(brand);
    expect((await accountsOwed(db())).map(accountName)).not.toContain(accountName(brand.account));
  });

  it("takes its place by expiry, a plan's before others on a tie, then by age", async () => {
    const [soon, later] = [new Date(Date.now() + 3_600_000), new Date(Date.now() + 7_200_000)];
    const a = await grant(1, { expiresAt: later });
    const b = await grant(2, { expiresAt: soon });
    const c = await grant(3, { expiresAt: soon, source: "plan" });
    const d = await grant(4);
    const e = await grant(5, { expiresAt: soon });
    const f = await grant(6, { source: "plan" });
    const [opening] = (await grantsThere()).filter(({ source }) => source === "adjustment");
    expect((await grantsThere()).map(({ id }) => id)).toEqual([c, b, e, a, f, opening?.id, d]);
    // Each gives what it has, in that order.
    expect(await use(brand, { app_id: "cai-001", tokens_consumed: 7 })).toBe(200);
    expect((await grantsThere()).map(({ remaining }) => remaining)).toEqual([3, 1, 6, 100, 4]);
    await drain(brand);
    expect((await entriesOf(brand)).at(-1)?.grantParts).toEqual([
      [c, -3],
      [b, -2],
      [e, -2],
    ]);
    await forget(brand);
    expect(await use(brand, { app_id: "cai-001", tokens_consumed: 4 })).toBe(200);
    expect((await grantsThere()).map(({ remaining }) => remaining)).toEqual([6, 100, 4]);
  });

  it("of the test mode is not one of the live mode", async () => {
    await grant(9, { mode: "test" });
    expect(await balance()).toBe(100);
    const test = { ...brand.account, mode: "test" as const };
    expect((await hashOf(accountKey(test))).join()).toContain(",9,");
    await drain(brand);
  });

  it("writes off first what is due, so that the chain is in the order of time", async () => {
    const short = await grant(20, { expiresAt: new Date(Date.now() + 300) });
    await pause(400);
    await grant(30);
    expect(await balance()).toBe(130);
    await drain(brand);
    expect((await kinds()).slice(2)).toEqual([
      ["expiry", 20, -20],
      ["grant", 30, 30],
    ]);
    expect(await grantRow(short)).toMatchObject({ remaining: 0 });
  });

  it("has its end among what is due, and is found by the sweep", async () => {
    const expiresAt = new Date(Date.now() + 400);
    await grant(20, { expiresAt });
    const name = accountName(brand.account);
    expect(Number(await redis().zscore(dueKey(brand.partition), name))).toBe(expiresAt.getTime());
    await pause(500);
    await sweepDue(metering());
    // `sweepDue` looks at whole seconds.
    await pause(1000);
    await sweepDue(metering());
    expect(await balance()).toBe(100);
    expect(await redis().zscore(dueKey(brand.partition), name)).toBeNull();
    expect(await redis().hget(accountKey(brand.account), "x")).toBeNull();
    await drain(brand);
    expect((await kinds()).at(-1)).toEqual(["expiry", 20, -20]);
  });

  it("of which nothing is left when it ends writes nothing off", async () => {
    await grant(5, { expiresAt: new Date(Date.now() + 400) });
    expect(await use(brand)).toBe(200);
    await pause(500);
    expect(await use(brand)).toBe(200);
    await drain(brand);
    expect((await kinds()).map(([kind]) => kind)).toEqual(["grant", "grant", "usage", "usage"]);
  });
});

describe("intents on their way", () => {
  const owed = (tokens = 5) =>
    owe(ctxOf(brand), { mode: "live", source: "pack", tokens, businessKey: `on-its-way:${brand.customerId}` });
  /** The store, with something happening before the call that carries an intent out. */
  const justBefore = (id: string, happens: () => Promise<unknown>) =>
    bent(
      (_keys, args) => args.includes(id),
      async (real) => {
        await happens();
        return real();
      },
    );

  it("are not carried out past their deadline", async () => {
    const id = await owed();
    const deps = { ...metering(), budgetMs: 200 };
    await applyIntents({ ...deps, redis: justBefore(id, () => pause(300)) }, brand.account);
    expect(await balance()).toBe(100);
    expect(await applyIntents(metering(), brand.account)).toBe(1);
    expect(await balance()).toBe(105);
    await drain(brand);
  });

  it("are not carried out in another epoch than the one that was looked at", async () => {
    const id = await owed();
    const another = async () => {
      await forget(brand);
      await hydrateAccount(metering(), brand.account);
    };
    await applyIntents({ ...metering(), redis: justBefore(id, another) }, brand.account);
    expect(await accountState(brand)).toMatchObject({ e: "2", b: "100" });
    await applyIntents(metering(), brand.account);
    expect(await balance()).toBe(105);
    await drain(brand);
  });

  it.each([
    ["lost", () => forget(brand)],
    ["retired", () => redis().hset(accountKey(brand.account), { ret: "1", f: "1" })],
  ])("are not carried out on an account that is %s meanwhile", async (_, happens) => {
    const id = await owed();
    await applyIntents({ ...metering(), redis: justBefore(id, happens) }, brand.account);
    await applyIntents(metering(), brand.account);
    await applyIntents(metering(), brand.account);
    expect(await accountState(brand)).toMatchObject({ e: "2", b: "105" });
    await drain(brand);
  });

  it("are carried out once where the answer was lost", async () => {
    const id = await owed();
    const losing = bent(
      (_keys, args) => args.includes(id),
      async (real) => {
        await real();
        throw timedOut();
      },
    );
    expect(await applyIntents({ ...metering(), redis: losing }, brand.account)).toBe(1);
    await Promise.all([applyIntents(metering(), brand.account), applyIntents(metering(), brand.account)]);
    expect(await balance()).toBe(105);
    await drain(brand);
    expect(await applyIntents(metering(), brand.account)).toBe(0);
  });

  it("are carried out in the order in which they were written down", async () => {
    const first = await owed(10);
    await adjustBalance(
      ctxOf(brand),
      { ...metering(), redis: away() },
      { mode: "live", tokens: -110, reason: "all of it", businessKey: `all:${brand.customerId}` },
    );
    expect(await applyIntents(metering(), brand.account)).toBe(2);
    expect(await balance()).toBe(0);
    await drain(brand);
    expect(await kinds()).toEqual([
      ["grant", 100, 100],
      ["grant", 10, 10],
      ["adjustment", 110, -110],
    ]);
    expect(await intentOf(first)).toMatchObject({ appliedAt: expect.any(Date) });
  });
});

describe("a grant that is ended before its time", () => {
  it("is written off, with its end in the ledger, once however often it is asked", async () => {
    const id = await grant(50);
    expect(await use(brand, { app_id: "cai-001", tokens_consumed: 120 })).toBe(200);
    await expire(id);
    await expire(id);
    expect(await balance()).toBe(0);
    await drain(brand);
    expect((await kinds()).at(-1)).toEqual(["expiry", 30, -30]);
    const row = await grantRow(id);
    expect(row?.remaining).toBe(0);
    expect(Math.abs((row?.expiresAt?.getTime() ?? 0) - Date.now())).toBeLessThan(10_000);
    expect(await audited("tokens.expired")).toMatchObject([{ details: { target: id, reason: "charged back" } }]);
    expect(await applyIntents(metering(), brand.account)).toBe(0);
    expect(await accountsOwed(db())).not.toContainEqual(brand.account);
  });

  it("leaves every other grant as it is", async () => {
    const a = await grant(10, { expiresAt: inAnHour() });
    const b = await grant(20, { expiresAt: inAnHour() });
    await expire(a);
    expect((await grantsThere()).map(({ id, remaining }) => [id === b, remaining])).toEqual([
      [true, 20],
      [false, 100],
    ]);
    await drain(brand);
    await forget(brand);
    expect(await use(brand)).toBe(200);
    expect(await balance()).toBe(115);
  });

  it("and of which nothing is left is an entry that moves nothing", async () => {
    const id = await grant(5, { expiresAt: inAnHour() });
    expect(await use(brand)).toBe(200);
    await expire(id);
    await drain(brand);
    expect((await kinds()).at(-1)).toEqual(["expiry", 0, 0]);
    expect((await entriesOf(brand)).at(-1)?.grantParts).toEqual([]);
    expect(await balance()).toBe(100);
    expect((await db().select().from(grantIntents).where(eq(grantIntents.target, id)))[0]).toMatchObject({
      appliedAt: expect.any(Date),
    });
  });

  it.each([
    ["settled", (id: string) => settleWith(sk(), id, 2), 0],
    ["released", (id: string) => releaseWith(sk(), id), 0],
  ])("gets nothing back that lasts from a reservation that is %s", async (_, resolve) => {
    const other = await grant(3, { expiresAt: inAnHour() });
    const id = await grant(50, { expiresAt: new Date(Date.now() + 7_200_000) });
    const { reservation_id } = await (await holdWith(sk())).json();
    expect((await grantsThere()).map(({ remaining }) => remaining)).toEqual([43, 100]);
    await expire(id);
    expect(await balance()).toBe(100);
    expect((await resolve(reservation_id)).status).toBe(200);
    const back = (await grantsThere()).find((own) => own.id === other)?.remaining ?? 0;
    expect(await balance()).toBe(100 + back);
    expect(back).toBe(_ === "settled" ? 1 : 3);
    await drain(brand);
    expect(await grantRow(id)).toMatchObject({ remaining: 0 });
    // Found no different by the hydrate.
    await forget(brand);
    expect(await use(brand)).toBe(200);
    expect(await balance()).toBe(95 + back);
  });

  it("is ended also for a reservation that is hydrated in between", async () => {
    const id = await grant(50, { expiresAt: inAnHour() });
    const { reservation_id } = await (await holdWith(sk())).json();
    await expire(id);
    await drain(brand);
    await forget(brand);
    expect((await releaseWith(sk(), reservation_id)).status).toBe(200);
    expect(await balance()).toBe(100);
  });

  it("must be this account's", async () => {
    const other = await testBrand({ tokens: 10 });
    const [theirs] = unpackGrants((await accountState(other)).g ?? "");
    const own = await grant(5);
    await expect(expire(theirs?.id ?? "")).rejects.toMatchObject({ code: "not_found" });
    await expect(expire(crypto.randomUUID())).rejects.toMatchObject({ code: "not_found" });
    await expect(
      expireGrant(ctxOf(brand), metering(), { mode: "test", grantId: own, reason: "x" }),
    ).rejects.toMatchObject({ code: "not_found" });
    expect(await balance()).toBe(105);
    expect(await audited("tokens.expired")).toHaveLength(0);
  });

  it("may still be on its way itself: both are carried out, in order", async () => {
    const id = await owe(ctxOf(brand), {
      mode: "live",
      source: "pack",
      tokens: 9,
      businessKey: `late:${brand.customerId}`,
    });
    await expire(id);
    expect(await balance()).toBe(100);
    await drain(brand);
    expect((await kinds()).slice(1)).toEqual([
      ["grant", 9, 9],
      ["expiry", 9, -9],
    ]);
  });

  it("leaves no trace in the account's hash once all of it is long in the ledger", async () => {
    const { sql } = await import("drizzle-orm");
    const id = await grant(5);
    await expire(id);
    await drain(brand);
    const traces = async () =>
      (await redis().hkeys(accountKey(brand.account))).filter((field) => /^(?:gid|end):/.test(field));
    // The opening balance, the grant, its end, and when that was.
    expect(await traces()).toHaveLength(4);
    await db()
      .update(grantIntents)
      .set({ appliedAt: sql`applied_at - interval '11 minutes'` })
      .where(eq(grantIntents.customerId, brand.customerId));
    const last = await grant(1);
    expect(await traces()).toEqual([`gid:${last}`]);
    await drain(brand);
  });
});

describe("tokens that are taken out of one grant", () => {
  const takeFrom = async (grantId: string, tokens: number) => {
    await db().transaction((tx) =>
      endGrantIn(tx, ctxOf(brand), {
        mode: "live",
        grantId,
        tokens,
        reason: "paid back in part",
        businessKey: `part:${grantId}:${tokens}`,
      }),
    );
    await applyIntents(metering(), brand.account);
    await drain(brand);
  };

  it("come from it and no other, and what is left of it goes on", async () => {
    const first = await grant(10, { expiresAt: inAnHour() });
    const id = await grant(50, { expiresAt: new Date(Date.now() + 7_200_000) });
    await takeFrom(id, 20);
    const left = (await grantsThere()).map((one) => [one.id === first, one.id === id, one.remaining]);
    expect(left).toEqual([
      [true, false, 10],
      [false, true, 30],
      [false, false, 100],
    ]);
    expect(await balance()).toBe(140);
    const entry = (await entriesOf(brand)).at(-1);
    expect([entry?.kind, entry?.tokens, entry?.delta]).toEqual(["expiry", 20, -20]);
    expect(entry?.grantParts).toEqual([[id, -20]]);
    expect((await grantRow(id))?.remaining).toBe(30);
    await forget(brand);
    expect(await use(brand, { app_id: "cai-001", tokens_consumed: 140 })).toBe(200);
  });

  it("are at most those that it still holds, to none at all", async () => {
    const id = await grant(50, { expiresAt: inAnHour() });
    expect(await use(brand, { app_id: "cai-001", tokens_consumed: 20 })).toBe(200);
    await takeFrom(id, 40);
    expect((await kinds()).at(-1)).toEqual(["expiry", 30, -30]);
    await takeFrom(id, 5);
    expect((await kinds()).at(-1)).toEqual(["expiry", 0, 0]);
    expect((await entriesOf(brand)).at(-1)?.grantParts).toEqual([]);
    expect(await balance()).toBe(100);
  });
});

describe("a correction", () => {
  it("up is a grant without expiry, with its reason in the audit log", async () => {
    expect(await adjust(40, "goodwill")).toBe("applied");
    expect(await balance()).toBe(140);
    expect((await grantsThere()).at(-1)).toMatchObject({ source: "adjustment", remaining: 40, expiresAt: 0 });
    expect(await audited("tokens.adjusted")).toMatchObject([{ details: { tokens: 40, reason: "goodwill" } }]);
  });

  it("down burns grants in their order", async () => {
    await grant(10, { expiresAt: inAnHour() });
    expect(await adjust(-15)).toBe("applied");
    expect((await grantsThere()).map(({ remaining }) => remaining)).toEqual([95]);
    expect((await entriesOf(brand)).at(-1)).toMatchObject({ kind: "adjustment", tokens: 15, delta: -15 });
    expect((await entriesOf(brand)).at(-1)?.grantParts.map(([, delta]) => delta)).toEqual([-10, -5]);
  });

  it("down to nothing is possible, and one token further is refused as a whole and for good", async () => {
    expect(await adjust(-101, "too much")).toBe("refused");
    expect(await balance()).toBe(100);
    expect(await adjust(-100, "all")).toBe("applied");
    expect(await balance()).toBe(0);
    expect(await use(brand)).toBe(402);
    // More tokens do not bring the refused one back.
    await grant(500);
    await applyAllIntents(metering());
    expect(await adjust(-101, "too much")).toBe("refused");
    expect(await balance()).toBe(500);
    await drain(brand);
    const rows = await db().select().from(grantIntents).where(eq(grantIntents.customerId, brand.customerId));
    expect(rows.filter(({ refusedAt }) => refusedAt !== null).map(({ tokens }) => tokens)).toEqual([101]);
  });

  it("does not count what is over, and counts what has come back from a reservation whose time is", async () => {
    await grant(20, { expiresAt: new Date(Date.now() + 300) });
    await pause(400);
    expect(await adjust(-101, "more than there is")).toBe("refused");
    // Refused, it has written nothing off either.
    expect(await adjust(-100, "as much as there is")).toBe("applied");
    expect((await kinds()).slice(2)).toEqual([
      ["expiry", 20, -20],
      ["adjustment", 100, -100],
    ]);
  });

  it("is one, however often it is asked, and pending where Redis is away", async () => {
    const input = { mode: "live", tokens: -30, reason: "r", businessKey: `once:${brand.customerId}` } as const;
    expect(await adjustBalance(ctxOf(brand), { ...metering(), redis: away() }, input)).toBe("pending");
    expect(await balance()).toBe(100);
    expect(await adjustBalance(ctxOf(brand), metering(), input)).toBe("applied");
    expect(await adjustBalance(ctxOf(brand), metering(), input)).toBe("applied");
    expect(await balance()).toBe(70);
    expect((await audited("tokens.adjusted")).length).toBe(1);
  });

  it("of the largest amount is exact", async () => {
    expect(await adjust(MAX_AMOUNT)).toBe("applied");
    expect(await adjust(-MAX_AMOUNT, "back")).toBe("applied");
    expect(await balance()).toBe(100);
  });
});

describe("a change of whether tokens run out", () => {
  it("acts on the next use, both ways, in Redis and in the ledger's account", async () => {
    brand = await testBrand({ tokens: 4 });
    expect(await use(brand)).toBe(402);
    await changeLimit(ctxOf(brand), metering(), { mode: "live", unlimited: true });
    const free = await consumeWith(sk());
    expect(await free.json()).toMatchObject({ tokens_remaining: null, unlimited: true });
    expect(await headOf(brand)).toMatchObject({ unlimited: true });
    await forget(brand);
    expect(await use(brand)).toBe(200);
    await changeLimit(ctxOf(brand), metering(), { mode: "live", unlimited: false });
    expect(await use(brand)).toBe(402);
    expect(await balance()).toBe(4);
    await drain(brand);
    expect((await kinds()).slice(1)).toEqual([
      ["usage", 5, 0],
      ["usage", 5, 0],
    ]);
    expect((await audited("plan.limit_changed")).map(({ details }) => details.unlimited)).toEqual([false, true]);
  });

  it("of one mode leaves the other", async () => {
    await changeLimit(ctxOf(brand), metering(), { mode: "test", unlimited: true });
    expect(await headOf(brand)).toMatchObject({ unlimited: false });
    const response = await consumeWith(sk());
    expect(await response.json()).toMatchObject({ tokens_remaining: 95, unlimited: false });
  });

  it("that Redis does not take is not made, and the account goes on as it was", async () => {
    const change = changeLimit(ctxOf(brand), { ...metering(), redis: away() }, { mode: "live", unlimited: true });
    await expect(change).rejects.toThrow("could not be brought to the edge");
    expect(await headOf(brand)).toMatchObject({ unlimited: false, retire: true });
    expect(await audited("plan.limit_changed")).toHaveLength(0);
    const { retireMarked } = await import("../service");
    await retireMarked(metering());
    expect(await (await consumeWith(sk())).json()).toMatchObject({ unlimited: false });
    expect(await reportsOf(brand)).toHaveLength(0);
  });
});
