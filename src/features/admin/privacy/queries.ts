import { sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { DATA_MAP, givenOut, type TableData } from "./rules";

/** A row of an export: the table's name, and the row as JSON. */
export interface Exported {
  readonly table: string;
  readonly row: Readonly<Record<string, unknown>>;
}

/** Rows that are held in memory at a time. */
const HANDFUL = 1_000;

/** A table's rows under a condition, without what opens something, a handful at a time. */
async function* rowsOf(
  tx: Tx,
  name: string,
  table: TableData,
  condition: ReturnType<typeof sql>,
): AsyncGenerator<Exported> {
  const columns = sql.join(
    givenOut(table).map((column) => sql.identifier(column)),
    sql`, `,
  );
  await tx.execute(
    sql`declare export_rows no scroll cursor for select ${columns} from ${sql.identifier(name)} where ${condition}`,
  );
  for (;;) {
    const rows = await tx.execute<Record<string, unknown>>(sql.raw(`fetch ${HANDFUL} from export_rows`));
    for (const row of rows) yield { table: name, row };
    if (rows.length < HANDFUL) break;
  }
  await tx.execute(sql`close export_rows`);
}

/** Has each row handed over, all as of one moment. */
type Take = (exported: Exported) => void | Promise<void>;
const READ_ONLY = { isolationLevel: "repeatable read", accessMode: "read only" } as const;

/** Everything of a brand. @returns how many rows */
export async function exportBrand(db: Db, customerId: string, take: Take): Promise<number> {
  let count = 0;
  await db.transaction(async (tx) => {
    for (const [name, table] of Object.entries(DATA_MAP)) {
      if (!table.brand) continue;
      const column = sql.identifier(table.brandBy ?? "customer_id");
      for await (const exported of rowsOf(tx, name, table, sql`${column} = ${customerId}`)) {
        await take(exported);
        count++;
      }
    }
  }, READ_ONLY);
  return count;
}

/** Everything that names a person: by id in every table, and by address where there was no account yet. */
export async function exportPerson(db: Db, person: { id: string; email: string }, take: Take): Promise<number> {
  let count = 0;
  await db.transaction(async (tx) => {
    for (const [name, table] of Object.entries(DATA_MAP)) {
      for await (const exported of rowsOf(tx, name, table, ofPerson(name, table, person))) {
        await take(exported);
        count++;
      }
    }
  }, READ_ONLY);
  return count;
}

/** Where a person stands in a table without their id. */
export const BY_ADDRESS: Readonly<Record<string, string>> = {
  invitations: "email",
  mail_links: "address",
  outgoing_mails: "address",
};

/** The condition for a person's rows in a table; false where none can be theirs. */
function ofPerson(name: string, table: TableData, person: { id: string; email: string }): ReturnType<typeof sql> {
  const byId = Object.keys(table.people ?? {}).map((column) => sql`${sql.identifier(column)}::text = ${person.id}`);
  const address = BY_ADDRESS[name];
  const byAddress = address ? [sql`lower(${sql.identifier(address)}) = ${person.email.toLowerCase()}`] : [];
  const conditions = [...byId, ...byAddress];
  return conditions.length > 0 ? sql`(${sql.join(conditions, sql` or `)})` : sql`false`;
}

/** A person by their address, in any case. */
export async function personAt(db: Db, email: string): Promise<{ id: string; email: string } | null> {
  const [row] = await db.execute<{ id: string; email: string }>(
    sql`select id, email from users where lower(email) = ${email.trim().toLowerCase()}`,
  );
  return row ?? null;
}
