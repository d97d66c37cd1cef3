/** How often a mail is tried before it is given up. */
export const MOST_ATTEMPTS = 12;
/** How old a mail may get unsent, in milliseconds: what it tells is old news by then. */
export const OLDEST_MS = 3 * 24 * 60 * 60 * 1000;

const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 6 * 60 * 60 * 1000;

/** How long to wait after that many attempts, in milliseconds: half a minute, then twice as long each time. */
export const pauseAfter = (attempts: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** Math.max(0, attempts - 1), LONGEST_PAUSE_MS);
