import { performance } from "node:perf_hooks";

/** What came of many things that were begun at the same moment. Times in ms. */
export interface Pass {
  readonly p50: number;
  readonly p95: number;
  readonly errors: number;
}

/** Starts so many at the same moment and waits for all. One that answers false, or throws, is an error. */
export async function together(work: readonly (() => Promise<boolean>)[]): Promise<Pass> {
  const timed = await Promise.all(
    work.map(async (one) => {
      const begun = performance.now();
      const good = await one().catch(() => false);
      return { good, ms: performance.now() - begun };
    }),
  );
  const sorted = timed.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), errors: timed.filter(({ good }) => !good).length };
}
