import { Redis } from "@upstash/redis";
import { env } from "./env";

export type { Redis };

/**
 * The Upstash client as this product uses it: no retries of its own (a debit must never be sent twice without us
 * knowing), answers as raw strings, and a signal so that a slow store cannot hold a request for ever.
 * @param budgetMs how long one HTTP call may take, in milliseconds
 */
export function createRedis(options: {
  url: string;
  token: string;
  budgetMs: number;
  autoPipelining?: boolean;
}): Redis {
  return new Redis({
    url: options.url,
    token: options.token,
    // Not `false`: the client reads that as one retry, and so sends everything twice when a connection fails.
    retry: { retries: 0 },
    automaticDeserialization: false,
    // Everything we keep there is text: without base64 around each string, a drain reads its events in half the time.
    responseEncoding: false,
    enableAutoPipelining: options.autoPipelining ?? false,
    enableTelemetry: false,
    readYourWrites: false,
    signal: () => AbortSignal.timeout(options.budgetMs),
  });
}

let shared: Redis | undefined;

/** Gives the process another client than the environment's; for a host that speaks TCP. Before the first use. */
export function shareRedis(client: Redis): void {
  shared = client;
}

/** The process's client, made from the environment on first use. Runs at the edge and in Node. */
export function redis(): Redis {
  if (shared) return shared;
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token, METERING_BUDGET_MS: budgetMs } = env();
  shared = createRedis({ url, token, budgetMs });
  return shared;
}
