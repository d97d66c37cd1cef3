import { and, eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { apps, customerApps } from "@/db/schema/catalog";
import { grants } from "@/db/schema/metering";
import { activate } from "@/features/activations/service";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { bent, ctxOf, forget, headOf, lettersOf, pause, timedOut, use, usesOf } from "@/test/ledger";
import { accountState, checkedAfterEach, drain, type TestBrand, testBrand } from "@/test/meter";
import { hydrateAccount } from "./reconcile/service";
import { accountKey, accountName, catalogKey, outboxKey } from "./rules";
import { retireMarked } from "./service";

checkedAfterEach();

/**
 * A hydrate's last call, on its way while the client gives up on it.
 * @returns what makes it arrive, and gives the store's answer
 */
async function hydrateThatIsLate(brand: TestBrand): Promise<() => Promise<unknown>> {
  let arrive: (() => Promise<unknown>) | undefined;
  const store = bent(
    (_keys, args) => args[1] === accountName(brand.account) && args.includes("gen"),
    async (real) => {
      arrive = real;
      throw timedOut();
    },
  );
  await expect(hydrateAccount({ ...metering(), redis: store }, brand.account)).rejects.toThrow("did not take");
  if (!arrive) throw new Error("The hydrate did not come to its last call");
  return arrive;
}

describe("a hydrate's call that arrives after the hydrate has failed", () => {
  it.each([
    ["within its deadline", 0, "present"],
    ["past its deadline", metering().budgetMs + 100, "late"],
  ] as const)("%s does not bring the account back under the next hydrate", async (_, delay, answer) => {
    const brand = await testBrand({ tokens: 1000 });
    await forget(brand);
    const arrive = await hydrateThatIsLate(brand);
    await pause(delay);
    const answers: unknown[] = [];
    // The next caller hydrates, and the first one's call arrives between its epoch and its own call.
    await hydrateAccount(
      {
        ...metering(),
        between: async (point) => {
          if (point === "opened") answers.push(await arrive());
        },
      },
      brand.account,
    );
    expect(answers).toMatchObject([[answer, expect.anything()]]);
    for (let i = 0; i < 5; i++) {
      expect(await use(brand)).toBe(200);
      await drain(brand);
    }
    expect(await accountState(brand)).toMatchObject({ e: "3", b: "975" });
    expect(await lettersOf(brand)).toHaveLength(0);
  });

  it("does not undo an app that was turned on meanwhile", async () => {
    const brand = await testBrand({ tokens: 100 });
    await forget(brand);
    const arrive = await hydrateThatIsLate(brand);
    await activate(ctxOf(brand), metering(), { appId: "fsa-001" });
    expect(await use(brand, { app_id: "fsa-001" })).toBe(200);
    expect(await arrive()).toMatchObject(["present", expect.anything()]);
    expect(await use(brand, { app_id: "fsa-001" })).toBe(200);
  });

  it("does nothing past its deadline, even where nobody has hydrated since", async () => {
    const brand = await testBrand({ tokens: 100 });
    await forget(brand);
    const arrive = await hydrateThatIsLate(brand);
    await activate(ctxOf(brand), metering(), { appId: "fsa-001" });
    await pause(metering().budgetMs + 100);
    expect(await arrive()).toMatchObject(["late", expect.anything()]);
    expect((await accountState(brand)).b).toBeNull();
    expect(await use(brand, { app_id: "fsa-001" })).toBe(200);
  });
});

describe("a change of what a brand has configured", () => {
  it("that was rolled back is not in force at the edge once Redis can be told", async () => {
    const brand = await testBrand({ tokens: 100 });
    let calls = 0;
    // Redis takes the accounts' fields and goes away without a word: nothing more can be said or taken back.
    const store = bent(
      () => true,
      async (real) => {
        if (++calls === 1) await real();
        throw timedOut();
      },
    );
    const change = activate(ctxOf(brand), { ...metering(), redis: store }, { appId: "fsa-001" });
    await expect(change).rejects.toThrow("could not be brought to the edge");
    const on = await db()
      .select()
      .from(customerApps)
      .innerJoin(apps, eq(apps.id, customerApps.appId))
      .where(and(eq(customerApps.customerId, brand.customerId), eq(apps.catalogId, "fsa-001")));
    expect(on).toHaveLength(0);
    expect((await headOf(brand))?.retire).toBe(true);
    // What the worker does twice a second.
    await retireMarked(metering());
    expect((await headOf(brand))?.retire).toBe(false);
    expect(await use(brand, { app_id: "fsa-001" })).toBe(403);
    expect(await use(brand)).toBe(200);
  });
});

describe("an entry that cannot be written", () => {
  it("where it would move another account's grant, moves nothing", async () => {
    const brand = await testBrand({ tokens: 100 });
    const other = await testBrand({ tokens: 100 });
    const { e, s, b } = await accountState(brand);
    const theirs = (await accountState(other)).g?.slice(0, 36) ?? "";
    await redis().xadd(outboxKey(brand.partition), "*", {
      a: accountName(brand.account),
      e: e ?? "",
      s: String(Number(s) + 1),
      o: crypto.randomUUID(),
      k: "usage",
      t: "5",
      d: "-5",
      b: String(Number(b) - 5),
      g: `${theirs},-5;`,
      n: String(Date.now()),
      p: "vto-001",
    });
    expect(await drain(brand)).toMatchObject({ written: 0, poisoned: 1, forked: 0 });
    expect(await lettersOf(brand)).toMatchObject([{ reason: "poison", delta: -5 }]);
    const [grant] = await db().select().from(grants).where(eq(grants.id, theirs));
    expect(grant).toMatchObject({ customerId: other.customerId, remaining: 100 });
    expect((await headOf(other))?.balance).toBe(100);
    expect(await use(other)).toBe(200);
  });

  it("counts all the same when its account is hydrated", async () => {
    const brand = await testBrand({ tokens: 100 });
    // Redis sells an app that Postgres does not know: a use that was answered, and that the ledger cannot take.
    const app = "xyz-999";
    await redis().hset(catalogKey(brand.partition), { [`app:${app}`]: `${app}|5|available|0` });
    await redis().hset(accountKey(brand.account), { [`app:${app}`]: "1" });
    expect(await use(brand, { app_id: app })).toBe(200);
    await redis().hdel(catalogKey(brand.partition), `app:${app}`);
    expect(await drain(brand)).toMatchObject({ written: 0, poisoned: 1 });
    await forget(brand);
    expect(await use(brand)).toBe(200);
    expect(await accountState(brand)).toMatchObject({ e: "2", b: "90" });
    await drain(brand);
    expect(await usesOf(brand)).toMatchObject([{ epoch: 2, seq: 1, balanceAfter: 90 }]);
    expect(await lettersOf(brand)).toMatchObject([{ reason: "poison", balanceAfter: 95, resolvedAt: null }]);
  });
});
