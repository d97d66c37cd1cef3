import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { apps } from "@/db/schema/catalog";
import { seedCatalog } from "@/db/seed/catalog";
import { createKey, revokeKey } from "@/features/keys/service";
import { hmacApiKey } from "@/lib/api-key";
import { env } from "@/lib/env";
import { metering } from "@/rest/internal/metering";
import { admin, ctxOf, forget, hashOf, lettersOf, pause, restarted, restoreHash, use, usesOf } from "@/test/ledger";
import { accountState, checkedAfterEach, consumeWith, drain, type TestBrand, testBrand } from "@/test/meter";
import { inspectAll, publishCatalog, retireOutdated } from "../jobs";
import { accountKey, accountName, keyRecordKey } from "../rules";
import { checkLedger } from "./queries";
import { hydrateAccount, loadCatalog } from "./service";

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 1000 });
});
checkedAfterEach();

const usedAndDrained = async (times: number): Promise<number[]> => {
  const answers: number[] = [];
  for (let i = 0; i < times; i++) {
    answers.push(await use(brand));
    await drain(brand);
  }
  return answers;
};

describe("an account that a failover brings back from an epoch that is over", () => {
  beforeEach(async () => {
    const old = await hashOf(accountKey(brand.account));
    await forget(brand);
    expect(await use(brand)).toBe(200);
    await drain(brand);
    // The host hides its run id, or nobody has looked yet.
    await restoreHash(accountKey(brand.account), old);
    expect(await accountState(brand)).toMatchObject({ e: "1", b: "1000" });
  });

  it("does not go on for ever: what came before the first drain is quarantined, and posted again", async () => {
    expect(await usedAndDrained(5)).toEqual([200, 200, 200, 200, 200]);
    expect(await lettersOf(brand)).toMatchObject([{ reason: "fork", epoch: 1 }]);
    // The one of epoch 2, and all five: the first of them had no place there.
    expect(await accountState(brand)).toMatchObject({ e: "3", b: "970" });
    expect(await usesOf(brand)).toHaveLength(6);
  });

  it("is found by the worker before anybody uses it", async () => {
    await retireOutdated(metering());
    expect(await usedAndDrained(1)).toEqual([200]);
    expect(await lettersOf(brand)).toHaveLength(0);
    expect(await accountState(brand)).toMatchObject({ e: "3", b: "990" });
  });

  it("is found by the check without any traffic", async () => {
    const findings = (await checkLedger(metering())).filter((finding) => finding.breaches.length > 0);
    expect(findings).toMatchObject([
      { invariant: 3, breaches: [`${accountName(brand.account)} Redis lives in epoch 1, Postgres is at 2`] },
    ]);
    await retireOutdated(metering());
  });
});

describe("a hydrate whose own connection died", () => {
  it("does not open a second epoch over one that is in use", async () => {
    await forget(brand);
    const root = admin();
    const seen: unknown[] = [];
    const hydrate = hydrateAccount(
      {
        ...metering(),
        between: async (point) => {
          if (point !== "retired" || seen.length > 0) return;
          // Postgres ends the connection that holds the lock: a restart, a failover, a pooler.
          const ended = await root.execute(
            sql`select pg_terminate_backend(pid) from pg_locks
              where locktype = 'advisory' and classid = 7283 and objid = ${brand.partition} and granted`,
          );
          await pause(200);
          // Another caller brings the account back and it is used.
          seen.push(ended.length, await use(brand));
        },
      },
      brand.account,
    );
    await expect(hydrate).rejects.toThrow("Another epoch was opened meanwhile");
    await root.$client.end();
    expect(seen).toEqual([1, 200]);
    expect(await usedAndDrained(5)).toEqual([200, 200, 200, 200, 200]);
    expect(await lettersOf(brand)).toHaveLength(0);
    expect(await accountState(brand)).toMatchObject({ e: "2", b: "970" });
  });
});

describe("a loss of Redis's last second", () => {
  it("does not bring a revoked key back", async () => {
    const { secret, key } = await createKey(ctxOf(brand), {
      name: "k",
      kind: "sk",
      mode: "live",
      origins: [],
      scopes: ["tokens:consume"],
      appPermissions: null,
      rateLimit: 1000,
      expiresAt: null,
    });
    expect((await consumeWith(secret)).status).toBe(200);
    const name = keyRecordKey(brand.partition, hmacApiKey(secret, env().API_KEY_PEPPER));
    const record = await hashOf(name);
    await revokeKey(ctxOf(brand), { keyId: key.keyId });
    expect((await consumeWith(secret)).status).toBe(401);
    // The tombstone was in the second that is lost.
    await restoreHash(name, record);
    expect((await consumeWith(secret)).status).toBe(200);
    await restarted(brand);
    await inspectAll(metering());
    expect((await consumeWith(secret)).status).toBe(401);
  });
});

describe("a partition's copy of the catalogue", () => {
  it("does not sell an app under a slug that it no longer has", async () => {
    const rename = async (slug: string) => {
      await db().update(apps).set({ slug }).where(eq(apps.catalogId, "vto-001"));
      await loadCatalog(metering(), brand.partition);
    };
    expect(await use(brand, { app_id: "virtual-try-on" })).toBe(200);
    try {
      await rename("renamed-try-on");
      expect(await use(brand, { app_id: "virtual-try-on" })).toBe(404);
      expect(await use(brand, { app_id: "renamed-try-on" })).toBe(200);
    } finally {
      await rename("virtual-try-on");
    }
  });

  it("has the new price when the seed has changed it", async () => {
    const charged = async () => (await (await consumeWith(brand.secretKey.secret)).json()).tokens_consumed;
    try {
      await db().update(apps).set({ tokenCost: 1 }).where(eq(apps.catalogId, "vto-001"));
      await loadCatalog(metering(), brand.partition);
      expect(await charged()).toBe(1);
      // What a deploy does.
      await seedCatalog(db());
      await publishCatalog(metering());
      expect(await charged()).toBe(5);
    } finally {
      await db().update(apps).set({ tokenCost: 5 }).where(eq(apps.catalogId, "vto-001"));
      await loadCatalog(metering(), brand.partition);
    }
  });
});
