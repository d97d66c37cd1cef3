import { and, eq, gt, inArray, isNull, lt, or, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/client";
import { mailLinks, users } from "@/db/schema/people";
import { env } from "@/lib/env";
import { uuidv7 } from "@/lib/ids";
import { hashOfSecret, isLinkSecret, newMailLink } from "@/lib/mail-link";

/** What a link is for, and how many minutes it works. */
export const LIFETIMES = { sign_up: 24 * 60, sign_in: 15, reset: 60, verify: 24 * 60, change_email: 24 * 60 } as const;
export type Purpose = keyof typeof LIFETIMES;

export type MailLink = typeof mailLinks.$inferSelect;

/**
 * Writes a link down.
 * @returns the nonce that its mail is queued with; the secret is made of it when the mail goes out
 */
export async function issueLink(
  tx: Tx,
  link: {
    readonly purpose: Purpose;
    readonly address: string;
    readonly userId: string | null;
    readonly details?: Record<string, unknown>;
  },
): Promise<string> {
  const { nonce, hash } = newMailLink(env().AUTH_SECRET);
  await tx.insert(mailLinks).values({
    id: uuidv7(),
    hash,
    purpose: link.purpose,
    address: link.address.toLowerCase(),
    userId: link.userId,
    details: link.details ?? {},
    expiresAt: sql`now() + make_interval(mins => ${LIFETIMES[link.purpose]})`,
  });
  // Nobody asks for what is long over, and it names people.
  await tx.delete(mailLinks).where(lt(mailLinks.expiresAt, sql`now() - interval '7 days'`));
  return nonce;
}

const working = (purpose: Purpose, secret: string) =>
  and(
    eq(mailLinks.hash, hashOfSecret(secret)),
    eq(mailLinks.purpose, purpose),
    isNull(mailLinks.usedAt),
    gt(mailLinks.expiresAt, sql`now()`),
  );

/** A link that works, left as it is: for the page that asks whether to go on. Programs that look into mail open pages too. */
export async function peekLink(db: Reader, purpose: Purpose, secret: unknown): Promise<MailLink | null> {
  if (!isLinkSecret(secret)) return null;
  const [row] = await db.select().from(mailLinks).where(working(purpose, secret)).limit(1);
  return row ?? null;
}

/** Uses a link up: of several who try at once, one gets it. Null where it is unknown, over, used, or for something else. */
export async function spendLink(tx: Tx, purpose: Purpose, secret: unknown): Promise<MailLink | null> {
  if (!isLinkSecret(secret)) return null;
  const [row] = await tx.update(mailLinks).set({ usedAt: sql`now()` }).where(working(purpose, secret)).returning();
  return row ?? null;
}

/**
 * Puts an end to what is still under way to a person: after a new password or address, older links open nothing. A link of a
 * sign-up knows no person yet; one to an address that has come by an account signs in to that.
 */
export async function voidLinks(tx: Tx, userId: string): Promise<void> {
  const theirs = tx
    .select({ address: sql<string>`lower(${users.email})` })
    .from(users)
    .where(eq(users.id, userId));
  const signUps = and(eq(mailLinks.purpose, "sign_up"), inArray(mailLinks.address, theirs));
  await tx
    .update(mailLinks)
    .set({ usedAt: sql`now()` })
    .where(and(or(eq(mailLinks.userId, userId), signUps), isNull(mailLinks.usedAt)));
}
