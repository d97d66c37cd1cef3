import { readFileSync } from "node:fs";
import { NextRequest } from "next/server";
import { encode } from "next-auth/jwt";
import { describe, expect, it, vi } from "vitest";
import { SESSION_SECONDS, sessionCookieName } from "@/auth/config";
import { env } from "@/lib/env";
import { uuidv7 } from "@/lib/ids";
import * as atRoot from "../middleware";
import * as inSrc from "./middleware";

const own = "http://localhost:3000";
vi.stubEnv("AUTH_URL", own);
for (const name of ["AUTH_SECRET", "API_KEY_PEPPER", "INTERNAL_SECRET"]) vi.stubEnv(name, name.padEnd(40, "-"));
vi.stubEnv("DATABASE_URL", "postgres://a@localhost/a");
vi.stubEnv("UPSTASH_REDIS_REST_URL", "http://localhost:1");
vi.stubEnv("UPSTASH_REDIS_REST_TOKEN", "t");

async function visit(path: string, options: { cookie?: string; headers?: Record<string, string> } = {}) {
  const headers = { ...options.headers, ...(options.cookie && { cookie: options.cookie }) };
  return atRoot.middleware(new NextRequest(new URL(path, own), { headers }));
}

async function cookie(secret = env().AUTH_SECRET): Promise<string> {
  const token = { sid: uuidv7(), sub: uuidv7() };
  const sealed = await encode({ token, secret, salt: sessionCookieName(), maxAge: SESSION_SECONDS });
  return `${sessionCookieName()}=${sealed}`;
}

describe("the two files", () => {
  it("carry the same literal config and the same function", () => {
    const literal = (file: string) => /export const config = (\{[\s\S]*?\n\});/.exec(readFileSync(file, "utf8"))?.[1];
    expect(literal("middleware.ts")).toBeTruthy();
    expect(literal("src/middleware.ts")).toBe(literal("middleware.ts"));
    expect(inSrc.config).toEqual(atRoot.config);
    expect(inSrc.middleware).toBe(atRoot.middleware);
  });
});

describe("the matcher", () => {
  const matcher = new RegExp(`^${atRoot.config.matcher[0]}$`);

  it.each(["/", "/overview", "/keys", "/apps/virtual-try-on", "/sign-in", "/api-guide", "/v1", "/vault", "/docs/api"])(
    "covers the page %s",
    (path) => expect(matcher.test(path)).toBe(true),
  );

  it.each([
    "/api",
    "/api/v1/customer/tokens/consume",
    "/api/trpc/session.me",
    "/api/auth/session",
    "/v1/embed.js",
    "/v1.2.3/embed.js",
    "/_next/static/chunks/x.js",
    "/_next/image",
    "/favicon.ico",
    "/images/logo.svg",
    "/.well-known/security.txt",
  ])("leaves %s alone", (path) => expect(matcher.test(path)).toBe(false));
});

describe("an anonymous visit", () => {
  it.each([
    ["/overview", "/overview"],
    ["/keys?page=2", "/keys?page=2"],
    ["/keys?_rsc=abc1", "/keys"],
    ["/no-such-page", "/no-such-page"],
    ["/apps//evil.example", "/overview"],
  ])("to %s is sent to sign in, and then to %s", async (path, next) => {
    const response = await visit(path);
    expect(response.status).toBe(307);
    const location = new URL(response.headers.get("location") ?? "");
    expect(location.origin).toBe(own);
    expect(location.pathname).toBe("/sign-in");
    expect(location.searchParams.get("next")).toBe(next);
    expect(response.headers.get("x-session-look")).toBe("out");
  });

  it.each(["/", "/sign-in", "/sign-up", "/docs", "/docs/api"])("to %s goes through", async (path) => {
    const response = await visit(path);
    expect(response.headers.get("location")).toBeNull();
    expect(response.headers.get("x-session-look")).toBe("out");
  });

  it("has a request id, the visitor's own where that is a sane one", async () => {
    expect((await visit("/keys")).headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect((await visit("/", { headers: { "x-request-id": "mine-1" } })).headers.get("x-request-id")).toBe("mine-1");
  });

  it("is told apart from a forged cookie by nothing", async () => {
    const response = await visit("/keys", { cookie: await cookie("another secret, just as long as ours is") });
    expect(response.status).toBe(307);
  });

  it("is redirected to our own origin, whatever the Host header says", async () => {
    const request = new NextRequest("http://evil.example/keys", { headers: { host: "evil.example" } });
    const response = await atRoot.middleware(request);
    expect(new URL(response.headers.get("location") ?? "").origin).toBe(own);
  });

  it("gains nothing by headers that once skipped middleware, nor by a token in Authorization", async () => {
    const sealed = (await cookie()).split("=")[1] ?? "";
    const attempts: Record<string, string>[] = [
      { "x-middleware-subrequest": "middleware:middleware:middleware:middleware:middleware" },
      { "x-middleware-prefetch": "1" },
      { "next-router-prefetch": "1", rsc: "1" },
      { authorization: `Bearer ${sealed}` },
    ];
    for (const headers of attempts) expect((await visit("/keys", { headers })).status).toBe(307);
  });
});

describe("a visit with a session cookie", () => {
  it("goes through, and says so", async () => {
    const response = await visit("/keys", { cookie: await cookie() });
    expect(response.headers.get("location")).toBeNull();
    expect(response.headers.get("x-session-look")).toBe("in");
  });

  it("still reaches /sign-in: the session may have been ended, which only the gate knows", async () => {
    const response = await visit("/sign-in?next=/keys", { cookie: await cookie() });
    expect(response.headers.get("location")).toBeNull();
  });
});
