import type { Movement } from "./contract";

/** A stretch of time in which a brand paid for a plan; cents a month. */
export interface PaidPeriod {
  readonly customerId: string;
  readonly cents: number;
  readonly start: Date;
  readonly end: Date;
}

/** First instants of the months up to and with that of `now`, and of the one after it; UTC. */
export function monthStarts(now: Date, months: number): Date[] {
  return Array.from(
    { length: months + 1 },
    (_, i) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months + 1 + i, 1)),
  );
}

/** What each brand pays at an instant: where periods overlap, as after an upgrade, the one that began last. */
function payingAt(periods: readonly PaidPeriod[], at: Date): Map<string, number> {
  const paying = new Map<string, PaidPeriod>();
  for (const period of periods) {
    if (period.start > at || period.end <= at) continue;
    const there = paying.get(period.customerId);
    if (!there || there.start < period.start) paying.set(period.customerId, period);
  }
  return new Map([...paying].map(([customerId, { cents }]) => [customerId, cents]));
}

/**
 * Recurring revenue month by month and what moved it. The month that is not over ends at `now`. A brand that pays again
 * after it did not counts as `back`, one that never did before as `fresh`.
 */
export function movementsOf(periods: readonly PaidPeriod[], now: Date, months: number): Movement[] {
  const starts = monthStarts(now, months);
  return starts.slice(0, -1).map((start, i) => {
    const next = starts[i + 1] ?? now;
    const before = payingAt(periods, start);
    const after = payingAt(periods, next > now ? now : next);
    const moved = { fresh: 0, back: 0, expansion: 0, contraction: 0, churn: 0 };
    for (const customerId of new Set([...before.keys(), ...after.keys()])) {
      const was = before.get(customerId) ?? 0;
      const is = after.get(customerId) ?? 0;
      const paidEarlier = () => periods.some((one) => one.customerId === customerId && one.start < start);
      if (was === 0 && is > 0) moved[paidEarlier() ? "back" : "fresh"] += is;
      else if (is === 0) moved.churn += was;
      else if (is > was) moved.expansion += is - was;
      else moved.contraction += was - is;
    }
    const sum = (paying: Map<string, number>) => [...paying.values()].reduce((total, cents) => total + cents, 0);
    return { month: start.toISOString().slice(0, 10), opening: sum(before), ...moved, closing: sum(after) };
  });
}

/** The value below which a share of them lies, by nearest rank; the list may not be empty. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
