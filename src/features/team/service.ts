import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { customers, memberships, sessions, users } from "@/db/schema/people";
import { recordAudit } from "@/features/audit/service";
import { queueMailTo, takeMailsBack } from "@/features/notifications/service";
import type { Scope } from "@/lib/context";
import { Refusal } from "@/lib/errors";
import { uuidv7 } from "@/lib/ids";
import type { BrandInput } from "./contract";
import { knowsTimeZone } from "./queries";
import { permissionsOf, type Role } from "./rules";

export interface NewPerson {
  readonly email: string;
  readonly name: string;
  /** argon2id in its encoded form; made by the caller, because hashing belongs to sign-in. */
  readonly passwordHash: string | null;
  readonly role: Role;
  /** They have just shown that mail to the address reaches them. */
  readonly verified?: boolean;
}

/**
 * Makes a person a member of the brand. Somebody who has an account already keeps their name and password: being
 * added to a second brand must not hand that brand their sign-in. A member already there is left as they are.
 * @returns the person's id, and whether the membership is new.
 */
export async function addPerson(ctx: Ctx, person: NewPerson): Promise<{ userId: string; added: boolean }> {
  return ctx.db.transaction((tx) => addPersonIn(tx, ctx, person));
}

/** The same inside a transaction that is open already, such as the one that makes the brand. */
export async function addPersonIn(
  tx: Tx,
  scope: Scope,
  person: NewPerson,
): Promise<{ userId: string; added: boolean }> {
  const email = person.email.trim().toLowerCase();
  const verifiedAt = person.verified ? { emailVerifiedAt: sql`now()` } : {};
  await tx
    .insert(users)
    .values({ id: uuidv7(), email, name: person.name, passwordHash: person.passwordHash, ...verifiedAt })
    .onConflictDoNothing();
  const [user] = await tx
    .select({ id: users.id })
    .from(users)
    .where(eq(sql`lower(${users.email})`, email));
  if (!user) throw new Error("The person was neither added nor found");
  const added = await tx
    .insert(memberships)
    .values({ userId: user.id, customerId: scope.customerId, role: person.role })
    .onConflictDoNothing()
    .returning({ userId: memberships.userId });
  if (added.length > 0) {
    await recordAudit(tx, scope, { action: "person.added", subject: user.id, details: { role: person.role } });
  }
  return { userId: user.id, added: added.length > 0 };
}

/**
 * Locks the brand's team and looks once more whether the actor may change it. Changes of a team come one after the other,
 * so that two admins cannot each take the other for the one who stays; and who was demoted a moment ago changes nothing.
 * @throws Refusal `forbidden`
 */
export async function requireStillAdmin(tx: Tx, scope: Scope): Promise<{ name: string }> {
  const [brand] = await tx
    .select({ name: customers.name })
    .from(customers)
    .where(eq(customers.id, scope.customerId))
    .for("no key update");
  if (!brand) throw new Refusal("not_found", "There is no such brand.");
  if (scope.actor.type === "user") {
    const [own] = await tx.select({ role: memberships.role }).from(memberships).where(isMember(scope, scope.actor.id));
    if (!own || !permissionsOf(own.role).has("team:write")) {
      throw new Refusal("forbidden", "Your role in this brand does not allow that.");
    }
  }
  return brand;
}

const isMember = (scope: Scope, userId: string) =>
  and(eq(memberships.customerId, scope.customerId), eq(memberships.userId, userId));

/** A member of the brand, whose team is locked. @throws Refusal `not_found` */
async function memberOf(tx: Tx, scope: Scope, userId: string): Promise<{ role: Role; email: string }> {
  const [row] = await tx
    .select({ role: memberships.role, email: users.email })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(isMember(scope, userId));
  if (!row) throw new Refusal("not_found", "There is no such person in the team.");
  return row;
}

/** Ends a person's sessions in the brand; those in their other brands go on. */
const endSessionsIn = (tx: Tx, scope: Scope, userId: string) =>
  tx.delete(sessions).where(and(eq(sessions.userId, userId), eq(sessions.customerId, scope.customerId)));

/** @throws Refusal `forbidden` where nobody else of the brand is an admin */
async function requireAnotherAdmin(tx: Tx, scope: Scope, userId: string): Promise<void> {
  const admins = await tx
    .select({ userId: memberships.userId })
    .from(memberships)
    .where(and(eq(memberships.customerId, scope.customerId), eq(memberships.role, "admin")));
  if (admins.some((admin) => admin.userId !== userId)) return;
  throw new Refusal("forbidden", "A brand needs an admin. Make somebody else one first.");
}

/**
 * Gives a member another role. It counts from their next request on, because every request looks it up; and that request is
 * a new sign-in, because who holds an old session of theirs must not come by the new role with it.
 * @throws Refusal `not_found`, `forbidden` for the last admin
 */
export async function changeRole(ctx: Ctx, input: { userId: string; role: Role }): Promise<{ role: Role }> {
  return ctx.db.transaction(async (tx) => {
    const brand = await requireStillAdmin(tx, ctx);
    const before = await memberOf(tx, ctx, input.userId);
    if (before.role === input.role) return { role: input.role };
    if (before.role === "admin") await requireAnotherAdmin(tx, ctx, input.userId);
    await tx.update(memberships).set({ role: input.role }).where(isMember(ctx, input.userId));
    await endSessionsIn(tx, ctx, input.userId);
    const facts = { brand: brand.name, role: input.role };
    const mail = { kind: "team.role_changed", facts, customerId: null, userId: input.userId };
    await queueMailTo(tx, { ...mail, key: `role:${uuidv7()}` });
    const details = { from: before.role, to: input.role };
    await recordAudit(tx, ctx, { action: "person.role_changed", subject: input.userId, details });
    return { role: input.role };
  });
}

/**
 * Takes somebody out of the team, ends their sessions in it and takes back what the brand was about to mail them. Their
 * account stays theirs.
 * @throws Refusal `not_found`, `forbidden` for the last admin
 */
export async function removePerson(ctx: Ctx, input: { userId: string }): Promise<{ userId: string }> {
  return ctx.db.transaction(async (tx) => {
    await requireStillAdmin(tx, ctx);
    const { role } = await memberOf(tx, ctx, input.userId);
    if (role === "admin") await requireAnotherAdmin(tx, ctx, input.userId);
    await endSessionsIn(tx, ctx, input.userId);
    await tx.delete(memberships).where(isMember(ctx, input.userId));
    await takeMailsBack(tx, ctx.customerId, input.userId);
    await recordAudit(tx, ctx, { action: "person.removed", subject: input.userId, details: { role } });
    return { userId: input.userId };
  });
}

/**
 * Changes the brand's name and time zone.
 * @throws Refusal `invalid_request` for a time zone that Postgres does not know
 */
export async function changeBrand(ctx: Ctx, input: BrandInput): Promise<BrandInput> {
  return ctx.db.transaction(async (tx) => {
    await requireStillAdmin(tx, ctx);
    if (!(await knowsTimeZone(tx, input.timeZone))) {
      const message = "must be a time zone such as Europe/Berlin";
      throw new Refusal("invalid_request", `timeZone: ${message}`, { fields: [{ path: "timeZone", message }] });
    }
    await tx.update(customers).set(input).where(eq(customers.id, ctx.customerId));
    await recordAudit(tx, ctx, { action: "brand.changed", subject: ctx.customerId, details: { ...input } });
    return input;
  });
}
