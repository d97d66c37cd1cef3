import { migrateDatabase } from "@/db/migrate";

/** `npm run migrate`: applies what is not applied yet, as the owner role; `npm start` does the same by itself. */
const url = process.env.DATABASE_OWNER_URL;
if (!url) {
  console.error("Set DATABASE_OWNER_URL to Postgres as the owner role; see .env.example.");
  process.exitCode = 2;
} else {
  const { applied } = await migrateDatabase(url);
  console.log(applied === 0 ? "Nothing to apply." : `${applied} migrations applied.`);
}
