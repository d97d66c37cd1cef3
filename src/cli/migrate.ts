import { migrateDatabase } from "@/db/migrate";
import { ownVariables } from "@/lib/deployment";
import { sentenceFor } from "./obstacles";

/** `npm run migrate`: applies what is not applied yet, as the owner role; `npm start` does the same by itself. */
const { DATABASE_OWNER_URL: url } = ownVariables(process.env);
if (!url) {
  console.error("Set DATABASE_OWNER_URL to Postgres as the owner role; see .env.example.");
  process.exitCode = 2;
} else {
  try {
    const { applied } = await migrateDatabase(url);
    console.log(applied === 0 ? "Nothing to apply." : `${applied} migrations applied.`);
  } catch (error) {
    console.error(sentenceFor(error, "DATABASE_OWNER_URL") ?? error);
    process.exitCode = 1;
  }
}
