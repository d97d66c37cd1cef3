import { sql } from "drizzle-orm";
import { afterEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { activate, deactivate, pause, resume } from "@/features/activations/service";
import { createKeyInput } from "@/features/keys/contract";
import { changeKey, createKey, revokeKey, rotateKey } from "@/features/keys/service";
import { grantTokens } from "@/features/metering/intents/service";
import { metering } from "@/rest/internal/metering";
import { use } from "@/test/ledger";
import { checkedAfterEach, drain, type TestBrand, testBrand } from "@/test/meter";
import type { CHOOSABLE, EventName } from "../webhook-catalogue/contract";
import { watchBalances } from "./jobs";
import { createEndpoint } from "./service";

checkedAfterEach();
afterEach(() => db().execute(sql`update webhook_endpoints set enabled = false`));

const ctxOf = (brand: TestBrand): Ctx => ({
  db: db(),
  customerId: brand.customerId,
  actor: { type: "system", id: "test" },
});
const listen = (brand: TestBrand, events: (typeof CHOOSABLE)[number][] | null = null) =>
  createEndpoint(ctxOf(brand), { url: "http://127.0.0.1:1/", description: "", events });
/** What the brand's endpoints are to be told, in order. */
const told = async (brand: TestBrand): Promise<[EventName, Record<string, unknown>][]> => {
  const rows = await db().execute<{ body: string }>(
    sql`select body from webhook_messages where customer_id = ${brand.customerId} order by id`,
  );
  return rows.map(({ body }) => {
    const { type, data } = JSON.parse(body);
    return [type, data];
  });
};
const typesOf = async (brand: TestBrand) => (await told(brand)).map(([type]) => type);

describe("what happens to apps and keys", () => {
  it("is told as it happens, each once", async () => {
    const brand = await testBrand({ apps: ["vto-001"] });
    const [ctx, edge] = [ctxOf(brand), metering()];
    await listen(brand);
    const appId = "pdc-001";
    await activate(ctx, edge, { appId, configuration: {} });
    await activate(ctx, edge, { appId, configuration: { advice: "Look ahead" } });
    for (const step of [pause, pause, resume, deactivate]) await step(ctx, edge, { appId });
    const made = await createKey(
      ctx,
      createKeyInput.parse({ name: "Server", kind: "sk", mode: "live", scopes: ["apps:read"] }),
    );
    const { keyId, name, origins, appPermissions, rateLimit } = made.key;
    const kept = { keyId, name, origins, appPermissions };
    for (let n = 0; n < 2; n++) await changeKey(ctx, { ...kept, scopes: ["apps:read"], rateLimit: rateLimit + 1 });
    await rotateKey(ctx, { keyId, grace: "1h", expiresAt: null });
    for (let n = 0; n < 2; n++) await revokeKey(ctx, { keyId });
    expect(await typesOf(brand)).toEqual([
      "app.activated",
      "app.configuration_published",
      "app.paused",
      "app.resumed",
      "app.deactivated",
      "key.created",
      "key.changed",
      "key.created",
      "key.rotated",
      "key.revoked",
    ]);
    const events = await told(brand);
    expect(events[1]?.[1]).toEqual({ app_id: appId, app_name: "PD Calculator", configuration_version: 2 });
    expect(events[5]?.[1]).toEqual({ key_id: keyId, name: "Server", kind: "sk", mode: "live", expires_at: null });
    expect(events[6]?.[1]).toEqual({
      key_id: keyId,
      name: "Server",
      kind: "sk",
      mode: "live",
      changed: ["rate_limit"],
    });
    // Of a key its name is told, and nothing of itself.
    expect(JSON.stringify(events)).not.toMatch(/ca_[ps]k_|hmac/);
  });
});

describe("tokens", () => {
  it("that arrive are told once each, however often they are read, and a sandbox's are not", async () => {
    const brand = await testBrand({ tokens: 10 });
    await listen(brand, ["tokens.granted"]);
    const give = (mode: "live" | "test", businessKey: string) =>
      grantTokens(ctxOf(brand), metering(), {
        mode,
        source: "adjustment",
        tokens: 7,
        businessKey: `${businessKey}:${brand.customerId}`,
      });
    const id = await give("live", "one");
    await give("live", "one");
    await give("test", "two");
    await drain(brand);
    await drain(brand);
    const data = { grant_id: id, source: "adjustment", tokens: 7, expires_at: null };
    expect(await told(brand)).toEqual([["tokens.granted", data]]);
  });

  it("that run low and out are told at each fall, once, and not again until they have risen", async () => {
    const brand = await testBrand({ tokens: 100, apps: ["vto-001"] });
    await listen(brand, ["tokens.low", "tokens.exhausted"]);
    const spend = async (uses: number) => {
      for (let n = 0; n < uses; n++) expect(await use(brand)).toBe(200);
      await drain(brand);
      // Two of them, as two processes might look at the same moment.
      await Promise.all([watchBalances({ db: db() }), watchBalances({ db: db() })]);
    };
    await spend(0);
    expect(await told(brand)).toEqual([]);
    await spend(15);
    expect(await told(brand)).toEqual([]);
    await spend(1);
    expect(await told(brand)).toEqual([["tokens.low", { balance: 20, threshold: 20 }]]);
    await spend(3);
    expect(await typesOf(brand)).toEqual(["tokens.low"]);
    await spend(1);
    expect((await told(brand)).at(-1)).toEqual(["tokens.exhausted", { balance: 0 }]);
    const more = { mode: "live", source: "adjustment", tokens: 10 } as const;
    await grantTokens(ctxOf(brand), metering(), { ...more, businessKey: `more:${brand.customerId}` });
    await spend(0);
    expect(await typesOf(brand)).toEqual(["tokens.low", "tokens.exhausted"]);
    await spend(2);
    expect(await typesOf(brand)).toEqual(["tokens.low", "tokens.exhausted", "tokens.exhausted"]);
  });
});
