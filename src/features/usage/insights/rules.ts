import { shiftDate } from "../dashboard/rules";

/** The app that these figures are the work of. */
export const INSIGHTS_APP = "adv-001";
/** The most rows that one session may have: what a shopper really sees of a shop in one visit, and an end to a script gone wrong. */
export const MOST_EVENTS = 250;
/** How many frames are named where the brand has set nothing. */
export const USUAL_FRAMES = 10;
/** Until which day of a month the report of the month before is tried, where it could not be paid for. */
export const LAST_DAY_TRIED = 10;
/** How long after a month's end its report is made: by then its last uses, and what came of them, have been written down. */
export const SETTLED_MINUTES = 15;
/** After how long a report that could not be paid for is tried again. */
export const AGAIN_HOURS = 6;

/** The parts of a report, in its order. */
export const PARTS = ["funnel", "apps", "frames", "tokens"] as const;
export type Part = (typeof PARTS)[number];

/** What a brand has set up of a report. */
export interface ReportSettings {
  readonly parts: readonly Part[];
  readonly frames: number;
  /** The colour of its drawings, `#rrggbb`. */
  readonly accent: string;
}

const HEX = /^#[0-9a-f]{6}$/i;

/** What a brand has set, whatever else stands in its configuration: it was checked against a schema that may have changed since. */
export function reportSettings(configuration: Readonly<Record<string, unknown>>): ReportSettings {
  const { reports, frames_shown: frames, accent } = configuration;
  const named = Array.isArray(reports) ? PARTS.filter((part) => reports.includes(part)) : [];
  return {
    parts: named.length > 0 ? named : PARTS,
    frames: typeof frames === "number" && frames >= 3 && frames <= 50 ? Math.floor(frames) : USUAL_FRAMES,
    accent: typeof accent === "string" && HEX.test(accent) ? accent : "#8f4a86",
  };
}

/** A part of a whole; null where there is no whole to be a part of. */
export const shareOf = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

interface Comparison<Steps> {
  readonly from: string;
  readonly to: string;
  readonly before: { readonly from: string; readonly to: string };
  readonly totals: Steps;
  readonly totalsBefore: Steps;
}

/** What changes are told of. A report that was made before days under way were left out compares all of its days, as it did. */
export const comparedOf = <Steps>(
  figures: Comparison<Steps> & { readonly compared?: Comparison<Steps> | null | undefined },
): Comparison<Steps> | null => (figures.compared === undefined ? figures : figures.compared);

/** The calendar month before the one that a day lies in. */
export function monthBefore(today: string): { from: string; to: string } {
  const to = shiftDate(`${today.slice(0, 7)}-01`, -1);
  return { from: `${to.slice(0, 7)}-01`, to };
}

/** The first day of the next month: when the month that a day lies in is reported. */
export function nextMonth(today: string): string {
  const [year = 0, month = 0] = today.split("-").map(Number);
  return new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10);
}

/** What names the payment of a report: the same days of the same brand are paid for once. */
export const paidFor = ({ from, to }: { from: string; to: string }): string => `report:${from}:${to}`;
