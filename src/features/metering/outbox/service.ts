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
  readonly ids: string[];
  readonly entries: (LedgerEvent | UnreadableEvent | Unplaced)[];
}

/** The head of a partition's outbox, in order: at most `size` events. */
async function readBatch(redis: Redis, partition: number, size: number): Promise<Batch> {
  const key = outboxKey(partition);
  let reply: unknown;
  try {
    reply = await redis.eval(READ_OUTBOX, [key], [String(size)]);
  } catch (error) {
    throw new OutboxUnavailable("Redis could not be read", { cause: error });
  }
  const [runId, raw] = reply as [string, [string, string[]][]];
  const batch: Batch = { runId, ids: [], entries: [] };
  for (const [streamId, flat] of raw) {
    const fields: Record<string, string> = {};
    for (let i = 0; i + 1 < flat.length; i += 2) fields[flat[i] as string] = flat[i + 1] as string;
    batch.ids.push(streamId);
    batch.entries.push(readEntry(streamId, unpackEvent(fields)));
  }
  return batch;
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
  for (;;) {
    const size = sizes.get(partition) ?? FIRST_BATCH;
    const start = performance.now();
    const learn = (read: number | null) => sizes.set(partition, nextBatch(size, read, performance.now() - start));
    const done = await drainBatch(deps, partition, size).catch((error: unknown) => {
      learn(null);
      throw error;
    });
    if (!done) return { ...total, busy: true };
    if (!done.recorded) return total;
    learn(done.batch.ids.length);
    await deps.at?.("committed");
    await retire(deps.redis, done.recorded.retire);
    await deps.redis.xdel(outboxKey(partition), done.batch.ids);
    await deps.at?.("deleted");
    total.written += done.recorded.written;
    total.reread += done.recorded.reread;
    total.poisoned += done.recorded.poisoned;
    total.forked += done.recorded.forked;
  }
}

/** One transaction of a drain: null where somebody else holds the partition, and nothing recorded where it is empty. */
const drainBatch = (
  deps: DrainDeps,
  partition: number,
  size: number,
): Promise<{ readonly batch: Batch; readonly recorded: Recorded | null } | null> =>
  deps.db.transaction(async (tx) => {
    const [lock] = await tx.execute(sql`select pg_try_advisory_xact_lock(${LOCK_CLASS}, ${partition}) as held`);
    if (!lock?.held) return null;
    const batch = await readBatch(deps.redis, partition, size);
    await deps.at?.("read");
    await noticeRestart(tx, deps.redis, partition, batch.runId);
    const events = batch.ids.length;
    const recorded = events === 0 ? null : await recordEvents(tx, partition, batch.entries);
    await tx.execute(sql`
      update metering_partitions set last_drained_at = now(), drained_events = drained_events + ${events}::bigint
      where partition = ${partition}`);
    if (recorded) await deps.at?.("written");
    return { batch, recorded };
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
