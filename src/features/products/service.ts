import { and, eq, inArray, isNotNull, isNull, type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { products } from "@/db/schema/products";
import { recordAudit } from "@/features/audit/service";
import type { Scope } from "@/lib/context";
import { Refusal } from "@/lib/errors";
import { uuidv7 } from "@/lib/ids";
import type { NewProduct, Product } from "./contract";
import { toView } from "./queries";
import { familyOf, searchTexts } from "./rules";

/** How many products a brand may have. */
export const MOST_PRODUCTS = 100_000;

type Row = typeof products.$inferSelect;

/** A product's columns as what was said of it makes them, but for its picture. */
function columnsOf(product: NewProduct) {
  const { sku, name, brand, description, colour, url, available } = product;
  const said = {
    ...{ sku, name, brand, description, colour, url, available },
    shape: familyOf("shape", product.shape),
    material: familyOf("material", product.material),
    gender: familyOf("gender", product.gender),
    colourFamily: familyOf("colour", colour),
    priceCents: product.price_cents,
    // A currency without a price says nothing.
    currency: product.price_cents === null ? "" : product.currency,
    lensMm: product.lens_mm,
    bridgeMm: product.bridge_mm,
    templeMm: product.temple_mm,
    heightMm: product.height_mm,
    widthMm: product.width_mm,
    weightG: product.weight_g,
    imageUrl: product.image_url,
  };
  return { ...said, ...searchTexts(said) };
}
type Columns = ReturnType<typeof columnsOf>;

/** What a row says already, so that only what is new is written. */
const same = (row: Row, columns: Columns): boolean =>
  row.deletedAt === null &&
  (Object.keys(columns) as (keyof Columns)[]).every((name) => {
    const [before, after] = [row[name], columns[name]];
    // A `real` comes back as the nearest one, which reads the same to a tenth.
    return typeof before === "number" && typeof after === "number" ? Math.abs(before - after) < 0.01 : before === after;
  });

/** What becomes of the picture where its address is another one: it is fetched anew, and the old one goes. */
const imageOf = (imageUrl: string, row?: Row) =>
  row && row.imageUrl === imageUrl
    ? {}
    : {
        imageHash: null,
        imageState: imageUrl === "" ? ("none" as const) : ("waiting" as const),
        imageProblem: null,
        imageTries: 0,
        imageDueAt: imageUrl === "" ? null : sql`now()`,
      };

export interface Written {
  readonly sku: string;
  readonly outcome: "created" | "updated" | "unchanged";
}

/** One writer of a brand's catalogue at a time, to the transaction's end: a row that is not there yet cannot be held. */
const holdCatalogue = (tx: Tx, { customerId }: Scope) =>
  tx.execute(sql`select pg_advisory_xact_lock(hashtext('products'), hashtext(${customerId}))`);

/** The brand's rows of these numbers, deleted ones too, held until the transaction's end. */
export async function holdBySku(tx: Tx, scope: Scope, skus: readonly string[]): Promise<Map<string, Row>> {
  if (skus.length === 0) return new Map();
  await holdCatalogue(tx, scope);
  const rows = await tx
    .select()
    .from(products)
    .where(and(eq(products.customerId, scope.customerId), inArray(products.sku, [...skus])))
    .for("update");
  return new Map(rows.map((row) => [row.sku, row]));
}

/**
 * Writes products by their numbers: new ones are made, others become what is said now, deleted ones come back.
 * @param held what `holdBySku` found for these numbers in this transaction
 */
export async function writeProducts(
  tx: Tx,
  scope: Scope,
  all: readonly NewProduct[],
  held: ReadonlyMap<string, Row>,
): Promise<Written[]> {
  const written: Written[] = [];
  const rows = all.flatMap((product) => {
    const columns = columnsOf(product);
    const before = held.get(product.sku);
    const unchanged = before !== undefined && same(before, columns);
    const outcome = unchanged ? "unchanged" : before && before.deletedAt === null ? "updated" : "created";
    written.push({ sku: product.sku, outcome });
    if (unchanged) return [];
    const image = {
      imageHash: before?.imageHash ?? null,
      imageState: before?.imageState ?? ("none" as const),
      imageProblem: before?.imageProblem ?? null,
      imageTries: before?.imageTries ?? 0,
      imageDueAt: before?.imageDueAt ?? null,
      ...imageOf(columns.imageUrl, before),
    };
    return { id: before?.id ?? uuidv7(), customerId: scope.customerId, ...columns, ...image };
  });
  if (rows.length === 0) return written;
  const excluded = (name: string): SQL => sql.raw(`excluded.${name}`);
  await tx
    .insert(products)
    .values(rows)
    .onConflictDoUpdate({
      target: [products.customerId, products.sku],
      set: {
        ...Object.fromEntries(
          Object.keys(rows[0] ?? {})
            .filter((name) => name !== "id" && name !== "customerId" && name !== "sku")
            .map((name) => [name, excluded(products[name as keyof Columns].name)]),
        ),
        updatedAt: sql`now()`,
        deletedAt: null,
      },
    });
  return written;
}

/** What is said where a brand has as many products as it may. */
export const TOO_MANY = `A brand may have ${MOST_PRODUCTS} products. Delete some first.`;

/** How many more products the brand may have. */
export async function roomFor(tx: Tx, scope: Scope): Promise<number> {
  const [row] = await tx.execute(
    sql`select count(*)::int as n from products where customer_id = ${scope.customerId} and deleted_at is null`,
  );
  return MOST_PRODUCTS - Number(row?.n ?? 0);
}

/** @throws Refusal `invalid_request` where the brand has as many as it may */
export async function refuseTooMany(tx: Tx, scope: Scope, more: number): Promise<void> {
  if ((await roomFor(tx, scope)) < more) throw new Refusal("invalid_request", TOO_MANY);
}

/** Whether writing a number makes one product more: a new one, or one that comes back. */
export const isOneMore = (held: ReadonlyMap<string, Row>, sku: string): boolean => held.get(sku)?.deletedAt !== null;

const viewOf = async (tx: Tx, scope: Scope, which: SQL): Promise<Product> => {
  const [row] = await tx
    .select()
    .from(products)
    .where(and(eq(products.customerId, scope.customerId), which));
  if (!row) throw new Error("The product was not written");
  return toView(row);
};

/** Makes a product under its number or replaces what was said of it. */
export async function putProduct(ctx: Ctx, product: NewProduct): Promise<{ created: boolean; product: Product }> {
  return ctx.db.transaction(async (tx) => {
    const held = await holdBySku(tx, ctx, [product.sku]);
    if (isOneMore(held, product.sku)) await refuseTooMany(tx, ctx, 1);
    const [written] = await writeProducts(tx, ctx, [product], held);
    const view = await viewOf(tx, ctx, eq(products.sku, product.sku));
    if (written && written.outcome !== "unchanged") {
      await recordAudit(tx, ctx, {
        action: `product.${written.outcome}`,
        subject: view.id,
        details: { sku: view.sku },
      });
    }
    return { created: written?.outcome === "created", product: view };
  });
}

/** Makes or replaces many products at once, with one line in the audit log; for commands. */
export async function putProducts(ctx: Ctx, all: readonly NewProduct[]): Promise<Written[]> {
  return ctx.db.transaction(async (tx) => {
    const held = await holdBySku(
      tx,
      ctx,
      all.map((product) => product.sku),
    );
    await refuseTooMany(tx, ctx, all.filter(({ sku }) => isOneMore(held, sku)).length);
    const written = await writeProducts(tx, ctx, all, held);
    const changed = written.filter(({ outcome }) => outcome !== "unchanged").length;
    if (changed > 0) {
      await recordAudit(tx, ctx, { action: "products.imported", subject: ctx.actor.id, details: { changed } });
    }
    return written;
  });
}

const taken = () =>
  new Refusal("invalid_request", "sku: another product has it", {
    fields: [{ path: "product.sku", message: "Another product has this SKU." }],
  });

/**
 * Makes a product, or changes the one that is named, its number too.
 * @throws Refusal `not_found`, `invalid_request` where another product has the number
 */
export async function saveProduct(ctx: Ctx, input: { id?: string | undefined; product: NewProduct }): Promise<Product> {
  const { id, product } = input;
  return ctx.db.transaction(async (tx) => {
    const held = await holdBySku(tx, ctx, [product.sku]);
    const there = held.get(product.sku);
    if (there && there.deletedAt === null && there.id !== id) throw taken();
    if (id === undefined) {
      await refuseTooMany(tx, ctx, 1);
      await writeProducts(tx, ctx, [product], held);
      const view = await viewOf(tx, ctx, eq(products.sku, product.sku));
      await recordAudit(tx, ctx, { action: "product.created", subject: view.id, details: { sku: view.sku } });
      return view;
    }
    const [row] = await tx.select().from(products).where(own(ctx, id)).for("update");
    if (!row) throw new Refusal("not_found", "There is no such product.");
    // A deleted product holds the number: it gives it up for good.
    if (there && there.id !== id)
      await tx.delete(products).where(and(own(ctx, there.id), isNotNull(products.deletedAt)));
    const columns = columnsOf(product);
    if (!same(row, columns)) {
      await tx
        .update(products)
        .set({ ...columns, ...imageOf(columns.imageUrl, row), updatedAt: sql`now()` })
        .where(and(own(ctx, id), isNull(products.deletedAt)));
      const changed = (Object.keys(columns) as (keyof Columns)[]).filter((name) => row[name] !== columns[name]);
      const details = { sku: product.sku, changed: changed.filter((name) => name !== "words" && name !== "search") };
      await recordAudit(tx, ctx, { action: "product.updated", subject: id, details });
    }
    return viewOf(tx, ctx, eq(products.id, id));
  });
}

const own = (scope: Scope, id: string) => and(eq(products.customerId, scope.customerId), eq(products.id, id));

/**
 * Takes products out of the catalogue; for thirty days they can be brought back.
 * @throws Refusal `not_found` where the brand has none of them
 */
export async function removeProducts(ctx: Ctx, input: { ids: string[] }): Promise<{ changed: number }> {
  return mark(ctx, input.ids, "product.deleted");
}

/** Brings deleted products back. @throws Refusal `not_found` where the brand has none of them */
export async function restoreProducts(ctx: Ctx, input: { ids: string[] }): Promise<{ changed: number }> {
  return mark(ctx, input.ids, "product.restored");
}

async function mark(
  ctx: Ctx,
  ids: string[],
  action: "product.deleted" | "product.restored",
): Promise<{ changed: number }> {
  const gone = action === "product.deleted";
  return ctx.db.transaction(async (tx) => {
    await holdCatalogue(tx, ctx);
    const theirs = and(eq(products.customerId, ctx.customerId), inArray(products.id, ids));
    const changed = await tx
      .update(products)
      .set({ deletedAt: gone ? sql`now()` : null, updatedAt: sql`now()` })
      .where(and(theirs, gone ? isNull(products.deletedAt) : isNotNull(products.deletedAt)))
      .returning({ id: products.id, sku: products.sku });
    if (!gone) await refuseTooMany(tx, ctx, 0);
    for (const { id, sku } of changed) await recordAudit(tx, ctx, { action, subject: id, details: { sku } });
    if (changed.length > 0) return { changed: changed.length };
    // Done before is as good as done now.
    const [there] = await tx.select({ id: products.id }).from(products).where(theirs).limit(1);
    if (!there) throw new Refusal("not_found", "There is no such product.");
    return { changed: 0 };
  });
}

/** Takes a product out of the catalogue by its number. @throws Refusal `not_found` */
export async function removeBySku(ctx: Ctx, sku: string): Promise<{ sku: string }> {
  const [row] = await ctx.db
    .select({ id: products.id })
    .from(products)
    .where(and(eq(products.customerId, ctx.customerId), eq(products.sku, sku), isNull(products.deletedAt)))
    .limit(1);
  if (!row) throw new Refusal("not_found", "There is no product with this SKU.");
  await removeProducts(ctx, { ids: [row.id] });
  return { sku };
}
