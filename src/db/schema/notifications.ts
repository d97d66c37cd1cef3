import { sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import { customers, memberships } from "./people";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
const customer = () =>
  uuid("customer_id")
    .notNull()
    .references(() => customers.id, { onDelete: "cascade" });
/** A person of the brand: what was told goes with their membership. */
const person = (name: string, t: { userId: AnyPgColumn; customerId: AnyPgColumn }) =>
  foreignKey({
    name,
    columns: [t.userId, t.customerId],
    foreignColumns: [memberships.userId, memberships.customerId],
  }).onDelete("cascade");

/**
 * What a person of a brand was told, one row a person. Goes with their membership: whoever leaves a brand takes nothing
 * of it along. `shown` rows stand in their notifications; one that is not waits for a digest alone.
 */
export const notifications = pgTable(
  "notifications",
  {
    id: uuid("id").primaryKey(),
    customerId: customer(),
    userId: uuid("user_id").notNull(),
    /** What it tells of, such as `alert:…`: the same thing is told to the same person once. */
    key: varchar("key", { length: 200 }).notNull(),
    kind: varchar("kind", { length: 40 }).notNull(),
    tone: varchar("tone", { length: 10, enum: ["info", "soon", "stopped"] }).notNull(),
    title: varchar("title", { length: 200 }).notNull(),
    body: text("body").notNull(),
    /** The page on which something can be done about it, as a path. */
    href: varchar("href", { length: 200 }).notNull(),
    shown: boolean("shown").notNull().default(true),
    createdAt: at("created_at").notNull().defaultNow(),
    readAt: at("read_at"),
    /** When it goes out in a mail with others; null where it does not, or did. */
    digestAt: at("digest_at"),
    digestedAt: at("digested_at"),
  },
  (t) => [
    unique("notifications_once").on(t.customerId, t.userId, t.key),
    index("notifications_person").on(t.userId, t.customerId, t.createdAt),
    index("notifications_unread").on(t.userId, t.customerId).where(sql`${t.readAt} is null and ${t.shown}`),
    index("notifications_digest").on(t.digestAt).where(sql`${t.digestAt} is not null`),
    person("notifications_membership", t),
    check("notifications_tone", sql`${t.tone} in ('info', 'soon', 'stopped')`),
  ],
);

/** How a person wants to be told of one kind of thing; no row is the usual way. */
export const notificationPreferences = pgTable(
  "notification_preferences",
  {
    customerId: customer(),
    userId: uuid("user_id").notNull(),
    kind: varchar("kind", { length: 40 }).notNull(),
    channel: varchar("channel", { length: 10, enum: ["app", "email"] }).notNull(),
    mode: varchar("mode", { length: 10, enum: ["now", "digest", "off"] }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.customerId, t.userId, t.kind, t.channel] }),
    person("notification_preferences_membership", t),
    check("notification_preferences_mode", sql`${t.mode} in ('now', 'digest', 'off')`),
    check("notification_preferences_channel", sql`${t.channel} in ('app', 'email')`),
  ],
);

/** A brand's rooms in chat tools. Whoever has the address may write there, so it is kept encrypted and never shown again. */
export const chatHooks = pgTable(
  "chat_hooks",
  {
    id: uuid("id").primaryKey(),
    customerId: customer(),
    name: varchar("name", { length: 60 }).notNull(),
    encryptedUrl: text("encrypted_url").notNull(),
    /** Of the address, for people to tell one from another. */
    host: varchar("host", { length: 253 }).notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [unique("chat_hooks_name").on(t.customerId, t.name)],
);

/** What was written, or is to be written, into a room. Sent by a job of pg-boss. */
export const chatPosts = pgTable(
  "chat_posts",
  {
    id: uuid("id").primaryKey(),
    customerId: customer(),
    hookId: uuid("hook_id")
      .notNull()
      .references(() => chatHooks.id, { onDelete: "cascade" }),
    key: varchar("key", { length: 200 }).notNull(),
    kind: varchar("kind", { length: 40 }).notNull(),
    /** What it says; the text is made when it is sent. */
    payload: jsonb("payload").$type<{ title: string; body: string; href: string }>().notNull(),
    status: varchar("status", { length: 10, enum: ["queued", "sent", "failed"] })
      .notNull()
      .default("queued"),
    attempts: integer("attempts").notNull().default(0),
    lastError: text("last_error"),
    createdAt: at("created_at").notNull().defaultNow(),
    sentAt: at("sent_at"),
  },
  (t) => [
    unique("chat_posts_once").on(t.hookId, t.key),
    index("chat_posts_customer").on(t.customerId, t.createdAt),
    check("chat_posts_status", sql`${t.status} in ('queued', 'sent', 'failed')`),
  ],
);
