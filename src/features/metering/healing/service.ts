import { and, eq, sql } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import { listOf } from "@/db/array";
import type { Tx } from "@/db/client";
import { deadLetters, meteringAccounts } from "@/db/schema/metering";
import type { AccountId } from "@/lib/ids";
import { computeAccount, lettersOf } from "../account/service";
import { writeEntries } from "../entries/service";
import { type LedgerEvent, readEntry } from "../ledger/rules";
import { isPoison } from "../ledger/service";
import { type Posting, post, type Standing } from "./rules";

/**
 * Posts again, under the epoch that is being opened, what was acknowledged and has lost its place in the chain: uses, as
 * far as the balance covers them, reservations and what became of them. Grants, refunds and corrections come back by their
 * intents, expiries by themselves. What cannot be posted is counted, and every letter says what became of it.
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
  let standing: Standing = { grants: computed.grants, holds: new Map(computed.holds.map((hold) => [hold.id, hold])) };
  let balance = head?.balance ?? 0;
  let seq = 0;
  let lost = 0;

  for (const { letter, event } of events) {
    if (!("kind" in event)) {
      verdicts.set(letter.id, "cannot be read");
      continue;
    }
    if (known.has(event.operationId)) {
      verdicts.set(letter.id, "is in the ledger already");
      continue;
    }
    const outcome = post(standing, event);
    const written =
      "posting" in outcome && (await tryWrite(tx, entryOf(event, outcome.posting, epoch, seq + 1, balance)));
    if ("posting" in outcome && written) {
      standing = outcome.standing;
      seq++;
      balance += outcome.posting.delta;
      known.add(event.operationId);
      verdicts.set(letter.id, "posted again");
    } else {
      if (event.kind === "usage" || event.kind === "settle") lost += event.tokens;
      verdicts.set(letter.id, "posting" in outcome ? "cannot be written: lost" : outcome.verdict);
    }
  }

  if (seq > 0) await tx.update(meteringAccounts).set({ seq, balance }).where(ofAccount(meteringAccounts, account));
  for (const [id, verdict] of verdicts) {
    await tx
      .update(deadLetters)
      .set({ resolvedAt: new Date(), resolution: `${verdict} (epoch ${epoch})` })
      .where(and(eq(deadLetters.id, id), eq(deadLetters.customerId, account.customerId)));
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

/** Writes one entry; false where it can never be written. One that cannot must not keep the account closed for ever. */
async function tryWrite(tx: Tx, entry: LedgerEvent): Promise<boolean> {
  try {
    await tx.transaction((nested) => writeEntries(nested, [entry]));
    return true;
  } catch (error) {
    if (!isPoison(error)) throw error;
    return false;
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
