import { closeDb, db } from "@/db/client";
import { createDatabase, migrateDatabase, requireMigrated } from "@/db/migrate";
import { seedCatalog } from "@/db/seed/catalog";
import { publishCatalog } from "@/features/metering/jobs";
import { deploymentName } from "@/lib/deployment";
import { env } from "@/lib/env";
import { metering } from "@/rest/internal/metering";
import { StartError, sentenceFor } from "./obstacles";

/** Names which address an error came from, so that its sentence can name the variable. */
async function at<T>(which: "DATABASE_URL" | "DATABASE_OWNER_URL", work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const sentence = sentenceFor(error, which);
    throw sentence === undefined ? error : new StartError(sentence);
  }
}

/**
 * Brings the database to this version: makes it where the deployment has one of its own, migrates as the owner role,
 * and brings the catalogue up to date, there and at the edge. Says what it did, a line a step.
 */
export async function prepareDatabase(): Promise<void> {
  const { DATABASE_OWNER_URL: ownerUrl, DATABASE_URL: url } = env();
  const name = deploymentName(process.env);
  try {
    if (ownerUrl) {
      if (name) {
        const made = await at("DATABASE_OWNER_URL", createDatabase(ownerUrl));
        console.log(`Deployment: ${name}, with ${made ? "a new" : "its"} database and keys of its own.`);
      }
      const { applied } = await at("DATABASE_OWNER_URL", migrateDatabase(ownerUrl));
      console.log(`Migrations: ${applied === 0 ? "nothing to apply" : `${applied} applied`}.`);
    } else {
      await at("DATABASE_URL", requireMigrated(url));
      console.log("Migrations: no DATABASE_OWNER_URL, not migrating.");
    }
    await at("DATABASE_URL", seedCatalog(db()));
    // Redis may be away just now: a partition without the catalogue asks for it with its first consume.
    const published = await publishCatalog(metering()).then(
      () => true,
      () => false,
    );
    console.log(
      `Catalogue: the apps and plans are up to date${published ? "" : ", and not yet at the edge: Redis is away"}.`,
    );
  } finally {
    await closeDb();
  }
}
