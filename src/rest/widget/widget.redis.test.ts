import { Ratelimit } from "@upstash/ratelimit";
import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { closeDb, db } from "@/db/client";
import { apps, customerApps } from "@/db/schema/catalog";
import { apiKeys } from "@/db/schema/keys";
import { installationOf, pageKey } from "@/features/activations/embed/queries";
import { createKeyInput } from "@/features/keys/contract";
import { fillSandbox } from "@/features/keys/sandbox/service";
import { createKey, revokeKey } from "@/features/keys/service";
import { LIMITS } from "@/lib/limits";
import { redis } from "@/lib/redis";
import { SESSION_SECONDS } from "@/lib/widget-session";
import { metering } from "@/rest/internal/metering";
import { checkedAfterEach, consumeWith, SHOP, type TestBrand, testBrand } from "@/test/meter";
import { getWidgetSession, postWidgetSession, sessionsOptions } from "./sessions";
import { getWidgetSettings, settingsOptions } from "./settings";

// What would run after the answer runs at once, and is waited for.
const afterwards: Promise<unknown>[] = [];
vi.mock("next/server", () => ({
  after: (task: () => Promise<unknown>) => {
    afterwards.push(task());
  },
}));

let brand: TestBrand;
beforeAll(async () => {
  brand = await testBrand({ tokens: 100 });
});
checkedAfterEach();
afterAll(closeDb);

const pk = () => brand.publicKey.secret;
const scope = () => ({ db: db(), customerId: brand.customerId, actor: { type: "system", id: "test" } }) as const;
interface Ask {
  readonly origin?: string | null;
  readonly headers?: Record<string, string>;
}
const headersOf = ({ origin = SHOP, headers = {} }: Ask) => ({ ...(origin === null ? {} : { origin }), ...headers });

const settings = (query: Record<string, string>, ask: Ask = {}): Promise<Response> =>
  getWidgetSettings(
    new Request(`http://localhost/api/v1/widget/settings?${new URLSearchParams(query)}`, { headers: headersOf(ask) }),
  );
const session = (app: string, key: string, idempotency: string | null, ask: Ask = {}): Promise<Response> =>
  postWidgetSession(
    new Request("http://localhost/api/v1/widget/sessions", {
      method: "POST",
      headers: {
        ...headersOf(ask),
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        ...(idempotency === null ? {} : { "idempotency-key": idempotency }),
      },
      body: JSON.stringify({ app_id: app, lang: "de" }),
    }),
  );
const opened = (token: string): Promise<Response> =>
  getWidgetSession(
    new Request("http://localhost/api/v1/widget/session", { headers: { authorization: `Bearer ${token}` } }),
  );
const codeOf = async (answer: Promise<Response>): Promise<string> => {
  const response = await answer;
  return response.ok ? String(response.status) : `${response.status} ${(await response.json()).code}`;
};
const readable = async (answer: Promise<Response>) => (await answer).headers.get("access-control-allow-origin");
const noted = async (appId = "pdc-001") => {
  await Promise.all(afterwards.splice(0));
  return installationOf(redis(), { customerId: brand.customerId, appId });
};
async function publish(fields: Partial<typeof customerApps.$inferInsert>): Promise<void> {
  const [app] = await db().select().from(apps).where(eq(apps.catalogId, "pdc-001"));
  await db()
    .update(customerApps)
    .set(fields)
    .where(and(eq(customerApps.customerId, brand.customerId), eq(customerApps.appId, app?.id ?? "")));
}
const alien = async (over: object) =>
  (await createKey(scope(), createKeyInput.parse({ name: "x", mode: "live", ...over }))).secret;

describe("GET /api/v1/widget/settings", () => {
  it("tells a page of the key's what is published, by slug or id, and another change within seconds", async () => {
    for (const app of ["pd-calculator", "pdc-001"]) {
      const answer = await settings({ app, key: pk() });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("access-control-allow-origin")).toBe(SHOP);
      expect(answer.headers.get("vary")).toContain("Origin");
      expect(answer.headers.get("cache-control")).toBe("private, max-age=3");
      expect(await answer.json()).toMatchObject({ app: { id: "pdc-001", slug: "pd-calculator" }, public_key: pk() });
    }
    await publish({ configuration: { launcher: { label: "My PD", color: "#aa0000" }, near_pd: true } });
    const changed = await (await settings({ app: "pd-calculator", key: pk() })).json();
    expect(changed).toMatchObject({ label: "My PD", color: "#aa0000", configuration: { near_pd: true } });
  });

  it("answers 304 to who has it already, and anew once it differs", async () => {
    const etag = (await settings({ app: "pd-calculator", key: pk() })).headers.get("etag") ?? "";
    const ask = () => settings({ app: "pd-calculator", key: pk() }, { headers: { "if-none-match": etag } });
    expect((await ask()).status).toBe(304);
    expect(await readable(ask())).toBe(SHOP);
    await publish({ configuration: { launcher: { label: "Else" } } });
    expect((await ask()).status).toBe(200);
  });

  it("takes the key as a bearer token too", async () => {
    const headers = { authorization: `Bearer ${pk()}` };
    expect(await codeOf(settings({ app: "pd-calculator" }, { headers }))).toBe("200");
  });

  it("refuses as consume does, and lets no page read what is not for it", async () => {
    const app = "pd-calculator";
    const cases: [Promise<Response>, string, string | null][] = [
      [settings({ app, key: "" }), "401 invalid_api_key", null],
      [settings({ app, key: `${pk()}x` }), "401 invalid_api_key", null],
      [settings({ app, key: brand.secretKey.secret }), "403 secret_key_in_browser", null],
      [settings({ app, key: pk() }, { origin: "https://evil.example" }), "403 origin_not_allowed", null],
      [settings({ app, key: pk() }, { origin: null }), "403 origin_not_allowed", null],
      [
        settings({ app, key: pk() }, { origin: null, headers: { referer: `${SHOP}/` } }),
        "403 origin_not_allowed",
        null,
      ],
      [settings({ app, key: pk() }, { origin: "null" }), "403 origin_not_allowed", null],
      [settings({ app: "no-such-app", key: pk() }), "404 app_not_found", SHOP],
      [settings({ app: "frame-finder", key: pk() }), "403 app_not_active", SHOP],
      [settings({ app: "../x", key: pk() }), "400 invalid_request", SHOP],
      [settings({ app, key: pk(), more: "1" }), "400 invalid_request", SHOP],
    ];
    for (const [answer, code, origin] of cases) {
      const response = await answer;
      expect(response.headers.get("access-control-allow-origin"), code).toBe(origin);
      expect(await codeOf(Promise.resolve(response))).toBe(code);
    }
  });

  it("is over at once with a revoked key, a paused app or a key that does not cover it", async () => {
    const origins = [SHOP];
    const narrow = await alien({ kind: "pk", origins, appPermissions: ["vto-001"] });
    expect(await codeOf(settings({ app: "pd-calculator", key: narrow }))).toBe("403 app_not_permitted");
    const made = await createKey(scope(), createKeyInput.parse({ name: "y", kind: "pk", mode: "live", origins }));
    expect(await codeOf(settings({ app: "pd-calculator", key: made.secret }))).toBe("200");
    await revokeKey(scope(), { keyId: made.key.keyId });
    expect(await codeOf(settings({ app: "pd-calculator", key: made.secret }))).toBe("401 invalid_api_key");
    await publish({ status: "paused" });
    expect(await codeOf(settings({ app: "pd-calculator", key: pk() }))).toBe("403 app_not_active");
    await publish({ status: "active" });
  });

  it("finds the brand's default key for its page, and tells no other page that there is one", async () => {
    const customer = brand.customerId;
    const mine = await settings({ app: "pd-calculator", customer });
    expect((await mine.json()).public_key).toBe(pk());
    expect(await pageKey(db(), { customerId: scope().customerId, appId: "pdc-001" })).toEqual({
      publicKey: pk(),
      origins: [SHOP],
    });
    const other = "https://evil.example";
    expect(await codeOf(settings({ app: "pd-calculator", customer }, { origin: other }))).toBe(
      "403 origin_not_allowed",
    );
    const nobody = "0190a0a0-0000-7000-8000-000000000000";
    expect(await codeOf(settings({ app: "pd-calculator", customer: nobody }))).toBe("403 origin_not_allowed");
    await db().update(apiKeys).set({ expiresAt: new Date() }).where(eq(apiKeys.publicKey, pk()));
    expect(await codeOf(settings({ app: "pd-calculator", customer }))).toBe("403 origin_not_allowed");
    expect(await pageKey(db(), { customerId: scope().customerId, appId: "pdc-001" })).toBeNull();
    await db().update(apiKeys).set({ expiresAt: null }).where(eq(apiKeys.publicKey, pk()));
  });

  it("is noted, and so is why it was refused; a stranger's question is not", async () => {
    const shop = await testBrand({ tokens: 10 });
    brand = shop;
    expect(await noted()).toEqual({ seen: null, refused: null });
    await settings({ app: "pd-calculator", key: `${pk()}x`, v: "1.0.0" });
    await settings({ app: "no-such-app", key: pk(), v: "1.0.0" });
    expect(await noted()).toEqual({ seen: null, refused: null });
    await settings({ app: "pd-calculator", key: pk(), v: "1.0.0" }, { origin: "https://staging.example" });
    const refused = {
      origin: "https://staging.example",
      code: "origin_not_allowed",
      at: expect.stringMatching(/^\d{4}-/),
    };
    expect(await noted()).toEqual({ seen: null, refused });
    await settings({ app: "pd-calculator", key: pk(), v: "1.0.0" });
    expect(await noted()).toEqual({ seen: { origin: SHOP, loader: "1.0.0", at: expect.any(String) }, refused });
    await settings({ app: "frame-finder", key: pk(), v: "1.0.0" });
    expect((await noted("frf-001")).refused?.code).toBe("app_not_active");
    expect(await redis().ttl(`widget:seen:${shop.customerId}:pdc-001`)).toBeGreaterThan(86_400);
  });
});

describe("POST /api/v1/widget/sessions", () => {
  const use = async (idempotencyKey: string, app = "pdc-001", key = pk()) => {
    const answer = await consumeWith(key, { idempotencyKey, body: { app_id: app } });
    expect(answer.status).toBe(200);
    return (await answer.json()).usage_id as string;
  };

  it("gives a token for a use that was paid for, which tells our frame whose it is", async () => {
    const usageId = await use("visit-1");
    await publish({ configuration: { near_pd: true, launcher: { color: "#004400" } } });
    const answer = await session("pd-calculator", pk(), "visit-1");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBe(SHOP);
    const { token, expires_in } = await answer.json();
    expect(expires_in).toBe(SESSION_SECONDS);
    const told = await opened(token);
    expect(told.headers.get("access-control-allow-origin")).toBeNull();
    expect(await told.json()).toMatchObject({
      origin: SHOP,
      app: { slug: "pd-calculator" },
      usage_id: usageId,
      test: false,
      configuration: { near_pd: true },
      color: "#004400",
      language: "de",
    });
  });

  it("says of a test key's use that it is one, on the button and in the frame", async () => {
    const input = createKeyInput.parse({ name: "Sandbox", kind: "pk", mode: "test", origins: [SHOP] });
    const { secret } = await createKey(scope(), input);
    await fillSandbox(scope(), metering());
    const { label } = await (await settings({ app: "pd-calculator", key: secret })).json();
    expect(label).toMatch(/ \(test\)$/);
    await use("visit-test", "pdc-001", secret);
    const { token } = await (await session("pd-calculator", secret, "visit-test")).json();
    expect(await (await opened(token)).json()).toMatchObject({ test: true, app: { id: "pdc-001" } });
  });

  it("costs nothing, and a reload gets another token for the same use", async () => {
    const usageId = await use("visit-2");
    for (let i = 0; i < 2; i++) {
      expect(await use("visit-2")).toBe(usageId);
      const { token } = await (await session("pdc-001", pk(), "visit-2")).json();
      expect((await (await opened(token)).json()).usage_id).toBe(usageId);
    }
  });

  it("is refused without a use, for another app's use, another brand's, or from another page", async () => {
    await use("visit-3", "vto-001");
    const stranger = await testBrand({ tokens: 10 });
    const evil = { origin: "https://evil.example" };
    expect(await codeOf(session("pd-calculator", pk(), "never"))).toBe("404 usage_not_found");
    expect(await codeOf(session("pd-calculator", pk(), "visit-3"))).toBe("404 usage_not_found");
    expect(await codeOf(session("virtual-try-on", stranger.publicKey.secret, "visit-3"))).toBe("404 usage_not_found");
    expect(await codeOf(session("virtual-try-on", pk(), "visit-3", evil))).toBe("403 origin_not_allowed");
    expect(await codeOf(session("virtual-try-on", brand.secretKey.secret, "visit-3"))).toBe(
      "403 secret_key_in_browser",
    );
    expect(await codeOf(session("virtual-try-on", "", "visit-3"))).toBe("401 invalid_api_key");
    expect(await codeOf(session("virtual-try-on", pk(), null))).toBe("400 invalid_request");
    expect(await codeOf(session("virtual-try-on", pk(), "visit-3"))).toBe("200");
  });

  it("is no use under a secret key's idempotency key", async () => {
    await use("server-1", "pdc-001", brand.secretKey.secret);
    expect(await codeOf(session("pdc-001", pk(), "server-1"))).toBe("404 usage_not_found");
  });

  it("opens nothing once the app is paused", async () => {
    await use("visit-4");
    const { token } = await (await session("pdc-001", pk(), "visit-4")).json();
    await publish({ status: "paused" });
    expect(await codeOf(opened(token))).toBe("403 app_not_active");
    await publish({ status: "active" });
    expect(await codeOf(opened(token))).toBe("200");
    for (const wrong of ["", "x", `${token}x`, pk()]) expect(await codeOf(opened(wrong))).toBe("401 invalid_api_key");
  });

  it("lets any well-formed origin ask beforehand, and says no more", async () => {
    for (const options of [settingsOptions, sessionsOptions]) {
      const ask = (origin: string) =>
        options(new Request("http://localhost/", { method: "OPTIONS", headers: { origin } }));
      const answer = ask("https://anyone.example");
      expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([
        204,
        "https://anyone.example",
      ]);
      expect(ask("null").headers.get("access-control-allow-origin")).toBeNull();
      expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
    }
  });
});

describe("a shopper's address", () => {
  const from = "203.0.113.77";
  const ask = (address: string, key = pk()) =>
    settings({ app: "pd-calculator", key }, { headers: { "x-forwarded-for": address } });

  it("may ask for so much in an hour, whatever key it names; others go on", async () => {
    const first = await ask(from);
    expect(first.status).toBe(200);
    expect(first.headers.get("ratelimit-policy")).toBe(`"address";q=${LIMITS.widget};w=3600`);
    // The rest of the hour's at once, taken by the limit itself.
    const spent = { rate: LIMITS.widget - 1 };
    const bucket = Ratelimit.tokenBucket(1, `${3_600_000 / LIMITS.widget} ms`, LIMITS.widget);
    const own = new Ratelimit({ redis: redis(), limiter: bucket, prefix: "limit:widget", ephemeralCache: false });
    await own.limit(`address:${from}`, spent);
    const over = await ask(from, "ca_pk_live_nobody");
    expect([over.status, (await over.json()).code]).toEqual([429, "rate_limited"]);
    expect(Number(over.headers.get("retry-after"))).toBeGreaterThan(0);
    // The page can read it, so the button can say so.
    expect(over.headers.get("access-control-allow-origin")).toBe(SHOP);
    expect((await ask("203.0.113.78")).status).toBe(200);
  });
});
