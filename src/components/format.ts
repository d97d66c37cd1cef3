const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** A whole number with separators: `7,148`. */
export const formatCount = (value: number): string => whole.format(value);

/** A large number in few characters: `12.4k`, `1.2M`; below ten thousand as it is. Show the exact one on hover. */
export const formatCompact = (value: number): string =>
  value < 10_000 ? formatCount(value) : short.format(value).replace("K", "k");

/** An amount of tokens with its unit: `1 token`, `7,148 tokens`. */
export const formatTokens = (value: number): string => `${formatCount(value)} ${value === 1 ? "token" : "tokens"}`;

const digits = (count: number, currencies: string): [string, number][] =>
  currencies.split(" ").map((currency) => [currency, count]);
/** Digits behind the point where they are not two, as Stripe counts: forints are charged in hundredths, though shown without. */
const DIGITS = new Map([
  ...digits(0, "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"),
  ...digits(3, "bhd jod kwd omr tnd"),
]);

/**
 * Money in a currency's smallest unit, with a real minus: `$199.00`, `−$4.20`, `¥500`.
 * @param currency three letters, in whichever case
 */
export function formatMoney(amount: number, currency = "usd"): string {
  const count = DIGITS.get(currency.toLowerCase()) ?? 2;
  const format = new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: currency.toUpperCase(),
    minimumFractionDigits: count,
    maximumFractionDigits: count,
  });
  return format.format(amount / 10 ** count).replace("-", "−");
}

/** A change with its sign, minus as a real minus: `−5`, `+25,000`, `0`. */
export function formatDelta(value: number): string {
  if (value === 0) return "0";
  return `${value < 0 ? "−" : "+"}${formatCount(Math.abs(value))}`;
}

/** An id shortened in the middle, `0198f3…c2d1`; short ones stay whole. */
export function shortenId(id: string, head = 6, tail = 4): string {
  return id.length <= head + tail + 3 ? id : `${id.slice(0, head)}…${id.slice(-tail)}`;
}

/** The clock in a time zone, `14:02:07`; with the day in front where it is not today's: `20 Nov, 14:02:07`. */
export function formatClock(iso: string, timeZone: string, now: number): string {
  const at = new Date(iso);
  const clock = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZone,
  }).format(at);
  const day = (date: Date) =>
    new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone }).format(date);
  return day(at) === day(new Date(now)) ? clock : `${day(at)}, ${clock}`;
}

/** Everything about a moment: `Sat 21 Nov 2026, 14:02:07 CET`. */
export function formatExact(iso: string, timeZone: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
    timeZone,
  }).format(new Date(iso));
}

/** A day: `21 Nov 2026`. */
export function formatDay(iso: string, timeZone: string): string {
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone }).format(
    new Date(iso),
  );
}

const STEPS: [limit: number, seconds: number, unit: string][] = [
  [60, 1, "s"],
  [3_600, 60, "min"],
  [86_400, 3_600, "h"],
  [60 * 86_400, 86_400, "d"],
  [730 * 86_400, 30 * 86_400, "months"],
  [Number.POSITIVE_INFINITY, 365 * 86_400, "years"],
];

/** How long ago, or until when, in one unit: `just now`, `12 s ago`, `in 3 d`. */
export function formatRelative(iso: string, now: number): string {
  const seconds = Math.round((new Date(iso).getTime() - now) / 1000);
  const distance = Math.abs(seconds);
  if (distance < 3) return "just now";
  const [, size, unit] = STEPS.find(([limit]) => distance < limit) ?? [0, 365 * 86_400, "years"];
  const amount = `${Math.floor(distance / size)} ${unit}`;
  return seconds < 0 ? `${amount} ago` : `in ${amount}`;
}
