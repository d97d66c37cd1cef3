/*
 * How usage goes on. A week's rhythm, a level and a slope, all by means that a campaign or a day of outage does not pull
 * along; the band is what the past days scattered around the same fit, carried to the days to come. Its coverage is
 * measured on simulated brands in forecast/rules.test.ts.
 */

/** With fewer full days than this nothing is foretold. */
export const LEAST_DAYS = 14;
/** As far back as is looked. */
export const MOST_DAYS = 56;
/** How often the band is meant to hold. */
export const COVERAGE = 0.8;
/** Standard deviations to either side of which `COVERAGE` lies. */
const Z = 1.2816;
/** What the fit itself hides of the scatter: it was made on the same days. */
const WIDER = 1.05;
/** How many of the last days tell the level. */
const LEVEL_DAYS = 42;
/** How much of the slope is left after each further day: no brand grows for ever. */
const DAMPING = 0.985;
/** How far the level of a brand wanders in a day, as a part of it. */
const DRIFT = 0.012;
/** How many days tell where the level is now, beside where the longer fit ends, and for how much they count. */
const RECENT = { days: 14, part: 0.4 };

export interface Guess {
  readonly expected: number;
  readonly low: number;
  readonly high: number;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[half] ?? 0) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
};

/** The mean without the largest and smallest part of the values. */
function trimmedMean(values: readonly number[], part: number): number {
  const cut = Math.floor(values.length * part);
  return mean(values.toSorted((a, b) => a - b).slice(cut, values.length - cut));
}

/**
 * How much of an average day falls on each day of the week, as far as the weeks that were seen can tell: each is drawn
 * towards 1, the more the fewer they are.
 * @param days full days, oldest first; position modulo seven is the day of the week
 */
function rhythmOf(days: readonly number[]): number[] {
  const ratios: number[][] = Array.from({ length: 7 }, () => []);
  for (let i = 3; i + 3 < days.length; i++) {
    const around = mean(days.slice(i - 3, i + 4));
    if (around > 0) ratios[i % 7]?.push((days[i] ?? 0) / around);
  }
  const drawn = ratios.map((each) =>
    each.length === 0 ? 1 : (median(each) * each.length + 0.5) / (each.length + 0.5),
  );
  const average = mean(drawn);
  return drawn.map((factor) => (average > 0 ? Math.max(0.02, factor / average) : 1));
}

/** The median of the slopes between all pairs of points (Theil and Sen). */
function slopeOf(values: readonly number[]): number {
  const slopes: number[] = [];
  for (let i = 0; i < values.length; i++) {
    for (let j = i + 1; j < values.length; j++) slopes.push(((values[j] ?? 0) - (values[i] ?? 0)) / (j - i));
  }
  return slopes.length === 0 ? 0 : median(slopes);
}

/** What the past says of the days to come. */
export interface Outlook {
  /** Expected on each day to come; the first is the day after the last full one. */
  readonly daily: readonly number[];
  /**
   * What some days to come bring together, the first of them counted in part: a day that is under way.
   * @param days how many; @param first which part of the first is still to come, 0 to 1
   * @param last which part of the last, where the time ends within it
   */
  readonly sum: (days: number, first?: number, last?: number) => Guess;
}

/**
 * Looks ahead.
 * @param history full days, oldest first, without a gap; null where there are fewer than `LEAST_DAYS`
 * @param horizon how many days ahead
 */
export function lookAhead(history: readonly number[], horizon: number): Outlook | null {
  const days = history.slice(-MOST_DAYS);
  if (days.length < LEAST_DAYS) return null;
  const rhythm = rhythmOf(days);
  const flat = days.map((value, i) => value / (rhythm[i % 7] ?? 1)).slice(-LEVEL_DAYS);
  const n = flat.length;
  const raw = slopeOf(flat);
  const around = (slope: number) => flat.map((value, i) => value - slope * (i - (n - 1)));
  const scatter = (slope: number) => {
    const level = trimmedMean(around(slope), 0.15);
    const rest = around(slope).map((value) => value - level);
    // As wide as the middle of the scatter says, but not blind to the ends: a campaign now and then is part of it.
    const robust = 1.4826 * median(rest.map(Math.abs));
    const limit = Math.max(3 * robust, Math.abs(level) * 0.05, 0.5);
    const cut = rest.map((value) => Math.max(-limit, Math.min(limit, value)));
    return { level, rest: cut, deviation: Math.sqrt(mean(cut.map((value) => value ** 2)) * (n / (n - 2))) };
  };
  // A slope counts as far as it stands out of what chance alone would show.
  const slopeError = scatter(raw).deviation * Math.sqrt(12 / n ** 3);
  const sure = raw === 0 ? 0 : Math.max(0, 1 - (1 * slopeError ** 2) / raw ** 2);
  const slope = raw * sure;
  const { level: fitted, rest, deviation } = scatter(slope);
  const recent = trimmedMean(around(slope).slice(-RECENT.days), 0.2);
  const level = fitted * (1 - RECENT.part) + recent * RECENT.part;
  // One day's excess that carries over to the next: then days do not cancel each other out as fast.
  const pairs = rest.slice(1).map((value, i) => value * (rest[i] ?? 0));
  const carry = Math.min(0.7, Math.max(0, mean(pairs) / Math.max(1e-9, mean(rest.map((value) => value ** 2)))));
  const spread = (1 + carry) / (1 - carry);
  const factor = (day: number) => rhythm[(days.length + day) % 7] ?? 1;
  let reach = 0;
  const reaches: number[] = [];
  const daily = Array.from({ length: horizon }, (_, day) => {
    reach += DAMPING ** (day + 1);
    reaches.push(reach);
    return Math.max(0, (level + slope * reach) * factor(day));
  });
  const sum = (count: number, first = 1, last = 1): Guess => {
    const weights = Array.from(
      { length: Math.min(count, horizon) },
      (_, day) => (day === 0 ? first : 1) * (day === count - 1 ? last : 1),
    );
    const expected = weights.reduce((all, weight, day) => all + weight * (daily[day] ?? 0), 0);
    const total = (pick: (day: number) => number) => weights.reduce((all, weight, day) => all + weight * pick(day), 0);
    const noise = deviation ** 2 * spread * weights.reduce((all, weight, day) => all + (weight * factor(day)) ** 2, 0);
    const levelPart = total(factor) ** 2 * deviation ** 2 * (spread / n) * 4;
    const slopePart = total((day) => factor(day) * (reaches[day] ?? 0)) ** 2 * (slopeError ** 2 * spread);
    // What a fit on few weeks cannot see: brands change.
    const drift = (expected * DRIFT) ** 2 * weights.length;
    const reachOut = Z * WIDER * Math.sqrt(noise + levelPart + slopePart + drift);
    return { expected, low: Math.max(0, expected - reachOut), high: expected + reachOut };
  };
  return { daily, sum };
}

/** Which part of a day's use is usually still to come at a moment of it, from what fell on each of its hours. */
export function shareLeft(hours: readonly number[], hour: number, minute: number): number {
  const all = hours.reduce((a, b) => a + b, 0);
  if (all === 0) return 1 - (hour + minute / 60) / 24;
  const later = hours.slice(hour + 1).reduce((a, b) => a + b, 0);
  return (later + (hours[hour] ?? 0) * (1 - minute / 60)) / all;
}

/** Tokens of a grant that are left, and until when. */
export interface Left {
  readonly remaining: number;
  /** Which day to come is its last, 0 for today; null where it does not end before the last of them. */
  readonly lastDay: number | null;
}

/**
 * On which day to come the tokens are used up (null where they last), and how many are missing by the end. What ends sooner
 * is used first, and what is left of it then is gone.
 * @param needs tokens that each day takes, today's rest first
 */
export function coverOf(
  grants: readonly Left[],
  needs: readonly number[],
): { readonly runsOut: number | null; readonly missing: number } {
  const held = grants
    .map((grant) => ({ ...grant, lastDay: grant.lastDay ?? Infinity }))
    .toSorted((a, b) => a.lastDay - b.lastDay);
  let runsOut: number | null = null;
  let missing = 0;
  for (const [day, need] of needs.entries()) {
    let open = need;
    for (const grant of held) {
      if (grant.lastDay < day) continue;
      const taken = Math.min(grant.remaining, open);
      grant.remaining -= taken;
      open -= taken;
    }
    missing += open;
    // Less than half a token is none.
    if (missing > 0.5) runsOut ??= day;
  }
  return { runsOut, missing };
}
