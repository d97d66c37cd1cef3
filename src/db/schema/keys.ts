import { sql } from "drizzle-orm";
import { bigint, check, index, integer, pgTable, text, timestamp, uuid, varchar } from "drizzle-orm/pg-core";
import { customers, users } from "./people";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/**
 * API keys. Of a secret key only `hmac` is kept; a public key may stand in any page, so its text is kept too and can
 * be shown again in embed code.
 */
export const apiKeys = pgTable(
  "api_keys",
  {
    id: uuid("id").primaryKey(),
    /** What people and logs call it: `ak_live_…`. */
    keyId: varchar("key_id", { length: 40 }).notNull().unique(),
    customerId: uuid("customer_id")
      .notNull()
      .references(() => customers.id, { onDelete: "cascade" }),
    name: varchar("name", { length: 60 }).notNull(),
    kind: varchar("kind", { length: 2, enum: ["pk", "sk"] }).notNull(),
    mode: varchar("mode", { length: 4, enum: ["live", "test"] }).notNull(),
    /** HMAC-SHA-256 of the whole key under API_KEY_PEPPER, base64url. */
    hmac: varchar("hmac", { length: 43 }).notNull().unique(),
    /** The whole key where it is public, else null. */
    publicKey: text("public_key"),
    /** The last four characters, so that people can tell keys apart. */
    lastFour: varchar("last_four", { length: 4 }).notNull(),
    /** Exact origins a public key may be used from. */
    origins: text("origins").array().notNull().default(sql`'{}'`),
    /** Catalog ids the key covers; null covers every app of the brand. */
    appPermissions: text("app_permissions").array(),
    scopes: text("scopes").array().notNull().default(sql`'{}'`),
    /** Requests an hour, and how many may come at once. */
    rateLimit: integer("rate_limit").notNull().default(1_000),
    rateBurst: integer("rate_burst").notNull().default(1_000),
    /** Raised by every change; a copy with a lower version never overwrites a higher one. */
    version: bigint("version", { mode: "number" }).notNull().default(1),
    expiresAt: at("expires_at"),
    revokedAt: at("revoked_at"),
    lastUsedAt: at("last_used_at"),
    createdBy: uuid("created_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [
    index("api_keys_customer").on(t.customerId, t.createdAt),
    check("api_keys_kind", sql`${t.kind} in ('pk', 'sk')`),
    check("api_keys_mode", sql`${t.mode} in ('live', 'test')`),
    check("api_keys_public", sql`(${t.kind} = 'pk') = (${t.publicKey} is not null)`),
    check("api_keys_rate", sql`${t.rateLimit} > 0 and ${t.rateBurst} > 0`),
  ],
);
