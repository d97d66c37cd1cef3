import { addressGroup, plainAddress } from "@/lib/client-address";
import { hmacSha256, sha256 } from "@/lib/digest";
import type { AccountId } from "@/lib/ids";
import { accountName } from "../rules";
import type { ConsumeRequest } from "./contract";

/** SHA-256 of text, cut to 22 characters: 132 bits, enough to tell apart whatever one account ever sends. */
const shortHash = (value: string): string => sha256(value).slice(0, 22);

/**
 * What an idempotency key means, hashed: account, kind of key, endpoint and the key itself, so that the same text
 * from another brand, another kind of key or for another endpoint is another key.
 */
export const operationHash = (account: AccountId, kind: string, endpoint: string, key: string): string =>
  shortHash([accountName(account), kind, endpoint, key].join("\n"));

/**
 * Hash of everything in a consume that is not app or amount (the script compares those itself, after defaults):
 * spacing, order of fields and an absent field written as an empty one make no difference.
 */
export function requestHash(body: ConsumeRequest): string {
  const metadata = Object.entries(body.metadata ?? {}).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return shortHash(JSON.stringify([body.session_id ?? "", metadata]));
}

/** Hash of everything in a hold that is not its app. */
export const holdHash = (tokens: number, expiresIn: number): string => shortHash(`${tokens}\n${expiresIn}`);

/**
 * HMACs of the keys that came last, so that a busy key is not hashed anew for every use. Holds at most `capacity` of them;
 * the oldest goes first.
 */
export class KeyHashes {
  private readonly known = new Map<string, string>();

  constructor(
    private readonly pepper: string,
    private readonly capacity = 2_000,
  ) {}

  /** The HMAC under which a key is looked up. */
  of(key: string): string {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const hmac = hmacSha256(this.pepper, key);
    if (this.known.size >= this.capacity) {
      for (const oldest of this.known.keys()) {
        this.known.delete(oldest);
        break;
      }
    }
    this.known.set(key, hmac);
    return hmac;
  }
}

/** What a consume did, as the script reports it or its record remembers it. */
export interface Consumed {
  readonly usageId: string;
  readonly appId: string;
  /** Digits: amounts travel as text so that nothing rounds on the way. */
  readonly amount: string;
  readonly balance: string;
  readonly unlimited: boolean;
  /** Redis milliseconds. */
  readonly createdAt: number;
}

/**
 * The answer's bytes. A replay is rebuilt by this same function from the stored record, so version 1 of it never
 * changes: a new shape is a new version, named in the record.
 */
export function serializeConsumed(result: Consumed, kind: "pk" | "sk"): string {
  const own =
    kind === "sk"
      ? `"tokens_remaining":${result.unlimited ? "null" : result.balance},"unlimited":${result.unlimited},`
      : "";
  return (
    `{"success":true,"usage_id":"${result.usageId}","app_id":"${result.appId}","tokens_consumed":${result.amount},` +
    `${own}"created_at":"${new Date(result.createdAt).toISOString()}"}`
  );
}

/**
 * The details of a use for `token_usage`, as JSON for the event. On a call from a shop's server, `ip_address` and
 * `user_agent` in the metadata name the shopper; on one from a page the request itself does.
 */
export function usageDetails(
  body: ConsumeRequest,
  kind: "pk" | "sk",
  request: { address: string | undefined; agent: string | undefined },
  trace?: string,
): string {
  const { ip_address, user_agent, ...rest } = body.metadata ?? {};
  const named = kind === "sk";
  const metadata = named ? rest : (body.metadata ?? {});
  const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
  const agent = (named ? text(user_agent) : undefined) ?? request.agent;
  return JSON.stringify({
    ...(body.session_id ? { s: body.session_id } : {}),
    ...(Object.keys(metadata).length > 0 ? { m: metadata } : {}),
    ip: plainAddress((named ? text(ip_address) : undefined) ?? request.address) ?? undefined,
    ua: agent?.replaceAll("\u0000", "").toWellFormed().slice(0, 400),
    // Undefined, and so absent, where nobody traces.
    t: trace,
  });
}

/** What is left of a rate bucket. `seconds` until it is full again. */
export interface RateState {
  readonly limit: number;
  readonly remaining: number;
  readonly seconds: number;
}

/**
 * Reads the script's `limit,burst,full at;` pairs: the key's first, then the customer's. A bucket is the time at which it
 * is full again; each request takes a `limit`th of an hour.
 * @param now Redis ms, as the same reply tells
 */
export const parseRates = (packed: string, now: number): RateState[] =>
  packed
    .split(";")
    .filter(Boolean)
    .map((part) => {
      const [limit = 1, burst = 0, full = 0] = part.split(",").map(Number);
      const ahead = Math.max(0, full - now);
      const remaining = Math.max(0, Math.floor(burst - ahead / (3_600_000 / limit) + 0.001));
      return { limit, remaining, seconds: Math.ceil(ahead / 1000) };
    });

/**
 * `RateLimit-Policy` and `RateLimit` (IETF httpapi draft). The key's bucket is always reported; the customer's joins it
 * where it is the nearer to its end.
 */
export function rateHeaders(packed: string, now: number): Record<string, string> {
  const [key, customer] = parseRates(packed, now);
  if (!key) return {};
  const own = `"key";r=${key.remaining};t=${key.seconds}`;
  if (!customer) return { "RateLimit-Policy": `"key";q=${key.limit};w=3600`, RateLimit: own };
  return {
    "RateLimit-Policy": `"key";q=${key.limit};w=3600, "customer";q=${customer.limit};w=3600`,
    RateLimit:
      customer.remaining < key.remaining ? `${own}, "customer";r=${customer.remaining};t=${customer.seconds}` : own,
  };
}

/** What became of asking for missing state: it is there now, there is no such thing, or nobody could tell. */
export type LoadAnswer = "loaded" | "unknown" | "failed";

/**
 * Limits how many unknown keys one address may have looked up in a minute, in one process: a storm of forged keys then
 * costs refusals and not look-ups. A key that turns out to exist is given back, and callers with the same key share one
 * look-up, so that a busy shop is not refused when its key's record is merely gone. Holds at most `capacity` addresses;
 * where it is full of busy ones, a newcomer is refused.
 */
export class MissLimit {
  private readonly misses = new Map<string, { count: number; until: number }>();
  private readonly flights = new Map<string, Promise<LoadAnswer>>();

  constructor(
    private readonly perMinute = 60,
    private readonly capacity = 10_000,
  ) {}

  /**
   * Has a key looked up, unless its address has had its share.
   * @param key what makes two look-ups the same one
   * @param from the address as it is told: those of one household count together
   * @param now milliseconds
   */
  async lookUp(key: string, from: string, now: number, ask: () => Promise<LoadAnswer>): Promise<LoadAnswer> {
    const address = addressGroup(from);
    const flight = this.flights.get(key);
    if (flight) return flight;
    if (!this.take(address, now)) return "failed";
    const begun = ask().finally(() => this.flights.delete(key));
    this.flights.set(key, begun);
    const answer = await begun;
    if (answer !== "unknown") this.giveBack(address);
    return answer;
  }

  private take(address: string, now: number): boolean {
    const known = this.misses.get(address);
    if (known && known.until > now) {
      if (known.count >= this.perMinute) return false;
      known.count++;
      return true;
    }
    if (!known && this.misses.size >= this.capacity) {
      for (const [old, { until }] of this.misses) if (until <= now) this.misses.delete(old);
      if (this.misses.size >= this.capacity) return false;
    }
    this.misses.set(address, { count: 1, until: now + 60_000 });
    return true;
  }

  private giveBack(address: string): void {
    const known = this.misses.get(address);
    if (known && known.count > 0) known.count--;
  }
}
