import { BOUNDS, GROUPS, type Series } from "@/lib/latency";
import type { RequestGroup } from "./contract";

/** What the product's owner asks of 95 in 100 answers, ms: below the first is the goal, above the second somebody must look. */
export const GOAL_MS = 200;
export const ALARM_MS = 500;

/** Below which time a share of the requests were answered, ms, evenly spread within a bucket; null beyond the last. */
export function quantile(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, n) => sum + n, 0);
  if (total === 0) return null;
  let left = total * share;
  for (const [at, n] of counts.entries()) {
    const upper = BOUNDS[at];
    if (upper === undefined) return null;
    if (n > 0 && left <= n) {
      const lower = BOUNDS[at - 1] ?? 0;
      return Math.round((lower + (upper - lower) * (left / n)) * 10_000) / 10;
    }
    left -= n;
  }
  return null;
}

/** What was counted, by group of routes, the busiest first. */
export function groupsOf(series: readonly Series[]): RequestGroup[] {
  return GROUPS.map((group): RequestGroup => {
    const own = series.filter((one) => one.group === group);
    const counts = BOUNDS.map((_, at) => own.reduce((sum, one) => sum + (one.counts[at] ?? 0), 0));
    counts.push(own.reduce((sum, one) => sum + (one.counts[BOUNDS.length] ?? 0), 0));
    const answered = (outcome: Series["outcome"]) =>
      own.filter((one) => one.outcome === outcome).reduce((sum, one) => sum + one.counts.reduce((a, n) => a + n, 0), 0);
    return {
      group,
      count: counts.reduce((sum, n) => sum + n, 0),
      p50: quantile(counts, 0.5),
      p95: quantile(counts, 0.95),
      failed: answered("5xx"),
      refused: answered("4xx"),
    };
  })
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count - a.count);
}
