import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { deadLetters } from "@/db/schema/metering";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { ctxOf, drainAsPoison, entriesOf, forget, forked, hashOf, lettersOf, pause, use, usesOf } from "@/test/ledger";
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
import { setCap } from "../caps/service";
import { applyIntents, owe, oweRefund } from "../intents/service";
import { hydrateAccount } from "../reconcile/service";
import { usedParts } from "../refunds/queries";
import { accountKey, holdsKey, outboxKey, unpackGrants } from "../rules";

/**
 * What was acknowledged on a branch that Redis has lost is posted again as far as the balance covers it, and counted
 * where it does not; what waits among the dead letters counts as if it were in the ledger.
 */

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100, apps: ["vto-001", "pdc-001", "cai-001"] });
});
checkedAfterEach();

const sk = () => brand.secretKey.secret;
const balance = async () => Number((await accountState(brand)).b);
const spend = (tokens: number) => use(brand, { app_id: "cai-001", tokens_consumed: tokens });
const held = async (tokens = 10) => {
  const response = await holdWith(sk(), { body: { app_id: "cai-001", tokens_reserved: tokens } });
  expect(response.status).toBe(201);
  return (await response.json()).reservation_id as string;
};
const grant = async (tokens: number, expiresAt: Date | null = null) => {
  const id = await owe(ctxOf(brand), {
    mode: "live",
    source: "pack",
    tokens,
    expiresAt,
    businessKey: `pack-${tokens}:${brand.customerId}`,
  });
  await applyIntents(metering(), brand.account);
  return id;
};
const inAnHour = () => new Date(Date.now() + 3_600_000);

const healed = () => hydrateAccount(metering(), brand.account);
/** Kind, tokens and delta of the entries of the second epoch. */
const posted = async () =>
  (await entriesOf(brand)).filter(({ epoch }) => epoch === 2).map(({ kind, tokens, delta }) => [kind, tokens, delta]);

describe("what waits among the dead letters", () => {
  it("is a use that counts", async () => {
    expect(await spend(30)).toBe(200);
    await drainAsPoison(brand);
    await forget(brand);
    await healed();
    expect(await balance()).toBe(70);
    expect(unpackGrants((await accountState(brand)).g ?? "").map(({ remaining }) => remaining)).toEqual([70]);
    expect(await spend(71)).toBe(402);
  });

  it("is a grant that was carried out, and is not once more", async () => {
    const expiresAt = inAnHour();
    const id = await grant(50, expiresAt);
    await drainAsPoison(brand);
    await forget(brand);
    await applyIntents(metering(), brand.account);
    await applyIntents(metering(), brand.account);
    expect(await balance()).toBe(150);
    expect(unpackGrants((await accountState(brand)).g ?? "")[0]).toEqual({
      id,
      source: "pack",
      remaining: 50,
      expiresAt: expiresAt.getTime(),
    });
  });

  it("is a refund that opened a grant, which ends when it was to end", async () => {
    await grant(10, new Date(Date.now() + 700));
    await drain(brand);
    const given = await consumeWith(sk(), { body: { app_id: "cai-001", tokens_consumed: 10 } });
    await drain(brand);
    await pause(800);
    const use = await usedParts(db(), brand.account, (await given.json()).usage_id);
    if (!use) throw new Error("The use is not there");
    await oweRefund(ctxOf(brand), { mode: "live", use });
    await applyIntents(metering(), brand.account);
    const before = (await accountState(brand)).g;
    expect(unpackGrants(before ?? "")[0]).toMatchObject({ source: "refund", remaining: 10 });
    await drainAsPoison(brand);
    await forget(brand);
    await healed();
    expect((await accountState(brand)).g).toBe(before);
  });

  it("is a correction that was carried out, and is not once more", async () => {
    await owe(ctxOf(brand), { mode: "live", source: "pack", tokens: 5, businessKey: `five:${brand.customerId}` });
    await applyIntents(metering(), brand.account);
    await drain(brand);
    const { grantIntents } = await import("@/db/schema/metering");
    const { uuidv7 } = await import("@/lib/ids");
    await db()
      .insert(grantIntents)
      .values({
        id: uuidv7(),
        kind: "adjustment",
        customerId: brand.customerId,
        mode: "live",
        source: "adjustment",
        tokens: 25,
        businessKey: `down:${brand.customerId}`,
      });
    await applyIntents(metering(), brand.account);
    expect(await balance()).toBe(80);
    await drainAsPoison(brand);
    await forget(brand);
    await applyIntents(metering(), brand.account);
    await applyIntents(metering(), brand.account);
    expect(await balance()).toBe(80);
  });

  it("is a reservation that is open, and can be resolved", async () => {
    const soon = await grant(4, inAnHour());
    await drain(brand);
    const [id, other] = [await held(30), await held(10)];
    const record = (await redis().hget<string>(accountKey(brand.account), `h:${id}`)) ?? "";
    await drainAsPoison(brand);
    expect(await lettersOf(brand)).toHaveLength(2);
    await forget(brand);
    await healed();
    expect(await balance()).toBe(64);
    expect(await redis().hget(accountKey(brand.account), `h:${id}`)).toBe(record);
    expect(record).toContain(`${soon},pack,4,`);
    expect(await redis().zcard(holdsKey(brand.account))).toBe(2);
    expect((await settleWith(sk(), id, 3)).status).toBe(200);
    expect((await releaseWith(sk(), other)).status).toBe(200);
    expect(await balance()).toBe(101);
    await drainAsPoison(brand);
  });

  it("is one that was resolved, and is not open", async () => {
    const id = await held(30);
    await drain(brand);
    expect((await settleWith(sk(), id, 12)).status).toBe(200);
    await drainAsPoison(brand);
    await forget(brand);
    await healed();
    expect(await balance()).toBe(88);
    expect(await redis().zcard(holdsKey(brand.account))).toBe(0);
  });

  it("counts against the caps: uses, what reservations came to, and what they hold", async () => {
    expect(await spend(5)).toBe(200);
    const [id] = [await held(30), await held(20)];
    expect((await settleWith(sk(), id, 12)).status).toBe(200);
    await drainAsPoison(brand);
    await setCap(ctxOf(brand), metering(), { mode: "live", scope: "cai-001", daily: 38, monthly: 50 });
    const flat = await hashOf(accountKey(brand.account));
    const [scope, , , , day, , month] = (flat[flat.indexOf("cap") + 1] ?? "").split(/[,;]/);
    expect([scope, day, month]).toEqual(["cai-001", "37", "37"]);
    expect([await spend(2), await spend(1)]).toEqual([402, 200]);
    await drainAsPoison(brand);
  });

  it("is told apart from what is resolved", async () => {
    expect(await spend(30)).toBe(200);
    await drainAsPoison(brand);
    await db().update(deadLetters).set({ resolvedAt: new Date() }).where(eq(deadLetters.customerId, brand.customerId));
    await forget(brand);
    // The head still counts it: the account stays closed until somebody has looked.
    await expect(healed()).rejects.toThrow("do not add up");
    await db().update(deadLetters).set({ resolvedAt: null }).where(eq(deadLetters.customerId, brand.customerId));
    await healed();
    expect(await balance()).toBe(70);
  });

  it("and a branch that was lost count together", async () => {
    expect(await spend(30)).toBe(200);
    await drainAsPoison(brand);
    const operation = (await lettersOf(brand))[0]?.fields.o ?? "";
    await forked(
      brand,
      () => spend(20),
      () => spend(45),
    );
    // The dead letter's own operation is quarantined as well: it is not posted beside it.
    const { e } = await accountState(brand);
    await redis().xadd(outboxKey(brand.partition), "*", {
      ...(await lettersOf(brand))[0]?.fields,
      r: "",
      e: e ?? "",
      s: "9",
    });
    await drain(brand);
    await healed();
    expect(await posted()).toEqual([["usage", 45, -45]]);
    expect(await balance()).toBe(5);
    expect((await usesOf(brand)).map(({ operationId }) => operationId)).not.toContain(operation);
  });
});
