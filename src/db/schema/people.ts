import { sql } from "drizzle-orm";
import {
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** A brand. Written by sign-up and `brand:create`. */
export const customers = pgTable(
  "customers",
  {
    id: uuid("id").primaryKey(),
    name: varchar("name", { length: 100 }).notNull(),
    slug: varchar("slug", { length: 50 }).notNull().unique(),
    timeZone: varchar("time_zone", { length: 64 }).notNull().default("UTC"),
    /** Consumes an hour over all keys, and how many may come at once. */
    rateLimit: integer("rate_limit").notNull().default(10_000),
    rateBurst: integer("rate_burst").notNull().default(100),
    /** When its first token was spent, live or test; null until then. Noted by a job, once, so that uses may be erased. */
    firstTokenAt: at("first_token_at"),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [check("customers_rate", sql`${t.rateLimit} > 0 and ${t.rateBurst} > 0`)],
);

/** A person. One person may belong to several brands. */
export const users = pgTable(
  "users",
  {
    id: uuid("id").primaryKey(),
    email: varchar("email", { length: 254 }).notNull(),
    name: varchar("name", { length: 100 }).notNull(),
    /** argon2id, in its own encoded form with parameters and salt; null for somebody who signs in without a password. */
    passwordHash: text("password_hash"),
    /** When they showed that mail to the address reaches them; null until then. */
    emailVerifiedAt: at("email_verified_at"),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [uniqueIndex("users_email").on(sql`lower(${t.email})`)],
);

export const memberships = pgTable(
  "memberships",
  {
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    customerId: uuid("customer_id")
      .notNull()
      .references(() => customers.id, { onDelete: "cascade" }),
    role: varchar("role", { length: 20, enum: ["admin", "manager", "viewer"] }).notNull(),
    /** When they put the list of first steps away, and when they were shown around. */
    checklistHiddenAt: at("checklist_hidden_at"),
    tourSeenAt: at("tour_seen_at"),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.customerId] }),
    index("memberships_customer").on(t.customerId),
    check("memberships_role", sql`${t.role} in ('admin', 'manager', 'viewer')`),
  ],
);

/** One row per sign-in; the cookie's token names it, and without it the token opens nothing. Sign-out deletes it. */
export const sessions = pgTable(
  "sessions",
  {
    id: uuid("id").primaryKey(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** The brand this session is looking at. */
    customerId: uuid("customer_id")
      .notNull()
      .references(() => customers.id, { onDelete: "cascade" }),
    /** What the browser says of itself, for the person's own list. */
    userAgent: varchar("user_agent", { length: 300 }).notNull().default(""),
    /** When the person last did something; what a page asks for by itself does not count. */
    lastSeenAt: at("last_seen_at").notNull().defaultNow(),
    createdAt: at("created_at").notNull().defaultNow(),
    expiresAt: at("expires_at").notNull(),
  },
  (t) => [index("sessions_user").on(t.userId), index("sessions_expires").on(t.expiresAt)],
);

/** Somebody's account with a provider of sign-in, by the id that the provider never gives to another. */
export const identities = pgTable(
  "identities",
  {
    provider: varchar("provider", { length: 20, enum: ["google"] }).notNull(),
    subject: varchar("subject", { length: 255 }).notNull(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.provider, t.subject] }), index("identities_user").on(t.userId)],
);

/**
 * Links sent by mail, each for one thing and once. Of its secret only a hash is kept; the mail that carries it is made
 * from a nonce and a key outside the database when it goes out (src/lib/mail-link.ts).
 */
export const mailLinks = pgTable(
  "mail_links",
  {
    id: uuid("id").primaryKey(),
    purpose: varchar("purpose", {
      length: 20,
      enum: ["sign_up", "sign_in", "reset", "verify", "change_email"],
    }).notNull(),
    hash: varchar("hash", { length: 43 }).notNull().unique(),
    /** Where it was sent, in lower case. */
    address: varchar("address", { length: 254 }).notNull(),
    /** Whose account it opens or changes; null where there is none yet. */
    userId: uuid("user_id").references(() => users.id, { onDelete: "cascade" }),
    /** What was typed before the address was proved, such as the brand's name. */
    details: jsonb("details").$type<Record<string, unknown>>().notNull().default({}),
    createdAt: at("created_at").notNull().defaultNow(),
    expiresAt: at("expires_at").notNull(),
    usedAt: at("used_at"),
  },
  (t) => [index("mail_links_user").on(t.userId), index("mail_links_expires").on(t.expiresAt)],
);

/** Who was asked to join a brand, and what became of it. The secret is kept as that of `mail_links` is. */
export const invitations = pgTable(
  "invitations",
  {
    id: uuid("id").primaryKey(),
    customerId: uuid("customer_id")
      .notNull()
      .references(() => customers.id, { onDelete: "cascade" }),
    /** In lower case. */
    email: varchar("email", { length: 254 }).notNull(),
    role: varchar("role", { length: 20, enum: ["admin", "manager", "viewer"] }).notNull(),
    hash: varchar("hash", { length: 43 }).notNull().unique(),
    invitedBy: uuid("invited_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: at("created_at").notNull().defaultNow(),
    expiresAt: at("expires_at").notNull(),
    acceptedAt: at("accepted_at"),
    revokedAt: at("revoked_at"),
  },
  (t) => [
    // One open invitation for an address in a brand; another one replaces it.
    uniqueIndex("invitations_open")
      .on(t.customerId, t.email)
      .where(sql`${t.acceptedAt} is null and ${t.revokedAt} is null`),
    index("invitations_email").on(t.email),
    check("invitations_role", sql`${t.role} in ('admin', 'manager', 'viewer')`),
  ],
);
