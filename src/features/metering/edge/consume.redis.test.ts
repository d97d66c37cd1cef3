import { randomUUID } from "node:crypto";
import { type AddressInfo, createServer } from "node:net";
import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { apps } from "@/db/schema/catalog";
import { tokenUsage } from "@/db/schema/metering";
import { loadKeyRecord } from "@/features/keys/queries";
import { createKey, revokeKey } from "@/features/keys/service";
import { publishKeyRecord } from "@/features/metering/keys/service";
import { hydrateAccount, loadCatalog } from "@/features/metering/reconcile/service";
import { outboxKey } from "@/features/metering/rules";
import { hmacApiKey, mintApiKey } from "@/lib/api-key";
import { env } from "@/lib/env";
import { mintCustomerId } from "@/lib/ids";
import { createRedis, redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { entriesOf } from "@/test/ledger";
import {
  accountState,
  checkedAfterEach,
  consumeWith,
  drain,
  holdWith,
  SHOP,
  type TestBrand,
  testBrand,
} from "@/test/meter";

/** Every row of the contract's consume table, named by its status. */

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100 });
});
checkedAfterEach();

const sk = () => brand.secretKey.secret;
const pk = () => brand.publicKey.secret;
const refusal = async (answer: Promise<Response>) => {
  const response = await answer;
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(response.headers.get("x-request-id")).toBeTruthy();
  const body = await response.json();
  expect(body).toMatchObject({ status: response.status, request_id: response.headers.get("x-request-id") });
  expect(body.type).toContain(body.code);
  return { status: response.status, code: body.code as string, body, headers: response.headers };
};
/** An address at which nobody listens. */
const closedAddress = async (): Promise<string> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
};
/** Runs a refusal and shows that nothing but the rate was counted. */
const refusedForFree = async (answer: () => Promise<Response>) => {
  const before = await accountState(brand);
  const result = await refusal(answer());
  expect(await accountState(brand)).toEqual(before);
  return result;
};
const ctx = () => ({ db: db(), customerId: brand.customerId, actor: { type: "system", id: "test" } }) as const;
const newKey = (over: Partial<Parameters<typeof createKey>[1]>) =>
  createKey(ctx(), {
    name: "k",
    kind: "sk",
    mode: "live",
    origins: [],
    scopes: ["tokens:consume"],
    appPermissions: null,
    rateLimit: 1000,
    expiresAt: null,
    ...over,
  });

describe("200", () => {
  it("debits the app's price and says what is left", async () => {
    const response = await consumeWith(sk(), { body: { app_id: "vto-001", session_id: "s-1" } });
    expect(response.status).toBe(200);
    const body = await response.json();
    expect(Object.keys(body)).toEqual([
      "success",
      "usage_id",
      "app_id",
      "tokens_consumed",
      "tokens_remaining",
      "unlimited",
      "created_at",
    ]);
    expect(body).toMatchObject({
      success: true,
      app_id: "vto-001",
      tokens_consumed: 5,
      tokens_remaining: 95,
      unlimited: false,
    });
    expect(new Date(body.created_at).toISOString()).toBe(body.created_at);
    expect((await drain(brand)).written).toBe(1);
  });

  it("tells a public key neither balance nor plan, and its origin that it may read the answer", async () => {
    const response = await consumeWith(pk(), { body: { app_id: "pd-calculator" } });
    expect(response.status).toBe(200);
    const body = await response.json();
    expect(body).toMatchObject({ success: true, app_id: "pdc-001", tokens_consumed: 1 });
    expect(body).not.toHaveProperty("tokens_remaining");
    expect(body).not.toHaveProperty("unlimited");
    expect(response.headers.get("access-control-allow-origin")).toBe(SHOP);
    expect(response.headers.get("vary")).toContain("Origin");
  });

  it("takes a slug for the id and the price for the amount", async () => {
    const response = await consumeWith(sk(), { body: { app_id: "virtual-try-on", tokens_consumed: 5 } });
    expect(await response.json()).toMatchObject({ app_id: "vto-001", tokens_consumed: 5, tokens_remaining: 95 });
  });

  it("takes an amount of its own from a secret key for an app of variable price", async () => {
    brand = await testBrand({ tokens: 100, apps: ["cai-001"] });
    const response = await consumeWith(sk(), { body: { app_id: "cai-001", tokens_consumed: 42 } });
    expect(await response.json()).toMatchObject({ tokens_consumed: 42, tokens_remaining: 58 });
  });

  it("leaves the balance of an unlimited plan alone and says null", async () => {
    brand = await testBrand({ tokens: 0, plan: "enterprise" });
    const response = await consumeWith(sk());
    expect(await response.json()).toMatchObject({ tokens_consumed: 5, tokens_remaining: null, unlimited: true });
  });

  it("replays the first answer byte for byte, whatever spacing, order, slug or named price", async () => {
    const key = randomUUID();
    const long = "k".repeat(101);
    const first = await consumeWith(sk(), {
      idempotencyKey: key,
      body: { app_id: "vto-001", session_id: "s", metadata: { product_id: "f-1", n: 1, [long]: true } },
    });
    const text = await first.text();
    expect(first.headers.get("idempotent-replayed")).toBeNull();
    await consumeWith(sk());
    const again = await consumeWith(sk(), {
      idempotencyKey: key,
      text: ` { "metadata": {"n":1.0,"${long}" : true,"product_id":"f-1"},\n "tokens_consumed": 5, "session_id":"s", "app_id": "virtual-try-on" } `,
    });
    expect(again.status).toBe(200);
    expect(await again.text()).toBe(text);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect((await accountState(brand)).b).toBe("90");
  });

  it("replays after the app's price has changed", async () => {
    const key = randomUUID();
    const first = await (await consumeWith(sk(), { idempotencyKey: key })).text();
    try {
      await db().update(apps).set({ tokenCost: 6 }).where(eq(apps.catalogId, "vto-001"));
      await loadCatalog(metering(), brand.partition);
      expect(await (await consumeWith(sk(), { idempotencyKey: key })).text()).toBe(first);
      expect(
        await (
          await consumeWith(sk(), { idempotencyKey: key, body: { app_id: "vto-001", tokens_consumed: 5 } })
        ).text(),
      ).toBe(first);
    } finally {
      await db().update(apps).set({ tokenCost: 5 }).where(eq(apps.catalogId, "vto-001"));
      await loadCatalog(metering(), brand.partition);
    }
  });

  it("names the operation as the Idempotency-Key where the caller sent none, and honours it", async () => {
    const first = await consumeWith(sk());
    const key = first.headers.get("idempotency-key") ?? "";
    const text = await first.text();
    expect(key).toBe(JSON.parse(text).usage_id);
    const again = await consumeWith(sk(), { idempotencyKey: key });
    expect(await again.text()).toBe(text);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
  });

  it("counts two calls of one session with different keys as two uses", async () => {
    const body = { app_id: "vto-001", session_id: "same" };
    await consumeWith(sk(), { body, idempotencyKey: "a" });
    await consumeWith(sk(), { body, idempotencyKey: "b" });
    expect((await accountState(brand)).b).toBe("90");
  });

  it("counts a session's characters as the database does, which keeps a hundred of any", async () => {
    const session = "🕶".repeat(100);
    const response = await consumeWith(sk(), { body: { app_id: "vto-001", session_id: session } });
    expect(response.status).toBe(200);
    await drain(brand);
    const kept = await db().select().from(tokenUsage).where(eq(tokenUsage.customerId, brand.customerId));
    expect(kept).toMatchObject([{ sessionId: session }]);
  });

  it("keeps the idempotency keys of public and secret keys apart", async () => {
    await consumeWith(sk(), { idempotencyKey: "same" });
    const response = await consumeWith(pk(), { idempotencyKey: "same" });
    expect(response.headers.get("idempotent-replayed")).toBeNull();
    expect((await accountState(brand)).b).toBe("90");
  });

  it("announces the limits of key and customer", async () => {
    brand = await testBrand({ tokens: 100, rate: 1000 });
    const response = await consumeWith(sk());
    expect(response.headers.get("ratelimit-policy")).toBe('"key";q=1000;w=3600, "customer";q=1000;w=3600');
    expect(response.headers.get("ratelimit")).toBe('"key";r=999;t=4');
  });
});

describe("413 payload_too_large", () => {
  it("refuses a body over 64 KiB, also one that does not say its length", async () => {
    const text = JSON.stringify({ app_id: "vto-001", metadata: { x: "y".repeat(70_000) } });
    expect(await refusedForFree(() => consumeWith(sk(), { text }))).toMatchObject({
      status: 413,
      code: "payload_too_large",
    });
    expect(await refusal(consumeWith("nonsense", { text, headers: { "content-length": "10" } }))).toMatchObject({
      status: 413,
    });
  });
});

describe("415 unsupported_media_type", () => {
  it.each(["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])("refuses %s", async (type) => {
    expect(await refusedForFree(() => consumeWith(sk(), { headers: { "content-type": type } }))).toMatchObject({
      status: 415,
      code: "unsupported_media_type",
    });
  });
});

describe("400 invalid_request", () => {
  const bodies: [string, string][] = [
    ["no JSON", "{"],
    ["an empty body", ""],
    ["a list", "[]"],
    ["no app", "{}"],
    ["an unknown field", '{"app_id":"vto-001","customer_id":"x"}'],
    ["__proto__", '{"app_id":"vto-001","__proto__":{"a":1}}'],
    ["an amount of zero", '{"app_id":"vto-001","tokens_consumed":0}'],
    ["a negative amount", '{"app_id":"vto-001","tokens_consumed":-5}'],
    ["a fraction", '{"app_id":"vto-001","tokens_consumed":1.5}'],
    ["an amount as text", '{"app_id":"vto-001","tokens_consumed":"5"}'],
    ["1e3 as text", '{"app_id":"vto-001","tokens_consumed":"1e3"}'],
    ["0x10 as text", '{"app_id":"vto-001","tokens_consumed":"0x10"}'],
    ["an amount of 16 digits", '{"app_id":"vto-001","tokens_consumed":1000000000000000}'],
    ["an amount beyond numbers", '{"app_id":"vto-001","tokens_consumed":1e999}'],
    ["a null amount", '{"app_id":"vto-001","tokens_consumed":null}'],
    ["a long session", `{"app_id":"vto-001","session_id":"${"s".repeat(101)}"}`],
    ["a long session of rare characters", `{"app_id":"vto-001","session_id":"${"🕶".repeat(101)}"}`],
    ["nested metadata", '{"app_id":"vto-001","metadata":{"a":{"b":1}}}'],
    ["metadata over 4 KiB", `{"app_id":"vto-001","metadata":{"a":"${"x".repeat(4096)}"}}`],
    ["metadata that is a list", '{"app_id":"vto-001","metadata":[1]}'],
    ["NUL in metadata", '{"app_id":"vto-001","metadata":{"a":"\\u0000"}}'],
    ["half a surrogate pair", '{"app_id":"vto-001","session_id":"\\ud800"}'],
  ];
  it.each(bodies)("refuses %s", async (_, text) => {
    expect(await refusedForFree(() => consumeWith(sk(), { text }))).toMatchObject({
      status: 400,
      code: "invalid_request",
    });
  });

  it("names the field that is not known", async () => {
    const { body } = await refusal(consumeWith(sk(), { text: '{"app_id":"vto-001","colour":"red"}' }));
    expect(body.detail).toContain("colour");
  });

  it.each(["", "x".repeat(256), "with space", "ümlaut"])("refuses the Idempotency-Key %j", async (key) => {
    expect(await refusedForFree(() => consumeWith(sk(), { headers: { "idempotency-key": key } }))).toMatchObject({
      status: 400,
    });
  });

  it("comes before 401", async () => {
    expect(await refusal(consumeWith("", { text: "{" }))).toMatchObject({ status: 400 });
  });
});

describe("401 invalid_api_key", () => {
  it("refuses a call without a key, with a mistyped one, and with one nobody has made", async () => {
    const stranger = mintApiKey({ kind: "sk", mode: "live", customerId: brand.customerId }).text;
    const nobody = mintApiKey({ kind: "sk", mode: "live", customerId: mintCustomerId(randomUUID()) }).text;
    for (const key of [
      "",
      "ca_sk_live_x",
      `${sk().slice(0, -1)}!`,
      `${sk()}0`,
      sk().replace("sk", "pk"),
      stranger,
      nobody,
    ]) {
      expect(await refusedForFree(() => consumeWith(key)), key).toMatchObject({ status: 401, code: "invalid_api_key" });
    }
  });

  it("refuses an expired key", async () => {
    const { secret } = await newKey({ expiresAt: new Date(Date.now() + 300).toISOString() });
    expect((await consumeWith(secret)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(await refusedForFree(() => consumeWith(secret))).toMatchObject({ status: 401 });
  });

  it("refuses a revoked key at once, and an older record does not bring it back", async () => {
    const { secret, key } = await newKey({});
    expect((await consumeWith(secret)).status).toBe(200);
    const older = await loadKeyRecord(db(), hmacApiKey(secret, env().API_KEY_PEPPER));
    if (!older) throw new Error("The key has no record");
    expect(older.status).toBe("active");
    await revokeKey(ctx(), { keyId: key.keyId });
    expect(await refusedForFree(() => consumeWith(secret))).toMatchObject({ status: 401 });
    // Read before the revocation by somebody who only now comes to write it.
    await publishKeyRecord(older);
    expect(await refusedForFree(() => consumeWith(secret))).toMatchObject({ status: 401 });
  });

  it("comes before 403", async () => {
    const stranger = mintApiKey({ kind: "sk", mode: "live", customerId: brand.customerId }).text;
    expect(await refusal(consumeWith(stranger, { origin: SHOP }))).toMatchObject({ status: 401 });
  });
});

describe("403 secret_key_in_browser", () => {
  it("refuses a secret key with browser headers, and its page may not read the answer", async () => {
    const result = await refusedForFree(() => consumeWith(sk(), { origin: SHOP }));
    expect(result).toMatchObject({ status: 403, code: "secret_key_in_browser" });
    expect(result.headers.get("access-control-allow-origin")).toBeNull();
    expect(await refusal(consumeWith(sk(), { headers: { "sec-fetch-site": "same-origin" } }))).toMatchObject({
      status: 403,
    });
  });
});

describe("403 origin_not_allowed", () => {
  const origins = [
    "https://shop.example.evil.com",
    "https://evilshop.example",
    "http://shop.example",
    "https://shop.example:8443",
    "https://SHOP.example",
    "https://shop.example/",
    "null",
    "*",
    "https://shop.example\n",
  ];
  it.each(origins)("refuses %j", async (origin) => {
    const headers = new Headers();
    try {
      headers.set("origin", origin);
    } catch {
      return;
    }
    const sent = headers.get("origin") ?? "";
    // A trailing newline is trimmed by the header itself and is then the shop's own origin.
    if (sent === SHOP) return;
    const result = await refusedForFree(() => consumeWith(pk(), { origin: sent }));
    expect(result).toMatchObject({ status: 403, code: "origin_not_allowed" });
    expect(result.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("refuses a page without Origin, whatever its Referer", async () => {
    const answer = () => consumeWith(pk(), { origin: "", headers: { referer: `${SHOP}/frames` } });
    expect(await refusedForFree(answer)).toMatchObject({ status: 403, code: "origin_not_allowed" });
  });
});

describe("403 insufficient_scope", () => {
  it("refuses a secret key that may only read apps", async () => {
    const { secret } = await newKey({ scopes: ["apps:read"] });
    expect(await refusedForFree(() => consumeWith(secret))).toMatchObject({ status: 403, code: "insufficient_scope" });
  });
});

describe("422 idempotency_key_reused", () => {
  it.each([
    { app_id: "pdc-001", session_id: "s" },
    { app_id: "vto-001", session_id: "other" },
    { app_id: "vto-001", session_id: "s", metadata: { a: 1 } },
    { app_id: "vto-001", session_id: "s", tokens_consumed: 6 },
  ])("refuses %j under a used key", async (body) => {
    await consumeWith(sk(), { idempotencyKey: "k", body: { app_id: "vto-001", session_id: "s" } });
    const answer = () => consumeWith(sk(), { idempotencyKey: "k", body });
    expect(await refusedForFree(answer)).toMatchObject({ status: 422, code: "idempotency_key_reused" });
  });

  it("is not what a refusal leaves behind: the key can still be used", async () => {
    expect(await refusal(consumeWith(sk(), { idempotencyKey: "k", body: { app_id: "nix-001" } }))).toMatchObject({
      status: 404,
    });
    expect((await consumeWith(sk(), { idempotencyKey: "k" })).status).toBe(200);
  });
});

describe("429 rate_limited", () => {
  it("refuses when the key's burst is spent, with Retry-After, and refills evenly", async () => {
    brand = await testBrand({ tokens: 100, rate: 1_000_000 });
    const { secret } = await newKey({ rateLimit: 3 });
    for (let i = 0; i < 3; i++) expect((await consumeWith(secret, { body: { app_id: "pdc-001" } })).status).toBe(200);
    const result = await refusedForFree(() => consumeWith(secret));
    expect(result).toMatchObject({ status: 429, code: "rate_limited" });
    expect(Number(result.headers.get("retry-after"))).toBeGreaterThan(1100);
    expect(Number(result.headers.get("retry-after"))).toBeLessThanOrEqual(1200);
    expect(result.headers.get("ratelimit")).toMatch(/^"key";r=0;t=\d+$/);
  });

  it("counts all keys of a brand together", async () => {
    brand = await testBrand({ tokens: 100, rate: 3 });
    expect((await consumeWith(sk())).status).toBe(200);
    expect((await consumeWith(sk())).status).toBe(200);
    expect((await consumeWith(pk())).status).toBe(200);
    const result = await refusal(consumeWith(pk()));
    expect(result).toMatchObject({ status: 429 });
    expect(result.headers.get("ratelimit")).toContain('"customer";r=0');
  });

  it("counts refused requests and not replays", async () => {
    brand = await testBrand({ tokens: 100, rate: 3 });
    await consumeWith(sk(), { idempotencyKey: "k" });
    for (let i = 0; i < 5; i++) expect((await consumeWith(sk(), { idempotencyKey: "k" })).status).toBe(200);
    expect((await consumeWith(sk(), { body: { app_id: "nix-001" } })).status).toBe(404);
    expect((await consumeWith(sk(), { body: { app_id: "nix-001" } })).status).toBe(404);
    expect((await consumeWith(sk())).status).toBe(429);
  });
});

describe("404 app_not_found", () => {
  it.each(["xyz-999", "VTO-001", "vto_001", "-"])("refuses %s, which is not in the catalogue", async (app_id) => {
    const code = "app_not_found";
    expect(await refusedForFree(() => consumeWith(sk(), { body: { app_id } }))).toMatchObject({ status: 404, code });
    expect(await refusedForFree(() => holdWith(sk(), { body: { app_id, tokens_reserved: 1 } }))).toMatchObject({
      code,
    });
  });
});

describe("403 app_not_permitted", () => {
  it("refuses an app that the key does not cover", async () => {
    const { secret } = await newKey({ appPermissions: ["pdc-001"] });
    expect((await consumeWith(secret, { body: { app_id: "pdc-001" } })).status).toBe(200);
    expect(await refusedForFree(() => consumeWith(secret))).toMatchObject({ status: 403, code: "app_not_permitted" });
  });
});

describe("403 app_not_active", () => {
  it("refuses an app that the brand has not turned on, and one that is no longer offered", async () => {
    expect(await refusedForFree(() => consumeWith(sk(), { body: { app_id: "fsa-001" } }))).toMatchObject({
      status: 403,
      code: "app_not_active",
    });
    try {
      await db().update(apps).set({ status: "disabled" }).where(eq(apps.catalogId, "vto-001"));
      await loadCatalog(metering(), brand.partition);
      expect(await refusedForFree(() => consumeWith(sk()))).toMatchObject({ status: 403, code: "app_not_active" });
    } finally {
      await db().update(apps).set({ status: "available" }).where(eq(apps.catalogId, "vto-001"));
      await loadCatalog(metering(), brand.partition);
    }
  });
});

describe("422 amount_not_allowed", () => {
  it("refuses another amount than the price, and any from a public key", async () => {
    expect(
      await refusedForFree(() => consumeWith(sk(), { body: { app_id: "vto-001", tokens_consumed: 1 } })),
    ).toMatchObject({
      status: 422,
      code: "amount_not_allowed",
    });
    brand = await testBrand({ tokens: 100, apps: ["cai-001"] });
    expect(
      await refusedForFree(() => consumeWith(pk(), { body: { app_id: "cai-001", tokens_consumed: 1 } })),
    ).toMatchObject({
      status: 422,
    });
  });
});

describe("402 insufficient_tokens", () => {
  it("refuses what the balance does not cover, and says what is missing to a secret key only", async () => {
    brand = await testBrand({ tokens: 4 });
    const secret = await refusedForFree(() => consumeWith(sk()));
    expect(secret).toMatchObject({ status: 402, code: "insufficient_tokens" });
    expect(secret.body).toMatchObject({ tokens_required: 5, tokens_remaining: 4 });
    const page = await refusedForFree(() => consumeWith(pk()));
    expect(page.body.tokens_required).toBe(5);
    expect(page.body).not.toHaveProperty("tokens_remaining");
    expect(page.headers.get("access-control-allow-origin")).toBe(SHOP);
    expect((await consumeWith(sk(), { body: { app_id: "pdc-001" } })).status).toBe(200);
  });

  it("refuses on an empty account", async () => {
    brand = await testBrand({ tokens: 0 });
    expect(await refusedForFree(() => consumeWith(sk()))).toMatchObject({ status: 402 });
  });
});

describe("503 metering_unavailable", () => {
  it("says that nothing was debited where the store cannot be reached", async () => {
    const nowhere = createRedis({ url: await closedAddress(), token: "x", budgetMs: 500 });
    const result = await refusedForFree(() => consumeWith(sk(), { deps: { redis: nowhere } }));
    expect(result).toMatchObject({ status: 503, code: "metering_unavailable" });
    expect(result.headers.get("retry-after")).toBeTruthy();
  });

  it("says so where the store refuses", async () => {
    const url = process.env.UPSTASH_REDIS_REST_URL ?? "";
    const stranger = createRedis({ url, token: "not the token", budgetMs: 500 });
    expect(await refusedForFree(() => consumeWith(sk(), { deps: { redis: stranger } }))).toMatchObject({
      status: 503,
      code: "metering_unavailable",
    });
  });

  it("says so where state is missing and the Node side cannot help, and debits nothing", async () => {
    const backlog = () => redis().xlen(outboxKey(brand.partition));
    await drain(brand);
    const before = { ...(await accountState(brand)), backlog: await backlog(), entries: await entriesOf(brand) };
    await redis().del(...(await redis().keys(`*${brand.customerId}:live`)));
    expect(await refusal(consumeWith(sk(), { deps: { load: async () => "failed" } }))).toMatchObject({
      status: 503,
      code: "metering_unavailable",
    });
    expect(await backlog()).toBe(before.backlog);
    await hydrateAccount(metering(), brand.account);
    const after = { ...(await accountState(brand)), backlog: await backlog(), entries: await entriesOf(brand) };
    expect(after).toEqual({ ...before, e: "2", s: "0" });
    expect(after.b).toBe("100");
  });
});

describe("503 outcome_unknown", () => {
  const brokenOff = () =>
    new TypeError("fetch failed", {
      cause: Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" }),
    });
  /** What the client throws for an error of the store: its message, with the whole command after it. */
  const withCommand = (sent: unknown[]) =>
    new Error(`ERR something went wrong, command was: ${JSON.stringify(["evalsha", ...sent.flat()])}`);
  /** A store that runs everything and loses every answer. */
  const losing = (failure: (sent: unknown[]) => Error = brokenOff) => {
    const real = redis();
    return new Proxy(real, {
      get(target, name, receiver) {
        const value = Reflect.get(target, name, receiver);
        if (name !== "evalsha" && name !== "eval") return value;
        return async (...args: unknown[]) => {
          await (value as (...all: unknown[]) => Promise<unknown>).apply(target, args);
          throw failure(args);
        };
      },
    });
  };

  it("never says that nothing happened when the answer was lost; the same key then tells", async () => {
    const lost = await refusal(consumeWith(sk(), { deps: { redis: losing() } }));
    expect(lost).toMatchObject({ status: 503, code: "outcome_unknown" });
    const key = lost.headers.get("idempotency-key") ?? "";
    expect((await accountState(brand)).b).toBe("95");
    const told = await consumeWith(sk(), { idempotencyKey: key });
    expect(told.status).toBe(200);
    expect(await told.json()).toMatchObject({ tokens_remaining: 95, usage_id: key });
    expect((await accountState(brand)).b).toBe("95");
  });

  it("does not take a customer's own words for the store's", async () => {
    const note = "OOM NOSCRIPT READONLY ERR_STORE_UNAVAILABLE";
    const messages: string[] = [];
    const store = losing((sent) => {
      const failure = withCommand(sent);
      messages.push(failure.message);
      return failure;
    });
    const answer = consumeWith(sk(), { body: { app_id: "vto-001", metadata: { note } }, deps: { redis: store } });
    expect(await refusal(answer)).toMatchObject({ status: 503, code: "outcome_unknown" });
    expect(messages).toEqual([expect.stringContaining(note)]);
    expect((await accountState(brand)).b).toBe("95");
  });
});
