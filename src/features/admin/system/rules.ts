import { BOUNDS, GROUPS, type Series } from "@/lib/latency";
import type { RequestGroup } from "./contract";

/** What the product's owner asks of 95 in 100 answers, ms: below the first is the goal, above the second somebody must look. */
export const GOAL_MS = 200;
export const ALARM_MS = 500;

const [SECOND, MINUTE, HOUR, DAY] = [1, 60, 3_600, 86_400] as const;
/** What each job is for, and how often it is done where all is well, seconds: as the worker's own list has it. */
export const JOBS: Readonly<Record<string, readonly [what: string, everySeconds: number]>> = {
  grants: ["Brings tokens that are owed into accounts", SECOND],
  expiry: ["Takes back tokens and holds that have expired", SECOND],
  inspect: ["Drains what waits, and notices a Redis that began anew", 10 * SECOND],
  retire: ["Closes accounts that are to be read anew", 0.5],
  outdated: ["Closes copies of accounts that are out of date", MINUTE],
  heal: ["Posts uses again that came in for an epoch before", 5 * SECOND],
  drift: ["Compares Redis with the ledger", MINUTE],
  catalogue: ["Brings prices and apps to the edge where it has others", MINUTE],
  partitions: ["Makes the months ahead for details of uses", 6 * HOUR],
  retention: ["Drops details of uses that are older than is kept", DAY],
  sandboxes: ["Fills test accounts", MINUTE],
  "first-tokens": ["Notes when a brand spent its first token", MINUTE],
  "stripe events": ["Tries Stripe’s events again that could not be dealt with", 2 * SECOND],
  subscriptions: ["Brings plans into line with their payments", SECOND],
  "top-ups": ["Buys packs for brands that asked for it", SECOND],
  "second subscriptions": ["Gives back what a brand paid for twice", MINUTE],
  alerts: ["Mails brands whose balance or spending passed their mark", MINUTE],
  abandoned: ["Ends checkouts that nobody finished", HOUR],
  "erased brands": ["Has Stripe forget brands that were erased", 10 * MINUTE],
  "old events": ["Drops the text of Stripe’s events of long ago", HOUR],
  money: ["Compares Stripe, ledger and Redis, once a day", 10 * MINUTE],
  webhooks: ["Sends webhooks that are due", SECOND],
  "webhook balances": ["Tells webhooks of balances that fell", 5 * SECOND],
  "webhook log": ["Drops webhooks of long ago", HOUR],
  looks: ["Has the alerts of brands looked at", 15 * SECOND],
  digests: ["Mails the day’s digests", 30 * SECOND],
  supervise: ["Frees jobs whose worker is gone", MINUTE],
  refusals: ["Counts refused keys for alerts and review", MINUTE],
  "old addresses": ["Forgets addresses of people who never had an account", DAY],
  "old refusals": ["Drops counts of refused keys of long ago", HOUR],
  "product imports": ["Takes in files of products", SECOND],
  "product images": ["Fetches pictures of products", 5 * SECOND],
  "abandoned imports": ["Drops files that nobody took in", HOUR],
  "deleted products": ["Clears away products that were deleted 30 days ago", HOUR],
  "monthly reports": ["Makes each month’s reports", MINUTE],
  "waiting reports": ["Finishes reports that were begun", 30 * SECOND],
  packing: ["Packs the usage of days and weeks that are over", MINUTE],
  "old widget events": ["Drops widgets’ events that are older than is kept", DAY],
};

/** How long a job may be silent beyond its pace, seconds: as the alert `JobStalled` has it. */
const SILENCE = 1_800;
/** Whether a job has not ended well for too long. One that is no more is not missed. */
export function isLate(name: string, succeeded: number | null, now: number): boolean {
  const every = JOBS[name]?.[1];
  return every !== undefined && succeeded !== null && now - succeeded > SILENCE + 2 * every;
}

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
