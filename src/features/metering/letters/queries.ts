import { and, asc, count, desc, eq, inArray, isNull } from "drizzle-orm";
import type { Db } from "@/db/client";
import { deadLetters } from "@/db/schema/metering";
import { isUuid, type Mode } from "@/lib/ids";

/** A dead letter, as the table holds it. */
export type Letter = typeof deadLetters.$inferSelect;

/** Which letters; all where a field is left out. */
export interface LetterFilter {
  readonly customerId?: string;
  readonly modes?: readonly Mode[];
  readonly reason?: Letter["reason"];
  /** Only those that nobody has resolved. */
  readonly open?: boolean;
}

const matching = (filter: LetterFilter) =>
  and(
    filter.customerId ? eq(deadLetters.customerId, filter.customerId) : undefined,
    filter.modes ? inArray(deadLetters.mode, [...filter.modes]) : undefined,
    filter.reason ? eq(deadLetters.reason, filter.reason) : undefined,
    filter.open ? isNull(deadLetters.resolvedAt) : undefined,
  );

/** The newest letters first, at most `limit` of them, and how many there are. For operators: of every brand. */
export async function listLetters(
  db: Db,
  filter: LetterFilter,
  limit: number,
): Promise<{ readonly letters: Letter[]; readonly total: number }> {
  const letters = await db
    .select()
    .from(deadLetters)
    .where(matching(filter))
    .orderBy(desc(deadLetters.createdAt), desc(deadLetters.id))
    .limit(limit);
  const [row] = await db.select({ total: count() }).from(deadLetters).where(matching(filter));
  return { letters, total: row?.total ?? 0 };
}

/** Ids of unresolved letters in the order in which they can be replayed: in their places first, along each chain. */
export async function replayable(db: Db, filter: LetterFilter): Promise<string[]> {
  const rows = await db
    .select({ id: deadLetters.id })
    .from(deadLetters)
    .where(matching({ ...filter, open: true }))
    .orderBy(
      desc(deadLetters.reason),
      asc(deadLetters.customerId),
      asc(deadLetters.mode),
      asc(deadLetters.epoch),
      asc(deadLetters.seq),
      asc(deadLetters.createdAt),
    );
  return rows.map((row) => row.id);
}

/** One letter by its id; null where there is none. For operators: of every brand. */
export async function letterById(db: Db, id: string): Promise<Letter | null> {
  if (!isUuid(id)) return null;
  const [letter] = await db.select().from(deadLetters).where(eq(deadLetters.id, id));
  return letter ?? null;
}
