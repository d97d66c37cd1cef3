import type { Db } from "@/db/client";
import { customers } from "@/db/schema/people";
import { openAccounts } from "@/features/metering/service";
import { ROLES, type Role } from "@/features/team/rules";
import { addPerson } from "@/features/team/service";
import { type CustomerId, mintCustomerId, uuidv7 } from "@/lib/ids";

/** A brand of its own for one test, with a person of every role. */
export interface TestBrand {
  readonly customerId: CustomerId;
  readonly people: Readonly<Record<Role, { readonly userId: string; readonly email: string }>>;
}

/**
 * Makes a brand that no other test knows.
 * @param passwordHash for tests that sign in; without one nobody of the brand can
 */
export async function makeBrand(db: Db, passwordHash = "no password"): Promise<TestBrand> {
  const customerId = mintCustomerId(uuidv7());
  const slug = `test-${customerId}`;
  // With its accounts, as the product makes one: tokens that are owed to a brand without keep the worker trying for ever.
  await db.transaction(async (tx) => {
    await tx.insert(customers).values({ id: customerId, name: `Test ${slug}`, slug });
    await openAccounts(tx, customerId, { unlimited: false });
  });
  const ctx = { db, customerId, actor: { type: "system", id: "test" } } as const;
  const add = async (role: Role) => {
    const email = `${role}@${slug}.example`;
    const { userId } = await addPerson(ctx, { email, name: `${role} of ${slug}`, passwordHash, role });
    return [role, { userId, email }] as const;
  };
  const people = Object.fromEntries(await Promise.all(ROLES.map(add))) as TestBrand["people"];
  return { customerId, people };
}
