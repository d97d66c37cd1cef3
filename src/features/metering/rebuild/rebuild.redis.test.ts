import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { metering } from "@/rest/internal/metering";
import { bent, entriesOf, forget, headOf, reportsOf, use, usesOf, whileBroken } from "@/test/ledger";
import { accountState, checkedAfterEach, drain, holdWith, type TestBrand, testBrand } from "@/test/meter";
import { accountKey } from "../rules";
import { retireMarked } from "../service";
import { databaseTime, openedAccounts } from "./queries";
import { rebuildAccounts } from "./service";

checkedAfterEach();

const operator = { type: "system", id: "operator" } as const;

describe("a rebuild of an account that is whole", () => {
  it("opens the next epoch with what the account had, and reports no loss", async () => {
    const brand = await testBrand({ tokens: 100 });
    for (let i = 0; i < 3; i++) expect(await use(brand)).toBe(200);
    const hold = await (await holdWith(brand.secretKey.secret)).json();
    const { g } = await accountState(brand);
    expect(await rebuildAccounts(metering(), operator, [brand.account])).toEqual({ total: 1, done: 1, failed: [] });
    expect(await accountState(brand)).toEqual({ e: "2", s: "0", b: "75", g });
    expect(await headOf(brand)).toMatchObject({ epoch: 2, retire: false, lookUpUntil: null });
    expect(await reportsOf(brand)).toEqual([]);
    expect(hold.status).toBe("held");
    const audit = await db().select().from(auditLog).where(eq(auditLog.customerId, brand.customerId));
    expect(audit.filter((row) => row.action === "account.reopened")).toMatchObject([
      { actorId: "operator", details: { mode: "live", epoch: 1, why: "rebuild" } },
    ]);
  });

  it("reports none under traffic either: a use between its look at the account and its closing is drained", async () => {
    const brand = await testBrand({ tokens: 100 });
    let between = 0;
    const redis = bent(
      (keys, args) => keys[0] === accountKey(brand.account) && keys.length === 1 && args.length === 1,
      async (real) => {
        if (between++ === 0) expect(await use(brand)).toBe(200);
        return real();
      },
    );
    await rebuildAccounts({ ...metering(), redis }, operator, [brand.account]);
    expect(between).toBeGreaterThan(0);
    expect(await accountState(brand)).toMatchObject({ e: "2", b: "95" });
    expect(await reportsOf(brand)).toEqual([]);
  });

  it("reports none where the worker has closed it first", async () => {
    const brand = await testBrand({ tokens: 100 });
    await use(brand);
    const deps = metering();
    const redis = bent(
      (keys, args) => keys[0] === accountKey(brand.account) && keys.length === 1 && args.length === 1,
      async (real) => {
        const answer = await real();
        await retireMarked(deps);
        return answer;
      },
    );
    await rebuildAccounts({ ...deps, redis }, operator, [brand.account]);
    expect(await accountState(brand)).toMatchObject({ e: "2", b: "95" });
    expect(await reportsOf(brand)).toEqual([]);
  });

  it("loses and doubles nothing while the account is used all along", async () => {
    const brand = await testBrand({ tokens: 1_000 });
    let going = true;
    let served = 0;
    const shopper = async () => {
      while (going) if ((await use(brand)) === 200 && ++served >= 150) going = false;
    };
    const rebuilds = async () => {
      let count = 0;
      while (going) {
        expect((await rebuildAccounts(metering(), operator, [brand.account])).failed).toEqual([]);
        count++;
      }
      return count;
    };
    const [, , count] = await Promise.all([shopper(), shopper(), rebuilds()]);
    await drain(brand);
    expect(count).toBeGreaterThan(2);
    expect(await usesOf(brand)).toHaveLength(served);
    expect((await accountState(brand)).b).toBe(String(1_000 - served * 5));
    expect(await reportsOf(brand)).toEqual([]);
  });
});

describe("a rebuild of an account that Redis has lost", () => {
  it("brings it back, and leaves the report that belongs to it", async () => {
    const brand = await testBrand({ tokens: 100 });
    await use(brand);
    await drain(brand);
    await forget(brand);
    await rebuildAccounts(metering(), operator, [brand.account]);
    expect(await accountState(brand)).toMatchObject({ e: "2", b: "95" });
    expect(await reportsOf(brand)).toMatchObject([{ epoch: 2, tokensLost: null }]);
  });
});

describe("a rebuild of many", () => {
  it("does each whatever becomes of the others, tells how far it is, and names those that failed", async () => {
    const brands: TestBrand[] = [];
    for (let i = 0; i < 6; i++) brands.push(await testBrand({ tokens: 50 }));
    const [broken, ...sound] = brands;
    if (!broken) throw new Error("There is no first brand");
    const seen: string[] = [];
    const result = await whileBroken(accountKey(broken.account), () =>
      rebuildAccounts(
        metering(),
        operator,
        brands.map((brand) => brand.account),
        { tell: ({ total, done, failed }) => seen.push(`${done}+${failed.length}/${total}`) },
      ),
    );
    expect(result.failed.map(({ account }) => account)).toEqual([broken.account]);
    expect(result.done).toBe(5);
    expect(seen).toHaveLength(6);
    expect(seen.at(-1)).toBe("5+1/6");
    for (const brand of sound) expect((await accountState(brand)).e).toBe("2");
    // Nothing is lost with the failure: its next use brings it back.
    expect(await use(broken)).toBe(200);
    expect((await entriesOf(broken)).length).toBe(1);
  });

  it("that broke off goes on where it stopped", async () => {
    const brands: TestBrand[] = [];
    for (let i = 0; i < 4; i++) brands.push(await testBrand({ tokens: 50 }));
    const began = await databaseTime(db());
    const mine = async () =>
      (await openedAccounts(db(), began)).filter((account) => brands.some((b) => b.customerId === account.customerId));
    const stop = new AbortController();
    const first = await rebuildAccounts(metering(), operator, await mine(), {
      signal: stop.signal,
      tell: ({ done }) => done === 3 && stop.abort(),
    });
    expect(first.done).toBeGreaterThanOrEqual(3);
    expect(first.done).toBeLessThan(8);
    const rest = await mine();
    expect(rest).toHaveLength(8 - first.done);
    await rebuildAccounts(metering(), operator, rest);
    expect(await mine()).toEqual([]);
    const epochs = await db().execute(sql`select epoch::int from metering_accounts
      where customer_id in (${sql.join(
        brands.map((brand) => sql`${brand.customerId}`),
        sql`, `,
      )})`);
    expect(epochs.map((row) => row.epoch)).toEqual(Array(8).fill(2));
  });
});
