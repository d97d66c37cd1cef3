import type Stripe from "stripe";

type Recurring = Pick<Stripe.Price.Recurring, "interval" | "interval_count">;

const SECONDS: Record<string, number> = { day: 86_400, week: 604_800 };

/**
 * The time `count` billing periods after the anchor. A month keeps the anchor's day, or takes its last one where it has
 * fewer: anchored on 31 January, the periods end on 28 February, 31 March, 30 April
 * (docs.stripe.com/billing/subscriptions/billing-cycle).
 */
export function periodAfter(anchor: number, { interval, interval_count: every }: Recurring, count: number): number {
  const seconds = SECONDS[interval];
  if (seconds !== undefined) return anchor + seconds * every * count;
  const months = (interval === "year" ? 12 : 1) * every * count;
  const start = new Date(anchor * 1000);
  const year = start.getUTCFullYear();
  const month = start.getUTCMonth() + months;
  const days = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const day = Math.min(start.getUTCDate(), days);
  return Date.UTC(year, month, day) / 1000 + (anchor % 86_400);
}

/** The end of the period that begins at `start`, on the anchor's rhythm. */
export function periodEnd(anchor: number, recurring: Recurring, start: number): number {
  for (let count = 1; ; count++) {
    const end = periodAfter(anchor, recurring, count);
    if (end > start) return end;
  }
}
