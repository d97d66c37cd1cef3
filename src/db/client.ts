import { sql } from "drizzle-orm";
import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { env } from "@/lib/env";
import { withLastWork } from "./last-work";
import * as alerts from "./schema/alerts";
import * as audit from "./schema/audit";
import * as billing from "./schema/billing";
import * as catalog from "./schema/catalog";
import * as jobs from "./schema/jobs";
import * as keys from "./schema/keys";
import * as mail from "./schema/mail";
import * as metering from "./schema/metering";
import * as notifications from "./schema/notifications";
import * as people from "./schema/people";
import * as plans from "./schema/plans";
import * as platform from "./schema/platform";
import * as products from "./schema/products";
import * as usage from "./schema/usage";
import * as webhooks from "./schema/webhooks";

const schema = {
  ...alerts,
  ...audit,
  ...billing,
  ...catalog,
  ...jobs,
  ...keys,
  ...mail,
  ...metering,
  ...notifications,
  ...people,
  ...plans,
  ...platform,
  ...products,
  ...usage,
  ...webhooks,
};

/** The product's database, connected as the application role. */
export type Db = PostgresJsDatabase<typeof schema> & { $client: postgres.Sql };
/** An open transaction. */
export type Tx = Parameters<Parameters<Db["transaction"]>[0]>[0];
/** Either: what a query needs to read. */
export type Reader = Db | Tx;

/** Opens a database over a connection URL. The caller ends it with `database.$client.end()`. */
export function openDatabase(url: string, options: { max?: number } = {}): Db {
  const client = postgres(url, {
    max: options.max ?? 10,
    connect_timeout: 5,
    idle_timeout: 30,
    // After each connect the driver would ask for the types of arrays, in a promise that nobody holds: a connection that dies
    // just then would end the process. Lists go as text (array.ts), and drizzle reads the columns that hold one.
    fetch_types: false,
    // Notices such as "relation already exists, skipping" are not for the log.
    onnotice: () => {},
  });
  return withLastWork(drizzle(client, { schema }));
}

// One pool per process, also across hot reloads in development, which would otherwise exhaust the server.
const held = globalThis as typeof globalThis & { connectedAppsDb?: Db };

/** The process's database, opened on first use. */
export function db(): Db {
  held.connectedAppsDb ??= openDatabase(env().DATABASE_URL);
  return held.connectedAppsDb;
}

/** Asks Postgres for nothing but an answer. */
export const pingDatabase = (): Promise<unknown> => db().execute(sql`select 1`);

/** What stands on the pool and has to end before it does. */
const users = new Set<(db: Db) => Promise<void>>();
export const beforeClose = (end: (db: Db) => Promise<void>): void => void users.add(end);

/** Ends the process's pool; for commands and workers that are about to exit. */
export async function closeDb(): Promise<void> {
  const open = held.connectedAppsDb;
  if (!open) return;
  for (const end of users) await end(open);
  await open.$client.end({ timeout: 5 });
  held.connectedAppsDb = undefined;
}

export { isDatabaseAway } from "@/lib/database-away";
