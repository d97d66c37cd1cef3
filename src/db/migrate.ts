import { readFileSync } from "node:fs";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import { migrateJobs } from "./jobs";

/** Whom the product runs as; see drizzle/0001. */
const APPLICATION_ROLE = "connected_apps_app";
/** Any number will do, as long as every deployment uses the same one. */
const MIGRATION_LOCK = 728_314_001;
const FOLDER = "drizzle";

/** The database is not one that this version can serve; the message says what to do. */
export class WrongVersion extends Error {}

/**
 * Applies every migration that is not applied yet, and brings the job queues to what this version needs. Two deployments at once are safe: the second waits for the first
 * under an advisory lock and then finds nothing to do.
 * @param ownerUrl Postgres as the owner role
 * @returns how many migrations there were to apply
 * @throws WrongVersion where the database has migrations that this version does not know
 */
export async function migrateDatabase(ownerUrl: string): Promise<{ applied: number }> {
  const client = postgres(ownerUrl, { max: 1, onnotice: () => {} });
  try {
    await client`select pg_advisory_lock(${MIGRATION_LOCK})`;
    const before = await appliedMigrations(client);
    refuseNewer(before);
    await migrate(drizzle(client), { migrationsFolder: FOLDER });
    await migrateJobs(client, APPLICATION_ROLE);
    // So that a start without the owner's address can see whether it fits.
    await client`grant usage on schema drizzle to connected_apps_app`;
    await client`grant select on drizzle.__drizzle_migrations to connected_apps_app`;
    return { applied: (await appliedMigrations(client)).length - before.length };
  } finally {
    // The lock belongs to the connection and goes with it.
    await client.end({ timeout: 5 });
  }
}

/**
 * For a start that may not migrate: is the database as this version wants it?
 * @param url Postgres as the application role
 * @throws WrongVersion where it is older or newer
 */
export async function requireMigrated(url: string): Promise<void> {
  const client = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const there = await appliedMigrations(client);
    refuseNewer(there);
    const missing = knownMigrations().length - there.length;
    if (missing > 0) {
      throw new WrongVersion(
        `${missing === 1 ? "1 migration has" : `${missing} migrations have`} not been applied to the database, and there is no ` +
          "DATABASE_OWNER_URL to do it with: set it, or run `npm run migrate` where it is set.",
      );
    }
  } finally {
    await client.end({ timeout: 5 });
  }
}

/**
 * Makes the database that an address names, where there is none; a preview has one of its own.
 * @param ownerUrl as the owner role, which must be allowed to create databases
 * @returns whether it was made
 */
export async function createDatabase(ownerUrl: string): Promise<boolean> {
  const server = new URL(ownerUrl);
  const name = decodeURIComponent(server.pathname.slice(1));
  server.pathname = "/postgres";
  const client = postgres(server.href, { max: 1, onnotice: () => {} });
  try {
    const [there] = await client`select from pg_database where datname = ${name}`;
    if (there) return false;
    await client`create database ${client(name)}`;
    return true;
  } catch (error) {
    // Another build of the same branch was quicker.
    if (error instanceof postgres.PostgresError && ["42P04", "23505"].includes(error.code)) return false;
    throw error;
  } finally {
    await client.end({ timeout: 5 });
  }
}

/** When each migration of this version was written, which is what drizzle knows it by. */
export function knownMigrations(): readonly number[] {
  const journal = JSON.parse(readFileSync(`${FOLDER}/meta/_journal.json`, "utf8")) as { entries: { when: number }[] };
  return journal.entries.map(({ when }) => when);
}

/** The migrations that a database has, by the same. */
export async function appliedMigrations(client: postgres.Sql): Promise<readonly number[]> {
  const [table] = await client`select to_regclass('drizzle.__drizzle_migrations') as name`;
  if (!table?.name) return [];
  const rows = await client`select created_at::float8 as at from drizzle.__drizzle_migrations order by id`;
  return rows.map(({ at }) => Number(at));
}

function refuseNewer(there: readonly number[]): void {
  const ours = new Set(knownMigrations());
  const strange = there.filter((when) => !ours.has(when)).length;
  if (strange === 0) return;
  throw new WrongVersion(
    `The database was migrated by another version: ${strange} of its ${there.length} migrations are not known here. Start ` +
      "the version that it belongs to, or restore a backup of this one.",
  );
}
