import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  index,
  integer,
  json,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import { customers } from "./people";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** What of an app the platform's staff may edit. */
export interface AppFields {
  readonly name: string;
  readonly description: string;
  readonly about: string;
  readonly features: string[];
  readonly status: "available" | "beta" | "deprecated" | "disabled";
  readonly tokenCost: number;
  readonly pricingTier: "starter" | "professional" | "enterprise";
  readonly changelog: { version: string; date: string; notes: string }[];
}

/**
 * The apps on the marketplace (seed 002). The catalogue that is shipped is brought in at each start; what staff have
 * edited it leaves alone, field by field.
 */
export const apps = pgTable(
  "apps",
  {
    id: uuid("id").primaryKey().default(sql`gen_random_uuid()`),
    /** The id the outside knows, such as `vto-001`. */
    catalogId: varchar("catalog_id", { length: 20 }).notNull().unique(),
    name: varchar("name", { length: 100 }).notNull(),
    slug: varchar("slug", { length: 50 }).notNull().unique(),
    /** One sentence, for cards and the API. */
    description: text("description"),
    /** What it does and how, for its own page. */
    about: text("about").notNull().default(""),
    category: varchar("category", { length: 50 }).notNull(),
    tokenCost: integer("token_cost").notNull(),
    /** True where a secret key may name its own amount (`cai-001`). */
    variablePrice: boolean("variable_price").notNull().default(false),
    status: varchar("status", { length: 20, enum: ["available", "beta", "deprecated", "disabled"] })
      .notNull()
      .default("available"),
    features: jsonb("features").$type<string[]>().notNull().default([]),
    /** What it may see once it is on, one line each; shown before a brand agrees. */
    access: jsonb("access").$type<string[]>().notNull().default([]),
    /** What changed, newest first. */
    changelog: jsonb("changelog").$type<{ version: string; date: string; notes: string }[]>().notNull().default([]),
    /** `json` and not `jsonb`: the order of the fields is the order of the form. */
    configurationSchema: json("configuration_schema").$type<Record<string, unknown>>().notNull().default({}),
    documentationUrl: varchar("documentation_url", { length: 255 }),
    iconUrl: varchar("icon_url", { length: 255 }),
    pricingTier: varchar("pricing_tier", { length: 20, enum: ["starter", "professional", "enterprise"] })
      .notNull()
      .default("starter"),
    /** What the shipped catalogue says of the fields that staff may edit, whoever's value is in force. */
    shipped: jsonb("shipped").$type<Partial<AppFields>>().notNull().default({}),
    /** The fields that staff have taken over. */
    edited: text("edited").array().$type<(keyof AppFields)[]>().notNull().default(sql`'{}'`),
    /** Which of `app_versions` is in force; 0 where nobody has edited anything. */
    version: integer("version").notNull().default(0),
    /** What a member of staff is working on: the fields that differ. Null where none does. */
    draft: jsonb("draft").$type<Partial<AppFields>>(),
    draftBy: uuid("draft_by"),
    draftAt: at("draft_at"),
    /** Grows with every change of the draft or of what is in force; a writer names the one it has seen. */
    revision: integer("revision").notNull().default(0),
    createdAt: at("created_at").notNull().defaultNow(),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (t) => [
    check("apps_token_cost", sql`${t.tokenCost} > 0`),
    check("apps_status", sql`${t.status} in ('available', 'beta', 'deprecated', 'disabled')`),
    check("apps_pricing_tier", sql`${t.pricingTier} in ('starter', 'professional', 'enterprise')`),
  ],
);

/** Which brand has which app, and how it is set up (seed 002). */
export const customerApps = pgTable(
  "customer_apps",
  {
    id: uuid("id").primaryKey(),
    customerId: uuid("customer_id")
      .notNull()
      .references(() => customers.id, { onDelete: "cascade" }),
    appId: uuid("app_id")
      .notNull()
      .references(() => apps.id, { onDelete: "cascade" }),
    status: varchar("status", { length: 20, enum: ["active", "paused", "disabled"] })
      .notNull()
      .default("active"),
    /** What is published: what the widget shows. A copy of the newest row of `configuration_versions`. */
    configuration: jsonb("configuration").$type<Record<string, unknown>>().notNull().default({}),
    /** Which version that is; 0 for an activation from before there were versions. */
    version: integer("version").notNull().default(0),
    /** What someone is working on, not yet checked in full; null where nothing differs from what is published. */
    draft: jsonb("draft").$type<Record<string, unknown>>(),
    /** Who saved the draft last, and when. */
    draftBy: uuid("draft_by"),
    draftAt: at("draft_at"),
    /** Grows with every change to draft or published configuration; a writer names the one it has seen. */
    revision: integer("revision").notNull().default(0),
    embedCode: text("embed_code"),
    activatedAt: at("activated_at").notNull().defaultNow(),
    lastUsedAt: at("last_used_at"),
  },
  (t) => [
    unique("customer_apps_customer_app").on(t.customerId, t.appId),
    index("idx_customer_apps_status").on(t.status),
    check("customer_apps_status", sql`${t.status} in ('active', 'paused', 'disabled')`),
  ],
);

/** Every configuration that was ever published, so that it can be compared and brought back. Written once, never changed. */
export const configurationVersions = pgTable(
  "configuration_versions",
  {
    id: uuid("id").primaryKey(),
    customerId: uuid("customer_id")
      .notNull()
      .references(() => customers.id, { onDelete: "cascade" }),
    appId: uuid("app_id")
      .notNull()
      .references(() => apps.id, { onDelete: "cascade" }),
    /** 1, 2, 3 … for each brand and app. */
    version: integer("version").notNull(),
    configuration: jsonb("configuration").$type<Record<string, unknown>>().notNull(),
    /** The version whose values were brought back, where it was a rollback. */
    restoredFrom: integer("restored_from"),
    actorType: varchar("actor_type", { length: 10, enum: ["user", "key", "system"] }).notNull(),
    actorId: text("actor_id").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [unique("configuration_versions_number").on(t.customerId, t.appId, t.version)],
);

/** What staff have published of an app, so that it can be read, compared and brought back. Written once, never changed. */
export const appVersions = pgTable(
  "app_versions",
  {
    id: uuid("id").primaryKey(),
    appId: uuid("app_id")
      .notNull()
      .references(() => apps.id, { onDelete: "cascade" }),
    /** 1, 2, 3 … for each app. */
    version: integer("version").notNull(),
    fields: jsonb("fields").$type<AppFields>().notNull(),
    /** What it changed, each field as it was before. */
    before: jsonb("before").$type<Partial<AppFields>>().notNull(),
    reason: varchar("reason", { length: 300 }).notNull(),
    /** The version whose fields were brought back, where it was that; 0 for the shipped catalogue. */
    restoredFrom: integer("restored_from"),
    staffId: uuid("staff_id").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [unique("app_versions_number").on(t.appId, t.version)],
);

/**
 * To whom something is open: an app by `app:<catalog id>`, or a feature by its name. Without a row it is as the product
 * has it by itself.
 */
export const featureFlags = pgTable(
  "feature_flags",
  {
    name: varchar("name", { length: 60 }).primaryKey(),
    state: varchar("state", { length: 4, enum: ["on", "off", "some"] }).notNull(),
    reason: varchar("reason", { length: 300 }).notNull(),
    staffId: uuid("staff_id").notNull(),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (t) => [check("feature_flags_state", sql`${t.state} in ('on', 'off', 'some')`)],
);

/** The brands of a flag that is on for some. */
export const featureFlagBrands = pgTable(
  "feature_flag_brands",
  {
    name: varchar("name", { length: 60 })
      .notNull()
      .references(() => featureFlags.name, { onDelete: "cascade" }),
    customerId: uuid("customer_id")
      .notNull()
      .references(() => customers.id, { onDelete: "cascade" }),
  },
  (t) => [primaryKey({ columns: [t.name, t.customerId] })],
);
