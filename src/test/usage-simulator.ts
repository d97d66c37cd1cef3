/** A stretch of hours in which something happens to a brand's use that it would want to be told of. */
export interface Anomaly {
  readonly kind: "surge" | "leak" | "night" | "lull";
  readonly from: number;
  readonly to: number;
}

/** A brand's use, hour by hour by its own clock, with what happened to it and when. */
export interface SimulatedBrand {
  readonly hours: readonly number[];
  readonly unit: number;
  readonly anomalies: readonly Anomaly[];
  readonly size: "small" | "middle" | "large";
}

/** From here on brands are judged: what lies before is what they have learnt from. */
export const JUDGED_FROM = 6 * 168;
const WEEKS = 14;

/** A repeatable source of chance (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** How often something happens that happens `mean` times on average. */
function poisson(mean: number, random: () => number): number {
  if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let n = -1;
  for (let product = 1; product > limit; n++) product *= random();
  return Math.max(0, n);
}

/** How a day goes in a shop of one country: little at night, a hill at noon, a higher one in the evening. */
const hill = (hour: number, at: number, width: number): number => {
  const off = ((hour - at + 36) % 24) - 12;
  return Math.exp(-(off ** 2) / (2 * width ** 2));
};

/**
 * Fourteen weeks of a brand: its own rhythm of day and week, growth or decline, days that are better or worse as a whole,
 * uses of one shopper that come together, sales days that were not announced, holidays. And, from the seventh week on, what
 * an alert is for: surges, leaks (a key in wrong hands: twice as much, for many hours), nights like days, and lulls.
 */
export function simulate(seed: number): SimulatedBrand {
  const random = chance(seed);
  const between = (low: number, high: number) => low + (high - low) * random();
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const size = pick(["small", "middle", "large"] as const);
  const level = { small: between(4, 15), middle: between(15, 120), large: between(120, 1_500) }[size];
  const unit = pick([1, 2, 5]);
  const noon = between(11, 14);
  const evening = between(18, 21);
  const night = pick([0, 0.02, 0.08, 0.3]);
  const week = Array.from({ length: 7 }, () => between(0.75, 1.2));
  const weekend = pick([0.5, 1, 1.5]);
  const growth = between(-0.02, 0.05);
  const spread = between(0.05, 0.2);
  const bursts = between(1, 2.5);
  const count = WEEKS * 168;
  const shape = (hour: number) => night + 0.7 * hill(hour, noon, 2.5) + hill(hour, evening, 2.2);
  const good = Array.from({ length: WEEKS * 7 }, () => Math.exp(spread * normal(random)));
  // Two sales days and a holiday or two, which are no faults.
  for (let n = 0; n < 2; n++) good[Math.floor(between(0, WEEKS * 7))] = between(1.2, 1.5);
  for (let n = 0; n < 2; n++) good[Math.floor(between(0, WEEKS * 7))] = between(0.6, 0.8);
  const expected = (at: number): number => {
    const day = Math.floor(at / 24);
    const factor = (week[day % 7] ?? 1) * (day % 7 >= 5 ? weekend : 1) * (good[day] ?? 1);
    return level * shape(at % 24) * factor * (1 + growth) ** (at / 168);
  };
  const anomalies = anomaliesOf(count, shape, random);
  const hours = Array.from({ length: count }, (_, at) => {
    const now = anomalies.find(({ from, to }) => at >= from && at < to);
    const usual = expected(at);
    const mean = now ? disturbed(now, usual, level) : usual;
    // Shoppers try several frames on: what comes, comes in handfuls.
    return Math.round(poisson(mean / bursts, random) * bursts) * unit;
  });
  return { hours, unit, anomalies, size };
}

const disturbed = ({ kind, from }: Anomaly, usual: number, level: number): number =>
  ({
    surge: usual * (3 + (from % 5)) + level * 0.2,
    leak: usual * 1.9 + level * 0.3,
    night: usual + level * 1.2,
    lull: usual * 0.03,
  })[kind];

/** Five to seven of them, on days of their own, each where it can be told from what is usual at all. */
function anomaliesOf(count: number, shape: (hour: number) => number, random: () => number): Anomaly[] {
  const found: Anomaly[] = [];
  const wanted = 5 + Math.floor(random() * 3);
  for (let tries = 0; found.length < wanted && tries < 200; tries++) {
    const kind = (["surge", "leak", "night", "lull"] as const)[Math.floor(random() * 4)] ?? "surge";
    const day = Math.floor(JUDGED_FROM / 24 + random() * (count / 24 - JUDGED_FROM / 24 - 2));
    const hour = kind === "night" ? 1 + Math.floor(random() * 3) : 10 + Math.floor(random() * 9);
    const long = { surge: 2 + random() * 4, leak: 8 + random() * 6, night: 3 + random() * 2, lull: 4 + random() * 4 }[
      kind
    ];
    const from = day * 24 + hour;
    const to = from + Math.round(long);
    if (shape(hour) < 0.15 && kind !== "night") continue;
    if (found.some((other) => Math.abs(other.from - from) < 72)) continue;
    found.push({ kind, from, to });
  }
  return found.toSorted((a, b) => a.from - b.from);
}
