import type { Tx } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import type { Scope } from "@/lib/context";

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
 */
export async function recordAudit(tx: Tx, scope: Scope, event: AuditEvent): Promise<void> {
  await tx.insert(auditLog).values({
    customerId: scope.customerId,
    actorType: scope.actor.type,
    actorId: scope.actor.id,
    action: event.action,
    subject: event.subject,
    details: event.details ?? {},
  });
}
