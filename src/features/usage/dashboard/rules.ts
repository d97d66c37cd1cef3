import { MAX_DAYS } from "../rules";

const DAY_MS = 86_400_000;
const time = (date: string): number => Date.parse(`${date}T00:00:00Z`);

/** How many days lie between two dates: 0 for the same. Calendar days, whatever their length. */
export const daysBetween = (from: string, to: string): number => Math.round((time(to) - time(from)) / DAY_MS);

/** A date some days later, or before. */
export const shiftDate = (date: string, days: number): string =>
  new Date(time(date) + days * DAY_MS).toISOString().slice(0, 10);

/** Each date from one to another, both included. */
export const datesOf = (from: string, to: string): string[] =>
  Array.from({ length: daysBetween(from, to) + 1 }, (_, i) => shiftDate(from, i));

/** The date of a moment by the clock of a time zone. */
export const dateIn = (timeZone: string, now: number): string =>
  new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(now);

/** As many days as a span has, directly before it. */
export const spanBefore = (span: { from: string; to: string }): { from: string; to: string } => ({
  from: shiftDate(span.from, -daysBetween(span.from, span.to) - 1),
  to: shiftDate(span.from, -1),
});

/**
 * What of a span can be compared: its days that are over, with those that lie as far into the span before; null where none is
 * over. A day that is under way, or to come, says nothing beside a whole one.
 */
export function comparable(
  span: { from: string; to: string },
  today: string,
): { now: { from: string; to: string }; before: { from: string; to: string } } | null {
  const to = span.to < today ? span.to : shiftDate(today, -1);
  if (to < span.from) return null;
  const { from } = spanBefore(span);
  return { now: { from: span.from, to }, before: { from, to: shiftDate(from, daysBetween(span.from, to)) } };
}

/** The spans that are offered by name. `period` is the subscription's, or the calendar month where there is none. */
export const PRESETS = ["7d", "30d", "90d", "period"] as const;
export type Preset = (typeof PRESETS)[number];

/** The days of a preset, up to and with today. */
export function presetSpan(preset: Preset, today: string, periodStart: string): { from: string; to: string } {
  if (preset === "period") return { from: periodStart <= today ? periodStart : today, to: today };
  const days = { "7d": 7, "30d": 30, "90d": 90 }[preset];
  return { from: shiftDate(today, 1 - days), to: today };
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const isDate = (text: string | null | undefined): text is string =>
  typeof text === "string" && DATE.test(text) && shiftable(text);
/** A date of the calendar, in years that can be asked for. */
const shiftable = (text: string): boolean =>
  Number.isFinite(time(text)) &&
  new Date(time(text)).toISOString().startsWith(text) &&
  text >= "2001-01-01" &&
  text < "9999";

/** The one day that an address asks for; null where it asks for none, or for one that no calendar has. */
export const askedDay = (asked: string | null): string | null => (isDate(asked) ? asked : null);

/** The days that an address asks for; what it does not say, or says wrong, is the last thirty. */
export function askedSpan(
  asked: { readonly period?: string | null; readonly from?: string | null; readonly to?: string | null },
  today: string,
  periodStart: string,
): { from: string; to: string } {
  if (asked.period === "custom" && isDate(asked.from) && isDate(asked.to) && asked.from <= asked.to) {
    // Of days to come there is nothing to tell.
    const to = asked.to < today ? asked.to : today;
    const earliest = shiftDate(to, 1 - MAX_DAYS);
    if (asked.from <= to) return { from: asked.from < earliest ? earliest : asked.from, to };
  }
  return presetSpan(PRESETS.find((preset) => preset === asked.period) ?? "30d", today, periodStart);
}

/** How much a figure changed, as a fraction of what it was; null where there is nothing to compare with. */
export const changeOf = (now: number | null, before: number | null): number | null =>
  now === null || before === null || before === 0 ? null : (now - before) / before;

/** Registers of a sketch of shoppers. */
const REGISTERS = 2_048;
const RANKS = 54;

/** The standard error of `countShoppers`: 1.04 / √registers. */
export const SHOPPERS_ERROR = 0.023;

/** The sketch of everybody who is in one of some sketches. */
export function mergeSketches(sketches: readonly Uint8Array[]): Uint8Array {
  const merged = new Uint8Array(REGISTERS);
  for (const sketch of sketches) {
    for (let i = 0; i < REGISTERS; i++) if ((sketch[i] ?? 0) > (merged[i] ?? 0)) merged[i] = sketch[i] ?? 0;
  }
  return merged;
}

/**
 * How many shoppers a sketch has seen: HyperLogLog with the estimator of Ertl (2017), which needs no table of corrections
 * and is nearly exact where they are few. The standard error is 2.3 %.
 */
export function countShoppers(sketch: Uint8Array): number {
  const histogram = new Array<number>(RANKS + 1).fill(0);
  for (const rank of sketch) histogram[Math.min(rank, RANKS)] = (histogram[Math.min(rank, RANKS)] ?? 0) + 1;
  const at = (rank: number): number => histogram[rank] ?? 0;
  let z = REGISTERS * tau(1 - at(RANKS) / REGISTERS);
  for (let rank = RANKS - 1; rank >= 1; rank--) z = 0.5 * (z + at(rank));
  z += REGISTERS * sigma(at(0) / REGISTERS);
  return Number.isFinite(z) ? Math.round((REGISTERS * REGISTERS) / (2 * Math.LN2 * z)) : 0;
}

function sigma(share: number): number {
  if (share === 1) return Infinity;
  let [x, y, z] = [share, 1, share];
  for (let last = Number.NaN; z !== last; ) {
    last = z;
    x *= x;
    z += x * y;
    y += y;
  }
  return z;
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let [x, y, z] = [share, 1, 1 - share];
  for (let last = Number.NaN; z !== last; ) {
    last = z;
    x = Math.sqrt(x);
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}

/** More than this many series fold into "Other": more colours cannot be told apart. */
export const MOST_SERIES = 6;

/** A series of a stacked chart; `appId` is null where several are folded together. */
export interface Series {
  readonly appId: string | null;
  readonly name: string;
  readonly tokens: number;
  /** Which of the days' figures it adds up. */
  readonly at: readonly number[];
}

/** Apps as series, the largest first; more than six fold into "Other". */
export function seriesOf(apps: readonly { appId: string; name: string; tokens: number }[]): Series[] {
  const all = apps.map(({ appId, name, tokens }, i) => ({ appId, name, tokens, at: [i] }));
  if (all.length <= MOST_SERIES) return all;
  const rest = all.slice(MOST_SERIES - 1);
  const tokens = rest.reduce((sum, series) => sum + series.tokens, 0);
  return [
    ...all.slice(0, MOST_SERIES - 1),
    { appId: null, name: `Other (${rest.length} apps)`, tokens, at: rest.flatMap(({ at }) => at) },
  ];
}
