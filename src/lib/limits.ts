import { Ratelimit } from "@upstash/ratelimit";
import { Refusal } from "./errors";
import { logger } from "./logger";
import { plainKey } from "./partition";
import { redis } from "./redis";

/** What is limited outside the token path, in requests an hour (the product owner's figures). */
export const LIMITS = {
  /** Reads of the marketplace and of a brand's apps. */
  apps: 100,
  /** Turning an app on. */
  activate: 10,
  /** Everything else that changes an app of a brand; the owner names no figure, so it is that of the reads. */
  "apps-write": 100,
  /** What a shopper's page asks for its widgets, by address: a school or an office behind one has many shoppers. */
  widget: 6_000,
  /** What its widgets tell of a session, by address too: a bucket of its own, so that figures never keep an app from opening. */
  "widget-events": 12_000,
  /** A brand's products, one call each. The owner names no figure; a catalogue is kept in step by many small calls. */
  products: 5_000,
  /** Everything about money. */
  billing: 50,
  /** What a person has sent out at once to an address they named, to see whether it arrives. */
  trial: 60,
  /** Looks at what an import would do: each reads a whole file. */
  "import-preview": 300,
} as const;
export type Surface = keyof typeof LIMITS;

const HOUR_MS = 3_600_000;
/** How long the store may take before a request goes on uncounted, ms: this limit protects reads, not tokens. */
const PATIENCE_MS = 1_000;
const buckets = new Map<Surface, Ratelimit>();

function bucketOf(surface: Surface): Ratelimit {
  const known = buckets.get(surface);
  if (known) return known;
  const made = new Ratelimit({
    redis: redis(),
    // One token comes back at a time, so that a bucket refills evenly and not by the hour.
    limiter: Ratelimit.tokenBucket(1, `${HOUR_MS / LIMITS[surface]} ms`, LIMITS[surface]),
    prefix: plainKey(`limit:${surface}`),
    timeout: PATIENCE_MS,
    // Its own memory would count in this process only.
    ephemeralCache: false,
    enableTelemetry: false,
  });
  buckets.set(surface, made);
  return made;
}

/** What is left of a bucket after a request. */
export interface Taken {
  readonly most: number;
  readonly left: number;
  /** Seconds until one more is open. */
  readonly next: number;
  /** Seconds until the bucket is full. */
  readonly full: number;
  readonly passed: boolean;
}

/**
 * Takes one request out of a bucket.
 * @param who whose bucket: `customer:<id>`, `address:203.0.113.7`
 * @returns null where the bucket's store is away: the request goes on uncounted
 */
export async function takeFrom(surface: Surface, who: string): Promise<Taken | null> {
  const answer = await bucketOf(surface)
    .limit(who)
    .catch((error: unknown) => {
      logger.warn({ err: error, surface }, "a rate limit could not be looked at");
      return null;
    });
  if (!answer || answer.reason === "timeout") return null;
  const most = LIMITS[surface];
  const left = Math.max(0, answer.remaining);
  const next = Math.max(1, Math.ceil((answer.reset - Date.now()) / 1_000));
  const full = left >= most ? 0 : next + Math.ceil(((most - left - 1) * HOUR_MS) / most / 1_000);
  return { most, left, next, full, passed: answer.success };
}

/** What somebody is told for whom the bucket is empty. */
export const tooMany = ({ most, next }: Taken): Refusal =>
  new Refusal("rate_limited", `Too many requests: ${most} an hour are open here.`, { retryAfter: next });
