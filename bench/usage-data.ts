import type postgres from "postgres";
import { db } from "@/db/client";
import { packDue } from "@/features/usage/packed/jobs";

/** How far back the uses reach. */
const SPREAD_DAYS = 200;
/** How the uses of a day fall on its hours. */
const HOURS = [1, 1, 0, 0, 0, 1, 2, 4, 6, 8, 9, 10, 12, 11, 9, 9, 10, 11, 13, 16, 18, 15, 9, 4];

export interface Filling {
  readonly brands: number;
  /** The uses are numbered: those from one number up to another are added. */
  readonly from: number;
  readonly to: number;
  /** UTC. */
  readonly today: string;
}

/** Hours of the day, each as often as its share of the uses. */
const hoursByShare = HOURS.flatMap((share, hour) => new Array<number>(share).fill(hour));

/** An id that nothing but the bench has. */
const brandId = (n: number): string => `00000000-0000-7000-9000-${String(n).padStart(12, "0")}`;

/** Takes keys and indexes off a table, fills it, and puts them back: a tenth of the time. */
async function withoutIndexes(owner: postgres.Sql, table: string, fill: () => Promise<unknown>): Promise<void> {
  const constraints = await owner<{ name: string; definition: string }[]>`
    select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
    where conrelid = ${table}::regclass and contype in ('p', 'u', 'f')`;
  const indexes = await owner<{ name: string; definition: string }[]>`
    select i.relname as name, pg_get_indexdef(i.oid) as definition
    from pg_index x join pg_class i on i.oid = x.indexrelid
    where x.indrelid = ${table}::regclass
      and not exists (select from pg_constraint c where c.conindid = x.indexrelid and c.contype in ('p', 'u'))`;
  for (const { name } of constraints) await owner.unsafe(`alter table ${table} drop constraint "${name}"`);
  for (const { name } of indexes) await owner.unsafe(`drop index "${name}"`);
  await fill();
  // Of a partitioned table Postgres tells only the parent's own: it is wanted on every month.
  for (const { definition } of indexes) await owner.unsafe(definition.replace(" ON ONLY ", " ON "));
  for (const { name, definition } of constraints) {
    // What the generator refers to is there: it need not be looked up ten million times.
    const unchecked = definition.startsWith("FOREIGN KEY") && table === "ledger_entries" ? " not valid" : "";
    await owner.unsafe(`alter table ${table} add constraint "${name}" ${definition}${unchecked}`);
  }
}

/**
 * Fills ledger and details with uses of many brands over the last 200 days, some large and many small, and counts the rollups
 * as the product does. Each use is a function of its number, so that every run has the same.
 * @returns the brands' ids
 */
export async function fillUsage(owner: postgres.Sql, { brands, from, to, today }: Filling): Promise<string[]> {
  const ids = Array.from({ length: brands }, (_, n) => brandId(n));
  await owner`select ensure_token_usage_partitions(${today}::date, 7, 1)`;
  await owner`insert into customers (id, name, slug)
    select id, 'Bench ' || id, id::text from unnest(${ids}::uuid[]) id on conflict do nothing`;
  // The chance of a number: a multiplication that leaves no pattern where the low bits are taken.
  const chance = (salt: number) => `((hashint8extended(n, ${salt}) & 1048575)::float8 / 1048576)`;
  await owner.unsafe(`drop table if exists bench_uses`);
  await owner.unsafe(`create unlogged table bench_uses as
    select n, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as id,
      -- A power makes some brands large and many small.
      ('00000000-0000-7000-9000-' || lpad(floor(${brands} * power(${chance(1)}, 1.7))::int::text, 12, '0'))::uuid as brand,
      ${chance(2)} as app_chance, ${chance(3)} as key_chance, ${chance(4)} as product_chance, ${chance(5)} as shopper,
      date_trunc('milliseconds', '${today}'::date - floor(${chance(6)} * ${SPREAD_DAYS})::int
        + make_interval(hours => (array[${hoursByShare.join()}])[1 + floor(${chance(7)} * ${hoursByShare.length})::int])
        + ${chance(8)} * interval '1 hour') at time zone 'UTC' as at
    from generate_series(${from}::bigint, ${to - 1}::bigint) n`);
  const app =
    "(array['vto-001', 'vto-001', 'vto-001', 'pdc-001', 'rec-001', 'cai-001'])[1 + floor(app_chance * 6)::int]";
  await withoutIndexes(owner, "ledger_entries", () =>
    owner.unsafe(`insert into ledger_entries (customer_id, mode, epoch, seq, operation_id, kind, tokens, delta, balance_after,
        app_id, price, usage_id, occurred_at)
      select brand, 'live', 1, n + 1, id::text, 'usage', 1 + n % 5, 0, 0, ${app}, 5, id, at from bench_uses`),
  );
  await withoutIndexes(owner, "token_usage", () =>
    owner.unsafe(`insert into token_usage (id, customer_id, mode, app_id, tokens_consumed, key_id, session_id, metadata, created_at)
      select u.id, u.brand, 'live', a.id, 1 + n % 5, 'ak_live_' || floor(key_chance * 3)::int,
        'visit-' || floor(shopper * 4000)::int,
        jsonb_build_object('product_id', 'frame-' || floor(power(product_chance, 2) * 150)::int, 'processing_time_ms', 500 + n % 900),
        u.at
      from bench_uses u join apps a on a.catalog_id = ${app}`),
  );
  await owner.unsafe(`drop table bench_uses`);
  await owner.unsafe(`analyze ledger_entries`);
  await owner.unsafe(`analyze token_usage`);
  let next = 0;
  const counter = async (): Promise<void> => {
    while (next < ids.length) await owner`select rebuild_usage(${ids[next++] ?? ""})`;
  };
  await Promise.all([counter(), counter()]);
  while ((await packDue({ db: db() })) > 0);
  for (const table of ["usage_days", "usage_hours", "usage_facets", "usage_shoppers", "usage_packed", "token_usage"]) {
    await owner.unsafe(`vacuum (analyze) ${table}`);
  }
  return ids;
}
