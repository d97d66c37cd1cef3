import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { closeDb, db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { widgetEvents } from "@/db/schema/insights";
import { createKeyInput } from "@/features/keys/contract";
import { fillSandbox } from "@/features/keys/sandbox/service";
import { createKey } from "@/features/keys/service";
import { newProduct } from "@/features/products/contract";
import { putProduct } from "@/features/products/service";
import { MOST_EVENTS } from "@/features/usage/insights/rules";
import { env } from "@/lib/env";
import { timeOfUuid, uuidv7 } from "@/lib/ids";
import { LONGEST_VISIT_MS, mintWidgetSession, SESSION_SECONDS, type WidgetClaims } from "@/lib/widget-session";
import { metering } from "@/rest/internal/metering";
import { consumeWith, SHOP, type TestBrand, testBrand } from "@/test/meter";
import { eventsOptions, postWidgetEvents } from "./events";
import { getWidgetSession } from "./sessions";

// What would run after the answer runs at once, and is waited for.
const afterwards: Promise<unknown>[] = [];
vi.mock("next/server", () => ({
  after: (task: () => Promise<unknown>) => {
    afterwards.push(task());
  },
}));

/** What is told of a session: by its own frame, by the shop's page; once each, and of nobody else's. */

let brand: TestBrand;
let stranger: TestBrand;
const ctxOf = ({ customerId }: TestBrand): Ctx => ({ db: db(), customerId, actor: { type: "system", id: "test" } });

beforeAll(async () => {
  const apps = ["frf-001", "pdc-001"];
  [brand, stranger] = await Promise.all([testBrand({ apps, tokens: 500 }), testBrand({ apps })]);
  for (const sku of ["A", "B"]) await putProduct(ctxOf(brand), newProduct.parse({ sku, name: `Frame ${sku}` }));
  await putProduct(ctxOf(stranger), newProduct.parse({ sku: "THEIRS", name: "Theirs" }));
});
beforeEach(async () => {
  for (const { customerId } of [brand, stranger]) {
    await db().delete(widgetEvents).where(eq(widgetEvents.customerId, customerId));
  }
});
afterAll(closeDb);

const post = (bearer: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  postWidgetEvents(
    new Request("http://localhost/api/v1/widget/events", {
      method: "POST",
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    }),
  );
const token = (who: TestBrand, over: Partial<WidgetClaims> = {}, now = Date.now()): string => {
  const claims = { usageId: uuidv7(), appId: "frf-001", customerId: who.customerId, test: false };
  return mintWidgetSession({ ...claims, origin: SHOP, asked: {}, ...over }, env().AUTH_SECRET, now);
};
const cart = (sku: unknown, visit: string, over: { key?: string; origin?: string; app?: string } = {}) =>
  post(
    over.key ?? brand.publicKey.secret,
    { app_id: over.app ?? "frame-finder", sku },
    { origin: over.origin ?? SHOP, "idempotency-key": visit },
  );
const codeOf = async (answer: Promise<Response>): Promise<string> => {
  const response = await answer;
  const body = await response.json();
  return response.ok ? `counted ${body.counted}` : `${response.status} ${body.code}`;
};
const rows = async (who = brand) =>
  (await db().select().from(widgetEvents).where(eq(widgetEvents.customerId, who.customerId)))
    .map(({ kind, sku }) => (sku ? `${kind} ${sku}` : kind))
    .toSorted();
const open = async (visit: string, key = brand.publicKey.secret): Promise<string> => {
  const answer = await consumeWith(key, { body: { app_id: "frf-001" }, idempotencyKey: visit });
  expect(answer.status).toBe(200);
  return (await answer.json()).usage_id;
};

describe("what our own frame tells", () => {
  it("counts each thing once, however often and by however many at once it is told, on the session's own day", async () => {
    const bearer = token(brand, { usageId: uuidv7() });
    const events = [{ kind: "result" }, { kind: "view", sku: "A" }, { kind: "choose", sku: "A" }];
    const answers = await Promise.all(Array.from({ length: 8 }, () => codeOf(post(bearer, { events }))));
    expect(answers.toSorted()).toEqual([...Array.from({ length: 7 }, () => "counted 0"), "counted 3"]);
    expect(await rows()).toEqual(["choose A", "open", "result", "view A"]);
    const [row] = await db().select().from(widgetEvents).where(eq(widgetEvents.customerId, brand.customerId));
    expect(row?.openedAt.getTime()).toBe(timeOfUuid(row?.usageId ?? ""));
  });

  it("opens are counted as the frame asks what to show, once for all reloads of a visit; the sandbox's are not", async () => {
    const ask = (bearer: string) =>
      getWidgetSession(
        new Request("http://localhost/api/v1/widget/session", { headers: { authorization: `Bearer ${bearer}` } }),
      );
    const usageId = uuidv7();
    for (const bearer of [token(brand, { usageId }), token(brand, { usageId }), token(brand, { test: true })]) {
      expect((await ask(bearer)).status).toBe(200);
    }
    await Promise.all(afterwards.splice(0));
    expect(await rows()).toEqual(["open"]);
    expect(await codeOf(post(token(brand, { test: true }), { events: [{ kind: "result" }] }))).toBe("counted 0");
    expect(await rows()).toEqual(["open"]);
  });

  it("names no frame that is not the brand's, and nothing of another brand's", async () => {
    const events = [
      { kind: "view", sku: "THEIRS" },
      { kind: "view", sku: "B" },
      { kind: "choose", sku: "none" },
    ];
    expect(await codeOf(post(token(brand), { events }))).toBe("counted 1");
    expect(await rows()).toEqual(["open", "view B"]);
    expect(await rows(stranger)).toEqual([]);
  });

  it("is heard for as long as a visit lasts, and no longer; nor with a token that was changed", async () => {
    const events = [{ kind: "result" }];
    const long = Date.now() - LONGEST_VISIT_MS;
    const at = (then: number) => token(brand, { usageId: uuidv7(then) }, then);
    expect(await codeOf(post(at(long + 60_000), { events }))).toBe("counted 1");
    expect(await codeOf(post(at(long - 60_000), { events }))).toBe("401 invalid_api_key");
    expect(await codeOf(post(at(long - SESSION_SECONDS * 2_000), { events }))).toBe("401 invalid_api_key");
    for (const wrong of ["", "x", `${token(brand)}x`]) {
      expect(await codeOf(post(wrong, { events }))).toBe("401 invalid_api_key");
    }
  });

  it("is refused where it does not fit, with the field named, and tells no more than a session can hold", async () => {
    const say = (body: unknown) => codeOf(post(token(brand), body));
    expect(await say({ events: [] })).toBe("400 invalid_request");
    expect(await say({ events: [{ kind: "cart", sku: "A" }] })).toBe("400 invalid_request");
    expect(await say({ events: [{ kind: "result", sku: "A" }] })).toBe("400 invalid_request");
    expect(await say({ events: [{ kind: "view", sku: "x".repeat(101) }] })).toBe("400 invalid_request");
    expect(await say({ events: [{ kind: "view", sku: "A\u0000" }] })).toBe("400 invalid_request");
    expect(await say({ events: [{ kind: "result" }], user_id: "somebody" })).toBe("400 invalid_request");
    expect(await say("{")).toBe("400 invalid_request");
    expect(await say({ events: Array.from({ length: 51 }, () => ({ kind: "result" })) })).toBe("400 invalid_request");
    expect(await say("x".repeat(70_000))).toBe("413 payload_too_large");
    expect(await rows()).toEqual([]);
  });
});

describe("what the shop's page tells", () => {
  it("is a frame in the basket of a session that its key has paid for: once a frame, as text or number", async () => {
    const usageId = await open("visit-1");
    for (const sku of ["A", "A", 1001, "1001"]) await cart(sku, "visit-1");
    expect(await rows()).toEqual(["cart 1001", "cart A", "open"]);
    const [row] = await db().select().from(widgetEvents).where(eq(widgetEvents.customerId, brand.customerId));
    expect(row?.usageId).toBe(usageId);
    const answer = await cart("B", "visit-1");
    expect(answer.headers.get("access-control-allow-origin")).toBe(SHOP);
    expect(await answer.json()).toEqual({ counted: 1 });
  });

  it("is refused for a session of another app or brand, from another page, with a secret key, or with none", async () => {
    await open("visit-2");
    expect(await codeOf(cart("A", "never"))).toBe("404 usage_not_found");
    expect(await codeOf(cart("A", "visit-2", { app: "pd-calculator" }))).toBe("404 usage_not_found");
    expect(await codeOf(cart("A", "visit-2", { key: stranger.publicKey.secret }))).toBe("404 usage_not_found");
    expect(await codeOf(cart("A", "visit-2", { origin: "https://evil.example" }))).toBe("403 origin_not_allowed");
    expect(await codeOf(cart("A", "visit-2", { key: brand.secretKey.secret }))).toBe("403 secret_key_in_browser");
    expect(await codeOf(cart("", "visit-2"))).toBe("400 invalid_request");
    expect(await codeOf(post(brand.publicKey.secret, { app_id: "frf-001", sku: "A" }, { origin: SHOP }))).toBe(
      "400 invalid_request",
    );
    expect(await rows()).toEqual([]);
    expect(await rows(stranger)).toEqual([]);
  });

  it("is not counted for the sandbox, and ends where a script goes wrong", async () => {
    const input = createKeyInput.parse({ name: "Sandbox", kind: "pk", mode: "test", origins: [SHOP] });
    const { secret } = await createKey(ctxOf(brand), input);
    await fillSandbox(ctxOf(brand), metering());
    await open("visit-3", secret);
    expect(await codeOf(cart("A", "visit-3", { key: secret }))).toBe("counted 0");
    expect(await rows()).toEqual([]);
    const usageId = await open("visit-4");
    const [app] = await db().execute<{ id: string }>("select id from apps where catalog_id = 'frf-001'");
    await db()
      .insert(widgetEvents)
      .values(
        Array.from({ length: MOST_EVENTS }, (_, i) => ({
          ...{ customerId: brand.customerId, usageId, appId: app?.id ?? "", openedAt: new Date() },
          ...{ kind: "cart" as const, sku: `sku-${i}` },
        })),
      );
    expect(await codeOf(cart("one more", "visit-4"))).toBe("counted 0");
  });

  it("lets any well-formed origin ask beforehand", () => {
    const answer = eventsOptions(new Request("http://localhost/", { method: "OPTIONS", headers: { origin: SHOP } }));
    expect([answer.status, answer.headers.get("access-control-allow-methods")]).toEqual([204, "POST"]);
  });
});
