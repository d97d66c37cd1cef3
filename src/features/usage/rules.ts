const DAY_MS = 86_400_000;

/** A stretch of time: from `start`, up to and without `end`. */
export interface Span {
  readonly start: Date;
  readonly end: Date;
}

/** The UTC calendar month a moment lies in. */
export const calendarMonth = (now: Date): Span => ({
  start: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)),
  end: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)),
});

/** Midnight UTC of the day a moment lies in. */
export const startOfDay = (at: Date): Date => new Date(Math.floor(at.getTime() / DAY_MS) * DAY_MS);

/** `YYYY-MM-DD` of a moment, in UTC. */
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10);

/** The UTC days a span touches, oldest first. */
export function daysOf(span: Span): string[] {
  const days: string[] = [];
  for (let at = startOfDay(span.start).getTime(); at < span.end.getTime(); at += DAY_MS) days.push(dayOf(new Date(at)));
  return days;
}

/** A span of whole UTC days, both included. */
export const wholeDays = (from: string, to: string): Span => ({
  start: new Date(`${from}T00:00:00Z`),
  end: new Date(Date.parse(`${to}T00:00:00Z`) + DAY_MS),
});

/** The most days one question may ask for. */
export const MAX_DAYS = 400;
