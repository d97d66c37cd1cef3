import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  pgTable,
  smallint,
  text,
  timestamp,
  unique,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import { customers } from "./people";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
const customer = () =>
  uuid("customer_id")
    .notNull()
    .references(() => customers.id, { onDelete: "cascade" });

/**
 * Where a brand wants to be told of events. A row that a brand deletes stays, marked, until nothing refers to it any more:
 * an event that is being written at that moment must not fail for it.
 */
export const webhookEndpoints = pgTable(
  "webhook_endpoints",
  {
    id: uuid("id").primaryKey(),
    customerId: customer(),
    url: text("url").notNull(),
    description: varchar("description", { length: 200 }).notNull().default(""),
    /** The types of events it is told of; null for all, those of later included. */
    events: text("events").array(),
    enabled: boolean("enabled").notNull().default(true),
    /** Why it was turned off by us; null where a person did, or it is on. */
    disabledReason: varchar("disabled_reason", { length: 20, enum: ["failing", "gone"] }),
    disabledAt: at("disabled_at"),
    /** `whsec_…`, encrypted (src/lib/encryption.ts), bound to this row. */
    secret: text("secret").notNull(),
    /** The one before it, which signs beside it until then. */
    previousSecret: text("previous_secret"),
    previousUntil: at("previous_until"),
    /** Since when no attempt has succeeded; null after one has. */
    failingSince: at("failing_since"),
    createdAt: at("created_at").notNull().defaultNow(),
    deletedAt: at("deleted_at"),
  },
  (t) => [
    index("webhook_endpoints_customer").on(t.customerId).where(sql`${t.deletedAt} is null`),
    check("webhook_endpoints_previous", sql`(${t.previousSecret} is null) = (${t.previousUntil} is null)`),
  ],
);

/** What happened, as it is told: written in the transaction of the thing itself, only where somebody wants to know. */
export const webhookMessages = pgTable(
  "webhook_messages",
  {
    /** `webhook-id` is made of it; the same for every endpoint, attempt and replay. */
    id: uuid("id").primaryKey(),
    customerId: customer(),
    type: varchar("type", { length: 60 }).notNull(),
    /** What it tells of, such as `invoice.paid:in_123`: told once. Null where it can happen over and over. */
    key: varchar("key", { length: 200 }),
    /** The request's body, to the byte: each attempt signs the same. */
    body: text("body").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [
    unique("webhook_messages_once").on(t.customerId, t.key),
    index("webhook_messages_age").on(t.createdAt),
    index("webhook_messages_customer").on(t.customerId, t.createdAt),
  ],
);

/** One message on its way to one endpoint. */
export const webhookDeliveries = pgTable(
  "webhook_deliveries",
  {
    id: uuid("id").primaryKey(),
    customerId: customer(),
    messageId: uuid("message_id")
      .notNull()
      .references(() => webhookMessages.id, { onDelete: "cascade" }),
    endpointId: uuid("endpoint_id")
      .notNull()
      .references(() => webhookEndpoints.id, { onDelete: "cascade" }),
    status: varchar("status", { length: 10, enum: ["pending", "delivered", "failed"] })
      .notNull()
      .default("pending"),
    /** Attempts since it was begun, or begun again by a replay: how long the next pause is. */
    attempts: smallint("attempts").notNull().default(0),
    /** Not before this. Also how long whoever makes an attempt has it for itself. */
    nextAttemptAt: at("next_attempt_at").notNull().defaultNow(),
    /** What came of the last attempt: an HTTP status, or null and a reason. */
    lastStatus: smallint("last_status"),
    lastError: varchar("last_error", { length: 300 }),
    createdAt: at("created_at").notNull().defaultNow(),
    deliveredAt: at("delivered_at"),
  },
  (t) => [
    unique("webhook_deliveries_once").on(t.messageId, t.endpointId),
    index("webhook_deliveries_due").on(t.endpointId, t.nextAttemptAt).where(sql`${t.status} = 'pending'`),
    index("webhook_deliveries_endpoint").on(t.endpointId, t.createdAt, t.id),
    check("webhook_deliveries_status", sql`${t.status} in ('pending', 'delivered', 'failed')`),
  ],
);

/** Every attempt that was made, with what came back. */
export const webhookAttempts = pgTable(
  "webhook_attempts",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    deliveryId: uuid("delivery_id")
      .notNull()
      .references(() => webhookDeliveries.id, { onDelete: "cascade" }),
    attemptedAt: at("attempted_at").notNull().defaultNow(),
    durationMs: integer("duration_ms").notNull(),
    /** The HTTP status; null where no answer came. */
    status: smallint("status"),
    /** Why it does not count as delivered, in a sentence; null where it does. */
    error: varchar("error", { length: 300 }),
    /** The beginning of the answer's body. */
    answer: text("answer"),
    /** Whether somebody asked for it, rather than the schedule. */
    manual: boolean("manual").notNull().default(false),
  },
  (t) => [index("webhook_attempts_delivery").on(t.deliveryId, t.id)],
);

/** How a brand's balance stood when it was last told of: what is told is the change. */
export const webhookBalances = pgTable("webhook_balances", {
  customerId: uuid("customer_id")
    .primaryKey()
    .references(() => customers.id, { onDelete: "cascade" }),
  level: varchar("level", { length: 10, enum: ["enough", "low", "exhausted"] }).notNull(),
  since: at("since").notNull().defaultNow(),
});
