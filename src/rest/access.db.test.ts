import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { closeDb, db } from "@/db/client";
import { apiKeys } from "@/db/schema/keys";
import { createKeyInput } from "@/features/keys/contract";
import { SCOPES, type Scope } from "@/features/keys/rules";
import { createKey, revokeKey } from "@/features/keys/service";
import { mintApiKey } from "@/lib/api-key";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import { mintCustomerId, uuidv7 } from "@/lib/ids";
import { redis } from "@/lib/redis";
import { accountState, checkedAfterEach, drain, SHOP, type TestBrand, testBrand } from "@/test/meter";
import { ADDRESSES, ADMITTED, BODIES, type Caller, TABLE } from "@/test/routes";
import { respond } from "./respond";

/**
 * Every route there is, with every method it answers, against every caller who must be refused. The list comes from
 * the files, so that a new route is held to the same on the day it is written; who may call it is said below.
 */

// The real routes are called, without Next's server around them: what its request would give is handed in.
vi.mock("@/auth/session", () => ({ currentSession: async () => ({ state: "out" }) }));
vi.mock("next/server", () => ({ after: () => {} }));

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const ROOT = join(import.meta.dirname, "../app/api");
const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" })
  .filter((path) => /(^|[\\/])route\.tsx?$/.test(path))
  .map((path) => ({
    file: join(ROOT, path),
    route: `/api/${path.split(sep).slice(0, -1).join("/")}`,
  }));

/** The names a module exports, from its text: next-auth's route cannot be imported without Next's bundler. */
function exportedBy(text: string): string[] {
  const braces = Array.from(text.matchAll(/export\s+(?:const\s*)?\{([^}]*)\}/g), ([, inside = ""]) =>
    inside.split(",").map(
      (name) =>
        name
          .trim()
          .split(/\s+as\s+|\s*:\s*/)
          .at(-1) ?? "",
    ),
  );
  const single = Array.from(
    text.matchAll(/export\s+(?:async\s+)?(?:const|let|function)\s+(\w+)/g),
    ([, name]) => name ?? "",
  );
  return [...braces.flat(), ...single];
}

type Params = { readonly params: Promise<{ readonly id: string }> };
type Handler = (request: Request, context: Params) => Response | Promise<Response>;
interface Listed {
  readonly name: string;
  readonly route: string;
  readonly method: string;
  readonly handler: Handler | null;
}

const byText = new Map(
  files.map(({ file, route }) => [
    route,
    exportedBy(readFileSync(file, "utf8")).filter((name) => METHODS.includes(name)),
  ]),
);
const listed: Listed[] = [];
for (const { file, route } of files) {
  const held = Object.values(TABLE[route] ?? {}).includes("next-auth");
  const module: Record<string, unknown> = held ? {} : await import(/* @vite-ignore */ file);
  const methods = held ? (byText.get(route) ?? []) : METHODS.filter((method) => method in module);
  for (const method of methods) {
    const handler = module[method];
    listed.push({
      name: `${method} ${route}`,
      route,
      method,
      handler: typeof handler === "function" ? (handler as Handler) : null,
    });
  }
}

const callerOf = ({ route, method }: Listed): Caller | undefined => TABLE[route]?.[method];
const keyed = listed.flatMap((at) => {
  const who = callerOf(at);
  return typeof who === "object" ? [{ ...at, who }] : [];
});
const those = (who: Caller) => listed.filter((at) => callerOf(at) === who);

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** Text of a library, of the database or of a stack. */
const LEAK =
  /node_modules|\.tsx?\b|\bat (?:\S+ \(|file:|\/)|select |insert |relation|postgres|redis:|ECONN|Zod|Unexpected|JSON at|Invalid (?:input|option)|too_small|hmac|argon2|constructor/i;

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly text: string;
  readonly headers: Headers;
}
interface Call {
  readonly headers?: Record<string, string>;
  readonly query?: string;
  readonly body?: string | undefined;
}

/** Calls a route as the outside does, and holds its answer to what every answer must have. */
async function call(at: Listed, { headers = {}, query = "", body }: Call = {}): Promise<Answer> {
  const path = ADDRESSES[at.name] ?? at.route.replace(/\[.*/, "nothing");
  const sent = body ?? (at.name in BODIES ? JSON.stringify(BODIES[at.name]) : undefined);
  const bodiless = at.method === "GET" || at.method === "HEAD";
  const request = new Request(`http://localhost${path}${query}`, {
    method: at.method,
    headers: { ...(bodiless ? {} : { "content-type": "application/json" }), ...headers },
    ...(bodiless || sent === undefined ? {} : { body: sent }),
  });
  if (!at.handler) throw new Error(`${at.name} is no function`);
  const response = await at.handler(request, { params: Promise.resolve({ id: uuidv7() }) });
  const text = await response.text();
  const { status } = response;
  const id = response.headers.get("x-request-id") ?? "";
  const asked = headers["x-request-id"];
  if (asked === undefined) expect(id, at.name).toMatch(UUID);
  if (status !== 204) expect(response.headers.get("x-content-type-options"), at.name).toBe("nosniff");
  // What a key opens, no cache keeps.
  if (typeof callerOf(at) === "object") expect(response.headers.get("cache-control"), at.name).toBe("no-store");
  if (status >= 400) {
    expect(text, at.name).not.toMatch(LEAK);
    expect(response.headers.get("access-control-allow-credentials")).toBeNull();
  }
  // tRPC has an envelope of its own.
  if (status < 400 || callerOf(at) === "session")
    return { status, code: "", detail: "", text, headers: response.headers };
  expect(response.headers.get("content-type"), at.name).toBe("application/problem+json");
  const problem = JSON.parse(text);
  expect(problem, at.name).toMatchObject({
    type: `/docs/api/errors#${problem.code}`,
    title: expect.stringMatching(/\w/),
    status,
    detail: expect.stringMatching(/\w/),
    request_id: id,
  });
  return { status, code: problem.code, detail: problem.detail, text, headers: response.headers };
}

const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
const outcome = async (answer: Promise<Answer>) => {
  const { status, code } = await answer;
  return code ? `${status} ${code}` : `${status}`;
};

let brand: TestBrand;
let stranger: TestBrand;
const keys = { revoked: "", expired: "", alien: "" };
/** By scope, the key that has every other one. */
const lacking = new Map<Scope, string>();

/** The edge asks the Node side over HTTP; here that request goes straight to the route it names. */
function connectEdge(): void {
  const real = globalThis.fetch;
  vi.stubGlobal("fetch", async (input: string | URL | Request, init?: RequestInit) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const inside = url.origin === new URL(env().AUTH_URL).origin && url.pathname.startsWith("/api/internal/");
    const at = listed.find((one) => inside && one.route === url.pathname && one.method === init?.method);
    return at?.handler
      ? at.handler(new Request(url, init), { params: Promise.resolve({ id: "" }) })
      : real(input, init);
  });
}

beforeAll(async () => {
  connectEdge();
  [brand, stranger] = [await testBrand({ tokens: 100 }), await testBrand({ tokens: 70 })];
  const ctx = { db: db(), customerId: brand.customerId, actor: { type: "system", id: "test" } } as const;
  const make = (over: object) =>
    createKey(ctx, createKeyInput.parse({ name: "x", kind: "sk", mode: "live", scopes: [...SCOPES], ...over }));
  const expiry = Date.now() + 1_000;
  keys.expired = (await make({ expiresAt: new Date(expiry).toISOString() })).secret;
  const revoked = await make({});
  await revokeKey(ctx, { keyId: revoked.key.keyId });
  keys.revoked = revoked.secret;
  for (const scope of SCOPES) {
    lacking.set(scope, (await make({ scopes: SCOPES.filter((other) => other !== scope) })).secret);
  }
  keys.alien = mintApiKey({ kind: "sk", mode: "live", customerId: mintCustomerId(uuidv7()) }).text;
  await sleep(Math.max(0, expiry + 100 - Date.now()));
});
checkedAfterEach();
afterAll(async () => {
  vi.unstubAllGlobals();
  await closeDb();
});

describe("the table", () => {
  it("has an entry for every method of every route, and none that is gone", () => {
    expect(listed.length).toBeGreaterThan(10);
    for (const at of listed) expect(callerOf(at), `say in TABLE who may call ${at.name}`).toBeDefined();
    const there = listed.map((at) => at.name).toSorted();
    const said = Object.entries(TABLE).flatMap(([route, methods]) => Object.keys(methods).map((m) => `${m} ${route}`));
    expect(said.toSorted()).toEqual(there);
  });

  it("was made from what the files export, whichever way it was read", () => {
    for (const [route, methods] of byText) {
      const imported = listed.filter((at) => at.route === route).map((at) => at.method);
      expect(methods.toSorted(), route).toEqual(imported.toSorted());
    }
  });
});

const calm = listed.filter((at) => at.handler && callerOf(at) !== "next-auth");

describe.each(calm)("$name", (at) => {
  it("has a request id of the caller's or of ours, and nothing to sniff", async () => {
    for (const sane of ["a", "req-1.2:3_4", "Z".repeat(100)]) {
      expect((await call(at, { headers: { "x-request-id": sane } })).headers.get("x-request-id")).toBe(sane);
    }
    for (const insane of ["", "-a", "a b", "Z".repeat(101), "<script>", "a\tb", "ü", "a,b", '{"a":1}']) {
      const { headers } = await call(at, { headers: { "x-request-id": insane } });
      expect(headers.get("x-request-id"), insane).toMatch(UUID);
    }
    const [one, two] = [await call(at), await call(at)];
    expect(one.headers.get("x-request-id")).not.toBe(two.headers.get("x-request-id"));
  });
});

describe.each(keyed)("$name, for keys", ({ who, ...at }) => {
  const refusedAs = (headers: Record<string, string>) => outcome(call(at, { headers }));
  const sk = () => brand.secretKey.secret;
  const pk = () => brand.publicKey.secret;
  const unscoped = () => lacking.get(who.scope) ?? "";

  it("refuses a caller without a key that is one", async () => {
    const wrong = `${sk().slice(0, -1)}${sk().endsWith("A") ? "B" : "A"}`;
    for (const authorization of [
      undefined,
      "",
      "Bearer",
      "Bearer ",
      sk(),
      `Basic ${btoa(`${sk()}:`)}`,
      "Bearer ca_sk_live_nothing",
      `Bearer ${wrong}`,
      `Bearer ${sk()} ${sk()}`,
      `Bearer ${sk()}x`,
      `Bearer ${env().INTERNAL_SECRET}`,
    ]) {
      const answer = await call(at, authorization === undefined ? {} : { headers: { authorization } });
      expect(`${answer.status} ${answer.code}`, authorization).toBe("401 invalid_api_key");
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    }
  });

  it("takes no key from anywhere but its header", async () => {
    expect(await outcome(call(at, { query: `?api_key=${sk()}` }))).toBe("401 invalid_api_key");
    expect(await refusedAs({ cookie: `authorization=Bearer ${sk()}`, "x-api-key": sk() })).toBe("401 invalid_api_key");
  });

  it("refuses a key nobody made, a revoked and an expired one", async () => {
    for (const key of [keys.alien, keys.revoked, keys.expired]) {
      expect(await refusedAs(bearer(key))).toBe("401 invalid_api_key");
      // Also where another refusal would do: a dead key learns nothing more.
      expect(await refusedAs({ ...bearer(key), origin: SHOP })).toBe("401 invalid_api_key");
    }
  });

  it("refuses a secret key in a browser, before it looks at its scope", async () => {
    for (const [name, value] of [
      ["origin", SHOP],
      ["origin", "null"],
      ["origin", "http://localhost"],
      ["sec-fetch-site", "cross-site"],
      ["sec-fetch-site", "same-origin"],
      ["sec-fetch-site", "none"],
    ] as const) {
      for (const key of [sk(), unscoped()]) {
        const answer = await call(at, { headers: { ...bearer(key), [name]: value } });
        expect(`${answer.status} ${answer.code}`, `${name}: ${value}`).toBe("403 secret_key_in_browser");
        expect(answer.headers.get("access-control-allow-origin")).toBeNull();
      }
    }
  });

  it("refuses a key without the scope", async () => {
    const answer = await call(at, { headers: bearer(unscoped()) });
    expect(`${answer.status} ${answer.code}`).toBe("403 insufficient_scope");
    expect(answer.detail).toContain(who.scope);
  });

  it.runIf(who.key === "secret")("refuses a public key, from its own origin too", async () => {
    expect(await refusedAs(bearer(pk()))).toBe("403 forbidden");
    expect(await refusedAs({ ...bearer(pk()), origin: SHOP })).toBe("403 forbidden");
  });

  it.runIf(who.key === "any")("takes a public key from its origin and from no other", async () => {
    for (const origin of ["null", `${SHOP}.evil.example`, SHOP.replace("https", "http"), `${SHOP}:8443`]) {
      expect(await refusedAs({ ...bearer(pk()), origin }), origin).toBe("403 origin_not_allowed");
    }
    expect(await refusedAs(bearer(pk()))).toBe("403 origin_not_allowed");
    expect(await refusedAs({ ...bearer(pk()), referer: `${SHOP}/` })).toBe("403 origin_not_allowed");
    expect(await refusedAs({ ...bearer(pk()), origin: SHOP })).toBe("200");
  });

  it("lets in the key that may, and only to its own brand", async () => {
    const before = await accountState(brand);
    const answer = await call(at, { headers: bearer(stranger.secretKey.secret) });
    const admitted = ADMITTED[at.name] ?? "200";
    expect(answer.code ? `${answer.status} ${answer.code}` : `${answer.status}`).toBe(admitted);
    for (const theirs of [brand.customerId, pk(), sk()]) expect(answer.text).not.toContain(theirs);
    expect(await accountState(brand)).toEqual(before);
    expect(await refusedAs(bearer(sk()))).toBe(admitted);
  });
});

describe("another brand", () => {
  const consume = listed.find((at) => at.name === "POST /api/v1/customer/tokens/consume");
  const usage = listed.find((at) => at.name === "GET /api/v1/customer/tokens/usage");
  const report = async (key: string, query = "") => {
    if (!usage) throw new Error("no usage route");
    return call(usage, { headers: bearer(key), query });
  };

  it("sees its own usage and no token of anyone else's", async () => {
    if (!consume) throw new Error("no consume route");
    const [mine, theirs] = [await testBrand({ tokens: 100 }), await testBrand({ tokens: 70 })];
    for (let i = 0; i < 3; i++) {
      const spent = await call(consume, { headers: bearer(mine.secretKey.secret) });
      expect(JSON.parse(spent.text)).toMatchObject({ tokens_consumed: 5, tokens_remaining: 95 - 5 * i });
    }
    await call(consume, { headers: bearer(theirs.secretKey.secret), body: JSON.stringify({ app_id: "pdc-001" }) });
    for (const each of [mine, theirs]) await drain(each);
    expect(JSON.parse((await report(theirs.secretKey.secret)).text)).toMatchObject({
      current_period: { tokens_used: 1, tokens_remaining: 69, tokens_total: 70 },
      usage_by_app: [{ app_id: "pdc-001", tokens_consumed: 1 }],
    });
    expect(JSON.parse((await report(mine.secretKey.secret)).text)).toMatchObject({
      current_period: { tokens_used: 15, tokens_remaining: 85, tokens_total: 100 },
      usage_by_app: [{ app_id: "vto-001", tokens_consumed: 15 }],
    });
    // Naming the other does not help: in a query it is no field, and in a key it breaks the key.
    const named = await report(theirs.secretKey.secret, `?customer_id=${mine.customerId}`);
    expect(`${named.status} ${named.code}`).toBe("400 invalid_request");
    const forged = theirs.secretKey.secret.replace(/_[0-9A-Za-z]{22}_/, mine.secretKey.secret.slice(10, 34));
    expect(await outcome(report(forged))).toBe("401 invalid_api_key");
  });
});

describe.each(those("internal"))("$name, for our own machines", (at) => {
  const ours = () => bearer(env().INTERNAL_SECRET);

  it("does not exist for anyone else", async () => {
    const unknown = listed.find((one) => one.name === `${at.method} /api/[[...unknown]]`);
    if (!unknown) throw new Error("no route for the unknown");
    const nothing = await call(unknown, { headers: { "x-request-id": "same" } });
    expect(`${nothing.status} ${nothing.code}`).toBe("404 not_found");
    const secret = env().INTERNAL_SECRET;
    for (const authorization of [
      undefined,
      "",
      "Bearer ",
      "Bearer undefined",
      `Bearer ${secret}x`,
      `Bearer ${secret.slice(0, -1)}`,
      `Bearer ${secret.toUpperCase()}`,
      `Basic ${secret}`,
      `Bearer ${brand.secretKey.secret}`,
    ]) {
      const headers = { "x-request-id": "same", ...(authorization === undefined ? {} : { authorization }) };
      for (const body of [undefined, "{", "{}"]) {
        const answer = await call(at, { headers, body });
        expect(answer.text, authorization).toBe(nothing.text);
        expect([...answer.headers]).toEqual([...nothing.headers]);
      }
    }
    expect(await outcome(call(at, { query: `?secret=${encodeURIComponent(secret)}` }))).toBe("404 not_found");
  });

  it.runIf(at.method === "POST")(
    "refuses a body that is not in order, says nothing of why, and does nothing",
    async () => {
      const before = await accountState(brand);
      const size = await redis().dbsize();
      // Were it not for what is changed below, this would be done: it names a brand that there is.
      const load = {
        what: "key",
        partition: brand.partition,
        hmac: "a".repeat(43),
        customerId: brand.customerId,
        mode: "live",
      };
      for (const body of [
        "",
        "{",
        "null",
        "[]",
        '"x"',
        "{}",
        '{"partitions":[]}',
        '{"partitions":[64]}',
        '{"partitions":[-1]}',
        '{"partitions":[1.5]}',
        '{"partitions":["1"]}',
        `{"partitions":[${Array(65).fill(1)}]}`,
        '{"partitions":[1],"more":1}',
        ...[
          { what: "everything" },
          { partition: 64 },
          { hmac: "short" },
          { hmac: `${"a".repeat(42)}*` },
          { customerId: "'; drop table customers; --" },
          { what: "account", customerId: "-".repeat(36) },
          { customerId: load.customerId.toUpperCase() },
          { mode: "both" },
          { more: 1 },
          // In order, but nobody's.
          { what: "account", customerId: uuidv7() },
        ].map((over) => JSON.stringify({ ...load, ...over })),
      ]) {
        const answer = await call(at, { headers: ours(), body });
        expect(answer.status, body).toBeGreaterThanOrEqual(400);
        expect(answer.text, body).not.toContain("drop table");
      }
      expect(await accountState(brand)).toEqual(before);
      // Some of what was there has a lifetime.
      expect(Number(await redis().dbsize())).toBeLessThanOrEqual(Number(size));
    },
  );
});

describe("our own machines", () => {
  it("may drain and load", async () => {
    const [drainByPost, load, drainByGet] = [
      "POST /api/internal/metering/drain",
      "POST /api/internal/metering/load",
      "GET /api/internal/metering/drain",
    ].map((name) => those("internal").find((at) => at.name === name));
    if (!drainByPost || !load || !drainByGet) throw new Error("a route is gone");
    const headers = bearer(env().INTERNAL_SECRET);
    const consume = keyed.find((at) => at.name === "POST /api/v1/customer/tokens/consume");
    if (!consume) throw new Error("no consume route");
    const send = async (at: Listed, body?: unknown) => {
      const { status, text } = await call(at, { headers, body: body === undefined ? undefined : JSON.stringify(body) });
      return { status, ...JSON.parse(text) };
    };
    await drain(brand);
    await call(consume, { headers: bearer(brand.secretKey.secret) });
    expect(await send(drainByPost, { partitions: [brand.partition] })).toMatchObject({ status: 200, written: 1 });
    await call(consume, { headers: bearer(brand.secretKey.secret) });
    await drain(stranger);
    const all = await send(drainByGet);
    expect(all).toMatchObject({ status: 200, failed: 0 });
    const [row] = await db().select().from(apiKeys).where(eq(apiKeys.keyId, brand.secretKey.key.keyId));
    const wanted = { partition: brand.partition, hmac: row?.hmac, customerId: brand.customerId, mode: "live" };
    for (const what of ["key", "catalog", "account"]) {
      expect(await send(load, { what, ...wanted })).toEqual({ status: 200, found: true });
    }
  });
});

/** What a route answers with more than what it answers. */
const methodsOf = ({ route }: Listed) =>
  Object.entries(TABLE[route] ?? {})
    .filter(([, who]) => who !== "no method" && who !== "methods")
    .map(([name]) => name)
    .toSorted();

describe.each(those("no method"))("$name", (at) => {
  it("is 405 and says which methods there are", async () => {
    for (const headers of [{}, bearer(brand.secretKey.secret)]) {
      const answer = await call(at, { headers });
      expect(`${answer.status} ${answer.code}`).toBe("405 method_not_allowed");
      expect(answer.headers.get("allow")?.split(", ").toSorted()).toEqual(methodsOf(at));
    }
  });
});

describe.each(those("methods"))("$name", (at) => {
  it("says which methods there are, and lets no page of another origin call them", async () => {
    const answer = await call(at, { headers: { origin: SHOP, "access-control-request-method": "GET" } });
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(answer.headers.get("allow")?.split(", ").toSorted()).toEqual(methodsOf(at));
    expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });
});

describe.each(those("no address"))("$name", (at) => {
  it("is 404 for everybody", async () => {
    for (const headers of [{}, bearer(brand.secretKey.secret), bearer(env().INTERNAL_SECRET)]) {
      expect(await outcome(call(at, { headers }))).toBe("404 not_found");
    }
  });
});

describe.each(those("session"))("$name, for pages", (at) => {
  it("refuses who is not signed in, with whatever key", async () => {
    for (const headers of [{}, bearer(brand.secretKey.secret), bearer(env().INTERNAL_SECRET)]) {
      const { status, text } = await call(at, { headers });
      expect(status).toBe(401);
      expect(JSON.parse(text).error.data).toMatchObject({ code: "UNAUTHORIZED", problem: "signed_out" });
    }
  });
});

describe.each(those("anyone"))("$name", (at) => {
  it("answers anyone, and a key or a cookie changes nothing", async () => {
    const [bare, keyedAnswer] = [
      await call(at, { headers: { "x-request-id": "same" } }),
      await call(at, { headers: { "x-request-id": "same", cookie: "a=b", ...bearer(brand.secretKey.secret) } }),
    ];
    if (ADMITTED[at.name]) expect(`${bare.status} ${bare.code}`).toBe(ADMITTED[at.name]);
    else expect(bare.status).toBeLessThan(300);
    expect([keyedAnswer.status, keyedAnswer.text]).toEqual([bare.status, bare.text]);
    expect(bare.text).not.toMatch(/127\.0\.0\.1|localhost|password|postgresql:/);
  });
});

describe("whatever goes wrong inside", () => {
  const answerTo = async (error: unknown) => {
    const response = await respond(new Request("http://localhost/", { headers: { "x-request-id": "here" } }), () =>
      Promise.reject(error),
    );
    return { status: response.status, headers: response.headers, text: await response.text() };
  };

  it("becomes a sentence and an id, never its own text", async () => {
    const cause = new Error("relation customers does not exist");
    for (const error of [new Error("Failed query: select * from customers", { cause }), "hunter2", { sql: "select" }]) {
      const { status, text, headers } = await answerTo(error);
      expect(status).toBe(500);
      expect(headers.get("content-type")).toBe("application/problem+json");
      expect(JSON.parse(text)).toMatchObject({ status: 500, code: "internal_error", request_id: "here" });
      expect(text).not.toMatch(/select|customers|hunter2|stack|relation/);
    }
  });

  it("is a 503 with Retry-After where Postgres is away, and a refusal where it was one", async () => {
    const away = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:5432"), { code: "ECONNREFUSED" });
    const { status, text, headers } = await answerTo(new Error("Failed query: select 1", { cause: away }));
    expect(status).toBe(503);
    expect(JSON.parse(text).code).toBe("metering_unavailable");
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect(text).not.toMatch(/ECONNREFUSED|127\.0|select/);
    const refused = await answerTo(new Refusal("app_not_found", "There is none."));
    expect(refused.status).toBe(404);
    expect(JSON.parse(refused.text)).toMatchObject({ code: "app_not_found", detail: "There is none." });
  });
});
