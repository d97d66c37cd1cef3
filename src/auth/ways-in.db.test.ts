import { eq, sql } from "drizzle-orm";
import { afterAll, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { outgoingMails } from "@/db/schema/mail";
import { meteringAccounts } from "@/db/schema/metering";
import { customers, mailLinks, memberships, sessions, users } from "@/db/schema/people";
import { removePerson } from "@/features/team/service";
import { uuidv7 } from "@/lib/ids";
import { makeBrand } from "@/test/brands";
import { mailedSecret, queuedFor } from "@/test/mails";
import { type DoorDeps, tryLink } from "./door";
import { peekLink } from "./links";
import { hashPassword, verifyPassword } from "./passwords";
import { requestReset, requestSignInLink, resetPassword, signInByLink } from "./recovery";
import { finishSignUp, pendingSignUp, requestSignUp } from "./sign-up";
import { findPerson, loadSession, openSession } from "./store";
import { LIMITS, LocalLimiter, MAIL_LIMITS, signInThrottle } from "./throttle";

afterAll(closeDb);

const NOWHERE = { before: null };
const FROM = new Headers({ "x-forwarded-for": "203.0.113.7" });
const door = (): DoorDeps => ({
  db: db(),
  atLeastMs: 0,
  throttle: signInThrottle(
    new LocalLimiter(MAIL_LIMITS.account),
    new LocalLimiter(MAIL_LIMITS.address),
    (email) => email,
  ),
});
const newAddress = () => `new-${uuidv7()}@brand.example`;
const FORM = { brand: "Møller & Søn", name: "Kit", password: "a long enough one", timeZone: "Europe/Oslo" };
const sessionOf = (token: { sessionId: string; userId: string } | null | undefined) =>
  token ? loadSession(db(), token) : null;

async function signUp(email: string): Promise<string> {
  await requestSignUp(door(), FROM, { brand: FORM.brand, name: FORM.name, timeZone: "UTC", email });
  return mailedSecret(email);
}

describe("signing up", () => {
  it("counts by UTC where the browser calls its clock by a name that Postgres does not know", async () => {
    const form = { ...FORM, timeZone: "ACT" };
    const session = await sessionOf(await finishSignUp(db(), await signUp(newAddress()), form, NOWHERE));
    expect(session?.customer.timeZone).toBe("UTC");
  });

  it("makes nothing until the address is proved, then a brand that is ready to be metered", async () => {
    const email = newAddress();
    const secret = await signUp(email);
    expect(await findPerson(db(), email)).toBeNull();
    expect(await pendingSignUp(db(), secret)).toEqual({
      email,
      brand: FORM.brand,
      name: "Kit",
      provider: null,
      known: false,
    });
    const session = await sessionOf(await finishSignUp(db(), secret, FORM, NOWHERE));
    expect(session).toMatchObject({
      user: { name: "Kit", email },
      customer: { name: "Møller & Søn", timeZone: "Europe/Oslo" },
      role: "admin",
    });
    expect(session?.customer.slug).toMatch(/^m-ller-s-n/);
    const id = session?.customer.id ?? "";
    const accounts = await db().select().from(meteringAccounts).where(eq(meteringAccounts.customerId, id));
    expect(accounts.map(({ mode, unlimited }) => [mode, unlimited]).toSorted()).toEqual([
      ["live", false],
      ["test", false],
    ]);
    const [person] = await db().select().from(users).where(eq(users.email, email));
    expect(person?.emailVerifiedAt).toBeInstanceOf(Date);
    expect(await verifyPassword(person?.passwordHash ?? "", FORM.password ?? "")).toBe(true);
    const log = await db().select().from(auditLog).where(eq(auditLog.customerId, id)).orderBy(auditLog.id);
    expect(log.map(({ action }) => action)).toEqual(["person.added", "brand.created", "session.opened"]);
  });

  it("works once, also for two who press at the same time", async () => {
    const email = newAddress();
    const secret = await signUp(email);
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => finishSignUp(db(), secret, FORM, NOWHERE)));
    expect(outcomes.filter((token) => token !== null)).toHaveLength(1);
    expect(await pendingSignUp(db(), secret)).toBeNull();
    const person = await findPerson(db(), email);
    expect(
      await db()
        .select()
        .from(memberships)
        .where(eq(memberships.userId, person?.id ?? "")),
    ).toHaveLength(1);
  });

  it("tells an address that has an account so by mail, and its answer tells nobody", async () => {
    const brand = await makeBrand(db());
    const { email } = brand.people.admin;
    const answer = await requestSignUp(door(), FROM, { brand: "X", name: "Y", timeZone: "UTC", email });
    expect(answer).toBe(
      await requestSignUp(door(), FROM, { brand: "X", name: "Y", timeZone: "UTC", email: newAddress() }),
    );
    expect(await queuedFor(email)).toEqual([{ kind: "team.account_exists", secret: "" }]);
  });

  it("is open to somebody who belongs to no brand any more, with the account that they have", async () => {
    const brand = await makeBrand(db(), await hashPassword("the old one here"));
    const { email, userId } = brand.people.viewer;
    const admin = { type: "user", id: brand.people.admin.userId } as const;
    await removePerson({ db: db(), customerId: brand.customerId, actor: admin }, { userId });
    const secret = await signUp(email);
    expect(await pendingSignUp(db(), secret)).toMatchObject({ email, known: true });
    const { password: _, name: _name, ...form } = FORM;
    const session = await sessionOf(await finishSignUp(db(), secret, form, NOWHERE));
    expect(session).toMatchObject({ user: { id: userId }, customer: { name: FORM.brand }, role: "admin" });
    expect(await verifyPassword((await findPerson(db(), email))?.passwordHash ?? "", "the old one here")).toBe(true);
  });

  it("without a password nobody finishes it whom no provider vouches for", async () => {
    const secret = await signUp(newAddress());
    const { password: _, ...form } = FORM;
    expect(await finishSignUp(db(), secret, form, NOWHERE)).toBeNull();
  });

  it("gives two brands of one name addresses of their own", async () => {
    const made = [await signUp(newAddress()), await signUp(newAddress())];
    const found = await Promise.all(
      made.map(async (secret) => sessionOf(await finishSignUp(db(), secret, { ...FORM, brand: "Twice" }, NOWHERE))),
    );
    expect(new Set(found.map((session) => session?.customer.slug)).size).toBe(2);
  });
});

describe("trying a link", () => {
  const fresh = () =>
    signInThrottle(new LocalLimiter(LIMITS.account), new LocalLimiter(LIMITS.address), (email) => email);

  it("that works is not counted: a whole team joins from one office", async () => {
    const throttle = fresh();
    for (let i = 0; i < 3 * LIMITS.account; i++) expect(await tryLink(FROM, async () => i, throttle)).toBe(i);
  });

  it("that does not is: the eleventh guess from one address is not looked at", async () => {
    const throttle = fresh();
    let looked = 0;
    const look = async () => {
      looked++;
      return null;
    };
    const guess = () => tryLink(FROM, look, throttle);
    for (let i = 0; i < LIMITS.account; i++) expect(await guess()).toBeNull();
    expect(await guess()).toBe("throttled");
    expect(looked).toBe(LIMITS.account);
    expect(await tryLink(new Headers({ "x-forwarded-for": "198.51.100.9" }), async () => 1, throttle)).toBe(1);
  });

  it("while Postgres is away is not", async () => {
    const throttle = fresh();
    const away = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    for (let i = 0; i < 2 * LIMITS.account; i++) {
      await expect(tryLink(FROM, () => Promise.reject(away), throttle)).rejects.toBe(away);
    }
  });
});

describe("links by mail", () => {
  it("no secret, hash of a password or anything that opens a door stands in the queue or the table", async () => {
    const email = newAddress();
    const secret = await signUp(email);
    const [queue, links] = await Promise.all([
      db().select().from(outgoingMails).where(eq(outgoingMails.address, email)),
      db().select().from(mailLinks).where(eq(mailLinks.address, email)),
    ]);
    expect(links).toHaveLength(1);
    expect(JSON.stringify([queue, links])).not.toContain(secret);
    // Nor does what stands there open anything.
    const nonce = String(queue[0]?.facts.nonce);
    for (const stolen of [nonce, links[0]?.hash, links[0]?.id]) {
      expect(await pendingSignUp(db(), stolen)).toBeNull();
    }
  });

  it("a link is for one thing alone", async () => {
    const brand = await makeBrand(db(), await hashPassword("the old one here"));
    const { email } = brand.people.viewer;
    await requestSignInLink(door(), FROM, email);
    const secret = await mailedSecret(email);
    expect(await resetPassword(db(), secret, "another long one", NOWHERE)).toBeNull();
    expect(await finishSignUp(db(), secret, FORM, NOWHERE)).toBeNull();
    expect(await sessionOf(await signInByLink(db(), secret, NOWHERE))).toMatchObject({ role: "viewer" });
    expect(await signInByLink(db(), secret, NOWHERE)).toBeNull();
  });

  it("somebody of no brand is mailed no link that would sign them in to nothing, and may choose a password", async () => {
    const brand = await makeBrand(db(), await hashPassword("the old one here"));
    const { email, userId } = brand.people.viewer;
    await db().delete(memberships).where(eq(memberships.userId, userId));
    await requestSignInLink(door(), FROM, email);
    expect(await queuedFor(email)).toEqual([{ kind: "team.no_brand", secret: "" }]);
    await requestReset(door(), FROM, email);
    const done = await resetPassword(db(), await mailedSecret(email), "another long one", NOWHERE);
    expect(done).toEqual({ session: null });
  });

  it("a link that is too old, mistyped or none at all opens nothing", async () => {
    const brand = await makeBrand(db());
    const { email } = brand.people.viewer;
    await requestSignInLink(door(), FROM, email);
    const secret = await mailedSecret(email);
    await db().update(mailLinks).set({ expiresAt: sql`now()` }).where(eq(mailLinks.address, email));
    const wrong = [secret, `${secret.slice(0, -1)}_`, "", "x", undefined, null, ["a"], { $ne: "" }, "é".repeat(43)];
    for (const each of wrong) {
      expect(await signInByLink(db(), each, NOWHERE)).toBeNull();
      expect(await peekLink(db(), "sign_in", each)).toBeNull();
    }
  });

  it("a link to an address that the person has left opens nothing", async () => {
    const brand = await makeBrand(db());
    const { email, userId } = brand.people.viewer;
    await requestReset(door(), FROM, email);
    const secret = await mailedSecret(email);
    await db().update(users).set({ email: newAddress() }).where(eq(users.id, userId));
    expect(await resetPassword(db(), secret, "another long one", NOWHERE)).toBeNull();
  });

  it("a new password ends every session and every other link of the person", async () => {
    const brand = await makeBrand(db(), await hashPassword("the old one here"));
    const { email, userId } = brand.people.manager;
    await openSession(db(), userId, null);
    await openSession(db(), userId, null);
    await requestSignInLink(door(), FROM, email);
    const magic = await mailedSecret(email);
    await requestReset(door(), FROM, email);
    const done = await resetPassword(db(), await mailedSecret(email), "another long one", NOWHERE);
    const open = await db().select({ id: sessions.id }).from(sessions).where(eq(sessions.userId, userId));
    expect(open).toEqual([{ id: done?.session?.sessionId }]);
    expect(await signInByLink(db(), magic, NOWHERE)).toBeNull();
    const person = await findPerson(db(), email);
    expect(await verifyPassword(person?.passwordHash ?? "", "another long one")).toBe(true);
    expect((await queuedFor(email))[0]?.kind).toBe("team.password_changed");
  });

  it("and the link of a sign-up that was asked for twice, which would sign in to the account of the first", async () => {
    const email = newAddress();
    const [first, second] = [await signUp(email), await signUp(email)];
    expect(await finishSignUp(db(), first, FORM, NOWHERE)).not.toBeNull();
    await requestReset(door(), FROM, email);
    expect(await resetPassword(db(), await mailedSecret(email), "another long one", NOWHERE)).not.toBeNull();
    expect(await pendingSignUp(db(), second)).toBeNull();
    expect(await finishSignUp(db(), second, FORM, NOWHERE)).toBeNull();
  });
});

describe("asking for a mail", () => {
  it("answers the same for known and unknown addresses, and writes one mail to either", async () => {
    const brand = await makeBrand(db());
    const stranger = newAddress();
    for (const ask of [requestReset, requestSignInLink]) {
      const answers = [];
      for (const email of [brand.people.admin.email, stranger]) answers.push(await ask(door(), FROM, email));
      expect(answers).toEqual(["sent", "sent"]);
    }
    expect(await queuedFor(brand.people.admin.email)).toHaveLength(2);
    expect((await queuedFor(stranger)).map(({ kind }) => kind)).toEqual(["team.no_account", "team.no_account"]);
  });

  it("takes as long for either, as far as a median can tell", async () => {
    const brand = await makeBrand(db());
    const deps = (): DoorDeps => ({ ...door(), atLeastMs: 40 });
    const times = { known: [] as number[], unknown: [] as number[] };
    for (let i = 0; i < 8; i++) {
      for (const [kind, email] of [
        ["known", brand.people.admin.email],
        ["unknown", newAddress()],
      ] as const) {
        const begun = performance.now();
        await requestReset(deps(), FROM, email);
        times[kind].push(performance.now() - begun);
      }
    }
    const median = (all: number[]) => all.toSorted((a, b) => a - b)[4] ?? 0;
    expect(Math.abs(median(times.known) - median(times.unknown))).toBeLessThan(15);
  });

  it("is throttled by address and by sender, known or not, and says so alike", async () => {
    const deps = door();
    const stranger = newAddress();
    const answers = [];
    for (let i = 0; i < 7; i++) answers.push(await requestReset(deps, FROM, stranger));
    expect(answers.filter((answer) => answer === "sent")).toHaveLength(MAIL_LIMITS.account);
    expect(await queuedFor(stranger)).toHaveLength(MAIL_LIMITS.account);
    let sent = 0;
    for (let i = 0; i < 40; i++) if ((await requestReset(deps, FROM, newAddress())) === "sent") sent += 1;
    expect(sent).toBe(MAIL_LIMITS.address - 7);
  });
});

it("a session that nobody uses is over, and one that is used is not", async () => {
  const brand = await makeBrand(db());
  const { userId } = brand.people.viewer;
  const token = { userId, sessionId: (await openSession(db(), userId, null)) ?? "" };
  const idle = (minutes: number) =>
    db()
      .update(sessions)
      .set({ lastSeenAt: sql`now() - make_interval(mins => ${minutes})` })
      .where(eq(sessions.id, token.sessionId));
  await idle(119);
  expect(await loadSession(db(), token)).not.toBeNull();
  const { touchSession } = await import("./store");
  await touchSession(db(), token);
  const [row] = await db().select().from(sessions).where(eq(sessions.id, token.sessionId));
  expect(Date.now() - (row?.lastSeenAt.getTime() ?? 0)).toBeLessThan(60_000);
  await idle(121);
  expect(await loadSession(db(), token)).toBeNull();
  const [brandRow] = await db().select().from(customers).where(eq(customers.id, brand.customerId));
  expect(brandRow).toBeDefined();
});
