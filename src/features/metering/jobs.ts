import { sql } from "drizzle-orm";
import { accountOf, mintCustomerId } from "@/lib/ids";
import { PARTITIONS } from "@/lib/partition";
import { SWEEP } from "./edge/lua/sweep";
import { runScript } from "./edge/service";
import { type DrainResult, drainPartition, partitionsWithEvents } from "./outbox/service";
import type { ReconcileDeps } from "./reconcile/service";
import { accountKey, dueKey, outboxKey, parseAccountName } from "./rules";
import { accountsOwed, applyIntents } from "./service";

export const ALL_PARTITIONS: readonly number[] = Array.from({ length: PARTITIONS }, (_, i) => i);

/** Drains every partition that holds something. One partition that fails does not keep the others waiting. */
export async function drainAll(
  deps: ReconcileDeps,
  partitions: readonly number[] = ALL_PARTITIONS,
): Promise<{ drained: DrainResult; errors: unknown[] }> {
  const drained: DrainResult = { written: 0, reread: 0, poisoned: 0, forked: 0, busy: false };
  const errors: unknown[] = [];
  for (const partition of await partitionsWithEvents(deps.redis, partitions)) {
    try {
      const result = await drainPartition(deps, partition);
      drained.written += result.written;
      drained.reread += result.reread;
      drained.poisoned += result.poisoned;
      drained.forked += result.forked;
      drained.busy ||= result.busy;
    } catch (error) {
      errors.push(error);
    }
  }
  return { drained, errors };
}

/** Drains every partition once whether or not it holds something, so that a restarted Redis is noticed at once. */
export async function inspectAll(deps: ReconcileDeps): Promise<void> {
  for (const partition of ALL_PARTITIONS) await drainPartition(deps, partition);
}

/** Writes off what has expired on accounts that nobody has touched. At most `limit` accounts a partition and call. */
export async function sweepDue(deps: ReconcileDeps, limit = 100): Promise<void> {
  const time = await deps.redis.time();
  const now = Number(time[0]) * 1000;
  const pipeline = deps.redis.pipeline();
  for (const partition of ALL_PARTITIONS) {
    pipeline.zrange(dueKey(partition), 0, now, { byScore: true, offset: 0, count: limit });
  }
  const due = await pipeline.exec<string[][]>();
  for (const partition of ALL_PARTITIONS) {
    for (const name of due[partition] ?? []) {
      const parsed = parseAccountName(name);
      if (!parsed) continue;
      const account = accountOf(mintCustomerId(parsed.customerId), parsed.mode);
      await runScript(deps.redis, SWEEP, [accountKey(account), outboxKey(partition), dueKey(partition)], [name]);
    }
  }
}

/** Applies every intent that has not reached the ledger. */
export async function applyAllIntents(deps: ReconcileDeps): Promise<void> {
  for (const account of await accountsOwed(deps.db)) await applyIntents(deps, account);
}

/** Makes the monthly partitions of `token_usage` for the months around now. */
export async function ensurePartitions(deps: Pick<ReconcileDeps, "db">): Promise<void> {
  await deps.db.execute(sql`select ensure_token_usage_partitions(current_date, 1, 3)`);
}
