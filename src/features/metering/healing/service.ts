import { and, eq, sql } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import { listOf } from "@/db/array";
import type { Tx } from "@/db/client";
import { deadLetters, meteringAccounts } from "@/db/schema/metering";
import type { AccountId } from "@/lib/ids";
import { computeAccount, lettersOf } from "../account/service";
import { isPoison, reasonOf, writeEntries } from "../entries/service";
import { isUse, type LedgerEvent, readEntry } from "../ledger/rules";
import { type Posting, post, type Standing } from "./rules";

/**
 * Posts again, under the epoch that is being opened, what was acknowledged and has lost its place in the chain: uses, as
 * far as the balance covers them, reservations and what became of them. Grants, refunds and corrections come back by their
 * intents, expiries by themselves. What cannot be posted is counted, and every letter says what became of it. What cannot
 * be read, or Postgres refuses, stays an open letter, and so does the end of such a reservation: nothing is lost as long as
 * somebody may still mend the cause.
 * The caller holds the partition's drain lock and the account's row lock.
 * @returns how many were posted, and tokens that were acknowledged and that nothing covers
 */
export async function healForks(tx: Tx, account: AccountId, epoch: number): Promise<{ posted: number; lost: number }> {
  const letters = await lettersOf(tx, account, "fork");
  if (letters.length === 0) return { posted: 0, lost: 0 };
  const events = letters.map((letter) => ({ letter, event: readEntry(letter.streamId, letter.fields) }));
  const known = await operationsOf(
    tx,
    account,
    letters.map((letter) => letter.fields.o ?? ""),
  );
  const computed = await computeAccount(tx, account);
  const [head] = await tx.select().from(meteringAccounts).where(ofAccount(meteringAccounts, account));
  const verdicts = new Map<string, string>();
  const refused = new Map<string, string>();
  /** Reservations whose hold is refused. */
  const waiting = new Set<string>();
  let standing: Standing = { grants: computed.grants, holds: new Map(computed.holds.map((hold) => [hold.id, hold])) };
  let balance = head?.balance ?? 0;
  let seq = 0;
  let lost = 0;

  for (const { letter, event } of events) {
    if (!("kind" in event)) continue;
    if (known.has(event.operationId)) {
      verdicts.set(letter.id, "is in the ledger already");
      continue;
    }
    if (event.reservationId && waiting.has(event.reservationId)) continue;
    const outcome = post(standing, event);
    if (!("posting" in outcome)) {
      if (isUse(event)) lost += event.tokens;
      verdicts.set(letter.id, outcome.verdict);
      continue;
    }
    const error = await tryWrite(tx, entryOf(event, outcome.posting, epoch, seq + 1, balance));
    if (error !== null) {
      refused.set(letter.id, error);
      if (event.kind === "hold" && event.reservationId) waiting.add(event.reservationId);
      continue;
    }
    standing = outcome.standing;
    seq++;
    balance += outcome.posting.delta;
    known.add(event.operationId);
    verdicts.set(letter.id, "posted again");
  }

  if (seq > 0) await tx.update(meteringAccounts).set({ seq, balance }).where(ofAccount(meteringAccounts, account));
  const own = (id: string) => and(eq(deadLetters.id, id), eq(deadLetters.customerId, account.customerId));
  for (const [id, verdict] of verdicts) {
    await tx
      .update(deadLetters)
      .set({ resolvedAt: new Date(), resolution: `${verdict} (epoch ${epoch})` })
      .where(own(id));
  }
  for (const [id, error] of refused) {
    await tx
      .update(deadLetters)
      .set({ error: error.slice(0, 2000) })
      .where(own(id));
  }
  return { posted: seq, lost };
}

const entryOf = (event: LedgerEvent, posting: Posting, epoch: number, seq: number, balance: number): LedgerEvent => ({
  ...event,
  ...posting,
  epoch,
  seq,
  balanceAfter: balance + posting.delta,
});

/**
 * Writes one entry. One that cannot be written must not keep the account closed for ever.
 * @returns null, or why it can never be written as it is
 */
async function tryWrite(tx: Tx, entry: LedgerEvent): Promise<string | null> {
  try {
    await tx.transaction((nested) => writeEntries(nested, [entry]));
    return null;
  } catch (error) {
    if (!isPoison(error)) throw error;
    return reasonOf(error);
  }
}

/** Which of some operations the ledger, or a letter that waits in its place, holds already. */
async function operationsOf(tx: Tx, account: AccountId, operations: readonly string[]): Promise<Set<string>> {
  const own = sql`customer_id = ${account.customerId} and mode = ${account.mode}`;
  const rows = await tx.execute(sql`
    select operation_id from ledger_entries where ${own} and operation_id = any(${listOf(operations)}::text[])
    union all
    select fields->>'o' from dead_letters where ${own} and reason = 'poison' and resolved_at is null`);
  return new Set(rows.map((row) => String(row.operation_id)));
}
