import { eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { memberships, users } from "@/db/schema/people";
import { recordAudit } from "@/features/audit/service";
import type { Scope } from "@/lib/context";
import { uuidv7 } from "@/lib/ids";
import type { Role } from "./rules";

export interface NewPerson {
  readonly email: string;
  readonly name: string;
  /** argon2id in its encoded form; made by the caller, because hashing belongs to sign-in. */
  readonly passwordHash: string;
  readonly role: Role;
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
  await tx
    .insert(users)
    .values({ id: uuidv7(), email, name: person.name, passwordHash: person.passwordHash })
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
