import { sql } from "drizzle-orm";
import { fromDrizzle, PgBoss } from "pg-boss";
import type postgres from "postgres";
import { beforeClose, type Db, type Tx } from "./client";

/** Where pg-boss keeps its tables: a schema of its own, made and changed by the owner role at deploy. */
const SCHEMA = "pgboss";
/** Where a job lies that failed every time; people look at it, and have it tried again or thrown away. */
export const DEAD_LETTERS = "dead.letters";

/**
 * Every queue there is. A job that its worker leaves alone for `expireInSeconds` is taken to have died with it and goes to
 * the next one. Queues with `exclusive` hold one job a key, waiting or under way.
 */
export const QUEUES = {
  "alerts.evaluate": { policy: "exclusive", expireInSeconds: 120, retryLimit: 4, retryDelay: 10, retryBackoff: true },
  "notify.chat": { policy: "standard", expireInSeconds: 60, retryLimit: 9, retryDelay: 15, retryBackoff: true },
} as const;
export type QueueName = keyof typeof QUEUES;

/** What every job says at least: whose it is, so that a brand sees its own and no other's. */
export interface JobData {
  readonly customerId: string;
}

/** What a handler is given. */
export interface Job<Data extends JobData = JobData> {
  readonly id: string;
  readonly data: Data;
}

/** A job that was given up. */
export interface DeadJob extends Job {
  readonly queue: string;
  readonly diedAt: Date;
  /** What the last attempt failed of, in its own words. */
  readonly error: string | null;
}

interface Executor {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

const plain = (value: unknown): unknown => {
  if (value instanceof Date) return value.toISOString();
  // Our driver takes documents as text.
  return typeof value === "object" && value !== null && !Array.isArray(value) ? JSON.stringify(value) : value;
};

/** pg-boss's statements on our own pool or transaction. */
function over(db: Db | Tx): Executor {
  const drizzled = fromDrizzle(db, sql);
  return {
    executeSql: async (text, values) => {
      // A transaction that it wrote down whole needs a connection to itself.
      if ("$client" in db && /^\s*begin\b/i.test(text)) {
        const connection = await db.$client.reserve();
        try {
          await connection.unsafe(text);
          return { rows: [] };
        } finally {
          connection.release();
        }
      }
      const { rows } = await drizzled.executeSql(text, values?.map(plain));
      return { rows };
    },
  };
}

const bosses = new WeakMap<Db, Promise<PgBoss>>();

/**
 * pg-boss as the application uses it: on our pool, without timers of its own. What it would do by the clock, `superviseJobs`
 * does, called by the worker or the hosting's cron.
 */
function bossOf(db: Db): Promise<PgBoss> {
  const known = bosses.get(db);
  if (known) return known;
  const boss = new PgBoss({
    db: over(db),
    schema: SCHEMA,
    migrate: false,
    createSchema: false,
    supervise: false,
    schedule: false,
    reindex: false,
    monitorVacuum: false,
  });
  // Whoever calls it hears of each failure itself; without a listener an event would end the process.
  boss.on("error", () => {});
  const started = boss.start();
  bosses.set(db, started);
  // What could not start is tried anew by the next caller.
  started.catch(() => bosses.delete(db));
  return started;
}

beforeClose(async (db) => {
  const boss = await bosses.get(db)?.catch(() => undefined);
  bosses.delete(db);
  await boss?.stop({ graceful: false });
});

/**
 * Puts a job into its queue, in the transaction of what it follows from: neither happens without the other.
 * @param key where one is given, at most one job of it waits or is under way; a second is dropped
 */
export async function enqueue<Data extends JobData>(
  db: Db,
  tx: Tx | Db,
  queue: QueueName,
  data: Data,
  { key, after }: { readonly key?: string; readonly after?: Date } = {},
): Promise<void> {
  const boss = await bossOf(db);
  await boss.send(queue, data, {
    db: over(tx),
    ...(key === undefined ? {} : { singletonKey: key }),
    ...(after === undefined ? {} : { startAfter: after }),
  });
}

/** Takes jobs that are due. Whoever dies with one leaves it to the next, once its time is over. */
export async function takeJobs<Data extends JobData>(db: Db, queue: QueueName, most: number): Promise<Job<Data>[]> {
  const boss = await bossOf(db);
  const jobs = await boss.fetch<Data>(queue, { batchSize: most });
  return jobs.map(({ id, data }) => ({ id, data }));
}

/** Says that a job was done. Pass the transaction of its work: then it cannot be done and be taken for undone. */
export async function finishJob(db: Db, queue: QueueName, id: string, tx: Tx | Db = db): Promise<void> {
  const boss = await bossOf(db);
  await boss.complete(queue, id, null, { db: over(tx) });
}

/** Says that an attempt failed: it is tried again after a pause, and after the last attempt lies with the dead letters. */
export async function failJob(db: Db, queue: QueueName, id: string, error: string): Promise<void> {
  const boss = await bossOf(db);
  await boss.fail(queue, id, { message: error.slice(0, 500) });
}

/** Gives back what died with its worker, and clears away what is long done. */
export async function superviseJobs(db: Db): Promise<void> {
  const boss = await bossOf(db);
  await boss.supervise();
}

/** A brand's jobs that were given up, the newest first. */
export async function deadJobs(db: Db, customerId: string): Promise<DeadJob[]> {
  const rows = await db.execute(sql`
    select id, data, source_name, source_output as output, extract(epoch from created_on) * 1000 as died_at
    from pgboss.job where name = ${DEAD_LETTERS} and data->>'customerId' = ${customerId} and state = 'created'
    order by created_on desc limit 100`);
  return rows.map((row) => ({
    id: String(row.id),
    data: row.data as JobData,
    queue: String(row.source_name ?? ""),
    diedAt: new Date(Number(row.died_at)),
    error: messageOf(row.output),
  }));
}

const messageOf = (output: unknown): string | null => {
  if (typeof output !== "object" || output === null) return null;
  return "message" in output && typeof output.message === "string" ? output.message : null;
};

/** Has a brand's dead letter tried again. @returns false where the brand has no such letter */
export async function reviveJob(db: Db, customerId: string, id: string): Promise<boolean> {
  const boss = await bossOf(db);
  return (await boss.redrive(DEAD_LETTERS, { ids: [id], data: { customerId } })) > 0;
}

/**
 * Brings pg-boss's schema and our queues to what this version needs; as the owner role, at deploy. The application's role
 * may then read and write jobs and nothing else there: no table is its own, and queues it can neither make nor drop.
 */
export async function migrateJobs(owner: postgres.Sql, role: string): Promise<void> {
  const boss = new PgBoss({
    db: {
      executeSql: async (text, values) => {
        const result = await owner.unsafe(text, (values ?? []).map(plain) as never[]);
        // Several statements at once answer with a list of results.
        const last = Array.isArray(result[0]) ? result.at(-1) : result;
        return { rows: [...((last ?? []) as unknown as Record<string, unknown>[])] };
      },
    },
    schema: SCHEMA,
    supervise: false,
    schedule: false,
  });
  boss.on("error", () => {});
  await boss.start();
  try {
    await keepQueue(boss, DEAD_LETTERS, { policy: "standard", retentionSeconds: 60 * 60 * 24 * 30 });
    for (const [name, options] of Object.entries(QUEUES)) {
      await keepQueue(boss, name, { ...options, deadLetter: DEAD_LETTERS });
    }
  } finally {
    await boss.stop({ graceful: false });
  }
  await owner.unsafe(`
    grant usage on schema ${SCHEMA} to ${role};
    grant select on all tables in schema ${SCHEMA} to ${role};
    grant insert, update, delete on ${SCHEMA}.job, ${SCHEMA}.job_common, ${SCHEMA}.job_dependency, ${SCHEMA}.warning to ${role};
    grant update on ${SCHEMA}.queue to ${role};
    revoke execute on function ${SCHEMA}.create_queue(text, jsonb), ${SCHEMA}.delete_queue(text) from public;`);
}

async function keepQueue(boss: PgBoss, name: string, options: Parameters<PgBoss["createQueue"]>[1]): Promise<void> {
  if (await boss.getQueue(name)) {
    const { policy: _, ...changeable } = options ?? {};
    await boss.updateQueue(name, changeable);
  } else {
    await boss.createQueue(name, options);
  }
}
