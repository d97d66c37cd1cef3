import { eq } from "drizzle-orm";
import type { NextRequest } from "next/server";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { closeDb, db } from "../../src/db/client";
import { identities, users } from "../../src/db/schema/people";
import { uuidv7 } from "../../src/lib/ids";
import { makeBrand } from "../../src/test/brands";
import { type Lie, OidcProvider } from "./provider";

// The whole way round, as a browser goes it: our button, the provider, our callback. What Next's server would give is handed in.

const jar = new Map<string, string>();
const cookieHeader = () => [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
vi.mock("next/headers", () => ({
  headers: async () => new Headers({ cookie: cookieHeader(), "user-agent": "Firefox/140.0 (Linux)" }),
  cookies: async () => ({ set: () => {} }),
}));

const provider = new OidcProvider("client", "a-secret-of-the-client");
const ORIGIN = "http://localhost:3000";
let handlers: { GET: (request: NextRequest) => Promise<Response>; POST: (request: NextRequest) => Promise<Response> };
let sessionOf: (cookie: string) => Promise<unknown>;

beforeAll(async () => {
  await provider.listen();
  Object.assign(process.env, {
    AUTH_GOOGLE_ID: provider.clientId,
    AUTH_GOOGLE_SECRET: provider.clientSecret,
    AUTH_GOOGLE_ISSUER: provider.issuer,
  });
  handlers = (await import("../../src/auth/index")).handlers;
  const gate = await import("../../src/auth/gate");
  sessionOf = (cookie) => gate.sessionOf(db(), cookie);
});
beforeEach(() => {
  jar.clear();
  provider.lie = undefined;
});
afterAll(async () => {
  await provider.close();
  await closeDb();
});

/** A request of ours with the jar's cookies; what the answer sets goes into the jar. */
async function ask(path: string, form?: Record<string, string>): Promise<Response> {
  const { NextRequest } = await import("next/server");
  const request = new NextRequest(new URL(path, ORIGIN), {
    method: form ? "POST" : "GET",
    headers: { cookie: cookieHeader(), ...(form && { "content-type": "application/x-www-form-urlencoded" }) },
    ...(form && { body: new URLSearchParams(form).toString() }),
  });
  const answer = await (form ? handlers.POST : handlers.GET)(request);
  for (const line of answer.headers.getSetCookie()) {
    const [pair = ""] = line.split(";");
    const [name = "", ...value] = pair.split("=");
    if (/Max-Age=0|expires=Thu, 01 Jan 1970/i.test(line) || value.join("=") === "") jar.delete(name);
    else jar.set(name, value.join("="));
  }
  return answer;
}

/** From the button to where the browser ends up. @param meddle what happens to the address on the way back */
async function throughGoogle(meddle: (back: URL) => void = () => {}): Promise<string> {
  const csrf = (await (await ask("/api/auth/csrf")).json()) as { csrfToken: string };
  const away = await ask("/api/auth/signin/google", { csrfToken: csrf.csrfToken, callbackUrl: `${ORIGIN}/keys` });
  const there = await fetch(away.headers.get("location") ?? "", { redirect: "manual" });
  const back = new URL(there.headers.get("location") ?? "");
  meddle(back);
  const answer = await ask(`${back.pathname}${back.search}`);
  return (answer.headers.get("location") ?? "").replace(ORIGIN, "");
}

const someone = (over: Partial<typeof provider.next> = {}) => {
  const id = uuidv7();
  provider.next = { sub: id, email: `p-${id}@gmail.com`, email_verified: true, name: "Pia", ...over };
  return provider.next;
};
async function member(email?: string) {
  const brand = await makeBrand(db());
  const { userId } = brand.people.manager;
  const address = email ?? `m-${userId}@gmail.com`;
  await db().update(users).set({ email: address }).where(eq(users.id, userId));
  return { userId, email: address, brand };
}

describe("signing in with Google", () => {
  it("lets a person in whose address Google is the authority on, and knows them by Google's id from then on", async () => {
    const { userId, email, brand } = await member();
    const claims = someone({ email: email.toUpperCase() });
    expect(await throughGoogle()).toBe("/keys");
    expect(await sessionOf(cookieHeader())).toMatchObject({
      state: "in",
      session: { user: { id: userId }, customer: { id: brand.customerId }, role: "manager" },
    });
    // Their address at Google changes; they are the same person.
    jar.clear();
    provider.next = { ...claims, email: `elsewhere-${userId}@gmail.com` };
    expect(await throughGoogle()).toBe("/keys");
    expect(await sessionOf(cookieHeader())).toMatchObject({ state: "in", session: { user: { id: userId, email } } });
  });

  it("lets in whoever's Workspace the address belongs to, and nobody whose address Google does not run", async () => {
    const { email } = await member(`m-${uuidv7()}@optics.example`);
    someone({ email });
    expect(await throughGoogle()).toContain("error=AccessDenied");
    expect(await sessionOf(cookieHeader())).toEqual({ state: "out" });
    someone({ email, hd: "elsewhere.example" });
    expect(await throughGoogle()).toContain("error=AccessDenied");
    someone({ email, hd: "optics.example" });
    expect(await throughGoogle()).toBe("/keys");
  });

  it("refuses an address that is not confirmed there", async () => {
    const { email } = await member();
    someone({ email, email_verified: false });
    expect(await throughGoogle()).toContain("error=AccessDenied");
    expect(await sessionOf(cookieHeader())).toEqual({ state: "out" });
    expect(await db().select().from(identities).where(eq(identities.subject, provider.next.sub))).toEqual([]);
  });

  it("leads somebody new to the rest of a sign-up, which asks for no password", async () => {
    const claims = someone();
    const to = await throughGoogle();
    expect(to).toMatch(/^\/verify\?token=[\w-]{43}$/);
    expect(await sessionOf(cookieHeader())).toEqual({ state: "out" });
    const { finishSignUp, pendingSignUp } = await import("../../src/auth/sign-up");
    const secret = to.slice("/verify?token=".length);
    expect(await pendingSignUp(db(), secret)).toMatchObject({ email: claims.email, name: "Pia", provider: "google" });
    const form = { brand: "By Google", name: "Pia", timeZone: "UTC" };
    expect(await finishSignUp(db(), secret, form, { before: null })).not.toBeNull();
    expect(await throughGoogle()).toBe("/keys");
    expect(await sessionOf(cookieHeader())).toMatchObject({ state: "in", session: { user: { email: claims.email } } });
  });

  it.each<Lie>(["audience", "issuer", "nonce", "expired"])("is not taken in by a wrong %s", async (lie) => {
    const { email } = await member();
    someone({ email });
    provider.lie = lie;
    expect(await throughGoogle()).toMatch(/error=/);
    expect(await sessionOf(cookieHeader())).toEqual({ state: "out" });
  });

  it("takes an answer only in the browser that asked, once", async () => {
    const { email } = await member();
    someone({ email });
    let answer: URL | undefined;
    await throughGoogle((back) => {
      answer = new URL(back);
      back.searchParams.set("state", "another");
    });
    expect(await sessionOf(cookieHeader())).toEqual({ state: "out" });
    jar.clear();
    await ask(`${answer?.pathname}${answer?.search}`);
    expect(await sessionOf(cookieHeader())).toEqual({ state: "out" });
  });

  it("goes on to our own pages alone", async () => {
    const { email } = await member();
    someone({ email });
    const csrf = (await (await ask("/api/auth/csrf")).json()) as { csrfToken: string };
    const form = { csrfToken: csrf.csrfToken, callbackUrl: "https://evil.example/" };
    const away = await ask("/api/auth/signin/google", form);
    const there = await fetch(away.headers.get("location") ?? "", { redirect: "manual" });
    const back = new URL(there.headers.get("location") ?? "");
    const answer = await ask(`${back.pathname}${back.search}`);
    expect(new URL(answer.headers.get("location") ?? "").origin).toBe(ORIGIN);
  });
});
