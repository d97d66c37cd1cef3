import { env } from "@/lib/env";
import { sentenceFor } from "./obstacles";
import { prepareDatabase } from "./prepare";

// `npm run deploy`: what a hosted build does before it builds. Checks the environment, makes and migrates the deployment's
// own database as the owner role, and fails the deployment with a sentence where it cannot: the one before goes on serving.
try {
  env();
  if (!env().DATABASE_OWNER_URL)
    console.log("Migrations: without DATABASE_OWNER_URL they are somebody else's to apply.");
  await prepareDatabase();
} catch (error) {
  console.error(sentenceFor(error) ?? error);
  process.exit(1);
}
