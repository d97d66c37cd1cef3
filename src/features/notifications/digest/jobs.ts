import { and, asc, eq, inArray, lte, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { notifications } from "@/db/schema/notifications";
import { mintCustomerId } from "@/lib/ids";
import { mailTo } from "../service";

/** How many people's digests are put together in one round. */
const AT_ONCE = 50;
/** How many things one digest names; what is beyond them is counted. */
const MOST = 50;

/**
 * Puts what waits for a digest into one mail a person, and the mail into the queue, in one transaction: a kill leaves all of
 * it for the next round, and two at once make one mail.
 */
export async function sendDigests({ db }: { readonly db: Db }): Promise<number> {
  const due = await db
    .selectDistinct({ customerId: notifications.customerId, userId: notifications.userId })
    .from(notifications)
    .where(lte(notifications.digestAt, sql`now()`))
    .limit(AT_ONCE);
  let made = 0;
  for (const person of due) if (await digestOf(db, person)) made++;
  return made;
}

const digestOf = (db: Db, { customerId, userId }: { customerId: string; userId: string }): Promise<boolean> =>
  db.transaction(async (tx) => {
    const rows = await tx
      .select()
      .from(notifications)
      .where(
        and(
          eq(notifications.customerId, customerId),
          eq(notifications.userId, userId),
          lte(notifications.digestAt, sql`now()`),
        ),
      )
      .orderBy(asc(notifications.createdAt))
      .for("update", { skipLocked: true });
    const [first] = rows;
    if (!first) return false;
    await tx
      .update(notifications)
      .set({ digestAt: null, digestedAt: sql`now()` })
      .where(
        inArray(
          notifications.id,
          rows.map(({ id }) => id),
        ),
      );
    const items = rows
      .slice(0, MOST)
      .map(({ title, body, tone, href, createdAt }) => ({ title, body, tone, href, at: createdAt.toISOString() }));
    const facts = { items, more: rows.length - items.length };
    const mail = { key: `digest:${first.id}`, kind: "notifications.digest", facts };
    await mailTo(tx, mintCustomerId(customerId), [userId], mail);
    return true;
  });
