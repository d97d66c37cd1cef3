import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";

/** Any number will do, as long as every deployment uses the same one. */
const MIGRATION_LOCK = 728_314_001;

/**
 * Applies every migration that is not applied yet. Two deployments at once are safe: the second waits for the first
 * under an advisory lock and then finds nothing to do.
 * @param ownerUrl Postgres as the owner role
 * @returns how many migrations there were to apply
 */
export async function migrateDatabase(ownerUrl: string): Promise<{ applied: number }> {
  const client = postgres(ownerUrl, { max: 1, onnotice: () => {} });
  try {
    await client`select pg_advisory_lock(${MIGRATION_LOCK})`;
    const before = await appliedCount(client);
    await migrate(drizzle(client), { migrationsFolder: "drizzle" });
    return { applied: (await appliedCount(client)) - before };
  } finally {
    // The lock belongs to the connection and goes with it.
    await client.end({ timeout: 5 });
  }
}

async function appliedCount(client: postgres.Sql): Promise<number> {
  const [table] = await client`select to_regclass('drizzle.__drizzle_migrations') as name`;
  if (!table?.name) return 0;
  const [row] = await client`select count(*)::int as n from drizzle.__drizzle_migrations`;
  return row?.n ?? 0;
}
