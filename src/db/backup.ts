import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import postgres from "postgres";
import { appliedMigrations, knownMigrations, WrongVersion } from "./migrate";

/** A backup or restore that cannot be; the message says why, and what to do. */
export class BackupError extends Error {}

/** What stands beside the tables' files. */
interface Manifest {
  readonly takenAt: string;
  /** The database's migrations: a backup fits the version that has exactly these. */
  readonly migrations: readonly number[];
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly sha256: string }[];
}

const MANIFEST = "manifest.json";
const fileOf = (folder: string, table: string): string => join(folder, `${table}.copy.gz`);
/** One connection for all of it, because all of it is one transaction. */
const open = (url: string): postgres.Sql =>
  postgres(url, { max: 1, max_lifetime: null, connect_timeout: 5, onnotice: () => {}, fetch_types: false });

/** The product's tables, each after those that it refers to. A partitioned one stands for its partitions. */
async function tablesOf(sql: postgres.Sql): Promise<string[]> {
  const tables = await sql<{ name: string }[]>`
    select c.relname as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    order by 1`;
  const needs = await sql<{ name: string; other: string }[]>`
    select c.relname as name, o.relname as other from pg_constraint k
    join pg_class c on c.oid = k.conrelid join pg_class o on o.oid = k.confrelid
    where k.contype = 'f' and k.connamespace = 'public'::regnamespace and c.oid <> o.oid and not c.relispartition`;
  const open = new Map(tables.map(({ name }) => [name, new Set<string>()]));
  for (const { name, other } of needs) open.get(name)?.add(other);
  const sorted: string[] = [];
  while (open.size > 0) {
    const free = [...open].filter(([, others]) => [...others].every((other) => !open.has(other)));
    if (free.length === 0) throw new BackupError(`These tables refer to each other in a circle: ${[...open.keys()]}`);
    for (const [name] of free) {
      sorted.push(name);
      open.delete(name);
    }
  }
  return sorted;
}

/** Columns that take values: those that Postgres computes are left to it. */
async function columnsOf(sql: postgres.Sql, table: string): Promise<string> {
  const rows = await sql<{ name: string }[]>`
    select quote_ident(attname) as name from pg_attribute
    where attrelid = ${`public.${table}`}::regclass and attnum > 0 and not attisdropped and attgenerated = ''
    order by attnum`;
  return rows.map(({ name }) => name).join(", ");
}

/** Counts the rows (COPY's text has one a line) and hashes the bytes that pass. */
class Tally extends Transform {
  rows = 0;
  readonly #hash = createHash("sha256");

  override _transform(chunk: Buffer, _: BufferEncoding, done: (error: null, chunk: Buffer) => void): void {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) this.rows++;
    this.#hash.update(chunk);
    done(null, chunk);
  }

  get sha256(): string {
    return this.#hash.digest("hex");
  }
}

/**
 * Writes every table into a folder, all as of one moment, while the system serves.
 * @param url Postgres, as any role that may read
 * @param folder must not exist yet; it appears once the backup is whole
 */
export async function backUp(url: string, folder: string): Promise<Manifest> {
  const sql = open(url);
  const unfinished = `${folder}.unfinished`;
  try {
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true, mode: 0o700 });
    await sql`begin isolation level repeatable read read only`;
    const [moment] = await sql`select now() as now`;
    const tables: Manifest["tables"][number][] = [];
    for (const name of await tablesOf(sql)) {
      const tally = new Tally();
      const rows = await sql.unsafe(`copy (select ${await columnsOf(sql, name)} from "${name}") to stdout`).readable();
      const file = createWriteStream(fileOf(unfinished, name), { mode: 0o600 });
      await pipeline(rows, tally, createGzip({ level: 6 }), file);
      tables.push({ name, rows: tally.rows, sha256: tally.sha256 });
    }
    const migrations = await appliedMigrations(sql);
    await sql`commit`;
    const manifest = { takenAt: new Date(moment?.now).toISOString(), migrations, tables };
    await writeFile(join(unfinished, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
    await rename(unfinished, folder);
    return manifest;
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Reads what a backup says of itself. */
async function manifestOf(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST), "utf8").catch(() => undefined);
  if (text === undefined) throw new BackupError(`${folder} holds no backup: there is no ${MANIFEST} in it.`);
  return JSON.parse(text) as Manifest;
}

/** @throws BackupError where a file is missing or is not what was written; nothing has been changed by then */
async function requireWhole(folder: string, { tables }: Manifest): Promise<void> {
  for (const { name, rows, sha256 } of tables) {
    const tally = new Tally();
    try {
      await pipeline(createReadStream(fileOf(folder, name)), createGunzip(), tally.resume());
    } catch (error) {
      throw new BackupError(`The file of ${name} cannot be read: ${error instanceof Error ? error.message : error}`);
    }
    if (tally.sha256 !== sha256 || tally.rows !== rows) throw new BackupError(`The file of ${name} was changed.`);
  }
}

/**
 * Puts a backup into a database that was migrated and holds nobody's data yet. All of it, or nothing.
 * @param ownerUrl Postgres as the owner role
 * @param makeRoom called when nothing stands in the way any more and nothing is written yet
 * @throws BackupError where the backup is damaged or the database is in use, WrongVersion where it is another version's
 */
export async function restore(ownerUrl: string, folder: string, makeRoom = async () => {}): Promise<Manifest> {
  const manifest = await manifestOf(folder);
  if (manifest.migrations.join() !== knownMigrations().join()) {
    throw new WrongVersion(
      `The backup is of another version: it has ${manifest.migrations.length} migrations, this version ` +
        `${knownMigrations().length}. Restore it with the version that wrote it, then start this one, which migrates.`,
    );
  }
  await requireWhole(folder, manifest);
  const sql = open(ownerUrl);
  try {
    const tables = await tablesOf(sql);
    const missing = tables.filter((name) => !manifest.tables.some((table) => table.name === name));
    if (missing.length > 0) throw new BackupError(`The backup lacks ${missing.join(", ")}.`);
    await sql`begin`;
    const [row] = await sql`select exists (select from customers) or exists (select from users) as used`;
    if (row?.used) throw new BackupError("The database is in use already: restore into an empty one.");
    await makeRoom();
    // What a migration or a start put there stands in the backup too.
    for (const name of tables.toReversed()) {
      const [row] = await sql.unsafe(`select exists (select from "${name}") as filled`);
      if (row?.filled) await sql.unsafe(`delete from "${name}"`);
    }
    await sql`select ensure_token_usage_partitions(${manifest.takenAt}::timestamptz::date, 24, 3)`;
    for (const name of tables) {
      const into = await sql.unsafe(`copy "${name}" (${await columnsOf(sql, name)}) from stdin`).writable();
      await pipeline(createReadStream(fileOf(folder, name)), createGunzip(), into);
    }
    await resetSequences(sql);
    await sql`commit`;
    return manifest;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Has every counter go on after the highest number that came in. */
async function resetSequences(sql: postgres.Sql): Promise<void> {
  const counters = await sql<{ table: string; column: string; sequence: string }[]>`
    select c.relname as table, a.attname as column, pg_get_serial_sequence(format('%I', c.relname), a.attname) as sequence
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
      and pg_get_serial_sequence(format('%I', c.relname), a.attname) is not null`;
  for (const { table, column, sequence } of counters) {
    await sql.unsafe(`select setval('${sequence}', coalesce(max("${column}"), 0) + 1, false) from "${table}"`);
  }
}
