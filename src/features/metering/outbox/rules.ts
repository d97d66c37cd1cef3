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
