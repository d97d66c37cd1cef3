import { eq, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { meteringPartitions } from "@/db/schema/metering";
import { accountOf, mintCustomerId } from "@/lib/ids";
import type { Redis } from "@/lib/redis";
import { READ_OUTBOX } from "../edge/lua/outbox";
import { RETIRE } from "../edge/lua/state";
import { runScript } from "../edge/service";
import { type LedgerEvent, readEntry, type Unplaced, type UnreadableEvent, unpackEvent } from "../ledger/rules";
import { type Recorded, recordEvents } from "../ledger/service";
import { accountKey, catalogKey, outboxKey, parseAccountName } from "../rules";
import { FIRST_BATCH, nextBatch } from "./rules";

/** Advisory locks of metering are `(LOCK_CLASS, partition)`: whoever drains or hydrates a partition holds its lock. */
export const LOCK_CLASS = 7_283;

/** How many events each partition's next batch may hold, as this process has learnt. */
const sizes = new Map<number, number>();

export interface DrainDeps {
  readonly db: Db;
  readonly redis: Redis;
  /** Called at each point at which a crash would matter; tests crash there. */
  readonly at?: (point: "read" | "written" | "committed" | "deleted") => Promise<void> | void;
}

export interface DrainResult {
  written: number;
  reread: number;
  poisoned: number;
  forked: number;
  /** True where another drain held the partition: nothing was done, and that one does it. */
  busy: boolean;
}

/** Thrown where Redis could not be read; nothing was changed. */
export class OutboxUnavailable extends Error {}

interface Batch {
  readonly runId: string;
  /** How many events it could have held. */
  readonly asked: number;
  readonly ids: string[];
  readonly entries: (LedgerEvent | UnreadableEvent | Unplaced)[];
}

/** Events as Redis lists them: id and [field, value, …] each. */
function batchOf(runId: string, asked: number, raw: readonly (readonly [string, readonly string[]])[]): Batch {
  const batch: Batch = { runId, asked, ids: [], entries: [] };
  for (const [streamId, flat] of raw) {
    const fields: Record<string, string> = {};
    for (let i = 0; i + 1 < flat.length; i += 2) fields[flat[i] as string] = flat[i + 1] as string;
    batch.ids.push(streamId);
    batch.entries.push(readEntry(streamId, unpackEvent(fields)));
  }
  return batch;
}

/** The head of a partition's outbox, in order: at most `size` events. */
async function readBatch(redis: Redis, partition: number, size: number): Promise<Batch> {
  try {
    const reply = await redis.eval(READ_OUTBOX, [outboxKey(partition)], [String(size)]);
    const [runId, raw] = reply as [string, [string, string[]][]];
    return batchOf(runId, size, raw);
  } catch (error) {
    throw new OutboxUnavailable("Redis could not be read", { cause: error });
  }
}

/**
 * What follows a batch in the outbox, read while that one is being written. Should another process take the partition
 * between the two, it has written these events first, and ours are a re-read. Null where it could not be read: the next
 * batch is then read as the first one was.
 */
async function readAhead(redis: Redis, partition: number, after: Batch, size: number): Promise<Batch | null> {
  const last = after.ids.at(-1);
  if (last === undefined) return null;
  try {
    const raw: unknown = await redis.xrange(outboxKey(partition), `(${last}`, "+", size);
    const batch = batchOf(after.runId, size, raw as [string, string[]][]);
    return batch.ids.length > 0 ? batch : null;
  } catch {
    return null;
  }
}

/**
 * Notices that another Redis answers than last time: it may have lost its tail, so every account of the partition is
 * retired by raising its generation, and hydrates before it is used again. What its outbox still holds is drained as
 * usual; what does not fit any more is quarantined there.
 */
async function noticeRestart(tx: Tx, redis: Redis, partition: number, runId: string): Promise<void> {
  if (runId === "") return;
  const [known] = await tx
    .select()
    .from(meteringPartitions)
    .where(eq(meteringPartitions.partition, partition))
    .for("update");
  if (!known || known.redisRunId === runId) return;
  const generation = known.redisRunId === null ? known.generation : known.generation + 1;
  await tx
    .update(meteringPartitions)
    .set({ redisRunId: runId, generation })
    .where(eq(meteringPartitions.partition, partition));
  // First the catalogue's generation goes, so that nothing is consumed on old state while this transaction commits;
  // the next consume has it loaded again, from the row this transaction writes.
  if (generation !== known.generation) await redis.hdel(catalogKey(partition), "gen");
}

/**
 * Moves what a partition's outbox holds into the ledger. One at a time per partition, by an advisory lock of the
 * transaction; each batch is read from the head in order, written, committed, and only then deleted, so that a kill at
 * any point leads to a re-read and never to a loss. Batches grow while there is more than fits, and shrink where they
 * take long.
 * @throws OutboxUnavailable where Redis is away, or what the driver throws where Postgres is
 */
export async function drainPartition(deps: DrainDeps, partition: number): Promise<DrainResult> {
  const total: DrainResult = { written: 0, reread: 0, poisoned: 0, forked: 0, busy: false };
  let ahead: Batch | null = null;
  for (;;) {
    const size = sizes.get(partition) ?? FIRST_BATCH;
    const start = performance.now();
    const took = () => performance.now() - start;
    const done: Drained | null = await drainBatch(deps, partition, size, ahead).catch((error: unknown) => {
      sizes.set(partition, nextBatch(size, null, took()));
      throw error;
    });
    if (!done) return { ...total, busy: true };
    if (!done.recorded) return total;
    const next = nextBatch(done.batch.asked, done.batch.ids.length, took());
    sizes.set(partition, next);
    await deps.at?.("committed");
    await retire(deps.redis, done.recorded.retire);
    await deps.redis.xdel(outboxKey(partition), done.batch.ids);
    await deps.at?.("deleted");
    total.written += done.recorded.written;
    total.reread += done.recorded.reread;
    total.poisoned += done.recorded.poisoned;
    total.forked += done.recorded.forked;
    ahead = cut(await done.ahead, next);
  }
}

/** The first events of a batch that has turned out to be more than should be written at once. */
const cut = (batch: Batch | null, size: number): Batch | null =>
  batch && batch.ids.length > size
    ? { ...batch, asked: size, ids: batch.ids.slice(0, size), entries: batch.entries.slice(0, size) }
    : batch;

interface Drained {
  readonly batch: Batch;
  /** Null where the outbox is empty. */
  readonly recorded: Recorded | null;
  /** What follows it, where it was as large as it may be. */
  readonly ahead: Promise<Batch | null>;
}

/** One transaction of a drain; null where somebody else holds the partition. */
const drainBatch = (deps: DrainDeps, partition: number, size: number, read: Batch | null): Promise<Drained | null> =>
  deps.db.transaction(async (tx) => {
    const [lock] = await tx.execute(sql`select pg_try_advisory_xact_lock(${LOCK_CLASS}, ${partition}) as held`);
    if (!lock?.held) return null;
    const batch = read ?? (await readBatch(deps.redis, partition, size));
    const events = batch.ids.length;
    const full = events >= batch.asked;
    const ahead = full ? readAhead(deps.redis, partition, batch, nextBatch(events, events, 0)) : Promise.resolve(null);
    await deps.at?.("read");
    await noticeRestart(tx, deps.redis, partition, batch.runId);
    const recorded = events === 0 ? null : await recordEvents(tx, partition, batch.entries);
    await tx.execute(sql`
      update metering_partitions set last_drained_at = now(), drained_events = drained_events + ${events}::bigint
      where partition = ${partition}`);
    if (recorded) await deps.at?.("written");
    return { batch, recorded, ahead };
  });

/** Closes accounts whose chain broke or whose epoch is over, so that the next use hydrates them under a new one. */
async function retire(redis: Redis, accounts: Recorded["retire"]): Promise<void> {
  for (const { account: name, epoch } of accounts) {
    const account = parseAccountName(name);
    if (!account) continue;
    const key = accountKey(accountOf(mintCustomerId(account.customerId), account.mode));
    const answer = await runScript(redis, RETIRE, [key], [String(epoch)]);
    if (answer.kind !== "reply") throw new OutboxUnavailable("An account with a broken chain could not be retired");
  }
}

/** The partitions whose outbox holds something, in one call. */
export async function partitionsWithEvents(redis: Redis, partitions: readonly number[]): Promise<number[]> {
  const pipeline = redis.pipeline();
  for (const partition of partitions) pipeline.xlen(outboxKey(partition));
  const lengths = await pipeline.exec<number[]>();
  return partitions.filter((_, i) => Number(lengths[i]) > 0);
}
