import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mintApiKey } from "@/lib/api-key";
import {
  type Answer,
  balance,
  type Call,
  CONSUME,
  type ContractCase,
  capDaily,
  isRefusal,
  keyOf,
  open,
  post,
  SHOP,
  type Shop,
} from "./contract-calls";
import { SIBLINGS } from "./sibling-contract";

/*
 * The consume table of the contract as calls over HTTP, for whatever serves it at a base URL: the meter, and Next in
 * development and production. Knows no test runner; each case throws where the contract is broken.
 */

/** One refusal of the table: its status and code, and that nothing was debited. */
const refused = (
  status: number,
  code: string,
  name: string,
  make: (shop: Shop) => Call | Promise<Call>,
  more: { shop?: Parameters<typeof open>[0]; check?: (answer: Answer) => void } = {},
): ContractCase => ({
  name: `${status} ${code}: ${name}`,
  run: async (base) => {
    const shop = await open(more.shop);
    const call = await make(shop);
    const before = await balance(base, shop);
    const answer = await post(base, call);
    isRefusal(answer, status, code);
    more.check?.(answer);
    assert.deepEqual(await balance(base, shop), before);
  },
});

const unreadable = (answer: Answer) => assert.equal(answer.headers.get("access-control-allow-origin"), null);
const readable = (answer: Answer) => {
  assert.equal(answer.headers.get("access-control-allow-origin"), SHOP);
  assert.match(answer.headers.get("vary") ?? "", /Origin/);
};

const REFUSALS: ContractCase[] = [
  refused(413, "payload_too_large", "a body over 64 KiB", ({ sk }) => ({
    key: sk,
    body: { app_id: "vto-001", metadata: { x: "y".repeat(70_000) } },
  })),
  refused(413, "payload_too_large", "before the key is looked at", () => ({
    key: "nonsense",
    text: "x".repeat(65_537),
  })),
  refused(415, "unsupported_media_type", "text/plain", ({ sk }) => ({
    key: sk,
    headers: { "content-type": "text/plain" },
  })),
  refused(400, "invalid_request", "no JSON", ({ sk }) => ({ key: sk, text: "{" })),
  refused(400, "invalid_request", "an empty body", ({ sk }) => ({ key: sk, text: "" })),
  refused(400, "invalid_request", "comes before the key", () => ({ text: "{" })),
  refused(
    400,
    "invalid_request",
    "an unknown field, which it names",
    ({ sk }) => ({ key: sk, body: { app_id: "vto-001", colour: "red" } }),
    { check: ({ body }) => assert.match(String(body.detail), /colour/) },
  ),
  ...[0, -5, 1.5, "5", "1e3", 1e15].map((amount) =>
    refused(400, "invalid_request", `an amount of ${JSON.stringify(amount)}`, ({ sk }) => ({
      key: sk,
      body: { app_id: "cai-001", tokens_consumed: amount },
    })),
  ),
  refused(400, "invalid_request", "an Idempotency-Key with a space", ({ sk }) => ({
    key: sk,
    headers: { "idempotency-key": "a b" },
  })),
  refused(401, "invalid_api_key", "no key", () => ({}), {
    check: ({ headers }) => assert.equal(headers.get("www-authenticate"), "Bearer"),
  }),
  refused(401, "invalid_api_key", "a mistyped key", ({ sk }) => ({
    key: `${sk.slice(0, -1)}${sk.endsWith("0") ? 1 : 0}`,
  })),
  refused(
    401,
    "invalid_api_key",
    "a key nobody has made",
    ({ customerId }) => ({ key: mintApiKey({ kind: "sk", mode: "live", customerId }).text }),
    { check: ({ headers }) => assert.equal(headers.get("www-authenticate"), "Bearer") },
  ),
  refused(401, "invalid_api_key", "a revoked key", async (shop) => {
    const { secret, revoke } = await keyOf(shop, {});
    await revoke();
    return { key: secret };
  }),
  refused(401, "invalid_api_key", "an expired key", async (shop) => {
    const { secret } = await keyOf(shop, { expiresAt: new Date(Date.now() + 200).toISOString() });
    await new Promise((resolve) => setTimeout(resolve, 250));
    return { key: secret };
  }),
  refused(403, "secret_key_in_browser", "an Origin", ({ sk }) => ({ key: sk, headers: { origin: SHOP } }), {
    check: unreadable,
  }),
  refused(
    403,
    "origin_not_allowed",
    "another origin",
    ({ pk }) => ({
      key: pk,
      headers: { origin: "https://shop.example.evil.com" },
    }),
    { check: unreadable },
  ),
  refused(
    403,
    "origin_not_allowed",
    "no origin, whatever the Referer",
    ({ pk }) => ({
      key: pk,
      headers: { origin: "", referer: `${SHOP}/` },
    }),
    { check: unreadable },
  ),
  refused(403, "insufficient_scope", "a key that may only read apps", async (shop) => ({
    key: (await keyOf(shop, { scopes: ["apps:read"] })).secret,
  })),
  refused(404, "app_not_found", "an app nobody knows", ({ sk }) => ({ key: sk, body: { app_id: "xyz-999" } })),
  refused(403, "app_not_permitted", "an app the key does not cover", async (shop) => ({
    key: (await keyOf(shop, { appPermissions: ["pdc-001"] })).secret,
  })),
  refused(403, "app_not_active", "an app that is not turned on", ({ sk }) => ({
    key: sk,
    body: { app_id: "fsa-001" },
  })),
  refused(422, "amount_not_allowed", "another amount than the price", ({ sk }) => ({
    key: sk,
    body: { app_id: "vto-001", tokens_consumed: 1 },
  })),
  refused(
    422,
    "amount_not_allowed",
    "an amount from a public key",
    ({ pk }) => ({
      key: pk,
      body: { app_id: "cai-001", tokens_consumed: 1 },
    }),
    { check: readable },
  ),
  refused(402, "spend_cap_reached", "the brand's own daily cap, before the balance", async (shop) => {
    await capDaily(shop, 4);
    return { key: shop.sk };
  }),
  refused(402, "insufficient_tokens", "and a secret key is told what there is", ({ sk }) => ({ key: sk }), {
    shop: { tokens: 4 },
    check: ({ body }) => assert.deepEqual([body.tokens_required, body.tokens_remaining], [5, 4]),
  }),
  refused(402, "insufficient_tokens", "and a public key is not", ({ pk }) => ({ key: pk }), {
    shop: { tokens: 4 },
    check: (answer) => {
      readable(answer);
      assert.equal(answer.body.tokens_required, 5);
      assert.ok(!("tokens_remaining" in answer.body));
    },
  }),
];

const ANSWERS: ContractCase[] = [
  {
    name: "200: debits the price and says what is left",
    run: async (base) => {
      const shop = await open();
      const answer = await post(base, { key: shop.sk, body: { app_id: "vto-001", session_id: "s" } });
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(Object.keys(answer.body), [
        "success",
        "usage_id",
        "app_id",
        "tokens_consumed",
        "tokens_remaining",
        "unlimited",
        "created_at",
      ]);
      const { success, app_id, tokens_consumed, tokens_remaining, unlimited, usage_id } = answer.body;
      assert.deepEqual(
        [success, app_id, tokens_consumed, tokens_remaining, unlimited],
        [true, "vto-001", 5, 95, false],
      );
      assert.equal(answer.headers.get("idempotency-key"), usage_id);
      assert.equal(answer.headers.get("content-type"), "application/json");
      assert.equal(answer.headers.get("cache-control"), "no-store");
      assert.equal(answer.headers.get("ratelimit-policy"), '"key";q=1000000;w=3600, "customer";q=1000000;w=3600');
      assert.match(answer.headers.get("ratelimit") ?? "", /^"key";r=999999;t=\d+$/);
      assert.equal((await balance(base, shop)).balance, 95);
    },
  },
  {
    name: "200: tells a public key neither balance nor plan, and its page that it may read the answer",
    run: async (base) => {
      const { pk } = await open();
      const answer = await post(base, { key: pk, body: { app_id: "pd-calculator" } });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.body.app_id, "pdc-001");
      assert.ok(!("tokens_remaining" in answer.body) && !("unlimited" in answer.body));
      readable(answer);
    },
  },
  {
    name: "200: takes an amount of its own from a secret key for an app of variable price",
    run: async (base) => {
      const { sk } = await open();
      const { body } = await post(base, { key: sk, body: { app_id: "cai-001", tokens_consumed: 42 } });
      assert.deepEqual([body.tokens_consumed, body.tokens_remaining], [42, 58]);
    },
  },
  {
    name: "200: leaves an unlimited plan alone and says null",
    run: async (base) => {
      const { sk } = await open({ plan: "enterprise" });
      const { body } = await post(base, { key: sk });
      assert.deepEqual([body.tokens_consumed, body.tokens_remaining, body.unlimited], [5, null, true]);
    },
  },
  {
    name: "200: replays the first answer byte for byte, whatever spacing, order, slug or named price",
    run: async (base) => {
      const shop = await open();
      const key = randomUUID();
      const headers = { "idempotency-key": key };
      const body = { app_id: "vto-001", session_id: "s", metadata: { product_id: "f-1", n: 1 } };
      const first = await post(base, { key: shop.sk, headers, body });
      assert.equal(first.headers.get("idempotent-replayed"), null);
      const text =
        ' { "metadata": {"n":1.0,"product_id":"f-1"},\n "tokens_consumed": 5, "session_id":"s", "app_id": "virtual-try-on" } ';
      const again = await post(base, { key: shop.sk, headers, text });
      assert.equal(again.status, 200, again.text);
      assert.equal(again.text, first.text);
      assert.equal(again.headers.get("idempotent-replayed"), "true");
      assert.equal((await balance(base, shop)).balance, 95);
    },
  },
  {
    name: "422 idempotency_key_reused: the same key with another body changes nothing",
    run: async (base) => {
      const shop = await open();
      const headers = { "idempotency-key": "k" };
      await post(base, { key: shop.sk, headers });
      const before = await balance(base, shop);
      for (const body of [
        { app_id: "pdc-001" },
        { app_id: "vto-001", session_id: "x" },
        { app_id: "vto-001", tokens_consumed: 6 },
      ])
        isRefusal(await post(base, { key: shop.sk, headers, body }), 422, "idempotency_key_reused");
      assert.deepEqual(await balance(base, shop), before);
    },
  },
  {
    name: "429 rate_limited: counts refusals and not replays, and says when to come again",
    run: async (base) => {
      const shop = await open();
      const { secret } = await keyOf(shop, { rateLimit: 3 });
      const headers = { "idempotency-key": "k" };
      for (let i = 0; i < 4; i++) assert.equal((await post(base, { key: secret, headers })).status, 200);
      for (let i = 0; i < 2; i++)
        isRefusal(await post(base, { key: secret, body: { app_id: "xyz-999" } }), 404, "app_not_found");
      const before = await balance(base, shop);
      const answer = await post(base, { key: secret });
      isRefusal(answer, 429, "rate_limited");
      const seconds = Number(answer.headers.get("retry-after"));
      assert.ok(seconds > 1100 && seconds <= 1200, `Retry-After: ${seconds}`);
      assert.match(answer.headers.get("ratelimit") ?? "", /^"key";r=0;t=\d+$/);
      assert.deepEqual(await balance(base, shop), before);
    },
  },
  {
    name: "X-Request-Id: the caller's own where it is a sane one",
    run: async (base) => {
      const { sk } = await open();
      const sane = await post(base, { key: sk, headers: { "x-request-id": "shop-42" } });
      assert.equal(sane.headers.get("x-request-id"), "shop-42");
      const mad = await post(base, { key: sk, headers: { "x-request-id": "<script>" } });
      assert.match(mad.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
    },
  },
  {
    name: "OPTIONS: answers any well-formed origin, and no other, without a key",
    run: async (base) => {
      const ask = (origin: string) => fetch(base + CONSUME, { method: "OPTIONS", headers: { origin } });
      const answer = await ask("https://anybody.example");
      assert.equal(answer.status, 204);
      assert.equal(answer.headers.get("access-control-allow-origin"), "https://anybody.example");
      assert.match(answer.headers.get("access-control-allow-headers") ?? "", /Idempotency-Key/);
      assert.match(answer.headers.get("vary") ?? "", /Origin/);
      assert.equal((await ask("null")).headers.get("access-control-allow-origin"), null);
    },
  },
  {
    name: "405 method_not_allowed: names the methods there are",
    run: async (base) => {
      for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
        const answer = await fetch(base + CONSUME, { method });
        assert.equal(answer.status, 405);
        assert.equal(answer.headers.get("allow"), "POST, OPTIONS");
        assert.equal(((await answer.json()) as { code: string }).code, "method_not_allowed");
      }
    },
  },
  {
    name: "a hundred callers with one key: one debit, one answer",
    run: async (base) => {
      const shop = await open();
      const call = { key: shop.sk, headers: { "idempotency-key": randomUUID() } };
      const answers = await Promise.all(Array.from({ length: 100 }, () => post(base, call)));
      assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
      assert.equal((await balance(base, shop)).balance, 95);
    },
  },
  {
    name: "sixty callers, tokens for twenty: exactly twenty are served",
    run: async (base) => {
      const shop = await open({ tokens: 100 });
      const answers = await Promise.all(Array.from({ length: 60 }, () => post(base, { key: shop.sk })));
      assert.equal(answers.filter(({ status }) => status === 200).length, 20);
      assert.equal(answers.filter(({ status }) => status === 402).length, 40);
      assert.equal((await balance(base, shop)).balance, 0);
    },
  },
  {
    name: "balance, ledger and usage: the same use in each, and to a secret key alone",
    run: async (base) => {
      const shop = await open();
      await post(base, { key: shop.sk });
      const read = async (path: string, key: string) => {
        const answer = await fetch(`${base}/api/v1/customer/tokens/${path}`, {
          headers: { authorization: `Bearer ${key}` },
        });
        return { status: answer.status, body: (await answer.json()) as Record<string, never> };
      };
      const until = Date.now() + 5_000;
      let used = 0;
      while (used === 0 && Date.now() < until) {
        const { body } = await read("usage", shop.sk);
        used = (body as { current_period?: { tokens_used: number } }).current_period?.tokens_used ?? 0;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.equal(used, 5);
      const { entries } = (await read("ledger", shop.sk)).body as unknown as { entries: { balance_after: number }[] };
      assert.equal(entries[0]?.balance_after, 95);
      for (const path of ["balance", "ledger", "usage"]) {
        assert.equal((await read(path, shop.pk)).status, 403, path);
        assert.equal((await read(path, "")).status, 401, path);
      }
    },
  },
];

/** Every row of the table that a call can bring about; the two rows of 503 need a store that is broken on purpose. */
export const CONSUME_CONTRACT: readonly ContractCase[] = [...REFUSALS, ...ANSWERS, ...SIBLINGS];
