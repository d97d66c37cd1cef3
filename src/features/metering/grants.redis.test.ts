import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { grantIntents } from "@/db/schema/metering";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { ctxOf, entriesOf, forget, lettersOf, use, usesOf, whileBroken } from "@/test/ledger";
import { accountState, checkedAfterEach, drain, type TestBrand, testBrand } from "@/test/meter";
import { accountsOwed, applyIntents, owe } from "./intents/service";
import { applyAllIntents } from "./jobs";
import { accountKey, MAX_AMOUNT } from "./rules";

checkedAfterEach();

const oweTo = (brand: TestBrand, tokens: number, why = "pack") =>
  owe(ctxOf(brand), { mode: "live", source: "pack", tokens, businessKey: `${why}:${brand.customerId}` });

describe("a grant that is applied and not drained yet", () => {
  it("is not applied again when the account's hash is lost", async () => {
    const brand = await testBrand({ tokens: 100 });
    await oweTo(brand, 50);
    await applyIntents(metering(), brand.account);
    await forget(brand); // The outbox still holds the grant.
    await applyIntents(metering(), brand.account);
    expect((await accountState(brand)).b).toBe("150");
    await drain(brand);
    let spent = 0;
    while ((await use(brand)) === 200) spent += 5;
    await drain(brand);
    expect(spent).toBe(150);
    expect(await usesOf(brand)).toHaveLength(30);
    expect((await entriesOf(brand)).filter((entry) => entry.kind === "grant")).toHaveLength(2);
    expect(await lettersOf(brand)).toHaveLength(0);
  });

  it("is not applied again when the account is retired", async () => {
    const brand = await testBrand({ tokens: 100 });
    await oweTo(brand, 50);
    await applyIntents(metering(), brand.account);
    await redis().hset(accountKey(brand.account), { ret: "1", f: "1" });
    await applyAllIntents(metering());
    expect(await accountState(brand)).toMatchObject({ e: "2", b: "150" });
    await drain(brand);
    expect((await entriesOf(brand)).map((entry) => entry.delta)).toEqual([100, 50]);
  });
});

describe("grants of many brands", () => {
  it("arrive although the account that comes first cannot be brought in", async () => {
    const brands = await Promise.all([testBrand({ tokens: 1 }), testBrand({ tokens: 1 }), testBrand({ tokens: 1 })]);
    for (const brand of brands) await oweTo(brand, 50);
    const order = (await accountsOwed(db())).map(({ customerId }) => customerId);
    const [first, ...others] = brands.toSorted((a, b) => order.indexOf(a.customerId) - order.indexOf(b.customerId));
    if (!first) throw new Error("There is no first brand");
    await whileBroken(accountKey(first.account), async () => {
      // It is tried each time, and said each time.
      for (let i = 0; i < 3; i++) await expect(applyAllIntents(metering())).rejects.toThrow(/^1 of \d+ /);
      for (const other of others) expect((await accountState(other)).b).toBe("51");
    });
    await applyAllIntents(metering());
    for (const brand of brands) expect((await accountState(brand)).b).toBe("51");
  });
});

describe("the ids of grants", () => {
  it("leave the account's hash when their entries have long been in the ledger", async () => {
    const brand = await testBrand({ tokens: 1 });
    const ids = async () =>
      (await redis().hkeys(accountKey(brand.account))).filter((field) => field.startsWith("gid:"));
    for (let i = 0; i < 10; i++) {
      await oweTo(brand, 5, `pack ${i}`);
      await applyIntents(metering(), brand.account);
      await drain(brand);
      expect(await use(brand)).toBe(200);
    }
    // The opening balance's and ten more: so soon a call for one of them might still be on its way.
    expect(await ids()).toHaveLength(11);
    await db()
      .update(grantIntents)
      .set({ appliedAt: sql`applied_at - interval '1 hour'` })
      .where(eq(grantIntents.customerId, brand.customerId));
    const last = await oweTo(brand, 5, "the last");
    await applyIntents(metering(), brand.account);
    await drain(brand);
    expect(await ids()).toEqual([`gid:${last}`]);
    expect((await accountState(brand)).b).toBe("6");
  });
});

describe("a grant that would pass the largest exact balance", () => {
  it("stays owed, and is applied once when there is room", async () => {
    const brand = await testBrand({ tokens: 100, apps: ["cai-001"] });
    for (let i = 0; i < 10; i++) await oweTo(brand, MAX_AMOUNT, `large ${i}`);
    const left: number[] = [];
    for (let i = 0; i < 3; i++) {
      left.push(await applyIntents(metering(), brand.account));
      await drain(brand);
    }
    expect(left).toEqual([10, 1, 1]);
    expect((await accountState(brand)).b).toBe(String(9 * MAX_AMOUNT + 100));
    expect(await use(brand, { app_id: "cai-001", tokens_consumed: MAX_AMOUNT })).toBe(200);
    expect(await applyIntents(metering(), brand.account)).toBe(1);
    await drain(brand);
    expect(await applyIntents(metering(), brand.account)).toBe(0);
    expect((await accountState(brand)).b).toBe(String(9 * MAX_AMOUNT + 100));
    expect(await lettersOf(brand)).toHaveLength(0);
  });
});
