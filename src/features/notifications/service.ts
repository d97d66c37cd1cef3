import { and, eq, inArray, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { outgoingMails } from "@/db/schema/mail";
import { memberships } from "@/db/schema/people";
import { type CustomerId, uuidv7 } from "@/lib/ids";

/** A mail as the feature that has something to tell hands it over. */
export interface Mail {
  /** What it tells of, such as `receipt:in_123`; at most 200 characters. The same key is told to the same person once. */
  readonly key: string;
  /** Which template, such as `billing.receipt`. */
  readonly kind: string;
  /** What the template is filled with, as JSON. */
  readonly facts: Record<string, unknown>;
  /** Who of the brand gets it. */
  readonly roles: readonly ("viewer" | "manager" | "admin")[];
}

/**
 * Puts a mail on its way to everybody of the brand who has one of the roles. Takes the transaction of what the mail tells,
 * so that neither happens without the other; a second call with the same key changes nothing.
 */
export async function queueMail(tx: Tx, customerId: CustomerId, mail: Mail): Promise<void> {
  const people = await tx
    .select({ userId: memberships.userId })
    .from(memberships)
    .where(and(eq(memberships.customerId, customerId), inArray(memberships.role, [...mail.roles])));
  if (people.length === 0) return;
  const { key, kind, facts } = mail;
  await tx
    .insert(outgoingMails)
    .values(people.map(({ userId }) => ({ id: uuidv7(), customerId, userId, key, kind, facts })))
    .onConflictDoNothing({ target: [outgoingMails.customerId, outgoingMails.key, outgoingMails.userId] });
}

/** A mail to one person, or to an address behind which there is no account yet. */
export interface MailToOne extends Omit<Mail, "roles"> {
  /** The brand it tells of, if any. */
  readonly customerId: string | null;
  readonly userId: string | null;
  /** Where it goes; without it, to the person's own address of the day it is sent. */
  readonly address?: string;
}

/** Puts a mail to one person or address on its way, in the transaction of what it tells. */
export async function queueMailTo(tx: Tx, mail: MailToOne): Promise<void> {
  await tx
    .insert(outgoingMails)
    .values({ id: uuidv7(), ...mail, address: mail.address ?? null })
    .onConflictDoNothing({ target: [outgoingMails.customerId, outgoingMails.key, outgoingMails.userId] });
}

/** Has mails that were given up tried again, with three days from now; for operators. Without ids, all of them. */
export async function retryMails(db: Db, ids?: readonly string[]): Promise<number> {
  const again = await db
    .update(outgoingMails)
    .set({ status: "queued", attempts: 0, dueAt: sql`now()`, createdAt: sql`now()` })
    .where(and(eq(outgoingMails.status, "failed"), ids ? inArray(outgoingMails.id, [...ids]) : undefined))
    .returning({ id: outgoingMails.id });
  return again.length;
}
