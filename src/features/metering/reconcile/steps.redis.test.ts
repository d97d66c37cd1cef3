import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { ofAccount } from "@/db/account";
import { db, openDatabase } from "@/db/client";
import { meteringAccounts, meteringPartitions, spendCaps } from "@/db/schema/metering";
import { env } from "@/lib/env";
import { accountOf, mintCustomerId, uuidv7 } from "@/lib/ids";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { admin, bent, ctxOf, forget, headOf, pause, reportsOf, restarted, timedOut, use } from "@/test/ledger";
import { accountState, checkedAfterEach, drain, type TestBrand, testBrand } from "@/test/meter";
import { setCap } from "../caps/service";
import { drainPartition, LOCK_CLASS } from "../outbox/service";
import { accountKey, accountName, catalogKey, dueKey, outboxKey } from "../rules";
import { changeLimit } from "../service";
import { hydrateAccount, loadCatalog, NotLoaded, type ReconcileDeps } from "./service";

/** Each step of a hydrate, and what goes wrong without it. */

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100 });
  await drain(brand);
});
checkedAfterEach();

const field = (name: string) => redis().hget<string>(accountKey(brand.account), name);
const set = (fields: Record<string, string>) => redis().hset(accountKey(brand.account), fields);
/** Dependencies of their own: another process. */
const elsewhere = (more: Partial<ReconcileDeps> = {}): ReconcileDeps => ({ ...metering(), ...more });
const hydrate = (more: Partial<ReconcileDeps> = {}) => hydrateAccount(elsewhere(more), brand.account);
const at = (wanted: "retired" | "opened" | "computed", act: () => Promise<unknown>): Partial<ReconcileDeps> => ({
  between: async (point) => {
    if (point === wanted) await act();
  },
});
const setHead = (values: Partial<typeof meteringAccounts.$inferInsert>) =>
  db().update(meteringAccounts).set(values).where(eq(meteringAccounts.customerId, brand.customerId));

describe("an epoch is planned, and leaves no report, where nothing can be missing", () => {
  it("because what Redis held is what the ledger ends with", async () => {
    expect(await use(brand)).toBe(200);
    await set({ ret: "1" });
    await hydrate();
    expect(await reportsOf(brand)).toHaveLength(0);
    expect(await headOf(brand)).toMatchObject({ epoch: 2, seq: 0, balance: 95, lookUpUntil: null });
    expect(await field("lk")).toBeNull();
  });

  it.each<[string, () => Promise<unknown>]>([
    ["the hash is gone", () => forget(brand)],
    ["the chain is broken", () => setHead({ forked: true })],
    ["another Redis answers since the hydrate began", () => set({ ret: "1" }).then(() => restarted(brand))],
    ["another Redis answered before", () => restarted(brand).then(() => drain(brand))],
    ["the hash is of another epoch", () => set({ e: "0", ret: "1" })],
    [
      "an event has not come that moved nothing",
      async () => {
        await changeLimit(ctxOf(brand), metering(), { mode: "live", unlimited: true });
        expect(await use(brand)).toBe(200);
        await redis().del(outboxKey(brand.partition));
        await set({ ret: "1" });
      },
    ],
    ["the hash has another balance", () => set({ b: "90", ret: "1" })],
  ])("and is unplanned, and looked up for a day, where %s", async (_, happens) => {
    await happens();
    await hydrate();
    expect(await reportsOf(brand)).toMatchObject([{ epoch: 2, tokensLost: null }]);
    expect((await headOf(brand))?.lookUpUntil?.getTime()).toBeGreaterThan(Date.now() + 23 * 3_600_000);
    expect(Number(await field("lk"))).toBe((await headOf(brand))?.lookUpUntil?.getTime());
    expect(await use(brand)).toBe(200);
  });
});

describe("an account that is sound", () => {
  it("is found so without a connection of its own", async () => {
    await hydrate({ databaseUrl: "postgres://nobody@127.0.0.1:1/nothing" });
    expect((await headOf(brand))?.epoch).toBe(1);
  });

  it.each<[string, () => Promise<unknown>]>([
    ["forked", () => setHead({ forked: true })],
    ["marked to be retired", () => setHead({ retire: true })],
    ["retired in Redis", () => set({ ret: "1" })],
    ["of another epoch there", () => set({ e: "0" })],
    ["of another generation", () => set({ gen: "0" })],
  ])("is not one that is %s", async (_, happens) => {
    await happens();
    await hydrate();
    expect((await headOf(brand))?.epoch).toBe(2);
    expect(await accountState(brand)).toMatchObject({ e: "2", b: "100" });
    expect(await headOf(brand)).toMatchObject({ forked: false, retire: false });
  });

  it("is brought back once by two processes that begin at the same moment", async () => {
    await forget(brand);
    await Promise.all([hydrate(), hydrate(), hydrate()]);
    expect((await headOf(brand))?.epoch).toBe(2);
    expect(await reportsOf(brand)).toHaveLength(1);
  });

  it("is looked for once by all who ask one process at the same moment", async () => {
    await forget(brand);
    let asked = 0;
    const counting = new Proxy(redis(), {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (name === "hmget") asked++;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const deps = elsewhere({ redis: counting });
    await Promise.all(Array.from({ length: 20 }, () => hydrateAccount(deps, brand.account)));
    // Whether it is sound, before and under the lock.
    expect(asked).toBe(2);
    await hydrateAccount(deps, brand.account);
    expect(asked).toBe(3);
  });

  it("that is not known is not opened", async () => {
    const nobody = accountOf(mintCustomerId(uuidv7()), "live");
    await expect(hydrateAccount(metering(), nobody)).rejects.toThrow("The account is not known");
    expect(await redis().exists(accountKey(nobody))).toBe(0);
  });
});

describe("a hydrate", () => {
  it("waits for whoever holds the partition, but not for ever", async () => {
    await forget(brand);
    const holder = openDatabase(env().DATABASE_URL, { max: 1 });
    await holder.execute(sql`select pg_advisory_lock(${LOCK_CLASS}, ${brand.partition})`);
    await expect(hydrate()).rejects.toThrow("The partition is busy");
    expect((await headOf(brand))?.epoch).toBe(1);
    expect(await field("e")).toBeNull();
    await holder.$client.end();
    await hydrate();
    expect((await headOf(brand))?.epoch).toBe(2);
  }, 20_000);

  it("keeps drains of the partition out until it is done, and lets them in then", async () => {
    await forget(brand);
    const busy: boolean[] = [];
    const look = async () => busy.push((await drainPartition(metering(), brand.partition)).busy);
    await hydrate({ between: async () => void (await look()) });
    await look();
    expect(busy).toEqual([true, true, true, false]);
  });

  it("runs with three others at most, each on a connection of its own", async () => {
    const brands = [];
    for (let i = 0; i < 8; i++) brands.push(await testBrand({ tokens: 1 }));
    for (const one of brands) await forget(one);
    let [now, most] = [0, 0];
    const deps = elsewhere({
      between: async (point) => {
        if (point === "retired") {
          most = Math.max(most, ++now);
          await pause(100);
        }
        if (point === "computed") now--;
      },
    });
    await Promise.all(brands.map((one) => hydrateAccount(deps, one.account)));
    expect(most).toBeLessThanOrEqual(4);
    expect(most).toBeGreaterThan(1);
  });

  it("stops where the old account cannot be retired", async () => {
    await set({ gen: "0" });
    const lost = bent(
      (_keys, args) => args.length === 1,
      async () => {
        throw timedOut();
      },
    );
    await expect(hydrate({ redis: lost })).rejects.toThrow("could not be retired");
    expect((await headOf(brand))?.epoch).toBe(1);
    await hydrate();
  });

  it("has nothing more come out of the old account before it drains", async () => {
    expect(await use(brand)).toBe(200);
    await set({ gen: "0" });
    let retired: string | null = null;
    await hydrate(at("retired", async () => (retired = await field("ret"))));
    expect(retired).toBe("1");
    expect((await headOf(brand))?.balance).toBe(95);
  });

  it("stops where its lock was lost and somebody else has it", async () => {
    await forget(brand);
    const root = admin();
    const thief = openDatabase(env().DATABASE_URL, { max: 1 });
    const steal = async () => {
      await root.execute(sql`select pg_terminate_backend(pid) from pg_locks
        where locktype = 'advisory' and classid = ${LOCK_CLASS} and objid = ${brand.partition} and granted`);
      await thief.execute(sql`select pg_advisory_lock(${LOCK_CLASS}, ${brand.partition})`);
    };
    await expect(hydrate(at("retired", steal))).rejects.toThrow("lock was lost");
    expect((await headOf(brand))?.epoch).toBe(1);
    await thief.$client.end();
    await root.$client.end();
    await hydrate();
  });

  it("does not open an epoch over one that is being opened", async () => {
    await forget(brand);
    let other: Promise<unknown> | undefined;
    const open = async () => {
      let begun: (() => void) | undefined;
      const underWay = new Promise<void>((resolve) => {
        begun = resolve;
      });
      other = db().transaction(async (tx) => {
        await tx.update(meteringAccounts).set({ epoch: 9 }).where(ofAccount(meteringAccounts, brand.account));
        begun?.();
        await pause(500);
      });
      await underWay;
    };
    await expect(hydrate(at("retired", open))).rejects.toThrow("Another epoch was opened meanwhile");
    await other;
    expect((await headOf(brand))?.epoch).toBe(9);
    await hydrate();
  });

  it("keeps the partition's generation as it is while it sets the account", async () => {
    await forget(brand);
    let raised = false;
    let change: Promise<unknown> | undefined;
    let before = true;
    const raise = async () => {
      change = db()
        .update(meteringPartitions)
        .set({ generation: sql`${meteringPartitions.generation} + 1` })
        .where(eq(meteringPartitions.partition, brand.partition))
        .then(() => {
          raised = true;
        });
      await pause(300);
      before = raised;
    };
    await hydrate(at("computed", raise));
    expect(before).toBe(false);
    await change;
    await redis().hdel(catalogKey(brand.partition), "gen");
    expect(await use(brand)).toBe(200);
    expect((await headOf(brand))?.epoch).toBe(3);
  });

  it("leaves an account due only where something of it ends", async () => {
    await forget(brand);
    await hydrate();
    expect(await field("x")).toBeNull();
    expect(await redis().zscore(dueKey(brand.partition), accountName(brand.account))).toBeNull();
  });

  it("is made anew for whoever has changed what it reads, though one was under way", async () => {
    await forget(brand);
    let changed: ReturnType<typeof setCap> | undefined;
    const deps = elsewhere(
      at("opened", async () => {
        if (changed) return;
        changed = setCap(ctxOf(brand), deps, { mode: "live", scope: "*", daily: 5, monthly: null });
        const written = () => db().select().from(spendCaps).where(eq(spendCaps.customerId, brand.customerId));
        await expect.poll(async () => (await written()).length).toBe(1);
      }),
    );
    await hydrateAccount(deps, brand.account);
    expect(await changed).toEqual({ inForce: true });
    expect(await headOf(brand)).toMatchObject({ retire: false, epoch: 3 });
    expect([await use(brand), await use(brand)]).toEqual([200, 402]);
  });
});

describe("a partition's catalogue", () => {
  it("is not loaded for a partition that there is not", async () => {
    await expect(loadCatalog(metering(), 64)).rejects.toThrow(NotLoaded);
  });

  it("keeps the partition's generation as it is until Redis has it", async () => {
    let raised = false;
    let before = true;
    let change: Promise<unknown> | undefined;
    const { loaders } = metering();
    const catalog: typeof loaders.catalog = async (tx) => {
      change = db()
        .update(meteringPartitions)
        .set({ generation: sql`${meteringPartitions.generation} + 1` })
        .where(eq(meteringPartitions.partition, brand.partition))
        .then(() => {
          raised = true;
        });
      await pause(300);
      before = raised;
      return loaders.catalog(tx);
    };
    await loadCatalog(elsewhere({ loaders: { ...loaders, catalog } }), brand.partition);
    expect(before).toBe(false);
    await change;
    await loadCatalog(metering(), brand.partition);
    expect(await use(brand)).toBe(200);
  });

  it.each([
    [
      "that Redis did not answer for",
      () =>
        elsewhere({
          redis: bent(
            () => true,
            async () => {
              throw timedOut();
            },
          ),
        }),
    ],
    ["that came too late", () => elsewhere({ budgetMs: -1 })],
  ])("%s is not said to be there", async (_, deps) => {
    await expect(loadCatalog(deps(), brand.partition)).rejects.toThrow("did not take the catalogue");
  });
});
