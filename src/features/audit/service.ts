import { eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { beforeCommit } from "@/db/last-work";
import { auditHeads, auditLog } from "@/db/schema/audit";
import type { Scope } from "@/lib/context";
import { env } from "@/lib/env";
import type { CustomerId } from "@/lib/ids";
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
 * The line is written when the transaction is about to commit, because it is the next of the brand's chain, whose end stays
 * locked from then on: nobody waits for it who holds what another wants, and nobody for longer than a commit takes.
 */
export async function recordAudit(tx: Tx, scope: Scope, event: AuditEvent): Promise<void> {
  const { customerId, actor } = scope;
  // As it is now, and as the database will give it back: without what is undefined, with dates as text.
  const details = JSON.parse(JSON.stringify(event.details ?? {})) as Record<string, unknown>;
  beforeCommit(tx, write, { customerId, actor, ...event, details });
}

type Line = Scope & AuditEvent;

/** Adds lines to the chains of their brands, brand by brand in the order of their ids. */
async function write(tx: Tx, lines: readonly Line[]): Promise<void> {
  const brands = new Set(lines.map(({ customerId }) => customerId));
  for (const customerId of [...brands].toSorted()) {
    await extend(
      tx,
      customerId,
      lines.filter((line) => line.customerId === customerId),
    );
  }
}

async function extend(tx: Tx, customerId: CustomerId, lines: readonly Line[]): Promise<void> {
  const key = chainKey(env().API_KEY_PEPPER);
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
  let end = {
    customerId,
    seq: head.seq,
    hash: follows(key, { customerId, seq: head.seq, hash: head.hash }, head.seal),
  };
  const rows = lines.map(({ actor, action, subject, details = {} }) => {
    const row = {
      customerId,
      seq: end.seq + 1,
      createdAt: new Date(head.now),
      actorType: actor.type,
      actorId: actor.id,
      action,
      subject,
      details,
    };
    end = { customerId, seq: row.seq, hash: hashOf(key, end.hash, row) };
    return { ...row, hash: end.hash };
  });
  // On the way together: whoever waits for this brand's chain waits for one answer less.
  await Promise.all([
    tx.insert(auditLog).values(rows),
    tx
      .update(auditHeads)
      .set({ seq: end.seq, hash: end.hash, seal: sealOf(key, end) })
      .where(eq(auditHeads.customerId, customerId)),
  ]);
}
