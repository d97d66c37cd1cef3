import { sql } from "drizzle-orm";
import {
  check,
  index,
  integer,
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
    /** argon2id, in its own encoded form with parameters and salt. */
    passwordHash: text("password_hash").notNull(),
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
    createdAt: at("created_at").notNull().defaultNow(),
    expiresAt: at("expires_at").notNull(),
  },
  (t) => [index("sessions_user").on(t.userId), index("sessions_expires").on(t.expiresAt)],
);
