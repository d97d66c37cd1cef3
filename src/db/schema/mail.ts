import { sql } from "drizzle-orm";
import { check, index, integer, jsonb, pgTable, text, timestamp, unique, uuid, varchar } from "drizzle-orm/pg-core";
import { customers, users } from "./people";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/**
 * Mails to be sent and mails that were, one row a recipient. Written in the transaction of what they tell, sent by the
 * worker. Holds what the mail says as facts, not as text: a brand's time zone and a person's address are looked up when
 * it goes out.
 */
export const outgoingMails = pgTable(
  "outgoing_mails",
  {
    id: uuid("id").primaryKey(),
    /** Null where no brand is told of, such as to somebody who has none yet. */
    customerId: uuid("customer_id").references(() => customers.id, { onDelete: "cascade" }),
    /** Who gets it; null where it goes to an address alone. */
    userId: uuid("user_id").references(() => users.id, { onDelete: "cascade" }),
    /** Where it goes, where that is not the person's own address of today. */
    address: varchar("address", { length: 254 }),
    /** What it tells of, such as `receipt:in_123`: the same thing is told to the same person once. */
    key: varchar("key", { length: 200 }).notNull(),
    /** Which template, such as `billing.receipt`. */
    kind: varchar("kind", { length: 60 }).notNull(),
    facts: jsonb("facts").$type<Record<string, unknown>>().notNull(),
    status: varchar("status", { length: 10, enum: ["queued", "sent", "failed"] })
      .notNull()
      .default("queued"),
    attempts: integer("attempts").notNull().default(0),
    /** Not before this. Also how long whoever sends it has it for itself. */
    dueAt: at("due_at").notNull().defaultNow(),
    /** Why the last attempt failed, in the mail server's own words. */
    lastError: text("last_error"),
    createdAt: at("created_at").notNull().defaultNow(),
    sentAt: at("sent_at"),
  },
  (t) => [
    unique("outgoing_mails_once").on(t.customerId, t.key, t.userId),
    index("outgoing_mails_due").on(t.dueAt).where(sql`${t.status} = 'queued'`),
    check("outgoing_mails_to", sql`${t.userId} is not null or ${t.address} is not null`),
    check("outgoing_mails_status", sql`${t.status} in ('queued', 'sent', 'failed')`),
  ],
);
