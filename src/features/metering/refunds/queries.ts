import { and, eq, inArray, sql } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import type { Reader } from "@/db/client";
import { deadLetters, grants, ledgerEntries, reservations } from "@/db/schema/metering";
import type { AccountId } from "@/lib/ids";
import type { Grant } from "../rules";

/** How long tokens may be used that come back from a grant whose time is over, ms: 30 days. */
export const REFUND_GRANT_MS = 30 * 24 * 60 * 60 * 1000;

/** A use as the ledger holds it, with what it took from which grant. */
export interface Used {
  readonly usageId: string;
  readonly tokens: number;
  readonly appId: string;
  readonly at: Date;
  /** `remaining` is what it took; none for unlimited usage. */
  readonly parts: readonly Grant[];
}

/** A use of an account by its id, with the grants it burned as they are now; null where the ledger has none. */
export async function usedParts(db: Reader, account: AccountId, usageId: string): Promise<Used | null> {
  const [entry] = await db
    .select()
    .from(ledgerEntries)
    .where(and(ofAccount(ledgerEntries, account), eq(ledgerEntries.operationId, usageId)));
  if (!entry || (entry.kind !== "usage" && entry.kind !== "settle")) return null;
  const taken = new Map<string, number>();
  const take = (id: string, tokens: number) => taken.set(id, (taken.get(id) ?? 0) + tokens);
  if (entry.kind === "settle") {
    // What a settle used is what its hold took, less what came back.
    const [hold] = await db
      .select()
      .from(reservations)
      .where(and(ofAccount(reservations, account), eq(reservations.id, entry.reservationId ?? "")));
    for (const [id, tokens] of hold?.parts ?? []) take(id, tokens);
  }
  for (const [id, delta] of entry.grantParts) take(id, -delta);
  const rows = await db
    .select()
    .from(grants)
    .where(and(ofAccount(grants, account), inArray(grants.id, [...taken.keys()])));
  const parts = rows
    .map((row) => ({
      id: row.id,
      source: row.source,
      remaining: taken.get(row.id) ?? 0,
      expiresAt: row.expiresAt?.getTime() ?? 0,
    }))
    .filter((part) => part.remaining > 0);
  return { usageId, tokens: entry.tokens, appId: entry.appId ?? "", at: entry.occurredAt, parts };
}

/** A refund as the ledger holds it; null where there is none yet. */
export async function refundOf(db: Reader, account: AccountId, usageId: string) {
  const [entry] = await db
    .select()
    .from(ledgerEntries)
    .where(and(ofAccount(ledgerEntries, account), eq(ledgerEntries.operationId, `refund:${usageId}`)));
  return entry ?? null;
}

/** True where a use waits among the dead letters: it happened, and the ledger cannot tell of it yet. */
export async function isWaiting(db: Reader, account: AccountId, usageId: string): Promise<boolean> {
  const [letter] = await db
    .select({ id: deadLetters.id })
    .from(deadLetters)
    .where(
      and(
        ofAccount(deadLetters, account),
        sql`${deadLetters.fields}->>'o' = ${usageId}`,
        sql`${deadLetters.resolvedAt} is null`,
      ),
    );
  return letter !== undefined;
}
