import { hmacSha256 } from "./digest";

/**
 * Session tokens of widgets: what the loader hands to the frame after it has paid for a use.
 *
 * A token is signed and not stored. It says no more than the record of the use does (which use, of which app, from which
 * origin), and it is minted only after that record was read, so keeping it as well would be a second truth to keep in
 * step. It cannot be taken back, so it lives for minutes; a reload gets a new one for the same use without paying again.
 * The key is derived from AUTH_SECRET for this purpose alone, so that neither kind of token passes for the other.
 */
export interface WidgetClaims {
  readonly usageId: string;
  readonly appId: string;
  readonly customerId: string;
  /** Paid for from the sandbox account. */
  readonly test: boolean;
  /** The shop's origin, as the key's list of origins has vouched for it. */
  readonly origin: string;
  /** What the page asked for by attributes: language, theme, colour. */
  readonly asked: Readonly<Record<string, string>>;
}

/** How long a token opens a frame, in seconds. The frame keeps what it read; only a later reload needs a new one. */
export const SESSION_SECONDS = 600;
/** How long a shopper may go on with one use, in ms: a long visit to a shop. */
export const LONGEST_VISIT_MS = 4 * 3_600_000;
const LONGEST = 2_000;

const keyFrom = (secret: string): string => hmacSha256(secret, "varai widget session");
const encode = (text: string): string => Buffer.from(text, "utf8").toString("base64url");

/** @param now milliseconds */
export function mintWidgetSession(claims: WidgetClaims, secret: string, now: number): string {
  const body = encode(JSON.stringify({ ...claims, until: now + SESSION_SECONDS * 1000 }));
  return `${body}.${hmacSha256(keyFrom(secret), body)}`;
}

/** Compares two texts in time that depends only on their length. */
function same(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i % Math.max(1, b.length));
  return difference === 0;
}

/** Reads a token back; null where it is not one of ours, was changed, or its time is over. */
export function readWidgetSession(token: string, secret: string, now: number): WidgetClaims | null {
  if (token.length > LONGEST) return null;
  const [body = "", signature = "", ...more] = token.split(".");
  if (more.length > 0 || !body || !same(signature, hmacSha256(keyFrom(secret), body))) return null;
  // What we have signed is what we have written: it needs no second look.
  const { until, ...claims } = JSON.parse(Buffer.from(body, "base64url").toString("utf8")) as WidgetClaims & {
    readonly until: number;
  };
  return until > now ? claims : null;
}
