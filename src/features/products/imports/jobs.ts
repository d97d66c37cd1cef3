import { and, asc, eq, lt, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { productImports } from "@/db/schema/products";
import { isDatabaseAway } from "@/lib/database-away";
import { logger } from "@/lib/logger";
import { runImport } from "./service";

/**
 * Takes in what people have started, oldest first. One import that cannot go on holds up no other: it fails with a sentence,
 * and what it had taken in stays.
 */
export async function runImports({ db }: { readonly db: Db }): Promise<void> {
  const waiting = await db
    .select({ id: productImports.id })
    .from(productImports)
    .where(eq(productImports.status, "running"))
    .orderBy(asc(productImports.createdAt))
    .limit(20);
  for (const { id } of waiting) {
    try {
      await runImport(db, id);
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      logger.error({ err: error, import: id }, "an import of products failed");
      const problem = "The import could not go on. What was taken in stays; send the file again for the rest.";
      await db
        .update(productImports)
        .set({ status: "failed", problem, file: null, finishedAt: sql`now()` })
        .where(and(eq(productImports.id, id), eq(productImports.status, "running")));
    }
  }
}

/** Clears away files that were sent and never started, after a day. */
export async function clearImports({ db }: { readonly db: Db }): Promise<void> {
  await db
    .delete(productImports)
    .where(and(eq(productImports.status, "uploaded"), lt(productImports.createdAt, sql`now() - interval '1 day'`)));
}
