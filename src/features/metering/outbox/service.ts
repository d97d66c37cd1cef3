import { eq, sql } from "drizzle-orm";
import { listOf } from "@/db/array";
import type { Db, Tx } from "@/db/client";
import { meteringPartitions } from "@/db/schema/metering";
import { accountOf, mintCustomerId } from "@/lib/ids";
import type { Redis } from "@/lib/redis";
import { readTraceparent, type Tracer, tracer } from "@/lib/trace";
import { READ_OUTBOX } from "../edge/lua/outbox";
import { RETIRE } from "../edge/lua/state";
import { runScript } from "../edge/service";
import { isUse, type LedgerEvent, readEntry, type Unplaced, type UnreadableEvent, unpackEvent } from "../ledger/rules";
import { type Recorded, recordEvents } from "../ledger/service";
import { rememberedBy, type Source } from "../marks/service";
import { accountKey, markKey, outboxKey, parseAccountName } from "../rules";
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

interface Batch {
  readonly partition: number;
  /** Null for events that were read ahead: nobody looked then whether it was still the same Redis. */
  readonly source: Source | null;
  /** How many events it could have held. */
  readonly asked: number;
  readonly ids: string[];
  readonly entries: (LedgerEvent | UnreadableEvent | Unplaced)[];
}

type RawEvents = readonly (readonly [string, readonly string[]])[];
type Read = readonly [run: string, mark: string, at: string, events: RawEvents];

/** Events as Redis lists them: id and [field, value, …] each. */
function batchOf(partition: number, source: Source | null, asked: number, raw: RawEvents): Batch {
  const batch: Batch = { partition, source, asked, ids: [], entries: [] };
  for (const [streamId, flat] of raw) {
    const fields: Record<string, string> = {};
    for (let i = 0; i + 1 < flat.length; i += 2) fields[flat[i] as string] = flat[i + 1] as string;
    batch.ids.push(streamId);
    batch.entries.push(readEntry(streamId, unpackEvent(fields)));
  }
  return batch;
}

const isFull = (batch: Batch): boolean => batch.ids.length >= batch.asked;

/** The heads of some partitions' outboxes, in order and in one round trip: at most `size` events of each. */
async function readBatches(redis: Redis, partitions: readonly number[], size: number): Promise<Batch[]> {
  const keysOf = (partition: number) => [outboxKey(partition), markKey(partition)];
  const read = async (): Promise<Read[]> => {
    const [only, ...more] = partitions;
    if (only === undefined) return [];
    if (more.length === 0) return [(await redis.eval(READ_OUTBOX, keysOf(only), [String(size)])) as Read];
    const pipeline = redis.pipeline();
    for (const partition of partitions) pipeline.eval(READ_OUTBOX, keysOf(partition), [String(size)]);
    return pipeline.exec<Read[]>();
  };
  try {
    return (await read()).map(([runId, mark, readAt, events], i) =>
      batchOf(partitions[i] ?? -1, { runId, mark, readAt: Number(readAt) }, size, events),
    );
  } catch (error) {
    throw new OutboxUnavailable("Redis could not be read", { cause: error });
  }
}

/**
 * What follows a batch in the outbox, read while that one is being written. Should another process take the partition
 * between the two, it has written these events first, and ours are a re-read. Null where it could not be read: the next
 * batch is then read as the first one was.
 */
async function readAhead(redis: Redis, after: Batch, size: number): Promise<Batch | null> {
  const last = after.ids.at(-1);
  if (last === undefined) return null;
  try {
    const raw: unknown = await redis.xrange(outboxKey(after.partition), `(${last}`, "+", size);
    const batch = batchOf(after.partition, null, size, raw as RawEvents);
    return batch.ids.length > 0 ? batch : null;
  } catch {
    return null;
  }
}

/**
 * Has a loss of a partition's whole memory noticed before anything is brought back into it, so that what is brought in
 * belongs to the generation that begins then and is not thrown out again by the next drain.
 */
export async function noticeLoss(deps: DrainDeps, partition: number): Promise<void> {
  const [known] = await deps.db.select().from(meteringPartitions).where(eq(meteringPartitions.partition, partition));
  if (known && (await deps.redis.get<string>(markKey(partition))) !== known.mark) await drainPartition(deps, partition);
}

/**
 * Moves what a partition's outbox holds into the ledger. One at a time per partition, by an advisory lock of the
 * transaction; each batch is read from the head in order, written, committed, and only then deleted, so that a kill at
 * any point leads to a re-read and never to a loss. Batches grow while there is more than fits, and shrink where they
 * take long.
 * @param turnMs after how long it stops though there is more; without it, only when it has seen the outbox's end
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
    const done: Drained | null = await drainBatches(deps, [partition], size, ahead).catch((error: unknown) => {
      sizes.set(partition, nextBatch(size, null, took()));
      throw error;
    });
    const batch = done?.batches[0];
    if (!done || !batch) return { ...total, busy: true };
    const next = nextBatch(batch.asked, batch.ids.length, took());
    sizes.set(partition, next);
    await finish(deps, done, total);
    ahead = cut(await done.ahead, next);
    // Less than it could have held: that was all there was. What has come since has its own wake.
    if (!isFull(batch)) return total;
    if (performance.now() > end) return { ...total, more: true };
  }
}

/**
 * One batch of each of several partitions in one transaction: where each holds a few events, a transaction for each costs
 * more than all that is written. Nobody waits long in it, so that one partition cannot hold up the others: what throws here
 * is to be drained one by one.
 * @returns what was done, and which of them were busy elsewhere or hold more than was read
 * @throws as `drainPartition`, or where a lock could not be had soon
 */
export async function drainTogether(
  deps: DrainDeps,
  partitions: readonly number[],
): Promise<{ result: DrainResult; left: number[] }> {
  const total: DrainResult = { written: 0, reread: 0, poisoned: 0, forked: 0, busy: false, more: false };
  const done = await drainBatches(deps, partitions, FIRST_BATCH, null);
  if (!done) return { result: { ...total, busy: true }, left: [] };
  await finish(deps, done, total);
  total.busy = done.batches.length < partitions.length;
  return { result: total, left: done.batches.filter(isFull).map(({ partition }) => partition) };
}

/** Tells the collector of each traced use that it is in the ledger, under the trace that its event carried. */
function traceWritten(traces: Tracer, startMs: number, batches: readonly Batch[]): void {
  for (const { partition, entries } of batches) {
    for (const entry of entries) {
      if (!("details" in entry) || typeof entry.details.t !== "string") continue;
      const parent = readTraceparent(entry.details.t);
      if (!parent?.sampled) continue;
      const waited = startMs - entry.occurredAt.getTime();
      const attributes = { "metering.partition": partition, "metering.waited_ms": waited, "metering.kind": entry.kind };
      traces.below(parent, { name: "ledger.write", kind: "consumer", startMs, attributes });
    }
  }
  void traces.flush();
}

/** After the commit: accounts that must not go on are closed, and only then is what was written deleted. */
async function finish(deps: DrainDeps, { recorded, batches, startMs }: Drained, total: DrainResult): Promise<void> {
  if (!recorded) return;
  await deps.at?.("committed");
  const traces = tracer();
  if (traces) traceWritten(traces, startMs, batches);
  await retire(deps.redis, recorded.retire);
  const pipeline = deps.redis.pipeline();
  for (const { partition, ids } of batches) if (ids.length > 0) pipeline.xdel(outboxKey(partition), ids);
  await pipeline.exec();
  await deps.at?.("deleted");
  total.written += recorded.written;
  total.reread += recorded.reread;
  total.poisoned += recorded.poisoned;
  total.forked += recorded.forked;
}

/** The first events of a batch that has turned out to be more than should be written at once. */
const cut = (batch: Batch | null, size: number): Batch | null =>
  batch && batch.ids.length > size
    ? { ...batch, asked: size, ids: batch.ids.slice(0, size), entries: batch.entries.slice(0, size) }
    : batch;

interface Drained {
  /** One for each partition whose lock was to be had. */
  readonly batches: readonly Batch[];
  /** Null where their outboxes are empty. */
  readonly recorded: Recorded | null;
  /** What follows the batch of a single partition, where it was as large as it may be. */
  readonly ahead: Promise<Batch | null>;
  /** When its transaction began, ms. */
  readonly startMs: number;
}

/** How long a transaction for several partitions waits for a lock. */
const TOGETHER_LOCK_WAIT = "50ms";

/** The partitions of these whose drain lock is ours until the transaction ends. */
async function lockOf(tx: Tx, partitions: readonly number[]): Promise<number[]> {
  const rows = await tx.execute(sql`
    select p, pg_try_advisory_xact_lock(${LOCK_CLASS}, p) as held,
      ${partitions.length > 1 ? sql`set_config('lock_timeout', ${TOGETHER_LOCK_WAIT}, true)` : sql`null`}
    from unnest(${listOf(partitions)}::int[]) p order by p`);
  return rows.flatMap((row) => (row.held ? [Number(row.p)] : []));
}

/** One transaction of a drain; null where somebody else holds every one of the partitions. */
const drainBatches = (
  deps: DrainDeps,
  partitions: readonly number[],
  size: number,
  read: Batch | null,
): Promise<Drained | null> =>
  deps.db.transaction(async (tx) => {
    const startMs = Date.now();
    const held = await lockOf(tx, partitions);
    if (held.length === 0) return null;
    const batches = read ? [read] : await readBatches(deps.redis, held, size);
    const [only] = batches;
    const ahead =
      batches.length === 1 && only && isFull(only)
        ? readAhead(deps.redis, only, nextBatch(only.ids.length, only.ids.length, 0))
        : Promise.resolve(null);
    await deps.at?.("read");
    const known = await rememberedBy(tx, deps.redis, batches);
    const entries = batches.flatMap((batch) => batch.entries);
    const recorded = entries.length === 0 ? null : await recordEvents(tx, entries, partitionsOf(batches));
    const column = (pick: (batch: Batch) => number | null) => listOf(batches.map(pick));
    await tx.execute(sql`
      update metering_partitions p set last_drained_at = now(), drained_events = p.drained_events + d.events,
        drained_tokens = p.drained_tokens + d.tokens, drained_to = coalesce(to_timestamp(d.to_ms / 1000), p.drained_to)
      from unnest(${column((batch) => batch.partition)}::int[], ${column((batch) => batch.ids.length)}::bigint[],
        ${column(usedIn)}::bigint[],
        ${column((batch) => (known.has(batch.partition) ? drainedTo(batch) : null))}::float8[])
        as d(partition, events, tokens, to_ms)
      where p.partition = d.partition`);
    if (recorded) await deps.at?.("written");
    return { batches, recorded, ahead, startMs };
  });

/** Which partition each entry of some batches came from. */
function partitionsOf(batches: readonly Batch[]): (entry: Batch["entries"][number]) => number {
  const [only, ...more] = batches;
  if (only && more.length === 0) return () => only.partition;
  const from = new Map(
    batches.flatMap(({ partition, entries }) => entries.map((entry) => [entry, partition] as const)),
  );
  return (entry) => from.get(entry) ?? -1;
}

/** The tokens that the uses in a batch took. */
const usedIn = (batch: Batch): number =>
  batch.entries.reduce((sum, entry) => ("kind" in entry && isUse(entry) ? sum + entry.tokens : sum), 0);

/**
 * By Redis's time: what was acknowledged before it is written once this batch is. Null where that is not known, because
 * it was read ahead.
 */
function drainedTo(batch: Batch): number | null {
  // Where there is more, the stream's order tells: what came before the last of these is among them, or was before.
  return isFull(batch) ? Number.parseInt(batch.ids.at(-1) ?? "", 10) : (batch.source?.readAt ?? null);
}

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

/**
 * How many events each partition's outbox holds, of those that hold any, in one call; infinitely many where that cannot be
 * told, so that whoever drains it meets the fault.
 */
export async function backlogs(redis: Redis, partitions: readonly number[]): Promise<Map<number, number>> {
  const pipeline = redis.pipeline();
  for (const partition of partitions) pipeline.xlen(outboxKey(partition));
  const lengths = await pipeline.exec<number[]>({ keepErrors: true });
  const each = partitions.map((partition, i) => {
    const length = lengths[i];
    return [partition, length === undefined || length.error !== undefined ? Infinity : Number(length.result)] as const;
  });
  return new Map(each.filter(([, waiting]) => waiting > 0));
}
