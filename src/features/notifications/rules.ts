import type { Mode, NotificationKind } from "./contract";

/** How often a mail is tried before it is given up. */
export const MOST_ATTEMPTS = 12;
/** How old a mail may get unsent, in milliseconds: what it tells is old news by then. */
export const OLDEST_MS = 3 * 24 * 60 * 60 * 1000;

const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 6 * 60 * 60 * 1000;

/** How long to wait after that many attempts, in milliseconds: half a minute, then twice as long each time. */
export const pauseAfter = (attempts: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** Math.max(0, attempts - 1), LONGEST_PAUSE_MS);

/** What each kind is called on pages and in mails. */
export const KIND_NAMES: Readonly<Record<NotificationKind, string>> = {
  plan_used: "Plan used",
  low_balance: "Low balance",
  forecast: "Running out",
  unusual: "Unusual usage",
  cap_reached: "Cap reached",
  payment_failed: "Payment failed",
  key_refused: "API key refused",
  key_revoked: "API key revoked by us",
  webhook_disabled: "Webhook stopped",
};

/** How somebody is told who has not chosen. Viewers look at the app; who can act is mailed. */
export const usualMode = (role: "viewer" | "manager" | "admin", channel: "app" | "email"): Mode =>
  channel === "app" || role !== "viewer" ? "now" : "off";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;

/** Minutes after midnight by a zone's clock. */
export function minuteOfDay(timeZone: string, at: Date): number {
  const text = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const [hour = 0, minute = 0] = text.format(at).split(":").map(Number);
  return hour * 60 + minute;
}

/**
 * The next moment at which a zone's clock shows a minute of the day, `at` itself included. Clocks that are put forward may
 * leave a minute out: then it is the first that comes after it.
 */
export function nextMinute(timeZone: string, at: Date, minute: number): Date {
  const start = Math.ceil(at.getTime() / MINUTE_MS) * MINUTE_MS;
  const wait = (from: number) => (minute - minuteOfDay(timeZone, new Date(from)) + DAY_MINUTES) % DAY_MINUTES;
  let found = start + wait(start) * MINUTE_MS;
  const off = wait(found);
  // Where the clocks changed in between, the sum is off by what they were put on or back.
  if (off !== 0) found += (off > DAY_MINUTES / 2 ? off - DAY_MINUTES : off) * MINUTE_MS;
  // A minute that this day does not have: what was taken off lies before the jump, and the first that comes after it is meant.
  while (wait(found) > 0 && wait(found) <= DAY_MINUTES / 2) found += MINUTE_MS;
  return new Date(Math.max(found, start));
}

/** Hours in which nobody is to be disturbed, as minutes after midnight; from the later to the earlier is over midnight. */
export interface Quiet {
  readonly from: number;
  readonly to: number;
}

/** Until when something has to wait; null where it may go out now. */
export function heldUntil(timeZone: string, at: Date, quiet: Quiet | null): Date | null {
  if (!quiet || quiet.from === quiet.to) return null;
  const now = minuteOfDay(timeZone, at);
  const within = quiet.from < quiet.to ? now >= quiet.from && now < quiet.to : now >= quiet.from || now < quiet.to;
  return within ? nextMinute(timeZone, at, quiet.to) : null;
}

/** What is written into a room: Slack's own form, which the other tools read as well. Nobody of the room is called by it. */
export function chatText(post: { title: string; body: string; href: string }, brand: string, url: string): string {
  const safe = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `*${safe(post.title)}* · ${safe(brand)}\n${safe(post.body)}\n<${url}${post.href}|Open in Connected Apps>`;
}
