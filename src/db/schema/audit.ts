import { bigint, index, jsonb, pgTable, text, timestamp, uniqueIndex, uuid, varchar } from "drizzle-orm/pg-core";

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
    /** 1, 2, 3 … within a brand. Null only in rows from before there was a chain. */
    seq: bigint("seq", { mode: "number" }),
    /** A MAC over this row and the one before it, by a key that the database does not hold. */
    hash: varchar("hash", { length: 43 }),
  },
  (t) => [
    index("audit_log_customer").on(t.customerId, t.id),
    uniqueIndex("audit_log_chain").on(t.customerId, t.seq),
    index("audit_log_action").on(t.customerId, t.action, t.id),
  ],
);

/**
 * Where each brand's chain ends. Its row is locked while an entry is added, so that a chain cannot fork; and rows cut off
 * the end of the log are missed, because nobody without the key can seal an earlier end.
 */
export const auditHeads = pgTable("audit_heads", {
  customerId: uuid("customer_id").primaryKey(),
  seq: bigint("seq", { mode: "number" }).notNull(),
  hash: varchar("hash", { length: 43 }).notNull(),
  /** A MAC over brand, seq and hash. */
  seal: varchar("seal", { length: 43 }).notNull(),
});
