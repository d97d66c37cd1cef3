import { describe, expect, it } from "vitest";
import { type CreateKeyInput, createKeyInput, revokeKeyInput } from "./contract";
import { isExactOrigin, keyStatus } from "./rules";

const pk: CreateKeyInput = { name: "Shop", kind: "pk", mode: "live", origins: ["https://shop.example"] };
const sk: CreateKeyInput = { name: "Server", kind: "sk", mode: "live", scopes: ["tokens:consume"] };

const wrongFields = (input: unknown): string[] => {
  const result = createKeyInput.safeParse(input);
  return result.success ? [] : result.error.issues.map((issue) => issue.path.join("."));
};

describe("origins", () => {
  it.each([
    "https://shop.example",
    "http://localhost:4000",
    "http://127.0.0.1:4000",
    "https://shop.example:8443",
    "https://a.b.c.shop.example",
    "https://xn--caf-dma.example",
    "http://[::1]:4000",
    "https://my_shop.example",
  ])("%s is one", (origin) => expect(isExactOrigin(origin)).toBe(true));

  it.each([
    "",
    "null",
    "*",
    "https://*",
    "https://*.shop.example",
    "https://shop.example/",
    "https://shop.example/path",
    "https://shop.example?x",
    "https://shop.example#x",
    "https://Shop.example",
    "HTTPS://shop.example",
    "https://shop.example:443",
    "http://shop.example:80",
    "https://shop.example:",
    "https://shop.example:99999",
    "https://user@shop.example",
    "https://user:pw@shop.example",
    "https://café.example",
    "https://shop.example.",
    "https://.shop.example",
    "https:// shop.example",
    " https://shop.example",
    "https://shop.example\n",
    "https://shop.example, https://evil.example",
    "shop.example",
    "//shop.example",
    "ftp://shop.example",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "chrome-extension://abcdef",
    "data:text/html,x",
    "https://",
    "https://0x7f.1",
    `https://${"a.".repeat(140)}example`,
  ])("%j is none", (origin) => expect(isExactOrigin(origin)).toBe(false));
});

describe("a new key", () => {
  it("gets its defaults", () => {
    expect(createKeyInput.parse(pk)).toEqual({
      ...pk,
      appPermissions: null,
      scopes: [],
      rateLimit: 1_000,
      expiresAt: null,
    });
    expect(createKeyInput.parse({ ...sk, name: "  Server " }).name).toBe("Server");
  });

  it("public: at least one origin, no scopes", () => {
    expect(wrongFields({ ...pk, origins: [] })).toEqual(["origins"]);
    expect(wrongFields({ name: "x", kind: "pk", mode: "live" })).toEqual(["origins"]);
    expect(wrongFields({ ...pk, scopes: ["tokens:consume"] })).toEqual(["scopes"]);
    const many = (count: number) => Array.from({ length: count }, (_, i) => `https://shop${i}.example`);
    expect(wrongFields({ ...pk, origins: many(20) })).toEqual([]);
    expect(wrongFields({ ...pk, origins: many(21) })).toEqual(["origins"]);
    expect(wrongFields({ ...pk, origins: ["https://a.example", "https://a.example"] })).toEqual(["origins"]);
    expect(wrongFields({ ...pk, origins: ["https://a.example", "null"] })).toEqual(["origins.1"]);
  });

  it("secret: no origins, at least one scope, of the list", () => {
    expect(wrongFields({ ...sk, origins: ["https://shop.example"] })).toEqual(["origins"]);
    expect(wrongFields({ ...sk, scopes: [] })).toEqual(["scopes"]);
    expect(wrongFields({ ...sk, scopes: ["everything"] })).toEqual(["scopes.0"]);
    expect(wrongFields({ ...sk, scopes: ["apps:read", "apps:read"] })).toEqual(["scopes"]);
    const all = ["apps:read", "apps:activate", "tokens:consume", "billing:manage"];
    expect(wrongFields({ ...sk, scopes: all })).toEqual([]);
  });

  it.each([
    [{ name: "" }, "name"],
    [{ name: "   " }, "name"],
    [{ name: "x".repeat(61) }, "name"],
    [{ name: "a\u0000b" }, "name"],
    [{ name: "a\nb" }, "name"],
    [{ kind: "rk" }, "kind"],
    [{ mode: "staging" }, "mode"],
    [{ rateLimit: 0 }, "rateLimit"],
    [{ rateLimit: -1 }, "rateLimit"],
    [{ rateLimit: 1.5 }, "rateLimit"],
    [{ rateLimit: "100" }, "rateLimit"],
    [{ rateLimit: 1_000_001 }, "rateLimit"],
    [{ appPermissions: [] }, "appPermissions"],
    [{ appPermissions: ["virtual-try-on"] }, "appPermissions.0"],
    [{ appPermissions: ["vto-001", "vto-001"] }, "appPermissions"],
    [{ expiresAt: "tomorrow" }, "expiresAt"],
    [{ expiresAt: "2026-13-01T00:00:00Z" }, "expiresAt"],
  ])("refuses %j", (change, field) => expect(wrongFields({ ...pk, ...change })).toEqual([field]));

  it.each([
    { customerId: "x" },
    { customer_id: "x" },
    { keyId: "ak_live_x" },
    { hmac: "x" },
    { version: 99 },
    { rateBurst: 9 },
  ])("refuses a field that is not for the caller to set: %j", (more) => {
    const result = createKeyInput.safeParse({ ...pk, ...more });
    expect(result.error?.issues).toMatchObject([{ code: "unrecognized_keys", keys: Object.keys(more) }]);
  });

  it("a prototype in the JSON has no effect", () => {
    const parsed = createKeyInput.safeParse(
      JSON.parse(JSON.stringify(pk).replace("{", '{"__proto__":{"mode":"test"},')),
    );
    expect(parsed.success ? parsed.data.mode : "refused").not.toBe("test");
  });
});

it("revoking takes a key id and nothing else", () => {
  expect(revokeKeyInput.safeParse({ keyId: "ak_live_0123456789abcdef" }).success).toBe(true);
  for (const input of [{}, { keyId: "" }, { keyId: "x" }, { keyId: "ak_live_a", customerId: "x" }, { keyId: 1 }]) {
    expect(revokeKeyInput.safeParse(input).success).toBe(false);
  }
});

it("a key is active, expired or revoked", () => {
  const now = new Date("2026-11-21T12:00:00Z");
  const [before, after] = [new Date(now.getTime() - 1), new Date(now.getTime() + 1)];
  expect(keyStatus({ revokedAt: null, expiresAt: null }, now)).toBe("active");
  expect(keyStatus({ revokedAt: null, expiresAt: after }, now)).toBe("active");
  expect(keyStatus({ revokedAt: null, expiresAt: now }, now)).toBe("expired");
  expect(keyStatus({ revokedAt: before, expiresAt: before }, now)).toBe("revoked");
});
