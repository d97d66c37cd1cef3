import { eq } from "drizzle-orm";
import { encode } from "next-auth/jwt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb, db, openDatabase } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { memberships, sessions, users } from "@/db/schema/people";
import { env } from "@/lib/env";
import { uuidv7 } from "@/lib/ids";
import { makeBrand, type TestBrand } from "@/test/brands";
import { SESSION_SECONDS, sessionCookieName } from "./config";
import { sessionOf } from "./gate";
import { hashPassword } from "./passwords";
import { type SignInOutcome, signInWithPassword } from "./sign-in";
import { closeSession } from "./store";
import { LIMITS, LocalLimiter, type SignInThrottle, signInThrottle } from "./throttle";
import { readSessionToken } from "./token";

const PASSWORD = "correct horse battery";
let brand: TestBrand;
let passwordHash: string;

beforeAll(async () => {
  passwordHash = await hashPassword(PASSWORD);
  brand = await makeBrand(db(), passwordHash);
});
afterAll(closeDb);

const throttle = (): SignInThrottle =>
  signInThrottle(new LocalLimiter(LIMITS.account), new LocalLimiter(LIMITS.address), (email) => email);

async function attempt(
  email: string,
  password: string,
  options: { cookie?: string; throttle?: SignInThrottle } = {},
): Promise<SignInOutcome> {
  const headers = new Headers({ "x-forwarded-for": "203.0.113.7", ...(options.cookie && { cookie: options.cookie }) });
  return signInWithPassword({ email, password }, headers, { db: db(), throttle: options.throttle ?? throttle() });
}

/** The cookie that next-auth would set for a sign-in, sealed by its own function. */
async function cookieOf(claims: { sid?: string; sub?: string }, secret = env().AUTH_SECRET): Promise<string> {
  const token = await encode({ token: claims, secret, salt: sessionCookieName(), maxAge: SESSION_SECONDS });
  return `${sessionCookieName()}=${token}`;
}

async function signedIn(email: string): Promise<{ sid: string; sub: string; cookie: string }> {
  const outcome = await attempt(email, PASSWORD);
  if (!outcome.ok) throw new Error(`not signed in: ${outcome.why}`);
  const claims = { sid: outcome.sessionId, sub: outcome.userId };
  return { ...claims, cookie: await cookieOf(claims) };
}

describe("signing in", () => {
  it("opens one session row for 30 days in the person's brand, and notes it", async () => {
    const { sid } = await signedIn(brand.people.admin.email);
    const [row] = await db().select().from(sessions).where(eq(sessions.id, sid));
    expect(row).toMatchObject({ userId: brand.people.admin.userId, customerId: brand.customerId });
    const days = ((row?.expiresAt.getTime() ?? 0) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThan(30.1);
    const notes = await db().select().from(auditLog).where(eq(auditLog.subject, sid)).orderBy(auditLog.id);
    expect(notes).toMatchObject([{ action: "session.opened", actorId: brand.people.admin.userId }]);
  });

  it("takes the address in any case and with spaces around", async () => {
    expect(await attempt(`  ${brand.people.viewer.email.toUpperCase()} `, PASSWORD)).toMatchObject({ ok: true });
  });

  it("gives unknown people, wrong passwords and members of no brand the same answer", async () => {
    const homeless = `homeless-${uuidv7()}@nowhere.example`;
    await db().insert(users).values({ id: uuidv7(), email: homeless, name: "Nobody's", passwordHash });
    const answers = await Promise.all([
      attempt(`unknown-${uuidv7()}@nowhere.example`, PASSWORD),
      attempt(brand.people.admin.email, "wrong"),
      attempt(homeless, PASSWORD),
    ]);
    for (const answer of answers) expect(answer).toEqual({ ok: false, why: "wrong" });
  });

  it("opens nothing by a password that was changed while it was being checked", async () => {
    const own = await makeBrand(db(), passwordHash);
    const { email, userId } = own.people.viewer;
    // The moment between the check of the password and the session.
    const late = new Proxy(db(), {
      get(target, name) {
        if (name !== "transaction") return Reflect.get(target, name);
        return async (work: Parameters<typeof target.transaction>[0]) => {
          await target.update(users).set({ passwordHash: "another" }).where(eq(users.id, userId));
          return target.transaction(work);
        };
      },
    });
    const input = { email, password: PASSWORD };
    const outcome = await signInWithPassword(input, new Headers(), { db: late, throttle: throttle() });
    expect(outcome).toEqual({ ok: false, why: "wrong" });
    expect(await db().select().from(sessions).where(eq(sessions.userId, userId))).toEqual([]);
  });

  it("answers about as fast for nobody as for somebody", async () => {
    const times: Record<"somebody" | "nobody", number[]> = { somebody: [], nobody: [] };
    for (let i = 0; i < 9; i++) {
      for (const who of ["somebody", "nobody"] as const) {
        const email = who === "somebody" ? brand.people.admin.email : `unknown-${uuidv7()}@nowhere.example`;
        const start = performance.now();
        await attempt(email, "wrong");
        times[who].push(performance.now() - start);
      }
    }
    const median = (values: number[]) => values.toSorted((a, b) => a - b)[4] ?? 0;
    expect(median(times.nobody) / median(times.somebody)).toBeGreaterThan(0.5);
    expect(median(times.nobody) / median(times.somebody)).toBeLessThan(2);
  });

  it.each([
    ["nothing", undefined],
    ["no fields", {}],
    ["lists", { email: ["a@b"], password: ["x"] }],
    ["a NUL", { email: "a\u0000@b.example", password: "x" }],
    ["no password", { email: "a@b.example", password: "" }],
    ["a password without end", { email: "a@b.example", password: "x".repeat(100_000) }],
    ["SQL", { email: "' or 1=1 --", password: "x" }],
  ])("refuses %s as wrong", async (_name, input) => {
    const outcome = await signInWithPassword(input, new Headers(), { db: db(), throttle: throttle() });
    expect(outcome).toEqual({ ok: false, why: "wrong" });
  });

  it("stops after ten failures, for the right password too, and does not count successes", async () => {
    const shared = throttle();
    const { email } = brand.people.manager;
    for (let i = 0; i < 15; i++)
      expect(await attempt(email, PASSWORD, { throttle: shared })).toMatchObject({ ok: true });
    for (let i = 0; i < 10; i++) {
      expect(await attempt(email, "wrong", { throttle: shared })).toEqual({ ok: false, why: "wrong" });
    }
    expect(await attempt(email, PASSWORD, { throttle: shared })).toEqual({ ok: false, why: "throttled" });
  });

  it("says so where Postgres is away, and does not count it", async () => {
    const away = openDatabase("postgres://nobody@127.0.0.1:1/nothing");
    const shared = signInThrottle(new LocalLimiter(1), new LocalLimiter(1), (email) => email);
    for (let i = 0; i < 3; i++) {
      const outcome = await signInWithPassword({ email: "ada@northlight.example", password: "x" }, new Headers(), {
        db: away,
        throttle: shared,
      });
      expect(outcome).toEqual({ ok: false, why: "unavailable" });
    }
  });

  it("ends the session that the browser held before", async () => {
    const before = await signedIn(brand.people.admin.email);
    const after = await attempt(brand.people.admin.email, PASSWORD, { cookie: before.cookie });
    expect(after).toMatchObject({ ok: true });
    expect(await sessionOf(db(), before.cookie)).toEqual({ state: "out" });
  });
});

describe("the session gate", () => {
  it("knows person, brand, role and permissions", async () => {
    const { cookie, sid } = await signedIn(brand.people.manager.email);
    const found = await sessionOf(db(), `theme=dark; ${cookie}`);
    expect(found).toMatchObject({
      state: "in",
      session: {
        sessionId: sid,
        user: { id: brand.people.manager.userId, email: brand.people.manager.email },
        customer: { id: brand.customerId, timeZone: "UTC" },
        role: "manager",
      },
    });
    expect(found.state === "in" && found.session.permissions.has("keys:read")).toBe(true);
    expect(found.state === "in" && found.session.permissions.has("keys:write")).toBe(false);
  });

  it("a token whose row is gone opens nothing, though its seal is sound", async () => {
    const { cookie, sid, sub } = await signedIn(brand.people.admin.email);
    await closeSession(db(), { sessionId: sid, userId: sub });
    expect(await readSessionToken(cookie)).not.toBeNull();
    expect(await sessionOf(db(), cookie)).toEqual({ state: "out" });
    await closeSession(db(), { sessionId: sid, userId: sub });
    const notes = await db().select().from(auditLog).where(eq(auditLog.subject, sid)).orderBy(auditLog.id);
    expect(notes.map((note) => note.action)).toEqual(["session.opened", "session.closed"]);
  });

  it("an expired row opens nothing", async () => {
    const { cookie, sid } = await signedIn(brand.people.admin.email);
    await db()
      .update(sessions)
      .set({ expiresAt: new Date(0) })
      .where(eq(sessions.id, sid));
    expect(await sessionOf(db(), cookie)).toEqual({ state: "out" });
  });

  it("a role that changes, or a membership that ends, counts at once", async () => {
    const own = await makeBrand(db(), passwordHash);
    const { cookie, sub } = await signedIn(own.people.admin.email);
    await db().update(memberships).set({ role: "viewer" }).where(eq(memberships.userId, sub));
    expect(await sessionOf(db(), cookie)).toMatchObject({ state: "in", session: { role: "viewer" } });
    await db().delete(memberships).where(eq(memberships.userId, sub));
    expect(await sessionOf(db(), cookie)).toEqual({ state: "out" });
  });

  it("somebody else's session id with one's own user id opens nothing, and ends nothing", async () => {
    const ada = await signedIn(brand.people.admin.email);
    const stolen = await cookieOf({ sid: ada.sid, sub: brand.people.viewer.userId });
    expect(await sessionOf(db(), stolen)).toEqual({ state: "out" });
    await closeSession(db(), { sessionId: ada.sid, userId: brand.people.viewer.userId });
    expect(await sessionOf(db(), ada.cookie)).toMatchObject({ state: "in" });
  });

  it("a forged, foreign or truncated token is no token", async () => {
    const { cookie, sid, sub } = await signedIn(brand.people.admin.email);
    const forged = await cookieOf({ sid, sub }, "another secret, just as long as ours is");
    for (const bad of [forged, cookie.slice(0, -4), `${sessionCookieName()}=x`, "", null, "other=1"]) {
      expect(await sessionOf(db(), bad)).toEqual({ state: "out" });
    }
    for (const claims of [{ sid }, { sub }, { sid: "1", sub }, { sid: "'; drop table sessions", sub }]) {
      expect(await sessionOf(db(), await cookieOf(claims))).toEqual({ state: "out" });
    }
  });

  it("with Postgres away it says unavailable, and nobody is in", async () => {
    const { cookie } = await signedIn(brand.people.admin.email);
    const away = openDatabase("postgres://nobody@127.0.0.1:1/nothing");
    expect(await sessionOf(away, cookie)).toEqual({ state: "unavailable" });
    expect(await sessionOf(away, null)).toEqual({ state: "out" });
  });
});
