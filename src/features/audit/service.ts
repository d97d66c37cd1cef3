import { eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { auditHeads, auditLog } from "@/db/schema/audit";
import type { Scope } from "@/lib/context";
import { env } from "@/lib/env";
import { chainKey, follows, hashOf, START, sealOf } from "./chain/rules";

/** One line of the audit log. */
export interface AuditEvent {
  /** A dotted verb in the past tense, such as `key.created`; at most 60 characters. */
  readonly action: string;
  /** What it was done to, such as a key's id. */
  readonly subject: string;
  /** What changed. Never a secret, a hash or a password. */
  readonly details?: Record<string, unknown>;
}

/**
 * Notes who did what. Takes the transaction of the change itself, so that there is neither a change without its line
 * nor a line without its change.
 *
 * The line is the next of the brand's chain, whose end stays locked until the transaction is over: others of the same
 * brand wait for it. Call it last where you can, and for several brands in the order of their ids, or two may wait for
 * each other.
 */
export async function recordAudit(tx: Tx, scope: Scope, event: AuditEvent): Promise<void> {
  const key = chainKey(env().API_KEY_PEPPER);
  const { customerId } = scope;
  const start = { customerId, seq: 0, hash: START };
  const [head] = await tx
    .insert(auditHeads)
    .values({ ...start, seal: sealOf(key, start) })
    // Nothing changes, and the row is locked as if something had.
    .onConflictDoUpdate({ target: auditHeads.customerId, set: { seq: sql`${auditHeads.seq}` } })
    .returning({
      seq: auditHeads.seq,
      hash: auditHeads.hash,
      seal: auditHeads.seal,
      // Of this moment, not of the transaction's beginning: who waited for the lock comes later.
      now: sql<string>`to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    });
  if (!head) throw new Error("The end of the audit log was neither made nor found");
  const row = {
    customerId,
    seq: head.seq + 1,
    createdAt: new Date(head.now),
    actorType: scope.actor.type,
    actorId: scope.actor.id,
    action: event.action,
    subject: event.subject,
    // As the database will give it back: without what is undefined, with dates as text.
    details: JSON.parse(JSON.stringify(event.details ?? {})) as Record<string, unknown>,
  };
  const hash = hashOf(key, follows(key, { customerId, seq: head.seq, hash: head.hash }, head.seal), row);
  await tx.insert(auditLog).values({ ...row, hash });
  await tx
    .update(auditHeads)
    .set({ seq: row.seq, hash, seal: sealOf(key, { customerId, seq: row.seq, hash }) })
    .where(eq(auditHeads.customerId, customerId));
}
