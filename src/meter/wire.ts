import { Waker } from "@/features/metering/edge/jobs";
import { KeyHashes, type LoadAnswer, MissLimit } from "@/features/metering/edge/rules";
import type { MeterDeps, Wanted } from "@/features/metering/edge/service";
import { writeRefusals } from "@/features/metering/refusals/jobs";
import { RefusalNotes } from "@/features/metering/refusals/rules";
import { env } from "@/lib/env";
import { logger } from "@/lib/logger";
import type { Redis } from "@/lib/redis";
import { bringIn, drainWoken, metering } from "@/rest/internal/metering";

/** The least time between two drains, ms: batches large enough to be cheap, and fresh figures all the same. */
const WAKE_INTERVAL_MS = 250;

/** The least time between two notes of refusals, ms. */
const NOTES_INTERVAL_MS = 5_000;

/** Brings missing state in, in this process; gives up waiting with the request's budget. */
async function load(wanted: Wanted, signal: AbortSignal): Promise<LoadAnswer> {
  const late = new Promise<"late">((resolve) =>
    signal.addEventListener("abort", () => resolve("late"), { once: true }),
  );
  try {
    const found = await Promise.race([bringIn(metering(), wanted), late]);
    return found === "late" ? "failed" : found ? "loaded" : "unknown";
  } catch (error) {
    logger.warn({ err: error, what: wanted.what }, "missing state could not be brought in");
    return "failed";
  }
}

export interface Wired {
  readonly deps: MeterDeps;
  /** Resolves when what this process was woken for has been drained. */
  readonly drained: () => Promise<void>;
}

/** Metering as the meter hosts it: state is loaded and, unless told not to, outboxes are drained in this process. */
export function wire(redis: Redis, options: { readonly drain: boolean }): Wired {
  const waker = new Waker(async (partitions) => {
    await drainWoken(partitions);
  }, WAKE_INTERVAL_MS);
  const notes = new RefusalNotes();
  const scribe = new Waker(() => writeRefusals(redis, notes, Date.now()), NOTES_INTERVAL_MS);
  let last: Promise<void> = Promise.resolve();
  const deps: MeterDeps = {
    redis,
    hashes: new KeyHashes(env().API_KEY_PEPPER),
    budgetMs: env().METERING_BUDGET_MS,
    maxBacklog: env().METERING_MAX_BACKLOG,
    load,
    wake: (partition) => {
      if (options.drain) last = waker.wake(partition);
    },
    refused: (partition, hmac, code) => {
      if (notes.note(partition, hmac, code, Date.now())) void scribe.wake(partition);
    },
    misses: new MissLimit(),
    clock: { offset: null },
    now: Date.now,
  };
  return { deps, drained: () => last };
}
