import { Baseline } from "@/features/usage/anomaly/rules";
import { type Anomaly, JUDGED_FROM, type SimulatedBrand, simulate } from "./usage-simulator";

/** What an hour leads a rule to say: it is over, it is over on the low side, it is an ordinary one again. */
interface Verdict {
  readonly high: boolean;
  readonly low: boolean;
  readonly calm: boolean;
}
/** Looks at each hour of a brand with nothing but what came before it. */
export type Judge = (brand: SimulatedBrand) => (at: number) => Verdict;

/** Ours, as the alerts have it. */
export const robust: Judge = ({ hours, unit }) => {
  const baseline = new Baseline(hours, unit);
  return (at) => {
    const now = baseline.look(at, 0.5);
    const before = baseline.look(at - 1, 0.5);
    return { high: now?.high === true, low: now?.low === true, calm: now?.calm === true && before?.calm === true };
  };
};

/** Seed 002's: an hour of more than 1.5 times the average hour, here of the four weeks before it. */
export const average: Judge =
  ({ hours }) =>
  (at) => {
    const past = hours.slice(Math.max(0, at - 4 * 168), at);
    const mean = past.reduce((sum, tokens) => sum + tokens, 0) / past.length;
    const high = (hours[at] ?? 0) > 1.5 * mean;
    return { high, low: false, calm: !high };
  };

export interface Score {
  /** Alerts that were told, and those of them that were for something. */
  told: number;
  right: number;
  /** What happened, and how much of it was told. */
  happened: number;
  found: number;
  /** Hours from the beginning of what was found to its alert, added up. */
  delay: number;
  /** Brand weeks that were looked at. */
  weeks: number;
}

export const nothing = (): Score => ({ told: 0, right: 0, happened: 0, found: 0, delay: 0, weeks: 0 });
export const precision = ({ told, right }: Score): number => (told === 0 ? 1 : right / told);
export const recall = ({ happened, found }: Score): number => (happened === 0 ? 1 : found / happened);

/** How long after it is over something may still be told: the hour that is the last of it is known when it is over. */
const AFTER = 1;

/**
 * Lets a judge watch a brand as the alerts do: told when it becomes so, not again until it was ordinary. An alert is right
 * where something happened at that hour, on that side; something is found where an alert tells of it, once.
 */
export function score(judge: Judge, brand: SimulatedBrand, kinds: readonly Anomaly["kind"][], into = nothing()): Score {
  const look = judge(brand);
  const found = new Set<Anomaly>();
  const open = { high: false, low: false };
  const counted = brand.anomalies.filter(({ kind }) => kinds.includes(kind));
  for (let at = JUDGED_FROM; at < brand.hours.length; at++) {
    const verdict = look(at);
    for (const side of ["high", "low"] as const) {
      const new_ = verdict[side] && !open[side];
      if (open[side] && verdict.calm) open[side] = false;
      if (!new_) continue;
      open[side] = true;
      const why = brand.anomalies.find(
        ({ kind, from, to }) => (kind === "lull") === (side === "low") && at >= from && at < to + AFTER,
      );
      // What is not counted here is neither right nor wrong.
      if (why && !kinds.includes(why.kind)) continue;
      if (side === "low" && !kinds.includes("lull")) continue;
      if (side === "high" && kinds.every((kind) => kind === "lull")) continue;
      into.told++;
      if (!why) continue;
      into.right++;
      if (!found.has(why)) into.delay += at - why.from;
      found.add(why);
    }
  }
  into.happened += counted.length;
  into.found += found.size;
  into.weeks += (brand.hours.length - JUDGED_FROM) / 168;
  return into;
}

/** The score over many brands. */
export function scoreAll(judge: Judge, seeds: readonly number[], kinds: readonly Anomaly["kind"][]): Score {
  const total = nothing();
  for (const seed of seeds) score(judge, simulate(seed), kinds, total);
  return total;
}

/** Seeds on which the detector's figures were chosen, and those that nobody looked at before they were fixed. */
export const seedsFor = (what: "tuning" | "held-out", count: number): number[] =>
  Array.from({ length: count }, (_, i) => (what === "tuning" ? 1 : 1_000_001) + i);
