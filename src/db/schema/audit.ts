import { bigint, index, jsonb, pgTable, text, timestamp, uuid, varchar } from "drizzle-orm/pg-core";

/**
 * Who did what. Append-only: triggers refuse UPDATE, DELETE and TRUNCATE (drizzle/0001). No foreign keys, because a
 * row must outlive what it speaks of.
 */
export const auditLog = pgTable(
  "audit_log",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    customerId: uuid("customer_id").notNull(),
    /** `user`, `key` or `system`, and which one. */
    actorType: varchar("actor_type", { length: 10, enum: ["user", "key", "system"] }).notNull(),
    actorId: text("actor_id").notNull(),
    /** A dotted verb such as `key.created`. */
    action: varchar("action", { length: 60 }).notNull(),
    /** What it was done to, such as a key id. */
    subject: text("subject").notNull(),
    details: jsonb("details").$type<Record<string, unknown>>().notNull().default({}),
    createdAt: timestamp("created_at", { withTimezone: true, mode: "date" }).notNull().defaultNow(),
  },
  (t) => [index("audit_log_customer").on(t.customerId, t.id)],
);
