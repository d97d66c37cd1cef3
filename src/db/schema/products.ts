import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  customType,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  text,
  timestamp,
  unique,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import { customers } from "./people";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
const bytes = customType<{ data: Buffer }>({ dataType: () => "bytea" });
const brand = () =>
  uuid("customer_id")
    .notNull()
    .references(() => customers.id, { onDelete: "cascade" });
const word = (name: string) => varchar(name, { length: 60 }).notNull().default("");

/** What a brand sells. Its shop stays the place where it is sold: this is what our apps search, show and measure against. */
export const products = pgTable(
  "products",
  {
    id: uuid("id").primaryKey(),
    customerId: brand(),
    /** The brand's own number for it: what an import and the API know it by. */
    sku: varchar("sku", { length: 100 }).notNull(),
    name: varchar("name", { length: 200 }).notNull(),
    /** The label on it; a brand that sells others' frames has several. */
    brand: varchar("brand", { length: 100 }).notNull().default(""),
    description: text("description").notNull().default(""),
    /** In our own words where we know the brand's (`rund` is `round`), else in theirs; empty where not told. */
    shape: word("shape"),
    material: word("material"),
    gender: word("gender"),
    /** As the brand has it, and the family that shoppers filter by. */
    colour: varchar("colour", { length: 100 }).notNull().default(""),
    colourFamily: word("colour_family"),
    /** In the currency's smallest unit. */
    priceCents: bigint("price_cents", { mode: "number" }),
    currency: varchar("currency", { length: 3 }).notNull().default(""),
    /** Millimetres, as engraved on a temple: 52 □ 18 – 140. */
    lensMm: real("lens_mm"),
    bridgeMm: real("bridge_mm"),
    templeMm: real("temple_mm"),
    /** Height of a lens, and the front's whole width. */
    heightMm: real("height_mm"),
    widthMm: real("width_mm"),
    weightG: real("weight_g"),
    /** Its page in the shop. */
    url: text("url").notNull().default(""),
    /** Where its picture was or is to be fetched; what is shown is our copy. */
    imageUrl: text("image_url").notNull().default(""),
    /** SHA-256 of our copy, hexadecimal; its address. */
    imageHash: varchar("image_hash", { length: 64 }),
    imageState: varchar("image_state", { length: 10, enum: ["none", "waiting", "ready", "failed"] })
      .notNull()
      .default("none"),
    /** Why there is none, in a sentence for the brand. */
    imageProblem: text("image_problem"),
    imageTries: integer("image_tries").notNull().default(0),
    imageDueAt: at("image_due_at"),
    available: boolean("available").notNull().default(true),
    /** What search looks at: folded words, the name's and the attributes' first, then with the description's. */
    words: text("words").notNull(),
    search: text("search").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    updatedAt: at("updated_at").notNull().defaultNow(),
    /** Gone for everybody but whoever wants it back; cleared away after thirty days. */
    deletedAt: at("deleted_at"),
  },
  (t) => [
    unique("products_sku").on(t.customerId, t.sku),
    index("products_waiting_images").on(t.imageDueAt).where(sql`${t.imageState} = 'waiting'`),
    index("products_deleted").on(t.deletedAt).where(sql`${t.deletedAt} is not null`),
    check("products_price", sql`${t.priceCents} >= 0 and (${t.priceCents} is null or ${t.currency} <> '')`),
    check("products_image", sql`(${t.imageState} = 'ready') = (${t.imageHash} is not null)`),
  ],
);

/** Our copies of pictures, by their hash: the same picture of two products is one. */
export const productImages = pgTable(
  "product_images",
  {
    customerId: brand(),
    hash: varchar("hash", { length: 64 }).notNull(),
    type: varchar("type", { length: 20 }).notNull(),
    bytes: bytes("bytes").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.customerId, t.hash] }), index("product_images_hash").on(t.hash)],
);

/** A file of products on its way into the catalogue. */
export const productImports = pgTable(
  "product_imports",
  {
    id: uuid("id").primaryKey(),
    customerId: brand(),
    fileName: varchar("file_name", { length: 200 }).notNull(),
    encoding: varchar("encoding", { length: 20 }).notNull(),
    delimiter: varchar("delimiter", { length: 1 }).notNull(),
    header: jsonb("header").$type<string[]>().notNull(),
    /** The file itself until all of it has been taken in. */
    file: bytes("file"),
    /** Which column is which field: its index, by field. */
    mapping: jsonb("mapping").$type<Record<string, number>>().notNull().default({}),
    /** What a price is in where its cell does not say. */
    currency: varchar("currency", { length: 3 }).notNull().default("USD"),
    status: varchar("status", { length: 10, enum: ["uploaded", "running", "done", "stopped", "failed"] })
      .notNull()
      .default("uploaded"),
    rows: integer("rows").notNull(),
    /** How many of them are behind us: written with each batch, so that whoever goes on knows where. */
    taken: integer("taken").notNull().default(0),
    created: integer("created").notNull().default(0),
    updated: integer("updated").notNull().default(0),
    unchanged: integer("unchanged").notNull().default(0),
    rejected: integer("rejected").notNull().default(0),
    /** Why it failed, in a sentence for the brand. */
    problem: text("problem"),
    actorType: varchar("actor_type", { length: 10, enum: ["user", "key", "system"] }).notNull(),
    actorId: text("actor_id").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    startedAt: at("started_at"),
    finishedAt: at("finished_at"),
  },
  (t) => [
    index("product_imports_customer").on(t.customerId, t.createdAt),
    index("product_imports_running").on(t.createdAt).where(sql`${t.status} = 'running'`),
    check("product_imports_counts", sql`${t.created} + ${t.updated} + ${t.unchanged} + ${t.rejected} = ${t.taken}`),
  ],
);

/** The rows of an import that were not taken, as they stood in the file, with the reason. */
export const productRejections = pgTable(
  "product_rejections",
  {
    importId: uuid("import_id")
      .notNull()
      .references(() => productImports.id, { onDelete: "cascade" }),
    customerId: brand(),
    /** As an editor counts. */
    line: integer("line").notNull(),
    problems: jsonb("problems").$type<string[]>().notNull(),
    cells: jsonb("cells").$type<string[]>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.importId, t.line] })],
);
