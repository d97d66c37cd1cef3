import { and, eq, inArray, lt, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { outgoingMails } from "@/db/schema/mail";
import { customers, users } from "@/db/schema/people";
import { type EmailMessage, EmailRefused, type Mailer } from "@/lib/email";
import { logger } from "@/lib/logger";
import { MOST_ATTEMPTS, OLDEST_MS, pauseAfter } from "./rules";

/** A mail as it lies in the queue, with whom it goes to. */
export interface QueuedMail {
  readonly kind: string;
  readonly facts: Record<string, unknown>;
  readonly to: { readonly name: string; readonly brand: string; readonly timeZone: string };
}

/** A mail as it is handed to the mail server. */
export type RenderedMail = Pick<EmailMessage, "subject" | "html" | "text" | "files">;

export interface MailDeps {
  readonly db: Db;
  /** Undefined where no mail server is configured: nothing is sent then. */
  readonly mailer: Mailer | undefined;
  /** Writes a mail; the templates are the features' own. */
  readonly render: (mail: QueuedMail) => Promise<RenderedMail>;
}

/** How long whoever took a mail has it for itself: longer than any attempt takes. */
const LEASE = sql`interval '5 minutes'`;
const AT_ONCE = 8;

/**
 * Sends what is due, at most eight mails a call, and gives up what has waited too long. Several may run side by side.
 * A kill between the server's yes and our note of it sends the mail a second time, under the same Message-ID: mail has no
 * better promise than that.
 */
export async function sendMails({ db, mailer, render }: MailDeps): Promise<{ sent: number; failed: number }> {
  await giveUpOld(db);
  const result = { sent: 0, failed: 0 };
  if (!mailer) return result;
  for (const mail of await take(db)) {
    try {
      const { kind, facts, address, name, brand, timeZone } = mail;
      const written = await render({ kind, facts, to: { name, brand, timeZone } });
      await mailer.send({ id: mail.id, to: { name, address }, ...written });
    } catch (error) {
      result.failed++;
      await noteFailure(db, mail, error);
      continue;
    }
    result.sent++;
    await db
      .update(outgoingMails)
      .set({ status: "sent", sentAt: sql`now()`, lastError: null })
      .where(eq(outgoingMails.id, mail.id));
  }
  return result;
}

/** Takes mails that are due, for five minutes; whoever dies with one leaves it to the next. */
async function take(db: Db) {
  // As an array it is asked once: a subquery that is joined may be asked again for each row, and take more than its limit.
  const due = db
    .select({ id: outgoingMails.id })
    .from(outgoingMails)
    .where(and(eq(outgoingMails.status, "queued"), sql`${outgoingMails.dueAt} <= now()`))
    .orderBy(outgoingMails.dueAt)
    .limit(AT_ONCE)
    .for("update", { skipLocked: true });
  const taken = await db
    .update(outgoingMails)
    .set({ attempts: sql`${outgoingMails.attempts} + 1`, dueAt: sql`now() + ${LEASE}` })
    .where(sql`${outgoingMails.id} = any(array${due})`)
    .returning({ id: outgoingMails.id });
  if (taken.length === 0) return [];
  return db
    .select({
      id: outgoingMails.id,
      kind: outgoingMails.kind,
      facts: outgoingMails.facts,
      attempts: outgoingMails.attempts,
      address: sql<string>`coalesce(${outgoingMails.address}, ${users.email})`,
      name: sql<string>`coalesce(${users.name}, '')`,
      brand: sql<string>`coalesce(${customers.name}, '')`,
      timeZone: sql<string>`coalesce(${customers.timeZone}, 'UTC')`,
    })
    .from(outgoingMails)
    .leftJoin(users, eq(users.id, outgoingMails.userId))
    .leftJoin(customers, eq(customers.id, outgoingMails.customerId))
    .where(
      inArray(
        outgoingMails.id,
        taken.map(({ id }) => id),
      ),
    );
}

async function noteFailure(db: Db, mail: { id: string; kind: string; attempts: number }, error: unknown) {
  const over = error instanceof EmailRefused || mail.attempts >= MOST_ATTEMPTS;
  logger.warn({ mail: mail.id, kind: mail.kind, attempt: mail.attempts, over, err: error }, "a mail was not sent");
  await db
    .update(outgoingMails)
    .set({
      status: over ? "failed" : "queued",
      lastError: error instanceof Error ? error.message.slice(0, 500) : String(error).slice(0, 500),
      dueAt: sql`now() + ${pauseAfter(mail.attempts)} * interval '1 millisecond'`,
    })
    .where(eq(outgoingMails.id, mail.id));
}

async function giveUpOld(db: Db): Promise<void> {
  await db
    .update(outgoingMails)
    .set({ status: "failed", lastError: sql`coalesce(${outgoingMails.lastError}, 'not sent within three days')` })
    .where(
      and(
        eq(outgoingMails.status, "queued"),
        lt(outgoingMails.createdAt, sql`now() - ${OLDEST_MS} * interval '1 millisecond'`),
      ),
    );
}
