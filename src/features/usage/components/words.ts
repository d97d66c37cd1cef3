import { formatCount, formatDelta } from "@/components/format";

const short = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const long = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
const region = new Intl.DisplayNames("en", { type: "region", fallback: "code" });

/** A date without its year: `14 Nov`. */
export const shortDate = (date: string): string => short.format(Date.parse(date));
/** All of a date: `Sat 14 Nov 2026`. */
export const longDate = (date: string): string => long.format(Date.parse(date)).replace(",", "");
/** From a date to another: `14 Nov – 20 Nov`; one alone is one. */
export const spanWords = ({ from, to }: { from: string; to: string }): string =>
  from === to ? shortDate(from) : `${shortDate(from)} – ${shortDate(to)}`;

interface Compared {
  readonly from: string;
  readonly to: string;
  /** The days that are over, and those before them; null where none is over. */
  readonly compared: { readonly to: string; readonly before: { readonly from: string; readonly to: string } } | null;
}

/** Which days are looked at, and what of them is compared with which. */
export function comparisonWords({ from, to, compared }: Compared): string {
  const days = spanWords({ from, to });
  if (compared === null) return `${days}. None of it is over, so nothing is compared yet.`;
  if (compared.to === to) return `${days}, compared with ${spanWords(compared.before)}.`;
  return `${days}; up to ${shortDate(compared.to)} compared with ${spanWords(compared.before)}.`;
}

/** Until when a change is told, where not for all of the days: ` up to 21 Nov`. */
export const upToWords = ({ to, compared }: Compared): string =>
  compared === null || compared.to === to ? "" : ` up to ${shortDate(compared.to)}`;

/** A duration in the unit that fits: `640 ms`, `1.24 s`. */
export const duration = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(2)} s`);

/** A change as a person would say it: `12 % more`, `3 % less`, `as many`. */
export function changeWords(change: number): string {
  const percent = Math.abs(change) * 100;
  const text = percent >= 1_000 ? "over 1,000" : percent >= 10 ? percent.toFixed(0) : percent.toFixed(1);
  if (Number(percent.toFixed(1)) === 0) return "no change";
  return `${text} % ${change > 0 ? "more" : "less"}`;
}

/** A country by its code: `Germany`. */
export function countryName(code: string): string {
  try {
    return region.of(code) ?? code;
  } catch {
    return code;
  }
}

/**
 * What a use cost: `−5`. One that ended a hold has moved the balance by what came back of it, and one without a limit not at
 * all: of those what was used is said, `200`.
 */
export const costOf = ({ tokens, delta }: { tokens: number; delta: number }): string =>
  delta < 0 ? formatDelta(delta) : formatCount(tokens);
