import { and, count, desc, eq, isNotNull, or, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { outgoingMails } from "@/db/schema/mail";
import { customers, users } from "@/db/schema/people";

/** A mail that was given up, or that has failed and will be tried again. */
export interface TroubledMail {
  readonly id: string;
  readonly kind: string;
  readonly brand: string;
  readonly address: string;
  readonly status: "queued" | "failed";
  readonly attempts: number;
  readonly dueAt: Date;
  readonly lastError: string | null;
  readonly createdAt: Date;
}

/** Mails of all brands that did not go out, the newest first; for operators. */
export async function troubledMails(db: Reader, limit: number): Promise<TroubledMail[]> {
  const rows = await db
    .select({
      id: outgoingMails.id,
      kind: outgoingMails.kind,
      brand: sql<string>`coalesce(${customers.name}, 'no brand')`,
      address: sql<string>`coalesce(${outgoingMails.address}, ${users.email})`,
      status: outgoingMails.status,
      attempts: outgoingMails.attempts,
      dueAt: outgoingMails.dueAt,
      lastError: outgoingMails.lastError,
      createdAt: outgoingMails.createdAt,
    })
    .from(outgoingMails)
    .leftJoin(customers, eq(customers.id, outgoingMails.customerId))
    .leftJoin(users, eq(users.id, outgoingMails.userId))
    .where(
      or(
        eq(outgoingMails.status, "failed"),
        and(eq(outgoingMails.status, "queued"), isNotNull(outgoingMails.lastError)),
      ),
    )
    .orderBy(desc(outgoingMails.createdAt))
    .limit(limit);
  return rows.flatMap(({ status, ...row }) => (status === "sent" ? [] : [{ ...row, status }]));
}

/** How many mails of all brands wait, went out and were given up. */
export async function mailCounts(db: Reader): Promise<Record<"queued" | "sent" | "failed", number>> {
  const rows = await db
    .select({ status: outgoingMails.status, n: count() })
    .from(outgoingMails)
    .groupBy(outgoingMails.status);
  const found = Object.fromEntries(rows.map(({ status, n }) => [status, n]));
  return { queued: found.queued ?? 0, sent: found.sent ?? 0, failed: found.failed ?? 0 };
}
