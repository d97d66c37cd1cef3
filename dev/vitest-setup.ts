import { startThrowAway } from "./stack/throw-away";

/**
 * Vitest's global set-up for tests on real stores: starts them in a folder that is thrown away, migrates, and tells the
 * workers through process.env, which they inherit.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const services = await startThrowAway("vitest");
  try {
    Object.assign(process.env, services.env, {
      AUTH_URL: "http://localhost:3000",
      LOG_LEVEL: "silent",
      STACK_REDIS_URL: services.redisUrl,
      STACK_POSTGRES_ADMIN_URL: services.postgresAdminUrl,
    });
    const { migrateDatabase } = await import("../src/db/migrate");
    await migrateDatabase(services.env.DATABASE_OWNER_URL ?? "");
  } catch (error) {
    await services.stop();
    throw error;
  }
  return services.stop;
}
