import { parseArgs } from "node:util";
import { backUp } from "@/db/backup";
import { env } from "@/lib/env";
import { explain, isMisuse, Misuse } from "./failure";
import { sentenceFor } from "./obstacles";

const USAGE = "usage: npm run -s backup -- --to FOLDER";

/** `npm run -s backup`: the whole database as of one moment, into a new folder, while the system serves. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { to: { type: "string" } } });
  if (!values.to) throw new Misuse("--to names the folder to make");
  const { DATABASE_OWNER_URL, DATABASE_URL } = env();
  const { tables, takenAt } = await backUp(DATABASE_OWNER_URL ?? DATABASE_URL, values.to);
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  console.log(`${tables.length} tables with ${rows} rows as of ${takenAt} are in ${values.to}`);
  console.log("Redis is not in it: a restore computes it anew. Keep the secrets of .env somewhere else.");
}

try {
  await main();
} catch (error) {
  console.error(isMisuse(error) ? `${explain(error)}\n${USAGE}` : (sentenceFor(error) ?? explain(error)));
  process.exitCode = isMisuse(error) ? 2 : 1;
}
