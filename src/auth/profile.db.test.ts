import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { invitations, sessions, users } from "@/db/schema/people";
import { Refusal } from "@/lib/errors";
import { uuidv7 } from "@/lib/ids";
import { makeBrand } from "@/test/brands";
import { mailedSecret, queuedFor } from "@/test/mails";
import { hashPassword, verifyPassword } from "./passwords";
import {
  changePassword,
  confirmEmail,
  profileOf,
  requestEmailChange,
  requestVerification,
  revokeSessions,
  sessionsOf,
} from "./profile";
import { requestSignInLink, signInByLink } from "./recovery";
import type { Session } from "./session-state";
import { findPerson, loadSession, openSession } from "./store";
import { LocalLimiter, type SignInThrottle, signInThrottle } from "./throttle";
import type { SessionToken } from "./token";

const PASSWORD = "the one they have";
let passwordHash: string;
beforeAll(async () => {
  passwordHash = await hashPassword(PASSWORD);
});
afterAll(closeDb);

const throttle = (): SignInThrottle => signInThrottle(new LocalLimiter(10), new LocalLimiter(50), (email) => email);
const throttles = () => ({ password: throttle(), mail: throttle() });
const newAddress = () => `new-${uuidv7()}@brand.example`;
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof Refusal ? error.code : `${error}`),
  );
async function person(): Promise<Session> {
  const { userId } = (await makeBrand(db(), passwordHash)).people.manager;
  const session = await loadSession(db(), { userId, sessionId: (await openSession(db(), userId, null)) ?? "" });
  if (!session) throw new Error("no session");
  return session;
}
const tokenOf = (session: Session) => ({ sessionId: session.sessionId, userId: session.user.id });

describe("a change of address", () => {
  it("waits for the new one to be confirmed, and tells the old one twice", async () => {
    const session = await person();
    const [before, after] = [session.user.email, newAddress()];
    await requestEmailChange(db(), session, { email: after, password: PASSWORD }, throttles());
    expect((await profileOf(db(), session.user.id)).email).toBe(before);
    expect((await queuedFor(before)).map(({ kind, secret }) => [kind, secret])).toEqual([
      ["team.email_change_asked", ""],
    ]);
    const secret = await mailedSecret(after);
    expect(await confirmEmail(db(), secret)).toBe(after);
    expect(await confirmEmail(db(), secret)).toBeNull();
    expect(await profileOf(db(), session.user.id)).toMatchObject({ email: after, verified: true });
    expect((await queuedFor(before))[0]?.kind).toBe("team.email_changed");
  });

  it("goes with the invitation that was taken up by it, so that nothing names the address of before", async () => {
    const session = await person();
    const [before, after] = [session.user.email, newAddress()];
    const ids = [uuidv7(), uuidv7()];
    for (const [at, id] of ids.entries()) {
      const row = { id, customerId: session.customer.id, email: before, role: "viewer", hash: id } as const;
      const taken = at === 0 ? { acceptedAt: sql`now()` } : {};
      await db()
        .insert(invitations)
        .values({ ...row, ...taken, expiresAt: sql`now()` });
    }
    await requestEmailChange(db(), session, { email: after, password: PASSWORD }, throttles());
    expect(await confirmEmail(db(), await mailedSecret(after))).toBe(after);
    const rows = await db().select().from(invitations).where(eq(invitations.customerId, session.customer.id));
    // One that is open is for whoever reads the mail of that address.
    expect(rows.toSorted((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id)).map(({ email }) => email)).toEqual([
      after,
      before,
    ]);
  });

  it("asks for the password, and counts wrong ones", async () => {
    const session = await person();
    const limits = throttles();
    const ask = (password?: string) =>
      codeOf(requestEmailChange(db(), session, { email: newAddress(), ...(password && { password }) }, limits));
    expect(await ask()).toBe("forbidden");
    const answers = [];
    for (let i = 0; i < 10; i++) answers.push(await ask("wrong"));
    expect(new Set(answers)).toEqual(new Set(["forbidden", "rate_limited"]));
    expect(await ask(PASSWORD)).toBe("rate_limited");
  });

  it("answers alike where the address is somebody else's, and mails them nothing", async () => {
    const [session, other] = [await person(), await person()];
    await requestEmailChange(db(), session, { email: other.user.email, password: PASSWORD }, throttles());
    expect(await queuedFor(other.user.email)).toEqual([]);
    expect((await queuedFor(session.user.email))[0]?.kind).toBe("team.email_change_asked");
  });

  it("comes to nothing where somebody has come by the address meanwhile", async () => {
    const session = await person();
    const address = newAddress();
    await requestEmailChange(db(), session, { email: address, password: PASSWORD }, throttles());
    await db().insert(users).values({ id: uuidv7(), email: address, name: "Quicker", passwordHash: null });
    expect(await confirmEmail(db(), await mailedSecret(address))).toBeNull();
    expect((await profileOf(db(), session.user.id)).email).toBe(session.user.email);
  });

  it("ends the sessions of before, but the one of the browser that confirms it", async () => {
    const [session, other] = [await person(), await person()];
    const elsewhere = { ...tokenOf(session), sessionId: (await openSession(db(), session.user.id, null)) ?? "" };
    const confirmed = async (here: SessionToken | null) => {
      const email = newAddress();
      const present = await loadSession(db(), tokenOf(session));
      await requestEmailChange(db(), present ?? session, { email, password: PASSWORD }, throttles());
      expect(await confirmEmail(db(), await mailedSecret(email), here)).toBe(email);
    };
    await confirmed(tokenOf(session));
    expect(await loadSession(db(), elsewhere)).toBeNull();
    expect(await loadSession(db(), tokenOf(session))).not.toBeNull();
    await confirmed(tokenOf(other));
    expect(await loadSession(db(), tokenOf(session))).toBeNull();
    expect(await loadSession(db(), tokenOf(other))).not.toBeNull();
  });

  it("is stopped by a new password", async () => {
    const session = await person();
    const address = newAddress();
    await requestEmailChange(db(), session, { email: address, password: PASSWORD }, throttles());
    await changePassword(db(), session, { present: PASSWORD, password: "quite another one" }, throttle());
    expect(await confirmEmail(db(), await mailedSecret(address))).toBeNull();
  });
});

it("an address is confirmed by a link to it", async () => {
  const session = await person();
  await requestVerification(db(), session, throttle());
  expect(await profileOf(db(), session.user.id)).toMatchObject({ verified: false });
  expect(await confirmEmail(db(), await mailedSecret(session.user.email))).toBe(session.user.email);
  expect(await profileOf(db(), session.user.id)).toMatchObject({ verified: true });
});

it("a new password ends the other sessions, not this one", async () => {
  const session = await person();
  const elsewhere = await openSession(db(), session.user.id, null);
  expect(
    await codeOf(changePassword(db(), session, { present: "wrong", password: "quite another one" }, throttle())),
  ).toBe("forbidden");
  await changePassword(db(), session, { present: PASSWORD, password: "quite another one" }, throttle());
  expect(await loadSession(db(), tokenOf(session))).not.toBeNull();
  expect(await loadSession(db(), { sessionId: elsewhere ?? "", userId: session.user.id })).toBeNull();
  const [row] = await db().select().from(users).where(eq(users.id, session.user.id));
  expect(await verifyPassword(row?.passwordHash ?? "", "quite another one")).toBe(true);
});

it("somebody without a password signs in by a link, and sets their first one", async () => {
  const session = await person();
  await db().update(users).set({ passwordHash: null }).where(eq(users.id, session.user.id));
  const door = { db: db(), atLeastMs: 0, throttle: throttle() };
  await requestSignInLink(door, new Headers(), session.user.email);
  expect(await signInByLink(db(), await mailedSecret(session.user.email), { before: null })).not.toBeNull();
  await changePassword(db(), session, { password: "their very first one" }, throttle());
  const found = await findPerson(db(), session.user.email);
  expect(await verifyPassword(found?.passwordHash ?? "", "their very first one")).toBe(true);
});

it("somebody without a password changes what opens the account just after a sign-in, and in no browser that was left open", async () => {
  const session = await person();
  await db().update(users).set({ passwordHash: null }).where(eq(users.id, session.user.id));
  const anHourAgo = { createdAt: sql`now() - interval '1 hour'` };
  await db().update(sessions).set(anHourAgo).where(eq(sessions.id, session.sessionId));
  const address = newAddress();
  expect(await codeOf(changePassword(db(), session, { password: "of whoever found it" }, throttle()))).toBe(
    "forbidden",
  );
  expect(await codeOf(requestEmailChange(db(), session, { email: address }, throttles()))).toBe("forbidden");
  expect((await findPerson(db(), session.user.email))?.passwordHash).toBeNull();
  expect(await queuedFor(address)).toEqual([]);
  const again = { ...session, sessionId: (await openSession(db(), session.user.id, tokenOf(session))) ?? "" };
  expect(await codeOf(requestEmailChange(db(), again, { email: address }, throttles()))).toBe("done");
});

it("sessions are listed to their person alone, and ended one by one or all but this", async () => {
  const [session, other] = [await person(), await person()];
  const more = [await openSession(db(), session.user.id, null), await openSession(db(), session.user.id, null)];
  const listed = await sessionsOf(db(), session);
  expect(listed.map(({ id }) => id).toSorted()).toEqual([session.sessionId, ...more].toSorted());
  expect(listed.filter(({ current }) => current).map(({ id }) => id)).toEqual([session.sessionId]);
  expect(await codeOf(revokeSessions(db(), session, other.sessionId))).toBe("not_found");
  expect(await codeOf(revokeSessions(db(), session, session.sessionId))).toBe("not_found");
  expect(await revokeSessions(db(), session, more[0] ?? "")).toBe(1);
  expect(await revokeSessions(db(), session, null)).toBe(1);
  expect(await sessionsOf(db(), session)).toHaveLength(1);
  expect(await loadSession(db(), tokenOf(other))).not.toBeNull();
});
