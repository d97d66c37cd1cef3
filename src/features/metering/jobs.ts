import { gt, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { meteringAccounts } from "@/db/schema/metering";
import { env } from "@/lib/env";
import { accountOf, mintCustomerId } from "@/lib/ids";
import { PARTITIONS } from "@/lib/partition";
import { lookForDrift } from "./drift/service";
import { RETIRE } from "./edge/lua/state";
import { SWEEP } from "./edge/lua/sweep";
import { runScript } from "./edge/service";
import { accountsOwed, applyIntents } from "./intents/service";
import { bundles } from "./outbox/rules";
import { backlogs, type DrainResult, drainPartition, drainTogether } from "./outbox/service";
import { accountsWithStrays } from "./rebuild/queries";
import { reopenAccount } from "./rebuild/service";
import { catalogFields, loadCatalog, type ReconcileDeps } from "./reconcile/service";
import { accountKey, accountKeys, catalogKey, dueKey, parseAccountName } from "./rules";
import { retireMarked } from "./service";

export const ALL_PARTITIONS: readonly number[] = Array.from({ length: PARTITIONS }, (_, i) => i);

/** How many partitions are drained side by side where nothing says otherwise. */
const DRAINS_AT_ONCE = 4;
/** After how long a partition whose outbox does not empty lets the next one have its turn, ms. */
const TURN_MS = 500;

/**
 * Drains every partition that holds something, several side by side, and those that hold little together. One that fails
 * does not keep the others waiting, nor does one that fills as fast as it is emptied; one that another process drains is
 * left to it.
 * @param forMs after how long it begins no further round; without it, only when nothing waits any more
 */
export async function drainAll(
  deps: ReconcileDeps,
  partitions: readonly number[] = ALL_PARTITIONS,
  forMs = Infinity,
): Promise<{ drained: DrainResult; errors: unknown[] }> {
  const drained: DrainResult = { written: 0, reread: 0, poisoned: 0, forked: 0, busy: false, more: false };
  const errors: unknown[] = [];
  const count = (result: DrainResult): void => {
    drained.written += result.written;
    drained.reread += result.reread;
    drained.poisoned += result.poisoned;
    drained.forked += result.forked;
    drained.busy ||= result.busy;
  };
  const alone = async (partition: number): Promise<boolean> => {
    const result = await drainPartition(deps, partition, TURN_MS);
    count(result);
    return result.more;
  };
  const round = async (waiting: number[][]): Promise<boolean> => {
    let more = false;
    const work = async (): Promise<void> => {
      for (let some = waiting.shift(); some !== undefined; some = waiting.shift()) {
        try {
          const [only = -1, ...others] = some;
          if (others.length === 0) {
            more = (await alone(only)) || more;
            continue;
          }
          const { result, left } = await drainTogether(deps, some);
          count(result);
          more ||= left.length > 0;
        } catch (error) {
          // Of several, one is at fault, or locked for long: side by side, the others do not wait for it.
          if (some.length === 1) errors.push(error);
          else more = (await round(some.map((partition) => [partition]))) || more;
        }
      }
    };
    await Promise.all(Array.from({ length: deps.drainConcurrency ?? DRAINS_AT_ONCE }, work));
    return more;
  };
  // Each round asks anew who waits: in the meantime others have begun to.
  const end = performance.now() + forMs;
  while ((await round(bundles(await backlogs(deps.redis, partitions)))) && performance.now() < end);
  return { drained, errors };
}

/** Drains every partition once whether or not it holds something, so that a restarted Redis is noticed at once. */
export async function inspectAll(deps: ReconcileDeps): Promise<void> {
  await each(ALL_PARTITIONS.map((partition) => () => drainPartition(deps, partition)));
}

/** Retires accounts that Redis still keeps in an epoch which is over: a failover may have brought an old copy back. */
export async function retireOutdated(deps: ReconcileDeps): Promise<void> {
  const heads = await deps.db.select().from(meteringAccounts).where(gt(meteringAccounts.epoch, 0));
  for (let from = 0; from < heads.length; from += AT_ONCE) {
    const some = heads.slice(from, from + AT_ONCE);
    const pipeline = deps.redis.pipeline();
    for (const head of some) pipeline.hmget(accountKey(accountOfHead(head)), "e", "ret");
    const there = await pipeline.exec<[string | null, string | null][]>();
    for (const [i, head] of some.entries()) {
      const [epoch, retired] = there[i] ?? [null, null];
      if (epoch === null || retired !== null || Number(epoch) >= head.epoch) continue;
      await runScript(deps.redis, RETIRE, [accountKey(accountOfHead(head))], [String(head.epoch - 1)]);
    }
  }
}

/** How many accounts are asked about in one call. */
const AT_ONCE = 500;

const accountOfHead = (head: { customerId: string; mode: "live" | "test" }) =>
  accountOf(mintCustomerId(head.customerId), head.mode);

/** Does each thing whatever becomes of the others, and then says what failed. */
async function each(things: readonly (() => Promise<unknown>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const thing of things) {
    try {
      await thing();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} of ${things.length} could not be done`);
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
      await runScript(deps.redis, SWEEP, accountKeys(account), [name]);
    }
  }
}

/** Opens accounts anew for uses that came in for an epoch which was over already, so that they are posted again. */
export async function healStrays(deps: ReconcileDeps): Promise<void> {
  const actor = { type: "system", id: "heal" } as const;
  await each(
    (await accountsWithStrays(deps.db)).map(({ customerId, mode }) => () => {
      const when = async (tx: Tx) => (await accountsWithStrays(tx, customerId)).some((other) => other.mode === mode);
      return reopenAccount({ db: deps.db, customerId, actor }, deps, { mode, why: "late uses", when });
    }),
  );
}

/** Applies every intent that has not reached the ledger. */
export async function applyAllIntents(deps: ReconcileDeps): Promise<void> {
  await each((await accountsOwed(deps.db)).map((account) => () => applyIntents(deps, account)));
}

/** Makes the monthly partitions of `token_usage` for the months around now. */
export async function ensurePartitions(deps: Pick<ReconcileDeps, "db">): Promise<void> {
  await deps.db.execute(sql`select ensure_token_usage_partitions(current_date, 1, 3)`);
}

/**
 * Drops the details of uses that are older than is kept, month by month: who, from where, on what. What was spent stays in
 * the ledger and in the rollups.
 */
export async function dropOldDetails(deps: Pick<ReconcileDeps, "db">, months: number): Promise<number> {
  const [row] = await deps.db.execute(sql`
    select drop_token_usage_partitions((current_date - make_interval(months => ${months}))::date) as dropped`);
  return Number(row?.dropped);
}

/** Brings the catalogue as it is now to every partition; after it was changed. */
export async function publishCatalog(deps: ReconcileDeps): Promise<void> {
  await each(ALL_PARTITIONS.map((partition) => () => loadCatalog(deps, partition)));
}

/**
 * Brings the catalogue to the partitions whose copy is another than Postgres has: of what was published while Redis was
 * away. A partition without one asks for it with its first use.
 */
export async function healCatalogs(deps: ReconcileDeps): Promise<void> {
  const pipeline = deps.redis.pipeline();
  for (const partition of ALL_PARTITIONS) pipeline.hgetall(catalogKey(partition));
  // Fields and values in turn, as the store sends them.
  const copies = await pipeline.exec<(string[] | null)[]>();
  const meant = Object.entries(catalogFields(await deps.loaders.catalog(deps.db))).toSorted();
  const stale = ALL_PARTITIONS.filter((_, i) => {
    const flat = copies[i] ?? [];
    const has = flat.flatMap((field, at) => (field.startsWith("app:") && at % 2 === 0 ? [[field, flat[at + 1]]] : []));
    return has.length > 0 && JSON.stringify(has.toSorted()) !== JSON.stringify(meant);
  });
  await each(stale.map((partition) => () => loadCatalog(deps, partition)));
}

/**
 * What has to be done over and over beside the drain: by the worker, each at its own pace, and by the cron, all at once.
 * One list for both, so that neither forgets what the other does.
 */
export const UPKEEP: readonly {
  readonly name: string;
  readonly everyMs: number;
  readonly run: (deps: ReconcileDeps) => Promise<void>;
}[] = [
  { name: "partitions", everyMs: 6 * 60 * 60 * 1000, run: ensurePartitions },
  {
    name: "retention",
    everyMs: 24 * 60 * 60 * 1000,
    run: async (deps) => void (await dropOldDetails(deps, env().USAGE_RETENTION_MONTHS)),
  },
  { name: "catalogue", everyMs: 60_000, run: healCatalogs },
  { name: "inspect", everyMs: 10_000, run: inspectAll },
  { name: "retire", everyMs: 500, run: (deps) => retireMarked(deps) },
  { name: "outdated", everyMs: 60_000, run: retireOutdated },
  { name: "heal", everyMs: 5_000, run: healStrays },
  { name: "grants", everyMs: 1_000, run: applyAllIntents },
  { name: "expiry", everyMs: 1_000, run: (deps) => sweepDue(deps) },
  // It keeps its own time: once in ten minutes, whoever asks.
  { name: "drift", everyMs: 60_000, run: async (deps) => void (await lookForDrift(deps)) },
];
