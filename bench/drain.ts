import { performance } from "node:perf_hooks";
import postgres from "postgres";
import { LARGEST_BATCH } from "@/features/metering/outbox/rules";
import { compared, type Figure, type Group } from "./figure";
import { type LoadResult, program } from "./load";
import { makeStand, type Stand } from "./meter/stand";

const PASSES = 5;
const FILL_SECONDS = 2;
/** As many entries as the drain writes in one transaction where there are many. */
const BATCH = LARGEST_BATCH;

interface Table {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** A copy of a table of ours, with its columns, checks and indexes, and without its triggers and references. */
async function copyOf(owner: postgres.Sql, source: string): Promise<Table> {
  const name = `bench_${source}`;
  await owner.unsafe(`create table ${name} (like ${source} including all)`);
  const columns = await owner<{ name: string; type: string }[]>`
    select a.attname as name, format_type(a.atttypid, a.atttypmod) as type from pg_attribute a
    where a.attrelid = ${name}::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`;
  return { name, columns };
}

type Row = Record<string, string | null>;

/** The rows of our table that are not in the copy yet, as text, in the order in which they were written. */
const newRows = (owner: postgres.Sql, source: string, table: Table, order: string): Promise<Row[]> =>
  owner.unsafe<Row[]>(
    `select ${table.columns.map(({ name }) => `${name}::text`).join(", ")} from ${source} s
     where not exists (select 1 from ${table.name} t where ${order
       .split(", ")
       .map((column) => `t.${column} = s.${column}`)
       .join(" and ")}) order by s.ctid`,
  );

/** Inserts a batch as one statement over arrays. */
function insert(tx: postgres.TransactionSql, { name, columns }: Table, rows: readonly Row[]) {
  const text = `insert into ${name} (${columns.map((column) => column.name).join(", ")})
    select * from unnest(${columns.map(({ type }, i) => `$${i + 1}::${type}[]`).join(", ")})`;
  return tx.unsafe(text, columns.map((column) => rows.map((row) => row[column.name] ?? null)) as never[], {
    prepare: true,
  });
}

async function fillOutbox(stand: Stand): Promise<LoadResult> {
  return program("bench/baselines/raw-redis.ts", {
    redisUrl: stand.redisUrl,
    script: stand.script,
    stencils: stand.callers.map(({ stencil }) => stencil),
    window: 32,
    seconds: FILL_SECONDS,
  });
}

/**
 * `drain.vs_unnest`: one worker that moves uses from Redis into ledger, usage, rollups, grants and chain heads, against
 * nothing but the insert of the same rows into copies of ledger and usage, in batches as large.
 */
export const drain: Group = async function* (): AsyncGenerator<Figure> {
  const stand = await makeStand();
  const owner = postgres(stand.ownerUrl, { max: 1, onnotice: () => {} });
  try {
    const ledger = await copyOf(owner, "ledger_entries");
    const usage = await copyOf(owner, "token_usage");
    const copied = async (): Promise<{ rows: number; seconds: number }> => {
      const entries = await newRows(owner, "ledger_entries", ledger, "customer_id, mode, epoch, seq");
      const uses = await newRows(owner, "token_usage", usage, "id, created_at");
      const begun = performance.now();
      for (let from = 0; from < entries.length; from += BATCH) {
        await owner.begin(async (tx) => {
          await insert(tx, ledger, entries.slice(from, from + BATCH));
          if (from < uses.length) await insert(tx, usage, uses.slice(from, from + BATCH));
        });
      }
      return { rows: entries.length, seconds: (performance.now() - begun) / 1000 };
    };
    await copied();
    const rates = { baseline: [] as number[], ours: [] as number[] };
    let errors = 0;
    let rows = 0;
    for (let pass = -1; pass < PASSES; pass++) {
      errors += (await fillOutbox(stand)).errors;
      const begun = performance.now();
      const written = await stand.drain();
      const seconds = (performance.now() - begun) / 1000;
      const bare = await copied();
      if (bare.rows !== written) errors++;
      if (pass < 0) continue;
      rows += written;
      rates.ours.push(written / seconds);
      rates.baseline.push(bare.rows / bare.seconds);
    }
    const breaches = await stand.breaches();
    yield compared("drain.vs_unnest", "uses/s", rates, {
      sound: errors === 0 && breaches === 0,
      aim: 0.8,
      uses: rows,
      accounts: stand.callers.length,
      errors,
      ledger_breaches: breaches,
    });
  } finally {
    await owner.end();
    await stand.stop();
  }
};
