import { makeRolesAndDatabase } from "@/db/roles";
import { env } from "@/lib/env";
import { explain, Misuse } from "./failure";
import { sentenceFor } from "./obstacles";

// `npm run -s database:create`: the two roles and the database of DATABASE_OWNER_URL and DATABASE_URL, by the superuser of
// POSTGRES_ADMIN_URL, which nothing else reads. What exists stays, so it may run before every start.
try {
  const { POSTGRES_ADMIN_URL: admin } = process.env;
  const { DATABASE_OWNER_URL: owner, DATABASE_URL: app } = env();
  if (!admin || !URL.canParse(admin)) throw new Misuse("POSTGRES_ADMIN_URL must name Postgres as a superuser");
  if (!owner) throw new Misuse("DATABASE_OWNER_URL is missing");
  const made = await makeRolesAndDatabase(admin, owner, app);
  console.log(made.length > 0 ? `Made: ${made.join(", ")}.` : "The roles and the database are there.");
} catch (error) {
  console.error(sentenceFor(error, "POSTGRES_ADMIN_URL") ?? explain(error));
  process.exitCode = 1;
}
