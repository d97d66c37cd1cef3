import { createHmac } from "node:crypto";
import { Ratelimit } from "@upstash/ratelimit";
import { env } from "@/lib/env";
import { plainKey } from "@/lib/partition";
import { redis } from "@/lib/redis";

/** Counts attempts under a key and says whether one more is allowed. */
export interface Limiter {
  /** Takes one attempt; false where the window is full. */
  take(key: string): Promise<boolean>;
  /** Gives one back, because it turned out to be rightful. */
  giveBack(key: string): Promise<void>;
}

const WINDOW_MS = 10 * 60_000;
/** Failed sign-ins in ten minutes: for one account wherever they come from, and from one address whoever they name. */
export const LIMITS = { account: 10, address: 50 } as const;

/**
 * A fixed window in this process's memory: what stands in for Redis when that is away. It holds at most `capacity`
 * keys; when it is full of live ones a newcomer is refused, because forgetting an old one would let an attacker clear
 * a counter by filling the rest.
 */
export class LocalLimiter implements Limiter {
  readonly #counts = new Map<string, { used: number; until: number }>();
  readonly #limit: number;
  readonly #capacity: number;
  readonly #now: () => number;

  constructor(limit: number, capacity = 10_000, now: () => number = Date.now) {
    this.#limit = limit;
    this.#capacity = capacity;
    this.#now = now;
  }

  async take(key: string): Promise<boolean> {
    const now = this.#now();
    const known = this.#counts.get(key);
    if (known && known.until > now) {
      if (known.used >= this.#limit) return false;
      known.used += 1;
      return true;
    }
    if (!known && this.#counts.size >= this.#capacity) {
      for (const [old, count] of this.#counts) if (count.until <= now) this.#counts.delete(old);
      if (this.#counts.size >= this.#capacity) return false;
    }
    this.#counts.set(key, { used: 1, until: now + WINDOW_MS });
    return true;
  }

  async giveBack(key: string): Promise<void> {
    const known = this.#counts.get(key);
    if (known && known.used > 0) known.used -= 1;
  }

  get size(): number {
    return this.#counts.size;
  }
}

/** Asks `first`, and `second` where `first` cannot answer. What is given back is given to both. */
export class FallbackLimiter implements Limiter {
  readonly #first: Limiter;
  readonly #second: Limiter;

  constructor(first: Limiter, second: Limiter) {
    this.#first = first;
    this.#second = second;
  }

  async take(key: string): Promise<boolean> {
    try {
      return await this.#first.take(key);
    } catch {
      return this.#second.take(key);
    }
  }

  async giveBack(key: string): Promise<void> {
    await Promise.allSettled([this.#first.giveBack(key), this.#second.giveBack(key)]);
  }
}

/** A sliding window in Redis, shared by every process. Throws where Redis did not answer within a second. */
export class RedisLimiter implements Limiter {
  readonly #ratelimit: Ratelimit;

  constructor(limit: number, prefix: string, client = redis()) {
    this.#ratelimit = new Ratelimit({
      redis: client,
      limiter: Ratelimit.slidingWindow(limit, "10 m"),
      prefix: plainKey(prefix),
      timeout: 1_000,
      // Its own memory would go on blocking after an attempt was given back.
      ephemeralCache: false,
      enableTelemetry: false,
    });
  }

  async take(key: string): Promise<boolean> {
    const answer = await this.#ratelimit.limit(key);
    // On a timeout the library lets the caller through; here that is an answer that did not come.
    if (answer.reason === "timeout") throw new Error("The rate limit's store did not answer in time");
    return answer.success;
  }

  async giveBack(key: string): Promise<void> {
    await this.#ratelimit.limit(key, { rate: -1 });
  }
}

export interface SignInThrottle {
  /** Takes one attempt of an address on an account; false where either has failed too often. */
  take(email: string, address: string): Promise<boolean>;
  /** The attempt was rightful and is not counted. */
  giveBack(email: string, address: string): Promise<void>;
}

/** Throttles by both limits. Addresses first, so that a refused address cannot use up a stranger's account. */
export function signInThrottle(
  byAccount: Limiter,
  byAddress: Limiter,
  name: (email: string) => string,
): SignInThrottle {
  return {
    async take(email, address) {
      return (await byAddress.take(address)) && (await byAccount.take(name(email)));
    },
    async giveBack(email, address) {
      await Promise.all([byAddress.giveBack(address), byAccount.giveBack(name(email))]);
    },
  };
}

/** Mails asked for in ten minutes: to one address whoever asks, and from one network address whoever is named. */
export const MAIL_LIMITS = { account: 5, address: 20 } as const;

/** An e-mail address as it may stand in a key: as a HMAC. */
const nameless = (email: string): string =>
  createHmac("sha256", env().AUTH_SECRET).update(`throttle:${email}`).digest("base64url").slice(0, 22);

let mails: SignInThrottle | undefined;

/** Throttles what sends mail to an address that anybody may type. Nothing is given back. */
export function mailThrottle(): SignInThrottle {
  mails ??= signInThrottle(
    new FallbackLimiter(new RedisLimiter(MAIL_LIMITS.account, "auth:mail"), new LocalLimiter(MAIL_LIMITS.account)),
    new FallbackLimiter(new RedisLimiter(MAIL_LIMITS.address, "auth:mailer"), new LocalLimiter(MAIL_LIMITS.address)),
    nameless,
  );
  return mails;
}

let shared: SignInThrottle | undefined;

/** The process's throttle: in Redis, and in memory while Redis is away. E-mail addresses stand in it only as HMACs. */
export function sharedThrottle(): SignInThrottle {
  shared ??= signInThrottle(
    new FallbackLimiter(new RedisLimiter(LIMITS.account, "auth:account"), new LocalLimiter(LIMITS.account)),
    new FallbackLimiter(new RedisLimiter(LIMITS.address, "auth:address"), new LocalLimiter(LIMITS.address)),
    nameless,
  );
  return shared;
}
