import { and, eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { grants, lossReports, meteringAccounts, tokenUsage } from "@/db/schema/metering";
import { activate } from "@/features/activations/service";
import { hmacApiKey } from "@/lib/api-key";
import { env } from "@/lib/env";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { bent, entriesOf, patient, pause } from "@/test/ledger";
import { accountState, checkedAfterEach, consumeWith, drain, type TestBrand, testBrand } from "@/test/meter";
import { setCap } from "../caps/service";
import { applyIntents, owe } from "../intents/service";
import { unpackEvent } from "../ledger/rules";
import { accountKey, keyRecordKey, outboxKey } from "../rules";
import { hydrateAccount, type ReconcileDeps } from "./service";

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100 });
});
checkedAfterEach();

const use = async () => (await consumeWith(brand.secretKey.secret)).status;
const forget = () => redis().del(accountKey(brand.account));
const head = async () => {
  const [row] = await db()
    .select()
    .from(meteringAccounts)
    .where(and(eq(meteringAccounts.customerId, brand.customerId), eq(meteringAccounts.mode, "live")));
  return row;
};
const reports = () => db().select().from(lossReports).where(eq(lossReports.customerId, brand.customerId));
const ctx = () => ({ db: db(), customerId: brand.customerId, actor: { type: "system", id: "test" } }) as const;
const between = (hooks: Partial<Record<"retired" | "opened" | "computed", () => Promise<unknown>>>): ReconcileDeps => ({
  ...metering(),
  between: async (point) => {
    await hooks[point]?.();
  },
});

describe("an account that is missing", () => {
  it("comes back from the ledger with what is not drained yet, under a new epoch, on the next use", async () => {
    expect(await use()).toBe(200);
    expect(await use()).toBe(200);
    const before = await accountState(brand);
    await forget();
    expect(await use()).toBe(200);
    expect(await accountState(brand)).toMatchObject({ e: String(Number(before.e) + 1), b: "85", s: "1" });
    expect(await reports()).toHaveLength(1);
    expect((await reports())[0]?.tokensLost).toBeNull();
  });

  it("comes back when everything is gone, less what had not been drained", async () => {
    await use();
    await drain(brand);
    await use();
    await redis().del(accountKey(brand.account), outboxKey(brand.partition));
    expect(await use()).toBe(200);
    // The second use is lost with the memory it was in, and reported as not known; it is not charged twice.
    expect((await accountState(brand)).b).toBe("90");
    expect(await reports()).toHaveLength(1);
  });

  it("brings back key, catalogue and account in one request", async () => {
    await redis().del(...(await redis().keys(`{p${String(brand.partition).padStart(2, "0")}}*`)));
    expect(await use()).toBe(200);
    expect((await accountState(brand)).b).toBe("95");
  });

  it("is not opened a second time by a hydrate that finds it sound", async () => {
    const before = await head();
    await hydrateAccount(metering(), brand.account);
    expect((await head())?.epoch).toBe(before?.epoch);
    expect(await reports()).toHaveLength(0);
  });
});

describe("two hydrates at once", () => {
  it("leave one sound account, and no token more or less", async () => {
    await use();
    await forget();
    await Promise.all(Array.from({ length: 6 }, () => hydrateAccount(metering(), brand.account)));
    const state = await accountState(brand);
    expect(state).toMatchObject({ e: String((await head())?.epoch), b: "95" });
    expect((await head())?.epoch).toBe(2);
    expect(await use()).toBe(200);
  });
});

describe("a hydrate and other writers", () => {
  it("does not undo an app that was turned on while it computed", async () => {
    await forget();
    let turnedOn: Promise<unknown> | undefined;
    let ready = false;
    let readyBefore = true;
    await hydrateAccount(
      between({
        // Begun before the account is set; it waits for the row and then writes to what has been set.
        computed: async () => {
          turnedOn = activate(ctx(), metering(), { appId: "fsa-001" }).then(() => {
            ready = true;
          });
          await pause(300);
          readyBefore = ready;
        },
      }),
      brand.account,
    );
    expect(readyBefore).toBe(false);
    await turnedOn;
    const response = await consumeWith(brand.secretKey.secret, { body: { app_id: "fsa-001" } });
    expect(response.status).toBe(200);
  });

  it("sees an app that was turned on after it opened the epoch", async () => {
    await forget();
    await hydrateAccount(between({ opened: () => activate(ctx(), metering(), { appId: "fsa-001" }) }), brand.account);
    expect((await consumeWith(brand.secretKey.secret, { body: { app_id: "fsa-001" } })).status).toBe(200);
  });

  it("stops when another epoch was opened meanwhile", async () => {
    await forget();
    await hydrateAccount(
      between({
        opened: () =>
          db()
            .update(meteringAccounts)
            .set({ epoch: 9 })
            .where(and(eq(meteringAccounts.customerId, brand.customerId), eq(meteringAccounts.mode, "live"))),
      }),
      brand.account,
    );
    expect((await accountState(brand)).b).toBeNull();
    expect(await use()).toBe(200);
    expect((await accountState(brand)).e).toBe("10");
  });

  it("does not act after its deadline", async () => {
    await forget();
    const real = redis();
    const late = new Proxy(real, {
      get: (target, name) =>
        name === "time" ? async () => [String(Math.floor(Date.now() / 1000) - 60), "0"] : Reflect.get(target, name),
    });
    await expect(hydrateAccount({ ...metering(), redis: late }, brand.account)).rejects.toThrow("did not take");
    expect((await accountState(brand)).b).toBeNull();
  });
});

describe("a grant", () => {
  it("is applied once, however often it is retried around a drain that stands still", async () => {
    await owe(ctx(), { mode: "live", source: "pack", tokens: 50, businessKey: `pack:${brand.customerId}` });
    await owe(ctx(), { mode: "live", source: "pack", tokens: 50, businessKey: `pack:${brand.customerId}` });
    for (let i = 0; i < 5; i++) await applyIntents(metering(), brand.account);
    expect((await accountState(brand)).b).toBe("150");
    await drain(brand);
    expect(await applyIntents(metering(), brand.account)).toBe(0);
    expect((await accountState(brand)).b).toBe("150");
  });

  it("is applied once when it is spent before its entry is drained", async () => {
    await owe(ctx(), {
      mode: "live",
      source: "pack",
      tokens: 5,
      businessKey: `small:${brand.customerId}`,
      expiresAt: new Date(Date.now() + 60_000),
    });
    await applyIntents(metering(), brand.account);
    expect(await use()).toBe(200);
    expect((await accountState(brand)).g).not.toContain("pack");
    await applyIntents(metering(), brand.account);
    expect((await accountState(brand)).b).toBe("100");
    await drain(brand);
  });

  it("is applied again, once, when Redis lost it before it was drained", async () => {
    await owe(ctx(), { mode: "live", source: "pack", tokens: 50, businessKey: `lost:${brand.customerId}` });
    await applyIntents(metering(), brand.account);
    await redis().del(accountKey(brand.account), outboxKey(brand.partition));
    await applyIntents(metering(), brand.account);
    await applyIntents(metering(), brand.account);
    expect((await accountState(brand)).b).toBe("150");
    await drain(brand);
  });

  it("burns the soonest to expire first, and its rest is written off when its time is over", async () => {
    const soon = new Date(Date.now() + 400);
    await owe(ctx(), {
      mode: "live",
      source: "pack",
      tokens: 20,
      businessKey: `soon:${brand.customerId}`,
      expiresAt: soon,
    });
    await applyIntents(metering(), brand.account);
    expect(await use()).toBe(200);
    expect((await accountState(brand)).g).toMatch(/^[0-9a-f-]+,pack,15,/);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await use()).toBe(200);
    expect((await accountState(brand)).b).toBe("95");
    const fields = (await redis().xrange(outboxKey(brand.partition), "-", "+")) as unknown as [string, string[]][];
    const kinds = fields.map(([, flat]) => {
      const pairs = Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
      return unpackEvent(Object.fromEntries(pairs)).k;
    });
    expect(kinds).toEqual(["grant", "usage", "expiry", "usage"]);
    await drain(brand);
  });

  it("refuses what would pass the largest exact balance", async () => {
    for (let i = 0; i < 9; i++) {
      await owe(ctx(), {
        mode: "live",
        source: "adjustment",
        tokens: 999_999_999_999_999,
        businessKey: `big${i}:${brand.customerId}`,
      });
    }
    await applyIntents(metering(), brand.account);
    await drain(brand);
    const response = await consumeWith(brand.secretKey.secret);
    expect((await response.json()).tokens_remaining).toBe(9 * 999_999_999_999_999 + 95);
    await owe(ctx(), {
      mode: "live",
      source: "adjustment",
      tokens: 999_999_999_999_999,
      businessKey: `last:${brand.customerId}`,
    });
    await applyIntents(metering(), brand.account);
    expect(Number((await accountState(brand)).b)).toBe(9 * 999_999_999_999_999 + 95);
  });
});

describe("a storm", () => {
  it("of 1,000 callers on a balance for 500 ends in exactly 500 and 500, balance 0", async () => {
    brand = await testBrand({ tokens: 500, apps: ["pdc-001"], rate: 1_000_000 });
    const [key, deps] = [brand.secretKey.secret, patient()];
    const answers = await Promise.all(
      Array.from({ length: 1000 }, () => consumeWith(key, { body: { app_id: "pdc-001" }, deps })),
    );
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    expect([count(200), count(402)]).toEqual([500, 500]);
    expect((await accountState(brand)).b).toBe("0");
    expect((await drain(brand)).written).toBe(500);
  });

  it("of 1,000 calls with one idempotency key is one debit and 1,000 equal answers", async () => {
    const [key, deps] = [brand.secretKey.secret, patient()];
    const answers = await Promise.all(
      Array.from({ length: 1000 }, () => consumeWith(key, { idempotencyKey: "one", deps })),
    );
    const bodies = new Set(await Promise.all(answers.map((answer) => answer.text())));
    expect(bodies.size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get("idempotent-replayed") === null)).toHaveLength(1);
    expect((await accountState(brand)).b).toBe("95");
  });
});

describe("a clock that is wrong", () => {
  // Of a clock that was never compared the script is told nothing it could act by; its reply tells the time. One that
  // has drifted behind since then is told so by a refusal; one that has drifted ahead is found with the next reply.
  it.each([
    [-600_000, null, 2],
    [600_000, null, 2],
    [-600_000, 0, 2],
    [600_000, 0, 1],
  ])("by %d ms and known as %j takes %d turns, is learnt, and changes nothing", async (skew, offset, turns) => {
    let calls = 0;
    const store = bent(
      () => true,
      (real) => {
        calls++;
        return real();
      },
    );
    const deps = { redis: store, now: () => Date.now() + skew, clock: { offset: offset as number | null } };
    expect((await consumeWith(brand.secretKey.secret, { deps })).status).toBe(200);
    expect(calls).toBe(turns);
    expect(Math.abs((deps.clock.offset ?? 0) + skew)).toBeLessThan(1000);
    expect((await accountState(brand)).b).toBe("95");
    expect((await consumeWith(brand.secretKey.secret, { deps })).status).toBe(200);
    expect(calls).toBe(turns + 1);
  });
});

/** Everything that either store holds of a brand. */
async function everythingOf(other: TestBrand) {
  const hmacs = await Promise.all(
    [other.publicKey, other.secretKey].map(({ secret }) => hmacApiKey(secret, env().API_KEY_PEPPER)),
  );
  const names = [
    ...(await redis().keys(`*${other.customerId}*`)),
    ...hmacs.map((hmac) => keyRecordKey(other.partition, hmac)),
  ].toSorted();
  const dump = `
    local kind = redis.call('TYPE', KEYS[1]).ok
    local read = {hash = 'HGETALL', string = 'GET'}
    return {kind, read[kind] and redis.call(read[kind], KEYS[1]) or ''}`;
  const keys: [string, unknown[]][] = [];
  for (const name of names) keys.push([name, (await redis().eval(dump, [name], [])) as unknown[]]);
  return {
    keys,
    heads: await db().select().from(meteringAccounts).where(eq(meteringAccounts.customerId, other.customerId)),
    entries: await entriesOf(other),
    grants: await db().select().from(grants).where(eq(grants.customerId, other.customerId)),
    uses: await db().select().from(tokenUsage).where(eq(tokenUsage.customerId, other.customerId)),
  };
}

it("keeps what one brand does from every key of another, and from its ledger", async () => {
  const other = await testBrand({ tokens: 50, rate: 10 });
  expect((await consumeWith(other.secretKey.secret)).status).toBe(200);
  await drain(other);
  const before = await everythingOf(other);
  // Its two accounts, its rate buckets with them, and two key records.
  expect(before.keys.filter(([, [kind]]) => kind !== "none")).toHaveLength(4);
  expect([before.heads.length, before.entries.length, before.grants.length, before.uses.length]).toEqual([2, 2, 1, 1]);

  await use();
  await owe(ctx(), { mode: "live", source: "pack", tokens: 50, businessKey: `own:${brand.customerId}` });
  await applyIntents(metering(), brand.account);
  await activate(ctx(), metering(), { appId: "fsa-001" });
  await forget();
  await use();
  await drain(brand);
  expect((await accountState(brand)).b).toBe("140");
  expect(await everythingOf(other)).toEqual(before);
});

describe("an account that is closed on purpose while it is used", () => {
  it("is known to be whole: no loss is reported, and no key is looked up", async () => {
    let used = 0;
    // A use comes in at the last moment before the account is retired.
    const store = bent(
      (keys, args) => keys.length === 1 && keys[0] === accountKey(brand.account) && args.length === 1,
      async (real) => {
        used = await use();
        return real();
      },
    );
    const input = { mode: "live", scope: "*", daily: 50, monthly: null } as const;
    expect(await setCap(ctx(), { ...metering(), redis: store }, input)).toEqual({ inForce: true });
    expect(used).toBe(200);
    expect(await accountState(brand)).toMatchObject({ e: "2", b: "95" });
    expect(await reports()).toEqual([]);
    expect((await head())?.lookUpUntil).toBeNull();
  });
});
