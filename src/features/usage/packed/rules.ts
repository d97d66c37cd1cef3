import { datesOf, daysBetween, mergeSketches, shiftDate } from "../dashboard/rules";

export interface Span {
  readonly from: string;
  readonly to: string;
}

/** Of each facet its values, each with what it came to. */
export type Facets = Record<string, [value: string, tokens: number, uses: number][]>;

/** What a day or a week has, as it is kept; see `usage_packed`. */
export interface Packed {
  readonly apps: [day: number, appId: string, tokens: number, uses: number, tookMs: number, timed: number][];
  readonly hours: number[];
  readonly facets: Facets;
  readonly sketch: Uint8Array;
  readonly known: number;
}

/** The counts of some days, as the rollups have them. */
export interface Counts {
  readonly apps: readonly {
    readonly date: string;
    readonly appId: string;
    readonly tokens: number;
    readonly uses: number;
    readonly tookMs: number;
    readonly timed: number;
  }[];
  readonly hours: readonly { readonly date: string; readonly hour: number; readonly tokens: number }[];
  readonly facets: readonly {
    readonly date: string;
    readonly facet: string;
    readonly value: string;
    readonly tokens: number;
    readonly uses: number;
  }[];
  readonly sketches: readonly { readonly date: string; readonly sketch: Uint8Array; readonly known: number }[];
}

/** The lengths of what is packed, in days. */
export type Length = 1 | 7;

const WEEK = 7;
const HOURS_OF_WEEK = 24 * WEEK;

/** 0 for a Monday, 6 for a Sunday. */
const weekday = (date: string): number => (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % WEEK;

/** The Monday of a date's week. */
export const mondayOf = (date: string): string => shiftDate(date, -weekday(date));

/** The Mondays of the weeks that lie in a span with all their days. */
export function weeksIn({ from, to }: Span): string[] {
  const first = shiftDate(from, (WEEK - weekday(from)) % WEEK);
  const weeks = [];
  for (let week = first; shiftDate(week, WEEK - 1) <= to; week = shiftDate(week, WEEK)) weeks.push(week);
  return weeks;
}

/** The dates of some spans that are in none of some weeks. */
export function daysBeside(spans: readonly Span[], weeks: readonly string[]): string[] {
  const inside = new Set(weeks.flatMap((week) => datesOf(week, shiftDate(week, WEEK - 1))));
  return spans.flatMap(({ from, to }) => datesOf(from, to)).filter((date) => !inside.has(date));
}

/**
 * Cuts a span before each of some dates, so that no week is of two pieces.
 * @returns the pieces, in order; dates outside the span cut nothing
 */
export function cutAt({ from, to }: Span, dates: readonly string[]): Span[] {
  const inside = dates.filter((date) => date > from && date <= to);
  const starts = [...new Set([from, ...inside])].toSorted();
  return starts.map((start, i) => ({ from: start, to: starts[i + 1] ? shiftDate(starts[i + 1] ?? to, -1) : to }));
}

/** What some of the days have that were counted. */
export function countsByDate(counts: Counts): (dates: readonly string[]) => Counts {
  const dated = <T extends { readonly date: string }>(rows: readonly T[]) => {
    const byDate = Map.groupBy(rows, ({ date }) => date);
    return (dates: readonly string[]) => dates.flatMap((date) => byDate.get(date) ?? []);
  };
  const [apps, hours, facets, sketches] = [
    dated(counts.apps),
    dated(counts.hours),
    dated(counts.facets),
    dated(counts.sketches),
  ] as const;
  return (dates) => ({ apps: apps(dates), hours: hours(dates), facets: facets(dates), sketches: sketches(dates) });
}

/** Packs what the days of a span have that begins at a date; `counts` has those days alone. */
export function pack(start: string, length: Length, counts: Counts): Packed {
  const hours = new Array<number>(24 * length).fill(0);
  for (const { date, hour, tokens } of counts.hours) hours[daysBetween(start, date) * 24 + hour] = tokens;
  return {
    apps: counts.apps.map(({ date, appId, tokens, uses, tookMs, timed }) => [
      daysBetween(start, date),
      ...([appId, tokens, uses, tookMs, timed] as const),
    ]),
    hours,
    facets: facetsOf(counts.facets),
    sketch: mergeSketches(counts.sketches.map(({ sketch }) => sketch)),
    known: counts.sketches.reduce((sum, { known }) => sum + known, 0),
  };
}

function facetsOf(rows: Counts["facets"]): Facets {
  const facets: Facets = {};
  for (const [facet, own] of Map.groupBy(rows, (row) => row.facet)) {
    const sums = summed(own.map(({ value, tokens, uses }) => [value, tokens, uses]));
    facets[facet] = sums.filter(([, tokens, uses]) => tokens !== 0 || uses !== 0);
  }
  return facets;
}

/** Each value once, with the sum of what it came to. */
function summed(parts: Facets[string]): Facets[string] {
  const sums = new Map<string, Facets[string][number]>();
  for (const [value, tokens, uses] of parts) {
    const sum = sums.get(value);
    if (!sum) sums.set(value, [value, tokens, uses]);
    else {
      sum[1] += tokens;
      sum[2] += uses;
    }
  }
  return [...sums.values()];
}

/** Tokens by hour of the week, from Monday at midnight, of some days and weeks. */
export function hoursOfWeek(parts: readonly { readonly start: string; readonly hours: readonly number[] }[]): number[] {
  const sums = new Array<number>(HOURS_OF_WEEK).fill(0);
  for (const { start, hours } of parts) {
    const first = weekday(start) * 24;
    for (let hour = 0; hour < hours.length; hour++) {
      const at = (first + hour) % HOURS_OF_WEEK;
      sums[at] = (sums[at] ?? 0) + (hours[hour] ?? 0);
    }
  }
  return sums;
}

/** What each value of a facet comes to, the largest first; without those whose uses were all given back. */
export function valuesOf(
  parts: readonly { readonly facets: Facets }[],
  facet: string,
): { value: string; tokens: number; uses: number }[] {
  return summed(parts.flatMap(({ facets }) => facets[facet] ?? []))
    .filter(([, , uses]) => uses > 0)
    .map(([value, tokens, uses]) => ({ value, tokens, uses }))
    .toSorted((a, b) => b.tokens - a.tokens || (a.value < b.value ? -1 : 1));
}

/** What each app came to on each day, told again. */
export const appsByDay = (
  parts: readonly ({ readonly start: string } & Pick<Packed, "apps">)[],
): Counts["apps"][number][] =>
  parts.flatMap(({ start, apps }) =>
    apps.map(([day, appId, tokens, uses, tookMs, timed]) => ({
      date: shiftDate(start, day),
      ...{ appId, tokens, uses, tookMs, timed },
    })),
  );
