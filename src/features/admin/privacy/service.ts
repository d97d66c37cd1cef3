import { sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { recordAudit } from "@/features/audit/service";
import { revokeKey } from "@/features/keys/service";
import { type DrainDeps, drainPartition } from "@/features/metering/outbox/service";
import type { Actor } from "@/lib/context";
import { Refusal } from "@/lib/errors";
import { type CustomerId, mintCustomerId } from "@/lib/ids";
import { partitionOf } from "@/lib/partition";
import { BY_ADDRESS, personAt } from "./queries";
import { DATA_MAP } from "./rules";

/**
 * Erases a person: their account, sign-ins, mails, notices and invitations are deleted; where only their id stood, it is
 * emptied or left, and names nobody from then on (`docs/data-map.md`).
 * @returns their id; null for somebody who had no account, but was invited or mailed
 * @throws Refusal `not_found`, and `forbidden` for the only admin of a brand, who has to name another or erase the brand
 */
export async function erasePerson(db: Db, actor: Actor, input: { email: string }): Promise<{ userId: string | null }> {
  const person = await personAt(db, input.email);
  if (!person) {
    await eraseAddress(db, actor, input.email.trim().toLowerCase());
    return { userId: null };
  }
  await db.transaction(async (tx) => {
    const brands = await tx.execute<{ id: string; name: string; alone: boolean }>(sql`
      select c.id, c.name, m.role = 'admin' and not exists (
        select from memberships o where o.customer_id = c.id and o.role = 'admin' and o.user_id <> m.user_id) as alone
      from memberships m join customers c on c.id = m.customer_id
      where m.user_id = ${person.id} order by c.id for no key update of c`);
    const alone = brands.find((brand) => brand.alone);
    if (alone) {
      throw new Refusal(
        "forbidden",
        `They are the only admin of ${alone.name}: make somebody else admin, or erase the brand.`,
      );
    }
    await removePerson(tx, person);
    for (const { id } of brands) {
      const scope = { customerId: mintCustomerId(id), actor };
      await recordAudit(tx, scope, { action: "person.erased", subject: person.id });
    }
  });
  return { userId: person.id };
}

/** Erases somebody who never had an account: who was invited, or whose address somebody typed. */
async function eraseAddress(db: Db, actor: Actor, address: string): Promise<void> {
  await db.transaction(async (tx) => {
    let gone = 0;
    for (const [name, column] of Object.entries(BY_ADDRESS)) {
      const rows = await tx.execute<{ row: Record<string, unknown> }>(sql`
        delete from ${sql.identifier(name)} t where lower(${sql.identifier(column)}) = ${address} returning to_jsonb(t) as row`);
      gone += rows.length;
      if (name !== "invitations") continue;
      for (const { row } of rows) {
        const scope = { customerId: mintCustomerId(String(row.customer_id)), actor };
        await recordAudit(tx, scope, { action: "invitation.erased", subject: String(row.id) });
      }
    }
    if (gone === 0) throw new Refusal("not_found", "There is nobody with this address.");
  });
}

/** The rows themselves; what refers to the account by a foreign key goes with it. */
async function removePerson(tx: Tx, person: { id: string; email: string }): Promise<void> {
  for (const [name, column] of Object.entries(BY_ADDRESS)) {
    await tx.execute(
      sql`delete from ${sql.identifier(name)} where lower(${sql.identifier(column)}) = ${person.email.toLowerCase()}`,
    );
  }
  for (const [name, { people = {} }] of Object.entries(DATA_MAP)) {
    for (const [column, action] of Object.entries(people)) {
      const at = sql.identifier(column);
      if (action === "emptied") {
        await tx.execute(sql`update ${sql.identifier(name)} set ${at} = null where ${at} = ${person.id}`);
      }
    }
  }
  await tx.execute(sql`delete from users where id = ${person.id}`);
}

/**
 * Erases a brand: its keys are revoked at the edge first, then everything of it is deleted but the books, the records of
 * sales and the audit log, under an id that names nobody; and with it the people who belong to no other brand. What is left
 * of its tokens can be spent by nobody. Stripe is told to delete its customer.
 * @throws Refusal `not_found`; `subscription_exists` while it pays for one, which Stripe would go on charging; `forbidden`
 * while a dead letter of it waits
 */
export async function eraseBrand(
  deps: DrainDeps,
  actor: Actor,
  input: { customerId: CustomerId },
): Promise<{ people: number }> {
  const { db } = deps;
  const { customerId } = input;
  const [brand] = await db.execute<{ paying: boolean }>(sql`
    select coalesce(b.stripe_subscription_id is not null and b.status <> 'canceled', false) as paying
    from customers c left join customer_billing b on b.customer_id = c.id where c.id = ${customerId}`);
  if (!brand) throw new Refusal("not_found", "There is no such brand.");
  if (brand.paying) {
    throw new Refusal(
      "subscription_exists",
      "The brand has a subscription: cancel it, and erase the brand when it has ended.",
    );
  }
  await refuseOpenLetters(db, customerId);
  const keys = await db.execute<{ key_id: string }>(
    sql`select key_id from api_keys where customer_id = ${customerId} and revoked_at is null`,
  );
  for (const { key_id } of keys) await revokeKey({ db, customerId, actor }, { keyId: key_id });
  // What was used until then tells of shoppers too: it must not come in after everything else is gone.
  while ((await drainPartition(deps, partitionOf(customerId))).busy) await new Promise((done) => setTimeout(done, 50));
  await refuseOpenLetters(db, customerId);
  return db.transaction(async (tx) => {
    await tx.execute(sql`select from customers where id = ${customerId} for update`);
    const leaving = await tx.execute<{ id: string; email: string }>(sql`
      select u.id, u.email from memberships m join users u on u.id = m.user_id
      where m.customer_id = ${customerId} and not exists (
        select from memberships o where o.user_id = u.id and o.customer_id <> ${customerId})
        and not exists (select from platform_staff s where s.user_id = u.id)`);
    for (const [name, table] of Object.entries(DATA_MAP)) {
      if (table.brand === "deleted")
        await tx.execute(sql`delete from ${sql.identifier(name)} where customer_id = ${customerId}`);
    }
    for (const person of leaving) await removePerson(tx, person);
    await emptyRows(tx, customerId);
    await recordAudit(
      tx,
      { customerId, actor },
      { action: "brand.erased", subject: customerId, details: { people: leaving.length } },
    );
    return { people: leaving.length };
  });
}

/** @throws Refusal `forbidden`: emptied, a letter could never come into the books */
async function refuseOpenLetters(db: Db, customerId: CustomerId): Promise<void> {
  const [row] = await db.execute<{ open: boolean }>(
    sql`select exists (select from dead_letters where customer_id = ${customerId} and resolved_at is null) as open`,
  );
  if (row?.open)
    throw new Refusal("forbidden", "Some of its uses are not in the books yet: resolve its dead letters first.");
}

/** What stays in place without what it said. */
async function emptyRows(tx: Tx, customerId: string): Promise<void> {
  await tx.execute(sql`
    update customers set name = 'Erased brand', slug = ${`erased-${customerId}`.slice(0, 50)} where id = ${customerId}`);
  // The worker has Stripe forget the customer, and tries until it has.
  await tx.execute(sql`update stripe_customers set forget_since = now() where customer_id = ${customerId}`);
  await tx.execute(sql`update stripe_events set payload = null where customer_id = ${customerId}`);
  await tx.execute(sql`update dead_letters set fields = '{}' where customer_id = ${customerId}`);
}
