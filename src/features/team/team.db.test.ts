import { and, eq, sql } from "drizzle-orm";
import { afterAll, describe, expect, it } from "vitest";
import { invitationFor, joinAsKnown, joinAsMember, joinAsNew } from "@/auth/joining";
import { hashPassword, verifyPassword } from "@/auth/passwords";
import { brandsOf, findPerson, loadSession, openSession, switchBrand } from "@/auth/store";
import type { SignInThrottle } from "@/auth/throttle";
import { closeDb, db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { auditLog } from "@/db/schema/audit";
import { outgoingMails } from "@/db/schema/mail";
import { invitations, memberships } from "@/db/schema/people";
import { mailTo, queueMail } from "@/features/notifications/service";
import { Refusal } from "@/lib/errors";
import { uuidv7 } from "@/lib/ids";
import { makeBrand, type TestBrand } from "@/test/brands";
import { mailedSecret, queuedFor } from "@/test/mails";
import { brandInput } from "./contract";
import { invite, MOST_A_DAY, pendingInvitation, resendInvitation, revokeInvitation } from "./invitations/service";
import { forgetAddresses } from "./jobs";
import { membersOf, openInvitations } from "./queries";
import type { Role } from "./rules";
import { addPerson, changeBrand, changeRole, removePerson } from "./service";

afterAll(closeDb);

const NOWHERE = { before: null };
const newAddress = () => `invited-${uuidv7()}@else.example`;
const JOIN = { name: "Noor", password: "a long enough one" };
const as = (brand: TestBrand, userId: string): Ctx => ({
  db: db(),
  customerId: brand.customerId,
  actor: { type: "user", id: userId },
});
const byAdmin = (brand: TestBrand) => as(brand, brand.people.admin.userId);
const roleOf = async (brand: TestBrand, userId: string) =>
  (
    await db()
      .select({ role: memberships.role })
      .from(memberships)
      .where(and(eq(memberships.customerId, brand.customerId), eq(memberships.userId, userId)))
  )[0]?.role;
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof Refusal ? error.code : `${error}`),
  );
async function invited(brand: TestBrand, role: Role = "manager") {
  const email = newAddress();
  const { id } = await invite(byAdmin(brand), { email, role });
  return { id, email, secret: await mailedSecret(email) };
}
async function sessionOf(userId: string) {
  const sessionId = (await openSession(db(), userId, null)) ?? "";
  const session = await loadSession(db(), { sessionId, userId });
  if (!session) throw new Error("no session");
  return session;
}
async function withSecondAdmin() {
  const brand = await makeBrand(db());
  const person = { email: newAddress(), name: "Second", passwordHash: null, role: "admin" } as const;
  const { userId } = await addPerson(byAdmin(brand), person);
  return { brand, first: brand.people.admin.userId, second: userId };
}

describe("an invitation", () => {
  it("makes an account for a new person, in the role, once", async () => {
    const brand = await makeBrand(db());
    const { email, secret } = await invited(brand);
    expect(await invitationFor(db(), secret, null)).toMatchObject({ state: "new", email, role: "manager" });
    const tries = await Promise.all([1, 2, 3].map(() => joinAsNew(db(), secret, JOIN, NOWHERE)));
    const [token, ...others] = tries.filter((each) => each !== null);
    expect(others).toEqual([]);
    expect(token && (await loadSession(db(), token))).toMatchObject({
      user: { email, name: "Noor" },
      customer: { id: brand.customerId },
      role: "manager",
    });
    expect(await verifyPassword((await findPerson(db(), email))?.passwordHash ?? "", JOIN.password)).toBe(true);
    expect(await pendingInvitation(db(), secret)).toBeNull();
    expect(await openInvitations(byAdmin(brand))).toEqual([]);
  });

  it("is taken up by somebody of another brand, whose session looks at the new one then", async () => {
    const [brand, other] = [await makeBrand(db()), await makeBrand(db())];
    await invite(byAdmin(brand), { email: other.people.viewer.email, role: "admin" });
    const secret = await mailedSecret(other.people.viewer.email);
    expect(await invitationFor(db(), secret, null)).toMatchObject({ state: "sign-in" });
    const session = await sessionOf(other.people.viewer.userId);
    expect(await joinAsMember(db(), secret, session)).toBe(true);
    const token = { sessionId: session.sessionId, userId: session.user.id };
    expect(await loadSession(db(), token)).toMatchObject({ customer: { id: brand.customerId }, role: "admin" });
    expect(await joinAsMember(db(), secret, session)).toBe(false);
  });

  it("is refused to another address, and does not say whose it is", async () => {
    const [brand, other] = [await makeBrand(db()), await makeBrand(db())];
    const { email, secret } = await invited(brand);
    const session = await sessionOf(other.people.admin.userId);
    const shown = await invitationFor(db(), secret, session);
    expect(shown).toMatchObject({ state: "other" });
    expect(JSON.stringify(shown)).not.toContain(email);
    expect(await joinAsMember(db(), secret, session)).toBe(false);
    expect(await roleOf(brand, other.people.admin.userId)).toBeUndefined();
    expect(await pendingInvitation(db(), secret)).not.toBeNull();
  });

  it("cannot take over an account: a known address has to sign in", async () => {
    const [brand, other] = [await makeBrand(db()), await makeBrand(db())];
    await invite(byAdmin(brand), { email: other.people.viewer.email, role: "viewer" });
    const secret = await mailedSecret(other.people.viewer.email);
    expect(await joinAsNew(db(), secret, JOIN, NOWHERE)).toBeNull();
    expect(await pendingInvitation(db(), secret)).not.toBeNull();
  });

  it("brings somebody back who belongs to no brand any more, by the password of their account", async () => {
    const brand = await makeBrand(db(), await hashPassword(JOIN.password));
    const { userId, email } = brand.people.manager;
    await removePerson(byAdmin(brand), { userId });
    const { id } = await invite(byAdmin(brand), { email, role: "viewer" });
    const secret = await mailedSecret(email);
    // No sign-in opens a session for them, so nothing that asks for one would let them in.
    expect(await openSession(db(), userId, null)).toBeNull();
    expect(await invitationFor(db(), secret, null)).toMatchObject({ state: "known", email });
    const open: SignInThrottle = { take: async () => true, giveBack: async () => {} };
    const join = (password: string) => joinAsKnown(db(), secret, password, new Headers(), open);
    expect(await joinAsNew(db(), secret, JOIN, NOWHERE)).toBeNull();
    expect(await join("another long one")).toEqual({ ok: false, why: "wrong" });
    const tries = await Promise.all([join(JOIN.password), join(JOIN.password)]);
    const [joined, ...others] = tries.filter((each) => each?.ok);
    expect(others).toEqual([]);
    expect(joined?.ok && (await loadSession(db(), joined))).toMatchObject({
      user: { id: userId },
      customer: { id: brand.customerId },
      role: "viewer",
    });
    expect(await join(JOIN.password)).toBeNull();
    const log = await db().select().from(auditLog).where(eq(auditLog.subject, id)).orderBy(auditLog.id);
    expect(log.map(({ action }) => action)).toEqual(["invitation.sent", "invitation.accepted"]);
  });

  it("works no more once it is too old, withdrawn, or sent again", async () => {
    const brand = await makeBrand(db());
    const old = await invited(brand);
    await db().update(invitations).set({ expiresAt: sql`now()` }).where(eq(invitations.id, old.id));
    const back = await invited(brand);
    await revokeInvitation(byAdmin(brand), back);
    const again = await invited(brand);
    await resendInvitation(byAdmin(brand), again);
    for (const { secret } of [old, back, again]) {
      expect(await pendingInvitation(db(), secret)).toBeNull();
      expect(await joinAsNew(db(), secret, JOIN, NOWHERE)).toBeNull();
    }
    expect(await pendingInvitation(db(), await mailedSecret(again.email))).toMatchObject({ role: "manager" });
    expect(await codeOf(revokeInvitation(byAdmin(brand), back))).toBe("not_found");
    // One that is too old can be renewed.
    await resendInvitation(byAdmin(brand), old);
    expect(await pendingInvitation(db(), await mailedSecret(old.email))).not.toBeNull();
  });

  it("goes to nobody of the team, and only so often a day", async () => {
    const brand = await makeBrand(db());
    const mine = byAdmin(brand);
    expect(await codeOf(invite(mine, { email: brand.people.viewer.email, role: "admin" }))).toBe("invalid_request");
    const first = await invite(mine, { email: newAddress(), role: "viewer" });
    for (let i = 2; i < MOST_A_DAY; i++) await invite(mine, { email: newAddress(), role: "viewer" });
    await resendInvitation(mine, first);
    expect(await codeOf(resendInvitation(mine, first))).toBe("rate_limited");
    expect(await codeOf(invite(mine, { email: newAddress(), role: "viewer" }))).toBe("rate_limited");
  });
});

describe("addresses of people without an account", () => {
  it("are forgotten a month after they were of use, and nobody else's", async () => {
    const brand = await makeBrand(db());
    const [late, open, taken] = [await invited(brand), await invited(brand), await invited(brand)];
    expect(await joinAsNew(db(), taken.secret, JOIN, NOWHERE)).not.toBeNull();
    const own = { key: "news:1", kind: "notifications.notice", facts: {}, roles: ["admin"] as const };
    await db().transaction((tx) => queueMail(tx, brand.customerId, own));
    const back = (days: number) => sql`now() - make_interval(days => ${days})`;
    const of = (id: string) => eq(invitations.id, id);
    await db()
      .update(invitations)
      .set({ expiresAt: back(31) })
      .where(of(late.id));
    await db()
      .update(invitations)
      .set({ expiresAt: back(29) })
      .where(of(open.id));
    await db()
      .update(invitations)
      .set({ expiresAt: back(400) })
      .where(of(taken.id));
    const mailed = eq(outgoingMails.customerId, brand.customerId);
    await db()
      .update(outgoingMails)
      .set({ createdAt: back(31), status: "sent" })
      .where(mailed);
    await db()
      .update(outgoingMails)
      .set({ createdAt: back(29) })
      .where(eq(outgoingMails.address, open.email));
    await forgetAddresses({ db: db() });
    const left = await db().select().from(invitations).where(eq(invitations.customerId, brand.customerId));
    expect(left.map(({ id }) => id).toSorted()).toEqual([open.id, taken.id].toSorted());
    const mails = await db().select().from(outgoingMails).where(mailed);
    // What a person of the brand was told is kept, so that they are told it once.
    expect(mails.map(({ address, userId }) => address ?? userId).toSorted()).toEqual(
      [open.email, brand.people.admin.userId].toSorted(),
    );
  });
});

describe("a brand's clock", () => {
  it("is one that Postgres knows, because it counts the days: Node knows more names", async () => {
    const brand = await makeBrand(db());
    const input = { name: "Renamed", timeZone: "ACT" };
    expect(brandInput.safeParse(input).success).toBe(true);
    expect(await codeOf(changeBrand(byAdmin(brand), input))).toBe("invalid_request");
    expect(await changeBrand(byAdmin(brand), { ...input, timeZone: "Australia/Darwin" })).toMatchObject({
      name: "Renamed",
    });
  });
});

describe("a team", () => {
  it("keeps its last admin, whoever tries and however", async () => {
    const brand = await makeBrand(db());
    const { userId } = brand.people.admin;
    expect(await codeOf(changeRole(byAdmin(brand), { userId, role: "viewer" }))).toBe("forbidden");
    expect(await codeOf(removePerson(byAdmin(brand), { userId }))).toBe("forbidden");
    expect(await roleOf(brand, userId)).toBe("admin");
  });

  it("keeps one of two admins who demote or remove each other at the same moment, every time", async () => {
    const outcomes: string[] = [];
    for (let round = 0; round < 12; round++) {
      const { brand, first, second } = await withSecondAdmin();
      const step = (by: string, whom: string) =>
        round % 2 === 0
          ? changeRole(as(brand, by), { userId: whom, role: "viewer" })
          : removePerson(as(brand, by), { userId: whom });
      outcomes.push((await Promise.all([codeOf(step(first, second)), codeOf(step(second, first))])).toSorted().join());
      const admins = (await membersOf(byAdmin(brand))).filter(({ role }) => role === "admin");
      expect(admins).toHaveLength(1);
    }
    expect(new Set(outcomes)).toEqual(new Set(["done,forbidden"]));
  });

  it("two admins who step down at the same moment leave one", async () => {
    for (let round = 0; round < 6; round++) {
      const { brand, first, second } = await withSecondAdmin();
      const down = (userId: string) => codeOf(changeRole(as(brand, userId), { userId, role: "viewer" }));
      expect((await Promise.all([down(first), down(second)])).toSorted()).toEqual(["done", "forbidden"]);
      expect((await membersOf(byAdmin(brand))).filter(({ role }) => role === "admin")).toHaveLength(1);
    }
  });

  it("a new role ends the sessions in the brand, there alone, and begins with a new sign-in, which a mail says", async () => {
    const [brand, other] = [await makeBrand(db()), await makeBrand(db())];
    const { userId, email } = brand.people.viewer;
    await addPerson(byAdmin(other), { email, name: "Same", passwordHash: null, role: "viewer" });
    const [here, there] = [await sessionOf(userId), await sessionOf(userId)];
    const slug = (await brandsOf(db(), userId)).find((one) => one.slug !== here.customer.slug)?.slug ?? "";
    expect(await switchBrand(db(), there, slug)).toBe(true);
    await changeRole(byAdmin(brand), { userId, role: "admin" });
    // Who holds the session of the viewer has not come by an admin's.
    expect(await loadSession(db(), { sessionId: here.sessionId, userId })).toBeNull();
    const elsewhere = await loadSession(db(), { sessionId: there.sessionId, userId });
    expect(elsewhere).toMatchObject({ role: "viewer" });
    // Nor has who holds one that was looking at another brand: it does not come back.
    const back = elsewhere ? switchBrand(db(), elsewhere, here.customer.slug) : Promise.resolve(true);
    expect(await codeOf(back)).toBe("forbidden");
    expect(await sessionOf(userId)).toMatchObject({ role: "admin", customer: { id: brand.customerId } });
    expect(await queuedFor(email)).toMatchObject([{ kind: "team.role_changed" }]);
    const anew = await sessionOf(userId);
    expect(await switchBrand(db(), anew, slug)).toBe(true);
    const moved = await loadSession(db(), { sessionId: anew.sessionId, userId });
    expect(moved && (await switchBrand(db(), moved, here.customer.slug))).toBe(true);
    // What is the same role already is no change.
    const kept = await sessionOf(userId);
    await changeRole(byAdmin(brand), { userId, role: "admin" });
    expect(await loadSession(db(), { sessionId: kept.sessionId, userId })).not.toBeNull();
  });

  it("a change of role and a removal count at the next request, and stand in the log", async () => {
    const { brand, second } = await withSecondAdmin();
    const { userId } = brand.people.manager;
    await changeRole(byAdmin(brand), { userId, role: "viewer" });
    const now = await sessionOf(userId);
    expect([now.role, now.permissions.has("keys:read")]).toEqual(["viewer", false]);
    await removePerson(as(brand, second), { userId });
    expect(await loadSession(db(), { sessionId: now.sessionId, userId })).toBeNull();
    const log = await db().select().from(auditLog).where(eq(auditLog.subject, userId)).orderBy(auditLog.id);
    expect(log.map(({ action, details }) => [action, details])).toEqual([
      ["person.added", { role: "manager" }],
      ["person.role_changed", { from: "manager", to: "viewer" }],
      ["person.removed", { role: "viewer" }],
    ]);
  });

  it("who is removed is sent nothing more of the brand's, not even what waits already; what others are sent goes on", async () => {
    const brand = await makeBrand(db());
    const elsewhere = await makeBrand(db());
    const { userId } = brand.people.manager;
    await addPerson(byAdmin(elsewhere), { ...brand.people.manager, name: "M", passwordHash: null, role: "manager" });
    const notice = (key: string) => ({ key, kind: "notifications.notice", facts: { title: key } });
    await db().transaction(async (tx) => {
      const people = [userId, brand.people.admin.userId];
      await mailTo(tx, brand.customerId, people, notice("held"), new Date(Date.now() + 3_600_000));
      await mailTo(tx, brand.customerId, people, notice("given up"));
      await mailTo(tx, brand.customerId, people, notice("went out"));
      await mailTo(tx, elsewhere.customerId, [userId], notice("another brand's"));
    });
    const set = (key: string, status: "failed" | "sent") =>
      db().update(outgoingMails).set({ status }).where(eq(outgoingMails.key, key));
    await set("given up", "failed");
    await set("went out", "sent");
    await removePerson(byAdmin(brand), { userId });
    const left = async (whose: string) =>
      (await db().select().from(outgoingMails).where(eq(outgoingMails.userId, whose))).map(({ key }) => key).toSorted();
    expect(await left(userId)).toEqual(["another brand's", "went out"]);
    expect(await left(brand.people.admin.userId)).toEqual(["given up", "held", "went out"]);
  });

  it("who was demoted while a request of theirs was under way changes nothing any more", async () => {
    const { brand, first, second } = await withSecondAdmin();
    await changeRole(as(brand, first), { userId: second, role: "manager" });
    const late = as(brand, second);
    const { userId } = brand.people.viewer;
    expect(await codeOf(changeRole(late, { userId, role: "admin" }))).toBe("forbidden");
    expect(await codeOf(removePerson(late, { userId }))).toBe("forbidden");
    expect(await codeOf(invite(late, { email: newAddress(), role: "admin" }))).toBe("forbidden");
  });
});
