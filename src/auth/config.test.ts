import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const BASE = {
  DATABASE_URL: "postgres://a@localhost/a",
  UPSTASH_REDIS_REST_URL: "http://localhost:1",
  UPSTASH_REDIS_REST_TOKEN: "t",
  AUTH_SECRET: "s".repeat(40),
  API_KEY_PEPPER: "s".repeat(40),
  INTERNAL_SECRET: "s".repeat(40),
};

// The environment is read once per process, so each URL gets modules of its own.
async function configFor(authUrl: string) {
  for (const [name, value] of Object.entries({ ...BASE, AUTH_URL: authUrl })) vi.stubEnv(name, value);
  return await import("./config");
}

beforeEach(() => void vi.resetModules());
afterEach(() => void vi.unstubAllEnvs());

describe("cookies", () => {
  it("over https are __Host-, Secure, HttpOnly and Lax", async () => {
    const { edgeAuthConfig, sessionCookieName } = await configFor("https://apps.varai.example");
    const { cookies } = edgeAuthConfig();
    expect(sessionCookieName()).toMatch(/^__Host-/);
    for (const cookie of Object.values(cookies ?? {})) {
      expect(cookie?.name).toMatch(/^__Host-/);
      expect(cookie?.options).toEqual({ httpOnly: true, sameSite: "lax", path: "/", secure: true });
    }
  });

  it("over http, on one's own machine, carry plain names a browser will take", async () => {
    const { edgeAuthConfig, sessionCookieName } = await configFor("http://localhost:3000");
    expect(sessionCookieName()).not.toMatch(/^__/);
    expect(edgeAuthConfig().cookies?.sessionToken?.options).toMatchObject({ httpOnly: true, secure: false });
  });
});

describe("callbacks", () => {
  it("the token holds the session's and the person's id, and nothing else", async () => {
    const { edgeAuthConfig } = await configFor("http://localhost:3000");
    const jwt = edgeAuthConfig().callbacks?.jwt;
    const first = await jwt?.({
      token: { name: "Ada", email: "ada@northlight.example" },
      user: { id: "u", sid: "s", name: "Ada" },
      account: null,
    });
    expect(first).toEqual({ sub: "u", sid: "s" });
    const later = { token: { sub: "u", sid: "s", role: "admin" } };
    expect(await jwt?.(later as unknown as Parameters<NonNullable<typeof jwt>>[0])).toEqual({ sub: "u", sid: "s" });
  });

  it("redirects stay on our own pages", async () => {
    const { edgeAuthConfig } = await configFor("https://apps.varai.example");
    const redirect = edgeAuthConfig().callbacks?.redirect;
    const baseUrl = "https://apps.varai.example";
    expect(await redirect?.({ url: "/keys", baseUrl })).toBe(`${baseUrl}/keys`);
    expect(await redirect?.({ url: `${baseUrl}/keys?x=1`, baseUrl })).toBe(`${baseUrl}/keys?x=1`);
    for (const url of [
      "https://evil.example",
      "//evil.example",
      "https://apps.varai.example.evil.example/x",
      "https://apps.varai.example@evil.example/",
      `${baseUrl}//evil.example`,
      "javascript:alert(1)",
    ]) {
      expect(await redirect?.({ url, baseUrl })).toBe(`${baseUrl}/overview`);
    }
  });
});
