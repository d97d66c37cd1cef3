import { eq, inArray } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { closeDb, db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { auditLog } from "@/db/schema/audit";
import { apps } from "@/db/schema/catalog";
import { apiKeys } from "@/db/schema/keys";
import { tokenUsage } from "@/db/schema/metering";
import { pageKey } from "@/features/activations/embed/queries";
import type { KeyRecord } from "@/features/metering/contract";
import { hmacApiKey, parseApiKey } from "@/lib/api-key";
import { isUnstorable } from "@/lib/database-away";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import { uuidv7 } from "@/lib/ids";
import { makeBrand, type TestBrand } from "@/test/brands";
import { createKeyInput } from "./contract";
import { keyUsage, listKeys, loadKeyRecord } from "./queries";
import { changeKey, createKey, revokeKey, rotateKey } from "./service";

const pushed: KeyRecord[] = [];
let redisAway = false;
// The push itself is tested with real Redis beside its own code; here it is what the verbs make of its answer.
vi.mock("@/features/metering/keys/service", () => {
  class RecordNotPublished extends Error {}
  return {
    RecordNotPublished,
    publishKeyRecord: async (record: KeyRecord) => {
      if (redisAway) throw new RecordNotPublished();
      pushed.push(record);
    },
  };
});

let brand: TestBrand;
let other: TestBrand;
let ctx: Ctx;

beforeAll(async () => {
  [brand, other] = await Promise.all([makeBrand(db()), makeBrand(db())]);
  ctx = { db: db(), customerId: brand.customerId, actor: { type: "user", id: brand.people.admin.userId } };
});
beforeEach(() => {
  pushed.length = 0;
  redisAway = false;
});
afterAll(async () => {
  await db().delete(apps).where(eq(apps.catalogId, "tst-001"));
  await closeDb();
});

/** An app of these tests, there until they end: others count what is in the catalogue. */
async function testApp(): Promise<typeof apps.$inferSelect> {
  const values = { catalogId: "tst-001", slug: "tst-001", name: "Test", category: "test", tokenCost: 1 };
  const [app] = await db()
    .insert(apps)
    .values(values)
    .onConflictDoUpdate({ target: apps.catalogId, set: values })
    .returning();
  if (!app) throw new Error("The app was not made");
  return app;
}

const pk = (more: object = {}) =>
  createKeyInput.parse({ name: "Shop", kind: "pk", mode: "live", origins: ["https://shop.example"], ...more });
const sk = (more: object = {}) =>
  createKeyInput.parse({ name: "Server", kind: "sk", mode: "test", scopes: ["tokens:consume"], ...more });

const refusal = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return error instanceof Refusal ? error.code : `not refused: ${error}`;
};

describe("creating a key", () => {
  it("of a secret one keeps its HMAC and last four, never its text", async () => {
    const { key, secret } = await createKey(ctx, sk());
    expect(parseApiKey(secret)).toMatchObject({ kind: "sk", mode: "test", customerId: brand.customerId });
    const [row] = await db().select().from(apiKeys).where(eq(apiKeys.keyId, key.keyId));
    expect(row?.hmac).toBe(hmacApiKey(secret, env().API_KEY_PEPPER));
    expect(row).toMatchObject({ publicKey: null, lastFour: secret.slice(-4), createdBy: brand.people.admin.userId });
    expect(JSON.stringify(row)).not.toContain(secret);
    const notes = await db().select().from(auditLog).where(eq(auditLog.subject, key.keyId)).orderBy(auditLog.id);
    expect(notes).toMatchObject([{ action: "key.created", customerId: brand.customerId }]);
    expect(JSON.stringify(notes)).not.toContain(secret);
  });

  it("of a public one keeps the text, which may stand in any page", async () => {
    const { key, secret } = await createKey(ctx, pk({ rateLimit: 50 }));
    expect(key).toMatchObject({ publicKey: secret, origins: ["https://shop.example"], rateLimit: 50, rateBurst: 50 });
  });

  it("shows nobody an HMAC", async () => {
    const { key, secret } = await createKey(ctx, sk());
    const hmac = hmacApiKey(secret, env().API_KEY_PEPPER);
    const shown = JSON.stringify([key, await listKeys(ctx)]);
    expect(shown).toContain(key.keyId);
    expect(shown).not.toContain(hmac);
    expect(shown).not.toContain(secret);
    expect(Object.keys((await listKeys(ctx))[0] ?? {}).sort()).toEqual(Object.keys(key).sort());
  });

  it("refuses one that would be born expired, and one for an app that does not exist", async () => {
    expect(await refusal(createKey(ctx, pk({ expiresAt: "2020-01-01T00:00:00Z" })))).toBe("invalid_request");
    expect(await refusal(createKey(ctx, pk({ appPermissions: ["zzz-999"] })))).toBe("invalid_request");
  });

  it("takes apps that exist", async () => {
    await testApp();
    const { key, secret } = await createKey(ctx, pk({ appPermissions: ["tst-001"] }));
    expect(key.appPermissions).toEqual(["tst-001"]);
    const record = await loadKeyRecord(db(), hmacApiKey(secret, env().API_KEY_PEPPER));
    expect(record?.apps).toEqual(["tst-001"]);
  });
});

describe("a key's record", () => {
  it("says what the edge must know", async () => {
    const expiresAt = "2030-01-01T00:00:00.000Z";
    const { key, secret } = await createKey(ctx, pk({ expiresAt }));
    const hmac = hmacApiKey(secret, env().API_KEY_PEPPER);
    expect(await loadKeyRecord(db(), hmac)).toEqual({
      hmac,
      partition: parseApiKey(secret)?.partition,
      version: 1,
      keyId: key.keyId,
      kind: "pk",
      mode: "live",
      customerId: brand.customerId,
      status: "active",
      expiresAt: Date.parse(expiresAt),
      origins: ["https://shop.example"],
      scopes: [],
      apps: null,
      rateLimit: 1_000,
      rateBurst: 1_000,
    });
  });

  it("of an unknown key is null", async () => {
    expect(await loadKeyRecord(db(), "A".repeat(43))).toBeNull();
  });
});

describe("revoking a key", () => {
  it("leaves a tombstone of a higher version at the edge, and a line in the audit log", async () => {
    const { key, secret } = await createKey(ctx, sk());
    const { revokedAt } = await revokeKey(ctx, { keyId: key.keyId });
    expect(Date.parse(revokedAt)).toBeGreaterThan(Date.now() - 60_000);
    expect(pushed).toMatchObject([{ keyId: key.keyId, status: "revoked", version: 2 }]);
    const record = await loadKeyRecord(db(), hmacApiKey(secret, env().API_KEY_PEPPER));
    expect(record).toEqual(pushed[0]);
    expect((await listKeys(ctx)).find((shown) => shown.keyId === key.keyId)?.revokedAt).toBe(revokedAt);
    const notes = await db().select().from(auditLog).where(eq(auditLog.subject, key.keyId)).orderBy(auditLog.id);
    expect(notes.map((note) => note.action)).toEqual(["key.created", "key.revoked"]);
  });

  it("twice answers the same, pushes again, and is noted once", async () => {
    const { key } = await createKey(ctx, sk());
    const first = await revokeKey(ctx, { keyId: key.keyId });
    expect(await revokeKey(ctx, { keyId: key.keyId })).toEqual(first);
    expect(pushed.map((record) => record.version)).toEqual([2, 2]);
    const notes = await db().select().from(auditLog).where(eq(auditLog.subject, key.keyId)).orderBy(auditLog.id);
    expect(notes).toHaveLength(2);
  });

  it("at once from many places raises the version once", async () => {
    const { key } = await createKey(ctx, sk());
    const answers = await Promise.all(Array.from({ length: 8 }, () => revokeKey(ctx, { keyId: key.keyId })));
    expect(new Set(answers.map((answer) => answer.revokedAt)).size).toBe(1);
    expect(new Set(pushed.map((record) => record.version))).toEqual(new Set([2]));
  });

  it("is not done, and not noted, where Redis could not be told", async () => {
    const { key } = await createKey(ctx, sk());
    redisAway = true;
    expect(await refusal(revokeKey(ctx, { keyId: key.keyId }))).toBe("metering_unavailable");
    expect((await listKeys(ctx)).find((shown) => shown.keyId === key.keyId)?.revokedAt).toBeNull();
    expect(await db().select().from(auditLog).where(eq(auditLog.subject, key.keyId)).orderBy(auditLog.id)).toHaveLength(
      1,
    );
    redisAway = false;
    await revokeKey(ctx, { keyId: key.keyId });
    expect(pushed).toMatchObject([{ status: "revoked", version: 2 }]);
  });

  it("of another brand finds nothing, and changes nothing", async () => {
    const { key } = await createKey(ctx, sk());
    const stranger: Ctx = { ...ctx, customerId: other.customerId };
    expect(await refusal(revokeKey(stranger, { keyId: key.keyId }))).toBe("not_found");
    expect(await refusal(revokeKey(stranger, { keyId: "ak_live_nothing" }))).toBe("not_found");
    expect(pushed).toEqual([]);
    expect((await listKeys(ctx)).find((shown) => shown.keyId === key.keyId)?.revokedAt).toBeNull();
    expect(await listKeys(stranger)).toEqual([]);
  });
});

describe("changing a key", () => {
  const settings = { name: "Shop", origins: ["https://shop.example"], appPermissions: null, scopes: [], rateLimit: 50 };

  it("keeps its text, tells the edge under a higher version, and notes what changed and nothing else", async () => {
    const { key, secret } = await createKey(ctx, pk({ rateLimit: 50 }));
    const origins = ["https://shop.example", "https://b.example"];
    const changed = await changeKey(ctx, { ...settings, keyId: key.keyId, origins });
    expect(changed.key).toEqual({ ...key, origins });
    expect(pushed).toMatchObject([{ keyId: key.keyId, version: 2, status: "active", origins, rateLimit: 50 }]);
    expect(await loadKeyRecord(db(), hmacApiKey(secret, env().API_KEY_PEPPER))).toEqual(pushed[0]);
    expect((await changeKey(ctx, { ...settings, keyId: key.keyId, origins })).key).toEqual(changed.key);
    expect(pushed).toHaveLength(1);
    const notes = await db().select().from(auditLog).where(eq(auditLog.subject, key.keyId)).orderBy(auditLog.id);
    expect(notes.slice(1)).toMatchObject([{ action: "key.changed", details: { origins } }]);
    expect(Object.keys(notes[1]?.details ?? {})).toEqual(["origins"]);
  });

  it("takes what its kind may have and nothing else", async () => {
    const [shop, server] = [(await createKey(ctx, pk())).key, (await createKey(ctx, sk())).key];
    const on = ({ keyId }: { keyId: string }, more: object) => changeKey(ctx, { ...settings, keyId, ...more });
    expect(await refusal(on(shop, { origins: [] }))).toBe("invalid_request");
    expect(await refusal(on(shop, { scopes: ["apps:read"] }))).toBe("invalid_request");
    expect(await refusal(on(server, {}))).toBe("invalid_request");
    expect(await refusal(on(server, { origins: [], scopes: [] }))).toBe("invalid_request");
    expect(await refusal(on(shop, { appPermissions: ["zzz-999"] }))).toBe("invalid_request");
    const { key } = await on(server, { origins: [], scopes: ["apps:read"], rateLimit: 7 });
    expect(key).toMatchObject({ scopes: ["apps:read"], rateLimit: 7, rateBurst: 7, kind: "sk" });
  });

  it("changes nothing of a key that is over, of another brand's, or where Redis could not be told", async () => {
    const { key } = await createKey(ctx, pk());
    const input = { ...settings, keyId: key.keyId, name: "Other" };
    expect(await refusal(changeKey({ ...ctx, customerId: other.customerId }, input))).toBe("not_found");
    redisAway = true;
    expect(await refusal(changeKey(ctx, input))).toBe("metering_unavailable");
    redisAway = false;
    expect((await listKeys(ctx)).find(({ keyId }) => keyId === key.keyId)).toEqual(key);
    await revokeKey(ctx, { keyId: key.keyId });
    expect(await refusal(changeKey(ctx, input))).toBe("invalid_request");
    expect(pushed.map(({ status }) => status)).toEqual(["revoked"]);
  });
});

describe("replacing a key", () => {
  const HOUR = 3_600_000;
  const end = (view: { expiresAt: string | null }) => Date.parse(view.expiresAt ?? "");

  it("makes another with the same settings, ends the old one after the grace, and notes both", async () => {
    const { key, secret } = await createKey(ctx, pk({ rateLimit: 50, mode: "test" }));
    const began = Date.now();
    const made = await rotateKey(ctx, { keyId: key.keyId, grace: "24h", expiresAt: null });
    const { keyId, lastFour, createdAt, publicKey, ...same } = key;
    expect(made.key).toMatchObject(same);
    expect(made.key.keyId).not.toBe(keyId);
    expect(made.key.publicKey).toBe(made.secret);
    expect(made.secret).not.toBe(secret);
    expect(made.replaced).toMatchObject({ keyId, lastFour, createdAt, publicKey, revokedAt: null });
    expect(Math.abs(end(made.replaced) - began - 24 * HOUR)).toBeLessThan(60_000);
    expect(pushed).toMatchObject([{ keyId, status: "active", version: 2, expiresAt: end(made.replaced) }]);
    const notes = await db().select().from(auditLog).where(eq(auditLog.subject, keyId)).orderBy(auditLog.id);
    expect(notes.map((note) => note.action)).toEqual(["key.created", "key.rotated"]);
    expect(notes[1]?.details).toEqual({
      replacement: made.key.keyId,
      grace: "24h",
      expiresAt: made.replaced.expiresAt,
    });
    expect(JSON.stringify(notes)).not.toContain(made.secret);
  });

  it("never lengthens a life: the sooner end counts, also when it is replaced once more", async () => {
    const soon = new Date(Date.now() + HOUR / 2).toISOString();
    const { key } = await createKey(ctx, sk({ expiresAt: soon }));
    const first = await rotateKey(ctx, { keyId: key.keyId, grace: "7d", expiresAt: "2099-01-01T00:00:00Z" });
    expect(first.replaced.expiresAt).toBe(soon);
    expect(first.key.expiresAt).toBe("2099-01-01T00:00:00.000Z");
    const again = await rotateKey(ctx, { keyId: first.key.keyId, grace: "1h", expiresAt: null });
    const third = await rotateKey(ctx, { keyId: first.key.keyId, grace: "7d", expiresAt: null });
    expect(third.replaced.expiresAt).toBe(again.replaced.expiresAt);
  });

  it("is refused for a key that is over, and for a new one that would be born expired", async () => {
    const { key } = await createKey(ctx, sk());
    const born = { keyId: key.keyId, grace: "1h", expiresAt: "2020-01-01T00:00:00Z" } as const;
    expect(await refusal(rotateKey(ctx, born))).toBe("invalid_request");
    await db()
      .update(apiKeys)
      .set({ expiresAt: new Date(Date.now() - 1) })
      .where(eq(apiKeys.keyId, key.keyId));
    expect(await refusal(rotateKey(ctx, { ...born, expiresAt: null }))).toBe("invalid_request");
    await revokeKey(ctx, { keyId: key.keyId });
    expect(await refusal(rotateKey(ctx, { ...born, expiresAt: null }))).toBe("invalid_request");
  });

  it("changes nothing where Redis could not be told, and nothing of another brand", async () => {
    const own = await makeBrand(db());
    const mine: Ctx = { ...ctx, customerId: own.customerId };
    const { key } = await createKey(mine, sk());
    const input = { keyId: key.keyId, grace: "1h", expiresAt: null } as const;
    redisAway = true;
    expect(await refusal(rotateKey(mine, input))).toBe("metering_unavailable");
    redisAway = false;
    expect(await refusal(rotateKey({ ...ctx, customerId: other.customerId }, input))).toBe("not_found");
    expect(await listKeys(mine)).toEqual([key]);
    expect(pushed).toEqual([]);
  });

  it("gives embed code the new one at once", async () => {
    const own = await makeBrand(db());
    const mine: Ctx = { ...ctx, customerId: own.customerId };
    const { key } = await createKey(mine, pk());
    const made = await rotateKey(mine, { keyId: key.keyId, grace: "7d", expiresAt: null });
    expect((await pageKey(db(), { customerId: own.customerId, appId: "vto-001" }))?.publicKey).toBe(made.secret);
  });
});

it("a name with half of a character is a text that cannot be kept, and no failure of ours", async () => {
  const input = createKeyInput.parse({ name: "Shop \ud83d", kind: "sk", mode: "live", scopes: ["apps:read"] });
  const refused = await createKey(ctx, input).catch((error: unknown) => error);
  expect(isUnstorable(refused)).toBe(true);
});

it("lists keys in force first, the newest at the top", async () => {
  const own = await makeBrand(db());
  const mine: Ctx = { ...ctx, customerId: own.customerId };
  const made: string[] = [];
  for (const name of ["first", "second", "third"]) made.push((await createKey(mine, sk({ name }))).key.keyId);
  await revokeKey(mine, { keyId: made[2] ?? "" });
  expect((await listKeys(mine)).map((key) => key.name)).toEqual(["second", "first", "third"]);
});

it("counts 30 days of a brand's uses by key, without those given back, and nobody else's", async () => {
  const own = await makeBrand(db());
  const app = await testApp();
  const use = (keyId: string | null, tokens: number, more: Partial<typeof tokenUsage.$inferInsert> = {}) => ({
    ...{ id: uuidv7(), customerId: own.customerId, mode: "live" as const, appId: app.id },
    ...{ tokensConsumed: tokens, keyId, ...more },
  });
  const day = 86_400_000;
  const ago = (days: number) => ({ createdAt: new Date(Date.now() - days * day) });
  await db()
    .insert(tokenUsage)
    .values([
      ...[use("ak_live_a", 5), use("ak_live_a", 7, ago(29.9)), use("ak_live_a", 100, ago(30.1))],
      ...[use("ak_test_b", 3, { mode: "test" }), use("ak_live_a", 50, { refundedAt: new Date() }), use(null, 9)],
      use("ak_live_a", 1_000, { customerId: other.customerId }),
    ]);
  const { days, usage } = await keyUsage({ ...ctx, customerId: own.customerId });
  // No ledger knows of these: tests that hold the two together must not meet them.
  await db()
    .delete(tokenUsage)
    .where(inArray(tokenUsage.customerId, [own.customerId, other.customerId]));
  expect(days).toBe(30);
  expect(usage.toSorted((a, b) => a.keyId.localeCompare(b.keyId))).toEqual([
    { keyId: "ak_live_a", uses: 2, tokens: 12 },
    { keyId: "ak_test_b", uses: 1, tokens: 3 },
  ]);
});
