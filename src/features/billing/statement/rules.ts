/** What one entry of the ledger is on a statement. */
export type Column = "granted" | "used" | "returned" | "expired" | "adjusted" | "held";

/** A day's or a month's sums. `used` and `expired` count up as they take away. */
export type Sums = Record<Column, number>;

export const COLUMNS = [
  "granted",
  "used",
  "returned",
  "expired",
  "adjusted",
  "held",
] as const satisfies readonly Column[];

/** opening + granted − used + returned − expired ± adjusted ± held = closing. */
export const closingOf = (opening: number, sums: Sums): number =>
  opening + sums.granted - sums.used + sums.returned - sums.expired + sums.adjusted + sums.held;

/** Months from one to another, newest first, at most `most` of them. */
export function monthsBack(from: Date, to: Date, most: number): string[] {
  const months: string[] = [];
  for (let at = new Date(Date.UTC(to.getUTCFullYear(), to.getUTCMonth(), 1)); months.length < most; ) {
    if (at.getTime() < Date.UTC(from.getUTCFullYear(), from.getUTCMonth(), 1)) break;
    months.push(at.toISOString().slice(0, 7));
    at = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - 1, 1));
  }
  return months;
}

/** Where a month such as `2026-11` begins and ends, UTC. */
export function monthSpan(month: string): { readonly start: Date; readonly end: Date } {
  const start = new Date(`${month}-01T00:00:00Z`);
  return { start, end: new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1)) };
}
