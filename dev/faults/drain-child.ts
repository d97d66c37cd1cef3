import { openDatabase } from "@/db/client";
import { type DrainDeps, drainPartition, drainTogether } from "@/features/metering/outbox/service";
import { createRedis } from "@/lib/redis";

/** What the parent asks of a draining process, and what that one says. */
export type Order =
  /**
   * Drain once to the end, or to a point of which the process does not come back. Several partitions are drained together,
   * one batch of each in one transaction.
   */
  | { readonly kind: "drain"; readonly partitions: readonly number[]; readonly stopAt?: string }
  /** Drain over and over until told to stop. */
  | { readonly kind: "loop"; readonly partitions: readonly number[] }
  | { readonly kind: "stop" };
export type Word =
  | { readonly kind: "ready" }
  | { readonly kind: "at"; readonly point: string }
  | { readonly kind: "done"; readonly written: number; readonly reread: number; readonly busy: number }
  | { readonly kind: "failed"; readonly message: string };

/**
 * A process that drains, made to be killed: it announces the point it has come to and waits there for ever. It ends by
 * itself when its parent is gone.
 */
const { DATABASE_URL = "", UPSTASH_REDIS_REST_URL = "", UPSTASH_REDIS_REST_TOKEN = "" } = process.env;
const db = openDatabase(DATABASE_URL, { max: 2 });
const redis = createRedis({ url: UPSTASH_REDIS_REST_URL, token: UPSTASH_REDIS_REST_TOKEN, budgetMs: 10_000 });
const say = (word: Word): void => {
  process.send?.(word);
};

function depsFor(stopAt: string | undefined): DrainDeps {
  if (stopAt === undefined) return { db, redis };
  return {
    db,
    redis,
    at: (point) => {
      if (point !== stopAt) return;
      say({ kind: "at", point });
      return new Promise<void>(() => {});
    },
  };
}

let stopped = true;

async function loop(partitions: readonly number[]): Promise<void> {
  stopped = false;
  const sums = { written: 0, reread: 0, busy: 0 };
  while (!stopped) {
    for (const partition of partitions) {
      const result = await drainPartition({ db, redis }, partition);
      sums.written += result.written;
      sums.reread += result.reread;
      if (result.busy) sums.busy++;
    }
  }
  say({ kind: "done", ...sums });
}

async function drainOnce(partitions: readonly number[], stopAt: string | undefined): Promise<void> {
  const deps = depsFor(stopAt);
  const [only = -1, ...others] = partitions;
  const { written, reread, busy } =
    others.length === 0 ? await drainPartition(deps, only) : (await drainTogether(deps, partitions)).result;
  say({ kind: "done", written, reread, busy: busy ? 1 : 0 });
}

process.on("message", (order: Order) => {
  if (order.kind === "stop") {
    stopped = true;
    return;
  }
  const work = order.kind === "loop" ? loop(order.partitions) : drainOnce(order.partitions, order.stopAt);
  work.catch((error: unknown) => say({ kind: "failed", message: error instanceof Error ? error.message : "unknown" }));
});
process.on("disconnect", () => process.exit(0));
say({ kind: "ready" });
