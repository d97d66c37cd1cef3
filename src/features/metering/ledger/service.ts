import { and, eq, sql } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import { listOf } from "@/db/array";
import type { Tx } from "@/db/client";
import { deadLetters, ledgerEntries } from "@/db/schema/metering";
import { uuidv7 } from "@/lib/ids";
import { isPoison, reasonOf, writeEntries } from "../entries/service";
import { type Head, type LedgerEvent, type Place, placeOf, type Unplaced, type UnreadableEvent } from "./rules";

/** What a batch from the outbox came to. */
export interface Recorded {
  written: number;
  /** Entries that were there already: the batch had been written before, and only its deletion was missed. */
  reread: number;
  poisoned: number;
  forked: number;
  /** Accounts that Redis must not go on with, and the last of their epochs that is over. */
  retire: { readonly account: string; readonly epoch: number }[];
}

/** What an outbox holds, as far as it could be read. */
type Entry = LedgerEvent | UnreadableEvent | Unplaced;

/** The chain heads of a batch's accounts, locked for the rest of the transaction. */
async function lockHeads(tx: Tx, events: readonly Place[]): Promise<Map<string, Head>> {
  const each = [...new Map(events.map((event) => [event.account, event])).values()];
  if (each.length === 0) return new Map();
  const rows = await tx.execute(sql`
    select customer_id, mode, epoch, seq, balance, forked from metering_accounts
    where (customer_id, mode) in (select * from unnest(
      ${listOf(each.map((event) => event.customerId))}::uuid[], ${listOf(each.map((event) => event.mode))}::text[]))
    -- One order for everybody who locks several, so that two of them cannot wait for each other.
    order by customer_id, mode for update`);
  return new Map(
    rows.map((row) => [
      `${row.customer_id}:${row.mode}`,
      { epoch: Number(row.epoch), seq: Number(row.seq), balance: Number(row.balance), forked: row.forked === true },
    ]),
  );
}

/** Whether the place of each event is held by the same operation, in the ledger or among the dead letters. */
async function sameOperation(tx: Tx, event: Place): Promise<boolean> {
  const [entry] = await tx
    .select({ operationId: ledgerEntries.operationId })
    .from(ledgerEntries)
    .where(
      and(ofAccount(ledgerEntries, event), eq(ledgerEntries.epoch, event.epoch), eq(ledgerEntries.seq, event.seq)),
    );
  if (entry) return entry.operationId === event.operationId;
  const letters = await tx
    .select({ fields: deadLetters.fields })
    .from(deadLetters)
    .where(and(ofAccount(deadLetters, event), eq(deadLetters.epoch, event.epoch), eq(deadLetters.seq, event.seq)));
  return letters.some((letter) => letter.fields.o === event.operationId);
}

/** Keeps an entry that cannot be written, whole, so that nothing read from the outbox is ever only deleted. */
async function bury(
  tx: Tx,
  partition: number,
  reason: "poison" | "fork",
  error: string,
  entry: Place | Unplaced,
): Promise<void> {
  const { streamId, fields } = entry;
  const [there] = await tx
    .select({ id: deadLetters.id })
    .from(deadLetters)
    .where(
      and(
        eq(deadLetters.partition, partition),
        eq(deadLetters.streamId, streamId),
        sql`${deadLetters.fields} = ${JSON.stringify(fields)}::jsonb`,
      ),
    );
  if (there) return;
  const at = "account" in entry ? entry : null;
  await tx.insert(deadLetters).values({
    id: uuidv7(),
    partition,
    streamId,
    reason,
    error: error.slice(0, 2000),
    customerId: at?.customerId ?? null,
    mode: at?.mode ?? null,
    epoch: at?.epoch ?? null,
    seq: at?.seq ?? null,
    delta: at?.delta ?? null,
    balanceAfter: at?.balanceAfter ?? null,
    fields,
    // When it came in, not when the transaction began: an epoch may have been opened between the two.
    createdAt: sql`clock_timestamp()`,
  });
}

const advance = (heads: Map<string, Head>, event: Place): void => {
  const head = heads.get(event.account);
  if (head) Object.assign(head, { epoch: event.epoch, seq: event.seq, balance: event.balanceAfter });
};

/**
 * Writes what was read from the heads of one or several partitions' outboxes: ledger, usage, rollups, grants and chain
 * heads, in the caller's transaction. The caller holds the partitions' drain locks, gives each one's entries in their order,
 * and deletes from the outboxes only after the commit.
 *
 * An event is written only where it follows its account's chain. One whose place is held by the same operation is a
 * re-read and changes nothing. Anything else is a fork: it and all that follow in that epoch are quarantined, and the
 * account must be retired; an account that goes on in an epoch which is over must be too. An event that can never be
 * written is kept as a dead letter in its place of the chain, and the rest go on.
 * @throws what the driver throws where the fault is not the entries'; nothing is written then
 */
export async function recordEvents(
  tx: Tx,
  entries: readonly Entry[],
  partitionOf: (entry: Entry) => number,
): Promise<Recorded> {
  const recorded: Recorded = { written: 0, reread: 0, poisoned: 0, forked: 0, retire: [] };
  const placed: (LedgerEvent | UnreadableEvent)[] = [];
  for (const entry of entries) {
    if ("account" in entry) {
      placed.push(entry);
    } else {
      await bury(tx, partitionOf(entry), "poison", entry.error, entry);
      recorded.poisoned++;
    }
  }
  const heads = await lockHeads(tx, placed);
  const fresh: LedgerEvent[] = [];
  const over = new Map<string, number>();
  for (const event of placed) {
    const head = heads.get(event.account);
    const place = placeOf(head, event);
    if (place === "next") {
      if ("error" in event) {
        await bury(tx, partitionOf(event), "poison", event.error, event);
        recorded.poisoned++;
      } else {
        fresh.push(event);
      }
      advance(heads, event);
    } else if (place === "seen" && (await isReread(tx, event, fresh))) {
      recorded.reread++;
    } else {
      await bury(
        tx,
        partitionOf(event),
        "fork",
        head ? "The entry does not follow its account's chain" : "No such account",
        event,
      );
      recorded.forked++;
      if (!head) continue;
      // Of an epoch that is over, it says nothing about the one in force; but Redis may still be living in it.
      if (event.epoch >= head.epoch) head.forked = true;
      over.set(
        event.account,
        event.epoch >= head.epoch ? head.epoch : Math.max(event.epoch, over.get(event.account) ?? 0),
      );
    }
  }
  recorded.retire = Array.from(over, ([account, epoch]) => ({ account, epoch }));
  const lost = await writeAll(tx, fresh, partitionOf);
  recorded.poisoned += lost;
  recorded.written = fresh.length - lost;
  await saveHeads(tx, heads);
  return recorded;
}

const isReread = async (tx: Tx, event: Place, fresh: readonly LedgerEvent[]): Promise<boolean> =>
  fresh.some(
    (other) =>
      other.account === event.account &&
      other.epoch === event.epoch &&
      other.seq === event.seq &&
      other.operationId === event.operationId,
  ) || (await sameOperation(tx, event));

/**
 * Writes the batch at once; where Postgres refuses it, half by half and in order, so that only what is bad is left out: one
 * bad entry among thousands costs a dozen statements more, not thousands.
 * @returns how many were left out, as dead letters
 */
async function writeAll(
  tx: Tx,
  events: readonly LedgerEvent[],
  partitionOf: (event: LedgerEvent) => number,
): Promise<number> {
  if (events.length === 0) return 0;
  try {
    await tx.transaction((nested) => writeEntries(nested, events));
    return 0;
  } catch (error) {
    if (!isPoison(error)) throw error;
    const [only, ...more] = events;
    if (only && more.length === 0) {
      await bury(tx, partitionOf(only), "poison", reasonOf(error), only);
      return 1;
    }
  }
  const half = Math.ceil(events.length / 2);
  const first = await writeAll(tx, events.slice(0, half), partitionOf);
  return first + (await writeAll(tx, events.slice(half), partitionOf));
}

async function saveHeads(tx: Tx, heads: Map<string, Head>): Promise<void> {
  if (heads.size === 0) return;
  const rows = [...heads].map(([name, head]) => ({ customerId: name.slice(0, 36), mode: name.slice(37), ...head }));
  const col = (pick: (row: (typeof rows)[number]) => string | number | boolean) => listOf(rows.map(pick));
  await tx.execute(sql`
    update metering_accounts m
    set epoch = h.epoch, seq = h.seq, balance = h.balance, forked = h.forked, updated_at = now()
    from unnest(${col((r) => r.customerId)}::uuid[], ${col((r) => r.mode)}::text[], ${col((r) => r.epoch)}::bigint[],
      ${col((r) => r.seq)}::bigint[], ${col((r) => r.balance)}::bigint[], ${col((r) => r.forked)}::boolean[]
    ) as h(customer_id, mode, epoch, seq, balance, forked)
    where m.customer_id = h.customer_id and m.mode = h.mode`);
}
