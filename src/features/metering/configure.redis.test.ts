import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { meteringAccounts } from "@/db/schema/metering";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { bent, forget, headOf, timedOut, use } from "@/test/ledger";
import { accountState, checkedAfterEach, type TestBrand, testBrand } from "@/test/meter";
import { accountKey } from "./rules";
import { configureAccounts, retireMarked } from "./service";

/** What a brand configures: in Postgres and at the edge, or in neither. */

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100 });
});
checkedAfterEach();

const test = () => ({ ...brand.account, mode: "test" as const });
const field = (name: string, account = brand.account) => redis().hget<string>(accountKey(account), name);
const marks = async () =>
  (await db().select().from(meteringAccounts).where(eq(meteringAccounts.customerId, brand.customerId)))
    .filter(({ retire }) => retire)
    .map(({ mode }) => mode)
    .toSorted();
const mark = (one: TestBrand) =>
  db().update(meteringAccounts).set({ retire: true }).where(eq(meteringAccounts.customerId, one.customerId));
const configure = (
  fields: Record<string, string>,
  options: { deps?: Partial<ReturnType<typeof metering>>; modes?: ("live" | "test")[] } = {},
) =>
  configureAccounts(
    { ...metering(), ...options.deps },
    brand.customerId,
    { modes: options.modes ?? ["live", "test"] },
    async () => ({ result: "done", fields }),
  );
/** Redis, which fails from its nth call of a script on; `runs` says whether it does what it is told all the same. */
const failing = (from: number, runs: boolean) => {
  let calls = 0;
  return bent(
    () => true,
    async (real) => {
      if (++calls < from) return real();
      if (runs) await real();
      throw timedOut();
    },
  );
};

describe("a change of what a brand has configured", () => {
  it("is at the edge when it is done, in each mode that it is of", async () => {
    expect(await configure({ "app:x": "1" })).toBe("done");
    expect([await field("app:x"), await field("app:x", test())]).toEqual(["1", "1"]);
    await configure({ "app:y": "1" }, { modes: ["test"] });
    expect([await field("app:y"), await field("app:y", test())]).toEqual([null, "1"]);
    expect(await marks()).toEqual([]);
  });

  it("of nothing that the edge decides by does not need Redis", async () => {
    expect(await configure({}, { deps: { redis: failing(1, false) } })).toBe("done");
    expect(await marks()).toEqual([]);
  });

  it("of an account that Redis does not hold is found by the hydrate", async () => {
    await forget(brand);
    expect(await configure({ "app:x": "1" })).toBe("done");
    expect(await field("app:x")).toBeNull();
    expect(await field("app:x", test())).toBe("1");
  });

  it("that fails in Postgres leaves the accounts as they are", async () => {
    const change = configureAccounts(metering(), brand.customerId, { modes: ["live"] }, async () => {
      throw new Error("no");
    });
    await expect(change).rejects.toThrow("no");
    expect(await marks()).toEqual([]);
    expect(await field("ret")).toBeNull();
  });

  it("that Redis was never asked for leaves the accounts as they are", async () => {
    const away = new Proxy(redis(), {
      get: (target, name) => (name === "time" ? () => Promise.reject(timedOut()) : Reflect.get(target, name, target)),
    });
    await expect(configure({ "app:x": "1" }, { deps: { redis: away } })).rejects.toThrow();
    expect(await marks()).toEqual([]);
  });

  it.each([
    ["did not take", false],
    ["took, and whose answer was lost", true],
  ])("that Redis %s is rolled back, and both accounts are marked until Redis has been told", async (_, runs) => {
    const change = configure({ "app:x": "1" }, { deps: { redis: failing(1, runs) } });
    await expect(change).rejects.toThrow("could not be brought to the edge");
    expect(await marks()).toEqual(["live", "test"]);
    await retireMarked(metering(), brand.customerId);
    expect(await marks()).toEqual([]);
    expect([await field("ret"), await field("ret", test())]).toEqual(["1", "1"]);
    expect(await use(brand)).toBe(200);
    expect([await field("ret"), await field("app:x")]).toEqual([null, null]);
    expect(await accountState(brand)).toMatchObject({ e: "2", b: "95" });
  });

  it("that came too late is rolled back, and retired at once where Redis can be told", async () => {
    await expect(configure({ "app:x": "1" }, { deps: { budgetMs: -1 } })).rejects.toThrow("could not be brought");
    expect(await marks()).toEqual([]);
    expect([await field("ret"), await field("ret", test()), await field("app:x")]).toEqual(["1", "1", null]);
    expect(await use(brand)).toBe(200);
  });

  it("waits for whoever has the account's row, and for its own account's only", async () => {
    const other = await testBrand({ tokens: 1 });
    let done = false;
    await db().transaction(async (tx) => {
      await tx.select().from(meteringAccounts).where(eq(meteringAccounts.customerId, other.customerId)).for("update");
      expect(await configure({ "app:x": "1" })).toBe("done");
      await tx.select().from(meteringAccounts).where(eq(meteringAccounts.customerId, brand.customerId)).for("update");
      const waiting = configure({ "app:y": "1" }).then(() => {
        done = true;
      });
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect([done, await field("app:y")]).toEqual([false, null]);
      void waiting;
    });
    await expect.poll(() => done).toBe(true);
    expect(await field("app:y")).toBe("1");
  });
});

describe("accounts that are marked", () => {
  it("are retired in Redis, of one brand or of all, and only those", async () => {
    const [other, third] = [await testBrand({ tokens: 1 }), await testBrand({ tokens: 1 })];
    await mark(brand);
    await mark(other);
    await retireMarked(metering(), brand.customerId);
    expect([await field("ret"), await field("ret", other.account)]).toEqual(["1", null]);
    await retireMarked(metering());
    expect([await field("ret", other.account), await field("ret", third.account)]).toEqual(["1", null]);
    expect((await headOf(other))?.retire).toBe(false);
    expect(await use(other)).toBe(402);
    expect(await accountState(other)).toMatchObject({ e: "2", b: "1" });
  });

  it("stay marked until Redis has said so", async () => {
    await mark(brand);
    await retireMarked({ ...metering(), redis: failing(1, true) }, brand.customerId);
    expect(await marks()).toEqual(["live", "test"]);
    await retireMarked({ ...metering(), redis: failing(2, true) }, brand.customerId);
    expect(await marks()).toHaveLength(1);
    await retireMarked(metering(), brand.customerId);
    expect(await marks()).toEqual([]);
  });

  it("stay marked where another epoch was opened meanwhile", async () => {
    await mark(brand);
    const store = bent(
      () => true,
      async (real) => {
        await db()
          .update(meteringAccounts)
          .set({ epoch: 5, seq: 0 })
          .where(eq(meteringAccounts.customerId, brand.customerId));
        return real();
      },
    );
    await retireMarked({ ...metering(), redis: store }, brand.customerId);
    expect(await marks()).toEqual(["live", "test"]);
    await retireMarked(metering(), brand.customerId);
    expect(await marks()).toEqual([]);
    expect(await use(brand)).toBe(200);
    expect((await accountState(brand)).e).toBe("6");
  });
});
