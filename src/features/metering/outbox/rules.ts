/** How many events a partition's first batch holds, the largest and the smallest one. */
export const FIRST_BATCH = 500;
export const LARGEST_BATCH = 5_000;
const SMALLEST_BATCH = 50;
/** A transaction that takes longer than this holds locks that others wait for, ms. */
const SLOW_MS = 500;

/**
 * How many events a partition's next batch may hold: twice as many where there were more than fitted, half as many where
 * the transaction was slow or could not be made at all.
 * @param read how many events the last one held; null where it failed
 * @param tookMs how long its transaction took
 */
export function nextBatch(size: number, read: number | null, tookMs: number): number {
  if (read === null || tookMs > SLOW_MS) return Math.max(SMALLEST_BATCH, Math.floor(size / 2));
  return read >= size ? Math.min(LARGEST_BATCH, size * 2) : size;
}

/** The time an event was appended, Redis ms: the first part of its stream id. */
export const appendedAt = (streamId: string): number => Number(streamId.split("-")[0]);

/** Up to how many events a partition is drained together with others. */
const FEW = FIRST_BATCH / 2;

/**
 * Partitions as they are drained in one go: those that hold few events together, up to half of the largest batch, each of
 * the others by itself and first.
 * @param backlogs how many events each holds
 */
export function bundles(backlogs: ReadonlyMap<number, number>): number[][] {
  const alone: number[][] = [];
  const together: number[][] = [];
  let events = Infinity;
  for (const [partition, waiting] of backlogs) {
    if (waiting > FEW) {
      alone.push([partition]);
      continue;
    }
    if (events + waiting > LARGEST_BATCH / 2) {
      together.push([]);
      events = 0;
    }
    together.at(-1)?.push(partition);
    events += waiting;
  }
  return [...alone, ...together];
}
