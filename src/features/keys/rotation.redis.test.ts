import { beforeEach, expect, it } from "vitest";
import { db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { redis } from "@/lib/redis";
import { checkedAfterEach, consumeWith, type TestBrand, testBrand } from "@/test/meter";
import { consumeAt, recordKey } from "@/test/scripts";
import { changeKey, revokeKey, rotateKey } from "./service";

/** A key that is being replaced or changed, at the edge itself. */

let brand: TestBrand;
let ctx: Ctx;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100, apps: ["vto-001"] });
  ctx = { db: db(), customerId: brand.customerId, actor: { type: "system", id: "test" } };
});
checkedAfterEach();

const rotate = () => rotateKey(ctx, { keyId: brand.secretKey.key.keyId, grace: "1h", expiresAt: null });
const status = async (key: string) => (await consumeWith(key)).status;

it("works to the last millisecond of its grace and not a moment longer", async () => {
  expect(await status(brand.secretKey.secret)).toBe(200);
  const { replaced } = await rotate();
  const end = Date.parse(replaced.expiresAt ?? "");
  const at = async (now: number) => (await consumeAt(brand, now, { operation: `${now}`.padStart(22, "0") }))[0];
  expect(await at(end - 1)).toBe("ok");
  expect(await at(end)).toBe("invalid_api_key");
  expect(await at(end + 1)).toBe("invalid_api_key");
});

it("works beside the new one during the grace, and ends within a second when it is revoked", async () => {
  const made = await rotate();
  expect(await status(brand.secretKey.secret)).toBe(200);
  expect(await status(made.secret)).toBe(200);
  await revokeKey(ctx, { keyId: brand.secretKey.key.keyId });
  expect(await status(brand.secretKey.secret)).toBe(401);
  expect(await status(made.secret)).toBe(200);
});

it("has the same end where the edge has forgotten it and asks again", async () => {
  const { replaced } = await rotateKey(ctx, { keyId: brand.publicKey.key.keyId, grace: "7d", expiresAt: null });
  expect(replaced.origins).toEqual(brand.publicKey.key.origins);
  await redis().del(recordKey(brand, "pk"));
  expect(await status(brand.publicKey.secret)).toBe(200);
  const record = await redis().hget<string>(recordKey(brand, "pk"), "r");
  expect(record?.split("|")[1]).toBe(String(Date.parse(replaced.expiresAt ?? "")));
});

it("works from an origin as soon as it is on its list, and no longer from one that was taken off", async () => {
  const [first = ""] = brand.publicKey.key.origins;
  const use = async (origin: string) => (await consumeWith(brand.publicKey.secret, { origin })).status;
  const allow = (...origins: string[]) => {
    const { keyId, name, appPermissions, rateLimit } = brand.publicKey.key;
    return changeKey(ctx, { keyId, name, appPermissions, rateLimit, scopes: [], origins });
  };
  const added = "https://second-shop.example";
  expect([await use(first), await use(added)]).toEqual([200, 403]);
  await allow(first, added);
  expect([await use(first), await use(added)]).toEqual([200, 200]);
  await allow(added);
  expect([await use(first), await use(added)]).toEqual([403, 200]);
  // The same where the edge has forgotten it and asks again.
  await redis().del(recordKey(brand, "pk"));
  expect([await use(first), await use(added)]).toEqual([403, 200]);
});
