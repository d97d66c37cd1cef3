import { inArray, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { meteringPartitions, meteringRestarts } from "@/db/schema/metering";
import { uuidv7 } from "@/lib/ids";
import type { Redis } from "@/lib/redis";
import { catalogKey, markKey } from "../rules";

/** Which Redis answered for a partition, and when. */
export interface Source {
  /** '' where the host hides it. */
  readonly runId: string;
  /** '' where it is gone. */
  readonly mark: string;
  /** By Redis's time, ms. */
  readonly readAt: number;
}

interface Sighting {
  readonly partition: number;
  /** Null where nobody looked. */
  readonly source: Source | null;
}

/**
 * Notices where Redis has lost memory: another run of it answers than last time, or the mark is not there that was left
 * in it. It may have lost its tail, so every account of the partition is retired by raising its generation, and hydrates
 * before it is used again. What its outbox still holds is drained as usual; what does not fit any more is quarantined
 * there.
 * @returns the partitions whose Redis is known to have the memory it had
 */
export async function rememberedBy(tx: Tx, redis: Redis, sightings: readonly Sighting[]): Promise<Set<number>> {
  const seen = new Map(sightings.flatMap(({ partition, source }) => (source ? [[partition, source] as const] : [])));
  const remembered = new Set<number>();
  if (seen.size === 0) return remembered;
  const rows = await tx
    .select()
    .from(meteringPartitions)
    .where(inArray(meteringPartitions.partition, [...seen.keys()]))
    // One order for everybody who locks several, so that two of them cannot wait for each other.
    .orderBy(meteringPartitions.partition)
    .for("update");
  for (const known of rows) {
    const source = seen.get(known.partition);
    if (!source) continue;
    const another = source.runId !== "" && known.redisRunId !== null && known.redisRunId !== source.runId;
    const lost = known.mark !== null && (another || source.mark !== known.mark);
    if (!lost) remembered.add(known.partition);
    if (!lost && known.mark !== null && (source.runId === "" || known.redisRunId !== null)) continue;
    await introduce(tx, redis, known, source, lost);
  }
  return remembered;
}

/** Takes note of the Redis that answers, and leaves a mark in it. */
async function introduce(
  tx: Tx,
  redis: Redis,
  known: typeof meteringPartitions.$inferSelect,
  source: Source,
  lost: boolean,
): Promise<void> {
  const { partition, drainedTo } = known;
  const generation = lost ? known.generation + 1 : known.generation;
  const mark = known.mark === null || lost ? uuidv7() : known.mark;
  if (lost) await tx.insert(meteringRestarts).values({ partition, generation, drainedTo });
  await tx
    .update(meteringPartitions)
    .set({ redisRunId: source.runId || known.redisRunId, mark, generation })
    .where(sql`${meteringPartitions.partition} = ${partition}`);
  // First the catalogue's generation goes, so that nothing is consumed on old state while this transaction commits;
  // the next consume has it loaded again, from the row this transaction writes. Should the transaction fail, the mark is
  // one that no row knows, and the next drain is here again.
  if (lost) await redis.hdel(catalogKey(partition), "gen");
  await redis.set(markKey(partition), mark);
}
