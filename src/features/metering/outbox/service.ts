import { eq, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { meteringPartitions, meteringRestarts } from "@/db/schema/metering";
import { accountOf, mintCustomerId, uuidv7 } from "@/lib/ids";
import type { Redis } from "@/lib/redis";
import { READ_OUTBOX } from "../edge/lua/outbox";
import { RETIRE } from "../edge/lua/state";
import { runScript } from "../edge/service";
import { type LedgerEvent, readEntry, type Unplaced, type UnreadableEvent, unpackEvent } from "../ledger/rules";
import { type Recorded, recordEvents } from "../ledger/service";
import { accountKey, catalogKey, markKey, outboxKey, parseAccountName } from "../rules";
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
  /** True where its turn was over before the outbox was empty. */
  more: boolean;
}

/** Thrown where Redis could not be read; nothing was changed. */
export class OutboxUnavailable extends Error {}

/** Which Redis answered, and when. */
interface Source {
  /** '' where the host hides it. */
  readonly runId: string;
  /** '' where it is gone. */
  readonly mark: string;
  /** By Redis's time, ms. */
  readonly readAt: number;
}

interface Batch {
  /** Null for events that were read ahead: nobody looked then whether it was still the same Redis. */
  readonly source: Source | null;
  /** How many events it could have held. */
  readonly asked: number;
  readonly ids: string[];
  readonly entries: (LedgerEvent | UnreadableEvent | Unplaced)[];
}

/** Events as Redis lists them: id and [field, value, …] each. */
function batchOf(source: Source | null, asked: number, raw: readonly (readonly [string, readonly string[]])[]): Batch {
  const batch: Batch = { source, asked, ids: [], entries: [] };
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
    const reply = await redis.eval(READ_OUTBOX, [outboxKey(partition), markKey(partition)], [String(size)]);
    const [runId, mark, readAt, raw] = reply as [string, string, string, [string, string[]][]];
    return batchOf({ runId, mark, readAt: Number(readAt) }, size, raw);
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
    const batch = batchOf(null, size, raw as [string, string[]][]);
    return batch.ids.length > 0 ? batch : null;
  } catch {
    return null;
  }
}

/**
 * Notices that Redis has lost memory: another run of it answers than last time, or the mark is not there that was left in
 * it. It may have lost its tail, so every account of the partition is retired by raising its generation, and hydrates
 * before it is used again. What its outbox still holds is drained as usual; what does not fit any more is quarantined
 * there.
 * @returns whether it is the memory that this row speaks of
 */
async function knows(tx: Tx, redis: Redis, partition: number, source: Source): Promise<boolean> {
  const ofPartition = eq(meteringPartitions.partition, partition);
  const [known] = await tx.select().from(meteringPartitions).where(ofPartition).for("update");
  if (!known) return false;
  const another = source.runId !== "" && known.redisRunId !== null && known.redisRunId !== source.runId;
  const lost = known.mark !== null && (another || source.mark !== known.mark);
  if (known.mark !== null && !lost && (source.runId === "" || known.redisRunId !== null)) return true;
  const generation = lost ? known.generation + 1 : known.generation;
  const mark = known.mark === null || lost ? uuidv7() : known.mark;
  if (lost) await tx.insert(meteringRestarts).values({ partition, generation, drainedTo: known.drainedTo });
  await tx
    .update(meteringPartitions)
    .set({ redisRunId: source.runId || known.redisRunId, mark, generation })
    .where(ofPartition);
  // First the catalogue's generation goes, so that nothing is consumed on old state while this transaction commits;
  // the next consume has it loaded again, from the row this transaction writes. Should the transaction fail, the mark is
  // one that no row knows, and the next drain is here again.
  if (lost) await redis.hdel(catalogKey(partition), "gen");
  await redis.set(markKey(partition), mark);
  return !lost;
}

/**
 * Has a loss of a partition's whole memory noticed before anything is brought back into it, so that what is brought in
 * belongs to the generation that begins then and is not thrown out again by the next drain.
 */
export async function noticeLoss(deps: DrainDeps, partition: number): Promise<void> {
  const [known] = await deps.db.select().from(meteringPartitions).where(eq(meteringPartitions.partition, partition));
  if (!known || known.mark === null) return;
  if ((await deps.redis.get<string>(markKey(partition))) !== known.mark) await drainPartition(deps, partition);
}

/**
 * By Redis's time: what was acknowledged before it is written once this batch is. Null where that is not known, because
 * it was read ahead.
 */
function drainedTo(batch: Batch): number | null {
  if (!batch.source) return null;
  // Where there is more, the stream's order tells: what came before the last of these is among them, or was before.
  return batch.ids.length < batch.asked ? batch.source.readAt : Number.parseInt(batch.ids.at(-1) ?? "", 10);
}

/**
 * Moves what a partition's outbox holds into the ledger. One at a time per partition, by an advisory lock of the
 * transaction; each batch is read from the head in order, written, committed, and only then deleted, so that a kill at
 * any point leads to a re-read and never to a loss. Batches grow while there is more than fits, and shrink where they
 * take long.
 * @param turnMs after how long it stops though there is more; without it, only when the outbox is empty
 * @throws OutboxUnavailable where Redis is away, or what the driver throws where Postgres is
 */
export async function drainPartition(deps: DrainDeps, partition: number, turnMs = Infinity): Promise<DrainResult> {
  const total: DrainResult = { written: 0, reread: 0, poisoned: 0, forked: 0, busy: false, more: false };
  const end = performance.now() + turnMs;
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
    if (performance.now() > end) return { ...total, more: true };
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
    const same = batch.source === null || (await knows(tx, deps.redis, partition, batch.source));
    const to = same ? drainedTo(batch) : null;
    const recorded = events === 0 ? null : await recordEvents(tx, partition, batch.entries);
    await tx.execute(sql`
      update metering_partitions set last_drained_at = now(), drained_events = drained_events + ${events}::bigint,
        drained_to = coalesce(to_timestamp(${to}::float8 / 1000), drained_to)
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
