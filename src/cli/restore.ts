import { parseArgs } from "node:util";
import { restore } from "@/db/backup";
import { closeDb, db } from "@/db/client";
import { createDatabase, migrateDatabase } from "@/db/migrate";
import { requeuePosts } from "@/features/notifications/chat/service";
import { deploymentName } from "@/lib/deployment";
import { env } from "@/lib/env";
import { PARTITIONS, partitionTag, plainKey } from "@/lib/partition";
import { redis } from "@/lib/redis";
import { explain, isMisuse, Misuse } from "./failure";
import { sentenceFor } from "./obstacles";

const USAGE = "usage: npm run -s restore -- --from FOLDER [--flush-redis]";

/** This deployment's keys in Redis, a handful at a time. */
async function* ourKeys(): AsyncGenerator<string[]> {
  const ours = Array.from({ length: PARTITIONS }, (_, partition) => `${partitionTag(partition)}:`);
  const isOurs = (key: string) => ours.some((tag) => key.startsWith(tag));
  let cursor = "0";
  do {
    const [next, keys] = await redis().scan(cursor, { match: `${plainKey("{p")}*`, count: 1_000 });
    cursor = String(next);
    const found = keys.filter(isOurs);
    if (found.length > 0) yield found;
  } while (cursor !== "0");
}

/** Redis must know nothing newer than the ledger that comes: what it knows would pass for the truth. */
async function requireEmptyRedis(): Promise<void> {
  for await (const _ of ourKeys()) {
    throw new Misuse(
      "Redis holds this deployment's balances, which are not those of the backup. Stop everything that serves, then add " +
        "--flush-redis: what is in Redis and not in the ledger is then gone.",
    );
  }
}

async function emptyRedis(): Promise<number> {
  let removed = 0;
  for await (const keys of ourKeys()) removed += await redis().unlink(...keys);
  return removed;
}

/** `npm run -s restore`: a backup into an empty database, and Redis emptied, so that it is computed anew. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { from: { type: "string" }, "flush-redis": { type: "boolean" } } });
  if (!values.from) throw new Misuse("--from names the folder of the backup");
  const { DATABASE_OWNER_URL: url } = env();
  if (!url) throw new Misuse("DATABASE_OWNER_URL is missing: a restore needs the owner role");
  const flush = values["flush-redis"] ?? false;
  if (!flush) await requireEmptyRedis();
  if (deploymentName(process.env)) await createDatabase(url);
  await migrateDatabase(url);
  let removed = 0;
  // Not before the backup and the database are seen to be fit: a restore that is refused must lose nothing that is served.
  const { tables, takenAt } = await restore(url, values.from, async () => {
    if (flush) removed = await emptyRedis();
  });
  // Jobs are not in a backup: mails, webhooks and looks at alerts wait in tables that are read anew, and a post needs its job.
  const posts = await requeuePosts(db());
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  console.log(
    `${tables.length} tables with ${rows} rows as of ${takenAt} are back; ${removed} keys of Redis are gone.` +
      (posts > 0 ? ` ${posts} posts to chat rooms wait to be written.` : ""),
  );
  console.log("Start again; then `npm run -s ledger:check`.");
}

try {
  await main();
} catch (error) {
  console.error(
    isMisuse(error) ? `${explain(error)}\n${USAGE}` : (sentenceFor(error, "DATABASE_OWNER_URL") ?? explain(error)),
  );
  process.exitCode = isMisuse(error) ? 2 : 1;
} finally {
  await closeDb();
}
