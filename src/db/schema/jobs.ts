import { bigint, integer, pgTable, timestamp, varchar } from "drizzle-orm/pg-core";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** When each scheduled job last ended well, and how often it has failed, whichever process ran it. */
export const jobRuns = pgTable("job_runs", {
  name: varchar("name", { length: 60 }).primaryKey(),
  lastSucceededAt: at("last_succeeded_at"),
  lastFailedAt: at("last_failed_at"),
  failures: bigint("failures", { mode: "number" }).notNull().default(0),
  /** How long the last run took. */
  tookMs: integer("took_ms").notNull().default(0),
});
