import { readFileSync } from "node:fs";
import { Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { db } from "@/db/client";
import { newProduct } from "@/features/products/contract";
import { putProduct } from "@/features/products/service";
import { PROBLEMS, type ProblemCode } from "@/lib/errors";
import { redis } from "@/lib/redis";
import { checkedAfterEach, consumeWith, holdWith, SHOP, type TestBrand, testBrand } from "@/test/meter";
import { BODIES } from "@/test/routes";
import { fitting, NASTY_TEXT, type Schema, sentFor } from "@/test/schema-arbitrary";
import { getConfiguration, postActivate } from "../v1/customer-apps";
import { openApiDocument, schemaOf } from "./document";
import { OPERATIONS, type Operation, problemsOf } from "./operations";

/**
 * Every operation of our own OpenAPI document, asked with what fits it, what nearly does, and what does not, by keys of
 * every kind, with bodies, headers, queries and ids that nobody sane would send. Whatever is sent: never a 5xx, always
 * an answer that the document has, a body that fits it, no word of the inside, and books that are right. A failure prints
 * its seed and the smallest call that shows it.
 */

vi.mock("@/auth/session", () => ({ currentSession: async () => ({ state: "out" }) }));
vi.mock("next/server", () => ({ after: () => {} }));
checkedAfterEach();

/** How long all operations together are asked, ms. */
const BUDGET_MS = 18_000;
const LEAK =
  /node_modules|\.tsx?\b|\bat (?:\S+ \(|file:|\/)|select .* from |insert into|relation "|postgres|redis:|ECONN|ZodError|SyntaxError|Invalid (?:input|string|ISO|option)|Too (?:big|small):|expected .* received|at position|hmac|argon2|\{p\d\d\}:acct:[0-9a-f]/i;

type Handler = (request: Request, context: { params: Promise<{ id: string }> }) => Response | Promise<Response>;
const parts = (openApiDocument().components as { schemas: Record<string, Schema> }).schemas;

let brand: TestBrand;
const keys: string[] = [];
/** Ids that there are, and the last that answers have told of. */
const ids = ["vto-001", "pdc-001", "virtual-try-on", "cai-001", "starter", "no-such-thing"];
const told: string[] = [];
/** A configuration that somebody has filled in. */
let configuration: unknown;
/** A call that is in order, with which each operation begins. */
const orderly = (operation: Operation): Call => ({
  key: 0,
  id: operation.idIs?.startsWith("The app") ? "known:0" : "known:1",
  query: {},
  body: JSON.stringify(
    operation.id === "putConfiguration"
      ? { configuration }
      : (BODIES[`${operation.method.toUpperCase()} ${operation.path}`] ?? {}),
  ),
  type: "application/json",
  headers: {},
});
const idAt = (n: number): string =>
  (n % 2 === 0 ? ids : told.slice(-4))[n % Math.max(1, n % 2 === 0 ? ids.length : Math.min(told.length, 4))] ??
  "vto-001";

/** The edge asks the Node side over HTTP; here that request goes straight to the route. */
async function connectEdge(): Promise<void> {
  const real = globalThis.fetch;
  const { postLoad, postDrain } = await import("@/rest/internal/metering");
  vi.stubGlobal("fetch", async (input: string | URL | Request, init?: RequestInit) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    if (pathname === "/api/internal/metering/load") return postLoad(new Request(input, init));
    if (pathname === "/api/internal/metering/drain") return postDrain(new Request(input, init));
    return real(input, init);
  });
}

beforeAll(async () => {
  await connectEdge();
  brand = await testBrand({ tokens: 100_000, apps: ["vto-001", "pdc-001", "cai-001"] });
  keys.push(
    brand.secretKey.secret,
    brand.publicKey.secret,
    `${brand.secretKey.secret.slice(0, -1)}x`,
    "ca_sk_live_x",
    "",
  );
  const asked = new Request("http://localhost/api/v1/customer/apps/vto-001/configuration", {
    headers: { authorization: `Bearer ${keys[0]}` },
  });
  ({ configuration } = (await (
    await getConfiguration(asked, { params: Promise.resolve({ id: "vto-001" }) })
  ).json()) as { configuration: unknown });
});

/** Values that a header can carry at all. */
const headerText = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."aZ0:;,=/\"' \t-_%é"), maxLength: 40 }),
  fc.constantFrom("a".repeat(256), "a".repeat(255), " ", '"', "text/plain", "application/json; charset=utf-16"),
);

interface Call {
  readonly key: number;
  readonly id: string;
  readonly query: Record<string, string>;
  readonly body: string;
  readonly type: string | undefined;
  readonly headers: Record<string, string>;
}

function callsOf(operation: Operation): fc.Arbitrary<Call> {
  const query = operation.query ? schemaOf(operation.query, "input") : { type: "object", properties: {} };
  const body = operation.body ? schemaOf(operation.body, "input") : {};
  const asText = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
  const fields = fitting(query, ids, parts).map((value) =>
    Object.fromEntries(Object.entries((value ?? {}) as object).map(([name, each]) => [name, asText(each)])),
  );
  const stray = fc.dictionary(
    fc.constantFrom(...Object.keys((query.properties ?? {}) as object), "page", "cursor", "__proto__", "x"),
    fc.oneof(fc.constantFrom(...NASTY_TEXT), fc.string({ maxLength: 20 })),
    { maxKeys: 3, noNullPrototype: true },
  );
  return fc.record({
    // Mostly the key that may, so that the handler itself is reached.
    key: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(4) }),
    id: fc.oneof(
      fc.nat(1_000).map((n) => `known:${n}`),
      fc.uuid(),
      fc.constantFrom(...NASTY_TEXT),
    ),
    query: fc.oneof({ weight: 3, arbitrary: fields }, { weight: 1, arbitrary: stray }),
    body: fc.oneof(
      { weight: 9, arbitrary: sentFor(body, ids, parts).map((value) => JSON.stringify(value)) },
      {
        weight: 1,
        arbitrary: fc.oneof(
          fc.string({ unit: "binary", maxLength: 60 }),
          fc.constantFrom("", "{", "[".repeat(30_000), '{"a":1,"a":2}', "nul", '{"app_id":"vto-001"}x'),
        ),
      },
    ),
    type: fc.oneof(
      { weight: 9, arbitrary: fc.constant("application/json") },
      { weight: 1, arbitrary: fc.option(headerText, { nil: undefined }) },
    ),
    headers: fc.oneof(
      { weight: 3, arbitrary: fc.constant({}) },
      {
        weight: 1,
        arbitrary: fc.dictionary(
          fc.constantFrom(
            "idempotency-key",
            "origin",
            "sec-fetch-site",
            "x-request-id",
            "x-forwarded-for",
            "accept",
            "authorization",
            "if-none-match",
            "content-length",
          ),
          headerText,
          { maxKeys: 3, noNullPrototype: true },
        ),
      },
    ),
  });
}

function requestOf(operation: Operation, call: Call): { request: Request; id: string } | undefined {
  const id = call.id.startsWith("known:") ? idAt(Number(call.id.slice(6))) : call.id;
  const url = new URL(`http://localhost${operation.path.replace("[id]", encodeURIComponent(id.toWellFormed()))}`);
  for (const [name, value] of Object.entries(call.query)) url.searchParams.set(name, value);
  const key = keys[call.key];
  try {
    const headers = new Headers();
    if (key) headers.set("authorization", `Bearer ${key}`);
    if (key === keys[1]) headers.set("origin", SHOP);
    if (call.type !== undefined) headers.set("content-type", call.type);
    for (const [name, value] of Object.entries(call.headers)) headers.set(name, value);
    const method = operation.method.toUpperCase();
    return { request: new Request(url, { method, headers, ...(method === "GET" ? {} : { body: call.body }) }), id };
  } catch {
    // No client could send this.
    return undefined;
  }
}

/** Holds an answer to the document. @returns its status */
async function expectDocumented(operation: Operation, response: Response): Promise<number> {
  const { status, headers } = response;
  const text = await response.text();
  expect(status, text.slice(0, 300)).toBeLessThan(500);
  expect(headers.get("x-request-id")).toBeTruthy();
  if (status < 400) {
    const contract = operation.answers[status];
    expect(contract, `answers ${status}`).toBeDefined();
    if (headers.get("content-type")?.startsWith("text/csv")) return status;
    const body = JSON.parse(text) as Record<string, unknown>;
    const { errors } = new Validator(schemaOf(contract as never, "output") as object, "2020-12", false).validate(body);
    expect(errors).toEqual([]);
    for (const name of ["reservation_id", "usage_id"]) if (typeof body[name] === "string") told.push(body[name]);
    return status;
  }
  expect(headers.get("content-type")).toBe("application/problem+json");
  const problem = JSON.parse(text) as { code: ProblemCode; status: number };
  expect(problemsOf(operation), text).toContain(problem.code);
  expect([problem.status, PROBLEMS[problem.code][0]]).toEqual([status, status]);
  expect(text).not.toMatch(LEAK);
  return status;
}

describe("whatever is sent", () => {
  const met = new Map<string, number>();

  it.each(OPERATIONS.map((operation) => [operation.id, operation] as const))(
    "%s answers as its description says",
    async (_, operation) => {
      const file = `src/app${operation.path}/route.ts`;
      expect(readFileSync(file, "utf8")).toBeTruthy();
      const module = (await import(/* @vite-ignore */ `../../app${operation.path}/route.ts`)) as Record<
        string,
        Handler
      >;
      const handler = module[operation.method.toUpperCase()];
      if (!handler) throw new Error(`${file} has no ${operation.method}`);
      let calls = 0;
      // Whatever was asked before may have turned it off.
      const again = new Request("http://localhost/api/v1/customer/apps/vto-001/activate", {
        method: "POST",
        headers: { authorization: `Bearer ${keys[0]}`, "content-type": "application/json" },
        body: "{}",
      });
      await redis().del(...(await redis().keys("limit:*")), "limit:none");
      expect((await postActivate(again, { params: Promise.resolve({ id: "vto-001" }) })).status).toBeLessThan(300);
      // What it may be about: a use or a reservation of a moment ago.
      const made = operation.id === "refundUsage" ? await consumeWith(keys[0] ?? "") : await holdWith(keys[0] ?? "");
      const { usage_id, reservation_id } = (await made.json()) as { usage_id?: string; reservation_id?: string };
      told.splice(0, told.length, usage_id ?? reservation_id ?? "");
      if (operation.tag === "Products") {
        const { customerId } = brand;
        const ctx = { db: db(), customerId, actor: { type: "system", id: "test" } } as const;
        await putProduct(ctx, newProduct.parse({ sku: "A-1", name: "Halden" }));
        told.splice(0, told.length, "A-1");
      }
      const ask = async (call: Call): Promise<void> => {
        // The limits would soon be all that answers; they are tested where they belong.
        if (calls++ % 25 === 0) {
          const buckets = await redis().keys("limit:*");
          if (buckets.length > 0) await redis().del(...buckets);
        }
        const sent = requestOf(operation, call);
        if (!sent) return;
        const response = await handler(sent.request, { params: Promise.resolve({ id: sent.id }) });
        const status = await expectDocumented(operation, response);
        met.set(`${operation.id} ${status < 300 ? "done" : status}`, 1);
      };
      await ask(orderly(operation));
      const until = performance.now() + BUDGET_MS / OPERATIONS.length;
      await fc.assert(
        fc.asyncProperty(callsOf(operation), async (call) => {
          if (performance.now() < until) await ask(call);
        }),
        { numRuns: 500 },
      );
      expect(calls).toBeGreaterThan(0);
    },
  );

  it("was not only turned away: every operation that can be done was done, and every scope of refusals met", () => {
    const done = OPERATIONS.filter(({ id }) => met.has(`${id} done`)).map(({ id }) => id);
    // Money needs a customer of Stripe's; its flows have tests of their own.
    const expected = OPERATIONS.filter(({ tag }) => tag !== "Billing").map(({ id }) => id);
    expect(expected.filter((id) => !done.includes(id))).toEqual([]);
    for (const status of [400, 401, 404]) expect([...met.keys()].some((one) => one.endsWith(` ${status}`))).toBe(true);
  });
});
