/** How many endpoints a brand may have. */
export const MOST_ENDPOINTS = 20;
/** How long the secret before goes on signing after a rotation, in milliseconds. */
export const OVERLAP_MS = 24 * 60 * 60 * 1000;
/** How long what was told, and what came of it, is kept, in days. */
export const KEPT_DAYS = 30;
/** How much of an answer is kept, in bytes. */
export const ANSWER_BYTES = 4 * 1024;
/** How long a receiver has to answer, in milliseconds. */
export const PATIENCE_MS = 15_000;
/** After how long without one success an endpoint's admins are warned, and after how long it is turned off. */
export const WARN_AFTER_MS = 24 * 60 * 60 * 1000;
export const DISABLE_AFTER_MS = 3 * 24 * 60 * 60 * 1000;

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
/** What is waited after each failed attempt: ten attempts over three days and a half, as Standard Webhooks advises. */
export const PAUSES_MS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  18 * HOUR,
  24 * HOUR,
  24 * HOUR,
];
/** The longest a receiver's own `Retry-After` is heeded. */
const LONGEST_WISH_MS = 6 * HOUR;

/**
 * How long to wait after that many failed attempts, in milliseconds, or null after the last. A fifth more or less by
 * chance, so that what failed together does not come back together.
 * @param chance from 0 up to 1
 * @param wish what the receiver asked for in `Retry-After`, in milliseconds
 */
export function pauseAfter(attempts: number, chance: number, wish: number | null = null): number | null {
  const pause = PAUSES_MS[attempts - 1];
  if (pause === undefined) return null;
  return Math.round(Math.max(pause * (0.8 + 0.4 * chance), Math.min(wish ?? 0, LONGEST_WISH_MS)));
}

/** What a `Retry-After` asks for, in milliseconds; null for what is neither seconds nor a date. */
export function wishOf(header: string | undefined, now: Date): number | null {
  if (header === undefined) return null;
  if (/^\d{1,8}$/.test(header.trim())) return Number(header) * SECOND;
  // As HTTP writes a date; what else Date.parse would make of a text is nobody's wish.
  const date = /^[A-Z][a-z]{2}, /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now.getTime());
}

/** What becomes of an endpoint after a failed attempt. */
export function verdict(
  failingSince: Date,
  now: Date,
  status: number | null,
): "go on" | "warn" | "disable: failing" | "disable: gone" {
  // 410 is how a receiver says that it does not want to hear from us again.
  if (status === 410) return "disable: gone";
  const failing = now.getTime() - failingSince.getTime();
  if (failing >= DISABLE_AFTER_MS) return "disable: failing";
  return failing >= WARN_AFTER_MS ? "warn" : "go on";
}
