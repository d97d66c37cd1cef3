import { beforeEach, describe, expect, it } from "vitest";
import type { Scope } from "@/features/keys/rules";
import { createKey, revokeKey } from "@/features/keys/service";
import { mintApiKey } from "@/lib/api-key";
import { redis } from "@/lib/redis";
import { ctxOf, entriesOf, forget, restarted, timedOut, use, usesOf } from "@/test/ledger";
import {
  accountState,
  batchWith,
  type ConsumeOptions,
  checkedAfterEach,
  consumeWith,
  drain,
  meterDeps,
  SHOP,
  type TestBrand,
  testBrand,
} from "@/test/meter";
import { catalogKey } from "../rules";
import { batchResponse, MAX_BATCH } from "./contract";

/** Several uses in one call: each is what a consume of its own would be, and what concerns the call is refused whole. */

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100 });
});
checkedAfterEach();

const sk = () => brand.secretKey.secret;
const pk = () => brand.publicKey.secret;
const balance = async () => Number((await accountState(brand)).b);
const one = (idempotency_key: string, more: Record<string, unknown> = {}) => ({
  app_id: "vto-001",
  idempotency_key,
  ...more,
});
const results = async (answer: Promise<Response>) => {
  const response = await answer;
  expect(response.status).toBe(200);
  return batchResponse.parse(await response.json()).results;
};
/** The results as they were sent, to the byte. */
const bytes = async (answer: Promise<Response>) => {
  const response = await answer;
  expect(response.status).toBe(200);
  return response.text();
};
/** A batch that is refused as a whole. */
const whole = async (answer: Promise<Response>) => {
  const response = await answer;
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(await balance()).toBe(100);
  return [response.status, (await response.json()).code];
};
/** The store, and how often it was called. */
const counted = () => {
  const calls = { single: 0, batch: 0 };
  const real = redis();
  const store = new Proxy(real, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (name === "evalsha" || name === "eval") calls.single++;
      if (name === "pipeline") calls.batch++;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { calls, store };
};

describe("a batch", () => {
  it("answers each record as a consume of its own would, in order", async () => {
    const answers = await results(
      batchWith(sk(), [one("a"), one("b", { app_id: "pd-calculator" }), one("c", { session_id: "s" })]),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers.map(({ body }) => [body.app_id, body.tokens_consumed, body.tokens_remaining])).toEqual([
      ["vto-001", 5, 95],
      ["pdc-001", 1, 94],
      ["vto-001", 5, 89],
    ]);
    expect(Object.keys(answers[0]?.body ?? {})).toEqual([
      "success",
      "usage_id",
      "app_id",
      "tokens_consumed",
      "tokens_remaining",
      "unlimited",
      "created_at",
    ]);
    expect(await drain(brand)).toMatchObject({ written: 3 });
    expect((await usesOf(brand)).map(({ operationId, delta }) => [operationId, delta])).toEqual(
      answers.map(({ body }) => [body.usage_id, -Number(body.tokens_consumed)]),
    );
  });

  it("shares its keys with consume, both ways, to the byte", async () => {
    const single = await (await consumeWith(sk(), { idempotencyKey: "a" })).text();
    const text = await bytes(batchWith(sk(), [one("a"), one("b")]));
    const again = await consumeWith(sk(), { idempotencyKey: "b" });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(text).toBe(`{"results":[{"status":200,"body":${single}},{"status":200,"body":${await again.text()}}]}`);
    expect(await balance()).toBe(90);
  });

  it("sent again answers the same to the byte and debits nothing", async () => {
    const records = [one("a"), one("b", { app_id: "nix-001" }), one("c", { app_id: "pdc-001" })];
    const texts = [await bytes(batchWith(sk(), records, { headers: { "x-request-id": "same-request" } }))];
    for (let i = 0; i < 2; i++) {
      texts.push(await bytes(batchWith(sk(), records, { headers: { "x-request-id": "same-request" } })));
    }
    expect(new Set(texts).size).toBe(1);
    expect(await balance()).toBe(94);
  });

  it("takes a key that comes twice in it for a replay the second time", async () => {
    const [first, second, third] = await results(
      batchWith(sk(), [one("a"), one("a"), one("a", { app_id: "pdc-001" })]),
    );
    expect(second).toEqual(first);
    expect([third?.status, third?.body.code]).toEqual([422, "idempotency_key_reused"]);
    expect(await balance()).toBe(95);
  });

  it("sent twenty times at once is one batch", async () => {
    const records = [one("a"), one("b"), one("c")];
    const texts = await Promise.all(Array.from({ length: 20 }, () => bytes(batchWith(sk(), records))));
    expect(new Set(texts).size).toBe(1);
    expect(await balance()).toBe(85);
  });

  it("refuses a record that does not fit, names what is wrong with it, and does the others", async () => {
    const answers = await results(
      batchWith(sk(), [
        one("a", { colour: "red" }),
        { app_id: "vto-001" },
        "nonsense",
        one("b"),
        one("with space"),
        one("c", { tokens_consumed: 1.5 }),
        one("d", { app_id: "nix-001" }),
        one("e", { app_id: "fsa-001" }),
        one("f", { tokens_consumed: 4 }),
        one("g"),
      ]),
    );
    expect(answers.map(({ status, body }) => (status === 200 ? 200 : body.code))).toEqual([
      "invalid_request",
      "invalid_request",
      "invalid_request",
      200,
      "invalid_request",
      "invalid_request",
      "app_not_found",
      "app_not_active",
      "amount_not_allowed",
      200,
    ]);
    expect(answers[0]?.body.detail).toContain("colour");
    expect(answers[1]?.body.detail).toContain("idempotency_key");
    for (const { status, body } of answers) if (status !== 200) expect(body.status).toBe(status);
    expect(await balance()).toBe(90);
  });

  it("goes as far as the balance does, record by record", async () => {
    brand = await testBrand({ tokens: 11 });
    const answers = await results(
      batchWith(sk(), [one("a"), one("b"), one("c"), one("d", { app_id: "pdc-001" }), one("e")]),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 402, 200, 402]);
    expect(answers[2]?.body).toMatchObject({ tokens_required: 5, tokens_remaining: 1 });
    expect(await balance()).toBe(0);
  });

  it("counts each of its records against the limits, and a replay against none", async () => {
    brand = await testBrand({ tokens: 100, rate: 4 });
    expect((await results(batchWith(sk(), [one("a"), one("b")]))).map(({ status }) => status)).toEqual([200, 200]);
    const response = await batchWith(sk(), [one("a"), one("c"), one("b"), one("d"), one("e")]);
    expect(response.headers.get("ratelimit")).toMatch(/^"key";r=0;/);
    expect(response.headers.get("ratelimit-policy")).toContain('"key";q=4;w=3600');
    const answers = batchResponse.parse(await response.json()).results;
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 429]);
    expect(await balance()).toBe(80);
  });

  it("tells a public key neither balance nor plan, and its page that it may read the answer", async () => {
    const response = await batchWith(pk(), [one("a"), one("b", { tokens_consumed: 4 })], { origin: SHOP });
    expect(response.headers.get("access-control-allow-origin")).toBe(SHOP);
    expect(response.headers.get("vary")).toContain("Origin");
    const [first, second] = batchResponse.parse(await response.json()).results;
    expect(first?.body).toMatchObject({ success: true, tokens_consumed: 5 });
    expect(first?.body).not.toHaveProperty("tokens_remaining");
    expect(second?.status).toBe(422);
  });

  it("costs one call to the store, and one more where the store does not know the script", async () => {
    const records = Array.from({ length: 5 }, (_, i) => one(`k${i}`));
    await results(batchWith(sk(), [one("x"), one("y")]));
    const { calls, store } = counted();
    await results(batchWith(sk(), records, { deps: { redis: store } }));
    expect(calls).toEqual({ single: 0, batch: 1 });
    await redis().scriptFlush();
    const next = records.map(({ idempotency_key }) => one(`${idempotency_key}-again`));
    expect(
      (await results(batchWith(sk(), next, { deps: { redis: store } }))).every(({ status }) => status === 200),
    ).toBe(true);
    expect(calls).toEqual({ single: 0, batch: 3 });
    expect(await balance()).toBe(40);
    await drain(brand);
    expect(await entriesOf(brand)).toHaveLength(13);
  });

  it("wakes the drain where anything was debited, and not for a replay", async () => {
    const woken: number[] = [];
    const deps = { wake: (partition: number) => void woken.push(partition) };
    await results(batchWith(sk(), [one("a"), one("b", { app_id: "nix-001" })], { deps }));
    expect(woken).toEqual([brand.partition]);
    await results(batchWith(sk(), [one("a"), one("b", { app_id: "nix-001" })], { deps }));
    expect(woken).toEqual([brand.partition]);
  });

  it("of one record is as any other", async () => {
    const [only, ...none] = await results(batchWith(sk(), [one("a")]));
    expect([only?.status, only?.body.tokens_remaining, none]).toEqual([200, 95, []]);
  });

  it("of none that fits tells its caller what is wrong with each, and counts nothing", async () => {
    const before = await accountState(brand);
    const answers = await results(batchWith(sk(), [{}, 1]));
    expect(answers.map(({ status }) => status)).toEqual([400, 400]);
    const page = await batchWith(pk(), [{}], { origin: SHOP });
    expect([page.status, page.headers.get("access-control-allow-origin")]).toEqual([200, SHOP]);
    expect(await accountState(brand)).toEqual(before);
  });
});

describe("a batch is refused as a whole", () => {
  const records = [one("a"), one("b")];

  it.each([
    ["without records", { records: [] }],
    ["with more than it may hold", { records: Array.from({ length: MAX_BATCH + 1 }, (_, i) => one(`k${i}`)) }],
    ["with records that are no list", { records: one("a") }],
    ["with another field", { records, mode: "live" }],
  ])("%s", async (_, body) => {
    const { records: some, ...more } = body;
    expect(await whole(batchWith(sk(), some, { text: JSON.stringify({ records: some, ...more }) }))).toEqual([
      400,
      "invalid_request",
    ]);
  });

  it("and not with as many as it may hold", async () => {
    const most = Array.from({ length: MAX_BATCH }, (_, i) => one(`k${i}`, { app_id: "pdc-001" }));
    expect(await results(batchWith(sk(), most))).toHaveLength(MAX_BATCH);
    expect(await balance()).toBe(75);
  });

  it("that is too large, no JSON by its type, or no JSON at all", async () => {
    const large = [one("a", { metadata: { x: "y".repeat(70_000) } })];
    expect(await whole(batchWith(sk(), large))).toEqual([413, "payload_too_large"]);
    const plain: ConsumeOptions = { headers: { "content-type": "text/plain" } };
    expect(await whole(batchWith(sk(), records, plain))).toEqual([415, "unsupported_media_type"]);
    expect(await whole(batchWith(sk(), records, { text: "{" }))).toEqual([400, "invalid_request"]);
  });

  it("with a key that is none, unknown, revoked or without the scope", async () => {
    const unknown = mintApiKey({ kind: "sk", mode: "live", customerId: brand.customerId }).text;
    const made = (scope: Scope) =>
      createKey(ctxOf(brand), {
        name: "k",
        kind: "sk",
        mode: "live",
        origins: [],
        scopes: [scope],
        appPermissions: null,
        rateLimit: 1000,
        expiresAt: null,
      });
    const [reader, revoked] = [await made("apps:read"), await made("tokens:consume")];
    await revokeKey(ctxOf(brand), { keyId: revoked.key.keyId });
    // Also where none of its records fits: what concerns the call comes before what concerns a record.
    for (const some of [records, [{}, 1]]) {
      for (const key of ["nonsense", unknown, revoked.secret]) {
        expect(await whole(batchWith(key, some)), key).toEqual([401, "invalid_api_key"]);
      }
      expect(await whole(batchWith(reader.secret, some))).toEqual([403, "insufficient_scope"]);
    }
  });

  it("from a browser with a secret key, and from another page with a public one", async () => {
    for (const some of [records, [{}]]) {
      expect(await whole(batchWith(sk(), some, { origin: SHOP }))).toEqual([403, "secret_key_in_browser"]);
      const other = await batchWith(pk(), some, { origin: "https://evil.example" });
      expect(other.headers.get("access-control-allow-origin")).toBeNull();
      expect(await whole(Promise.resolve(other))).toEqual([403, "origin_not_allowed"]);
    }
  });

  it("where state is missing and nobody can bring it in: nothing was debited", async () => {
    await redis().del(catalogKey(brand.partition));
    const deps = { load: async () => "failed" as const };
    expect(await whole(batchWith(sk(), records, { deps }))).toEqual([503, "metering_unavailable"]);
    // Another test's brand may live in this partition.
    expect((await results(batchWith(sk(), records))).map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe("a batch whose answer is lost", () => {
  /** The store, which does what it is told and loses the answer of a whole batch. */
  const losing = () =>
    new Proxy(redis(), {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (name !== "pipeline") return typeof value === "function" ? value.bind(target) : value;
        return () => {
          const pipeline = target.pipeline();
          const exec = pipeline.exec.bind(pipeline);
          return Object.assign(pipeline, {
            exec: async (...args: Parameters<typeof exec>) => {
              await exec(...args);
              throw timedOut();
            },
          });
        };
      },
    });

  it("never says that nothing happened; sent again, it tells", async () => {
    const records = [one("a"), one("b")];
    // The script is known there: what is lost is the answer of the uses, and not of an attempt to name them.
    await results(batchWith(sk(), [one("x"), one("y")]));
    const response = await batchWith(sk(), records, { deps: { redis: losing() } });
    expect([response.status, (await response.json()).code]).toEqual([503, "outcome_unknown"]);
    expect(await balance()).toBe(80);
    const told = await results(batchWith(sk(), records));
    expect(told.map(({ status, body }) => [status, body.tokens_remaining])).toEqual([
      [200, 85],
      [200, 80],
    ]);
    expect(await balance()).toBe(80);
  });

  it("and of which one record failed in the store says so of that record only", async () => {
    const broken = new Proxy(redis(), {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (name !== "pipeline") return typeof value === "function" ? value.bind(target) : value;
        return () => {
          const pipeline = target.pipeline();
          const exec = pipeline.exec.bind(pipeline);
          return Object.assign(pipeline, {
            exec: async () => {
              const replies = await exec({ keepErrors: true });
              return replies.map((reply, i) => (i === 1 ? { error: "ERR something went wrong" } : reply));
            },
          });
        };
      },
    });
    const records = [one("a"), one("b"), one("c")];
    const answers = await results(batchWith(sk(), records, { deps: { redis: broken } }));
    expect(answers.map(({ status, body }) => (status === 200 ? 200 : body.code))).toEqual([
      200,
      "outcome_unknown",
      200,
    ]);
    expect((await results(batchWith(sk(), records)))[1]).toMatchObject({ status: 200, body: { tokens_remaining: 90 } });
    expect(await balance()).toBe(85);
  });
});

describe("a batch of which one record ran and another did not", () => {
  /** The store, whose answers to the first pipeline say that record 0 was refused, without its having been sent. */
  const firstRefused = (refused: { result?: unknown; error?: string }, then?: () => Error) => {
    let sent = 0;
    return new Proxy(redis(), {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (name !== "pipeline") return typeof value === "function" ? value.bind(target) : value;
        return () => {
          const pipeline = target.pipeline();
          if (sent++ > 0) return then ? Object.assign(pipeline, { exec: () => Promise.reject(then()) }) : pipeline;
          let first = true;
          const evalsha = pipeline.evalsha.bind(pipeline);
          const exec = pipeline.exec.bind(pipeline);
          return Object.assign(pipeline, {
            evalsha: (...args: Parameters<typeof evalsha>) => {
              if (!first) return evalsha(...args);
              first = false;
              return pipeline;
            },
            exec: async () => [refused, ...(await exec({ keepErrors: true }))],
          });
        };
      },
    });
  };
  const codes = (answers: Awaited<ReturnType<typeof results>>) =>
    answers.map(({ status, body }) => (status === 200 ? 200 : body.code));

  it("does not say of what ran that nothing was debited, though what the other lacked could not be brought in", async () => {
    await results(batchWith(sk(), [one("x"), one("y")]));
    const deps = {
      redis: firstRefused({ result: ["missing_account", String(Date.now()), ""] }),
      load: async () => "failed" as const,
    };
    const answers = await results(batchWith(sk(), [one("a"), one("b")], { deps }));
    expect(codes(answers)).toEqual(["metering_unavailable", 200]);
    expect(await balance()).toBe(85);
  });

  it("nor where the store learnt the script half way, and was away when the rest was sent again", async () => {
    await results(batchWith(sk(), [one("x"), one("y")]));
    const away = () => Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    const deps = { redis: firstRefused({ error: "NOSCRIPT No matching script." }, away) };
    const answers = await results(batchWith(sk(), [one("a"), one("b")], { deps }));
    expect(codes(answers)).toEqual(["metering_unavailable", 200]);
    expect(await balance()).toBe(85);
  });
});

describe("a batch that finds state missing", () => {
  it("has it brought in once for all of its records", async () => {
    await forget(brand);
    const asked: string[] = [];
    const deps = {
      load: (...wanted: Parameters<ReturnType<typeof meterDeps>["load"]>) => {
        asked.push(wanted[0].what);
        return meterDeps().load(...wanted);
      },
    };
    const answers = await results(batchWith(sk(), [one("a"), one("b"), one("c")], { deps }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    // The account once; and, because Redis may have forgotten them, what each key has led to.
    expect(asked).toEqual(["account", "operation", "operation", "operation"]);
    expect(await balance()).toBe(85);
  });

  it("answers from the ledger what Redis has forgotten, and does what is new", async () => {
    const first = await (await consumeWith(sk(), { idempotencyKey: "a" })).text();
    await drain(brand);
    await redis().del(...(await redis().keys(`{p${String(brand.partition).padStart(2, "0")}}*`)));
    const text = await bytes(batchWith(sk(), [one("new"), one("a"), one("a")]));
    expect(text.split(first)).toHaveLength(3);
    expect(await balance()).toBe(90);
  });

  it("has key, catalogue and account brought in after a restart of the store", async () => {
    await drain(brand);
    await restarted(brand);
    await drain(brand);
    const answers = await results(batchWith(sk(), [one("a"), one("b")]));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await accountState(brand)).toMatchObject({ e: "2", b: "90" });
  });

  it("leaves the records alone whose keys cannot be looked up", async () => {
    await forget(brand);
    const deps = {
      load: (...wanted: Parameters<ReturnType<typeof meterDeps>["load"]>) =>
        wanted[0].what === "operation" ? Promise.resolve("failed" as const) : meterDeps().load(...wanted),
    };
    const response = await batchWith(sk(), [one("a"), one("b")], { deps });
    expect([response.status, (await response.json()).code]).toEqual([503, "metering_unavailable"]);
    expect(await balance()).toBe(100);
    expect(await use(brand)).toBe(200);
  });
});

it("a clock that is wrong costs a batch one more turn, and changes nothing", async () => {
  let calls = 0;
  const { store } = counted();
  const counting = new Proxy(store, {
    get(target, name) {
      if (name === "pipeline") calls++;
      return Reflect.get(target, name, target);
    },
  });
  const deps = { redis: counting, now: () => Date.now() - 600_000, clock: { offset: null as number | null } };
  const answers = await results(batchWith(sk(), [one("a"), one("b")], { deps }));
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(calls).toBe(2);
  expect(await balance()).toBe(90);
});

it("a batch past its budget does nothing", async () => {
  const begun = Date.now();
  let asked = 0;
  // The clock jumps past the budget once both ids are made and the budget has begun.
  const now = () => (asked++ < 3 ? begun : begun + 60_000);
  const response = await batchWith(sk(), [one("a"), one("b")], { deps: { now } });
  expect([response.status, (await response.json()).code]).toEqual([503, "metering_unavailable"]);
  expect(await balance()).toBe(100);
});
