import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb } from "@/db/client";
import seed from "@/db/seed/catalog.json" with { type: "json" };
import { appsResponse, publicApp } from "@/features/catalog/contract";
import { createKeyInput } from "@/features/keys/contract";
import { createKey } from "@/features/keys/service";
import { LIMITS } from "@/lib/limits";
import { ctxOf } from "@/test/ledger";
import { consumeWith, type TestBrand, testBrand } from "@/test/meter";
import { getApp, getApps } from "./apps";
import {
  getConfiguration,
  getCustomerApps,
  getEmbedCode,
  postActivate,
  postDeactivate,
  postPause,
  postResume,
  putConfiguration,
} from "./customer-apps";

let brand: TestBrand;
let address = 0;
beforeAll(async () => {
  brand = await testBrand({ tokens: 100, apps: [] });
});
afterAll(closeDb);

type Verb = (request: Request, context: { params: Promise<{ id: string }> }) => Promise<Response>;
/** Calls a route; without a key from an address that nobody has called from. */
async function call(
  verb: Verb,
  options: { id?: string; query?: string; body?: unknown; text?: string; key?: string; from?: string } = {},
) {
  const text = options.text ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  const response = await verb(
    new Request(`http://localhost/x${options.query ?? ""}`, {
      method: text === undefined ? "GET" : "POST",
      headers: {
        "x-forwarded-for": options.from ?? `203.0.113.${++address}`,
        ...(options.key ? { authorization: `Bearer ${options.key}` } : {}),
        ...(text === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(text === undefined ? {} : { body: text }),
    }),
    { params: Promise.resolve({ id: options.id ?? "pdc-001" }) },
  );
  return { status: response.status, headers: response.headers, body: await response.json() };
}
const own = (verb: Verb, options: Parameters<typeof call>[1] = {}) =>
  call(verb, { key: brand.secretKey.secret, ...options });

describe("GET /api/v1/apps", () => {
  it("lists the ten apps as seed 002 has them, in the order of their fields", async () => {
    const { status, body } = await call(getApps);
    expect(status).toBe(200);
    expect(appsResponse.parse(body).pagination).toEqual({ page: 1, per_page: 20, total: 10, total_pages: 1 });
    const tryOn = body.apps.find(({ id }: { id: string }) => id === "vto-001");
    expect(tryOn).toMatchObject({
      name: "Virtual Try-On",
      description: "AI-powered virtual eyewear fitting",
      category: "ai_vision",
      token_cost: 5,
      features: ["3D rendering", "Face detection", "Real-time preview"],
      pricing_tier: "professional",
      documentation_url: "/docs/apps/virtual-try-on",
      configuration_schema: {
        widget_placement: {
          type: "select",
          options: ["product_page", "collection_page", "cart_page"],
          default: "product_page",
        },
        style_customization: {
          type: "object",
          properties: {
            button_color: { type: "string", default: "#007bff" },
            button_text: { type: "string", default: "Try On" },
          },
        },
      },
    });
    for (const app of seed.apps) {
      const told = body.apps.find(({ id }: { id: string }) => id === app.catalogId);
      expect(Object.keys(told.configuration_schema)).toEqual(Object.keys(app.configurationSchema));
      expect(told.token_cost).toBe(app.tokenCost);
    }
  });

  it("filters, searches and turns pages", async () => {
    const names = async (query: string) =>
      (await call(getApps, { query })).body.apps.map(({ id }: { id: string }) => id).toSorted();
    expect(await names("?category=ai_vision")).toEqual(["clt-001", "fsa-001", "vto-001"]);
    expect(await names("?pricing_tier=starter&category=discovery")).toEqual(["frf-001", "rec-001"]);
    expect(await names("?q=pupils")).toEqual(["pdc-001"]);
    expect(await names("?q=%25")).toEqual([]);
    expect(await names("?category=nothing")).toEqual([]);
    expect(await names("?category=&status=&pricing_tier=&q=&page=&per_page=")).toHaveLength(10);
    expect(await names("?category=&status=available&pricing_tier=starter&q=")).toEqual(["frf-001", "pdc-001"]);
    const [one, two, four] = [
      await call(getApps, { query: "?per_page=4" }),
      await call(getApps, { query: "?per_page=4&page=2" }),
      await call(getApps, { query: "?per_page=4&page=4" }),
    ];
    expect(one.body.pagination).toEqual({ page: 1, per_page: 4, total: 10, total_pages: 3 });
    expect(new Set([...one.body.apps, ...two.body.apps].map(({ id }: { id: string }) => id)).size).toBe(8);
    expect(four.body.apps).toEqual([]);
  });

  it.each(["?page=0", "?page=x", "?per_page=101", "?per_page=1e1", "?status=gone", "?pricing_tier=gold", "?sort=name"])(
    "refuses %s and names the field",
    async (query) => {
      const { status, body } = await call(getApps, { query });
      expect(status).toBe(400);
      expect(body.code).toBe("invalid_request");
      expect(body.detail).toMatch(/page|status|pricing_tier|sort/);
    },
  );

  it("tells of one app by id or slug", async () => {
    const [byId, bySlug] = [await call(getApp, { id: "pdc-001" }), await call(getApp, { id: "pd-calculator" })];
    expect(publicApp.parse(byId.body)).toEqual(bySlug.body);
    expect((await call(getApp, { id: "%27" })).body.code).toBe("app_not_found");
  });

  it("counts an address's calls, and a brand's by its secret key whatever the address", async () => {
    const from = "198.51.100.7";
    const first = await call(getApps, { from });
    expect(first.headers.get("ratelimit-policy")).toBe(`"address";q=${LIMITS.apps};w=3600`);
    expect(first.headers.get("ratelimit")).toMatch(/^"address";r=99;t=\d+$/);
    for (let i = 1; i < LIMITS.apps; i++) expect((await call(getApp, { from })).status).toBe(200);
    const over = await call(getApps, { from });
    expect(over.status).toBe(429);
    expect(over.body.code).toBe("rate_limited");
    expect(Number(over.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(over.headers.get("ratelimit")).toMatch(/^"address";r=0;t=\d+$/);
    const keyed = await call(getApps, { from, key: brand.secretKey.secret });
    expect(keyed.status).toBe(200);
    expect(keyed.headers.get("ratelimit-policy")).toContain('"customer"');
    expect((await call(getApps, { from, key: "ca_sk_live_nobody" })).status).toBe(429);
    // What anybody can read in the shop's page takes nothing from what its brand may ask.
    expect((await call(getApps, { from, key: brand.publicKey.secret })).status).toBe(429);
  });
});

describe("a brand's apps by the API", () => {
  it("from activation to consumption and back", async () => {
    const configuration = { near_pd: true, launcher: { color: "#ff6b35" } };
    const first = await own(postActivate, { body: { configuration } });
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({
      success: true,
      activation_id: expect.stringMatching(/\w/),
      app: {
        id: "pdc-001",
        name: "PD Calculator",
        status: "active",
        activated_at: expect.stringMatching(/^\d{4}-.*Z$/),
      },
      embed_code: expect.stringContaining(`data-key="${brand.publicKey.secret}"`),
    });
    expect(first.headers.get("ratelimit-policy")).toBe('"customer";q=10;w=3600');
    const again = await own(postActivate, { id: "pd-calculator", body: {} });
    expect(again.status).toBe(200);
    expect(again.body.activation_id).toBe(first.body.activation_id);
    const use = async () => (await consumeWith(brand.secretKey.secret, { body: { app_id: "pdc-001" } })).status;
    expect(await use()).toBe(200);
    expect((await own(postPause, { body: {} })).body.app.status).toBe("paused");
    expect(await use()).toBe(403);
    expect((await own(postResume, { body: {} })).body.app.status).toBe("active");
    expect(await use()).toBe(200);
    expect((await own(getConfiguration)).body).toMatchObject({ version: 1, configuration });
    const put = await own(putConfiguration, { body: { configuration: { near_pd: false } } });
    expect(put.body).toMatchObject({ success: true, version: 2, configuration: { near_pd: false } });
    expect((await own(getEmbedCode)).body).toEqual({ app_id: "pdc-001", embed_code: first.body.embed_code });
    expect((await own(postDeactivate, { body: {} })).body.app.status).toBe("disabled");
    expect(await use()).toBe(403);
    const { body } = await own(getCustomerApps);
    expect(body.apps).toMatchObject([{ id: "pdc-001", activation: { status: "disabled", configuration_version: 2 } }]);
    expect(body.pagination).toEqual({ page: 1, per_page: 20, total: 1, total_pages: 1 });
  });

  it("refuses a wrong configuration field by field", async () => {
    const configuration = { near_pd: "yes", launcher: { color: "red" }, more: 1 };
    const { status, body } = await own(postActivate, { body: { configuration } });
    expect(status).toBe(422);
    expect(body.code).toBe("invalid_configuration");
    expect(body.errors.toSorted((a: { path: string }, b: { path: string }) => a.path.localeCompare(b.path))).toEqual([
      { path: "launcher.color", message: "must be a colour such as #0b7285" },
      { path: "more", message: "is not a field of this app" },
      { path: "near_pd", message: "must be true or false" },
    ]);
  });

  it("refuses half of a character, as a value and as a name", async () => {
    for (const configuration of [{ advice: "\ud800" }, { launcher: { "\udc00": 1 } }, { "a\ud800": 1 }]) {
      const { status, body } = await own(postActivate, { body: { configuration } });
      expect([status, body.code]).toEqual([422, "invalid_configuration"]);
    }
  });

  it("refuses a megabyte, broken JSON, unknown fields and an app that is not there", async () => {
    const send = async (options: Parameters<typeof call>[1]) => {
      const { status, body } = await own(putConfiguration, options);
      return `${status} ${body.code}`;
    };
    expect(await send({ text: JSON.stringify({ configuration: { advice: "x".repeat(1_000_000) } }) })).toBe(
      "413 payload_too_large",
    );
    expect(await send({ text: "{" })).toBe("400 invalid_request");
    expect(await send({ body: { configuration: {}, more: 1 } })).toBe("400 invalid_request");
    expect(await send({ text: '{"configuration":{"__proto__":{"x":1}}}' })).toBe("403 app_not_active");
    expect(await send({ id: "xyz-999", body: { configuration: {} } })).toBe("404 app_not_found");
  });

  it("answers a key of chosen apps for those alone", async () => {
    const careful = await testBrand({ tokens: 0, apps: ["pdc-001", "vto-001"] });
    const made = await createKey(
      ctxOf(careful),
      createKeyInput.parse({
        name: "PD only",
        kind: "sk",
        mode: "live",
        scopes: ["apps:read", "apps:activate"],
        appPermissions: ["pdc-001"],
      }),
    );
    const send = async (verb: Verb, id: string, body?: unknown) => {
      const answer = await call(verb, { key: made.secret, id, body });
      return answer.status === 200 ? 200 : answer.body.code;
    };
    const configured = { configuration: {} };
    for (const id of ["vto-001", "virtual-try-on"]) {
      for (const verb of [postActivate, postPause, postResume, postDeactivate]) {
        expect(await send(verb, id, {})).toBe("app_not_permitted");
      }
      expect(await send(putConfiguration, id, configured)).toBe("app_not_permitted");
      for (const verb of [getConfiguration, getEmbedCode]) expect(await send(verb, id)).toBe("app_not_permitted");
    }
    expect(await send(postPause, "xyz-999", {})).toBe("app_not_found");
    expect(await send(putConfiguration, "pd-calculator", configured)).toBe(200);
    expect(await send(postPause, "pdc-001", {})).toBe(200);
    const { body } = await call(getCustomerApps, { key: made.secret });
    expect(body.apps.map(({ id }: { id: string }) => id)).toEqual(["pdc-001"]);
    expect(body.pagination.total).toBe(1);
  });

  it("lets a brand turn apps on ten times an hour", async () => {
    const busy = await testBrand({ tokens: 0, apps: [] });
    const activate = async () => (await call(postActivate, { key: busy.secretKey.secret, body: {} })).status;
    const statuses: number[] = [];
    for (let i = 0; i < 11; i++) statuses.push(await activate());
    expect(statuses).toEqual([201, ...Array(9).fill(200), 429]);
  });
});
