import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import { listOf } from "@/db/array";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { products } from "@/db/schema/products";
import { csvLine } from "@/lib/csv";
import { Refusal } from "@/lib/errors";
import type { Chosen, Facet, FacetCount, Product, ProductPage, Sort } from "./contract";
import { FACETS } from "./contract";
import { priceSteps, priceText, SIZE_STEPS, SIZES, type Synonym, spanOf, swapped, wordsOf } from "./rules";

/** How like a word one in the catalogue must be, where nothing is called the word itself. */
const LIKENESS = 0.45;
/** How many values of a facet are named. */
const NAMED = 30;

type Row = typeof products.$inferSelect;

/** Where our copy of a picture is. */
export const imagePath = (hash: string | null): string | null => (hash === null ? null : `/v1/images/${hash}`);

/** A row as the brand may see it. */
export function toView(row: Row): Product {
  const { lensMm, bridgeMm, templeMm, heightMm, widthMm, weightG, priceCents, colourFamily } = row;
  const { id, sku, name, brand, description, shape, material, colour, gender, currency, url, available } = row;
  return {
    ...{ id, sku, name, brand, description, shape, material, colour, gender, currency, url, available },
    price_cents: priceCents,
    lens_mm: lensMm,
    bridge_mm: bridgeMm,
    temple_mm: templeMm,
    height_mm: heightMm,
    width_mm: widthMm,
    weight_g: weightG,
    colour_family: colourFamily,
    image_url: row.imageUrl,
    image: imagePath(row.imageHash),
    image_state: row.imageState,
    image_problem: row.imageProblem,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

export interface Search {
  readonly q: string;
  readonly chosen: Chosen;
  readonly sort: Sort;
  readonly page: number;
  readonly perPage: number;
  /** Words that mean the same, as the brand has set them. */
  readonly synonyms?: readonly Synonym[];
  /** Only what is for sale: a shopper's search. */
  readonly forSale?: boolean;
  /** Which facets are counted; all of them where nothing is said. */
  readonly facets?: readonly Facet[];
}

const COLUMNS: Readonly<Record<Facet, SQL>> = {
  shape: sql`shape`,
  material: sql`material`,
  colour: sql`colour_family`,
  gender: sql`gender`,
  brand: sql`brand`,
  price: sql`price_cents`,
  lens: sql`lens_mm`,
  bridge: sql`bridge_mm`,
  temple: sql`temple_mm`,
  width: sql`width_mm`,
  weight: sql`weight_g`,
};
const isSpan = (facet: Facet): boolean => facet === "price" || (SIZES as readonly string[]).includes(facet);

/** Whether a row is within a span such as `49-51`; nothing is within what is none. */
function within(column: SQL, text: string): SQL {
  const span = spanOf(text);
  if (!span) return sql`false`;
  const { from, below } = span;
  return sql`(${from === null ? sql`true` : sql`${column} >= ${from}`} and ${below === null ? sql`${column} is not null` : sql`${column} < ${below}`})`;
}

/** Whether a row has one of the values that were chosen of a facet; null where none was. */
function fits(facet: Facet, values: readonly string[]): SQL | null {
  if (values.length === 0) return null;
  const column = COLUMNS[facet];
  if (!isSpan(facet)) return sql`${column} = any(${listOf(values)}::text[])`;
  return sql`coalesce(${sql.join(
    values.map((value) => within(column, value)),
    sql` or `,
  )}, false)`;
}

const escaped = (word: string): string => word.replace(/[\\%_]/g, "\\$&");
/** The beginning of a word: `tort` finds tortoise. */
const begins = (word: string): SQL => sql`search like ${`% ${escaped(word)}%`}`;
/**
 * What may be meant by a word: something like it; the word itself with two letters the right way round; the word as it
 * stands, in a description too. Each by itself, because an index finds the first two only where no `or` stands beside them.
 */
const likes = (word: string): SQL[] => {
  const turned = swapped(word);
  // A folded word is letters and figures, and means nothing else in an expression.
  const either = turned.length === 0 ? [] : [sql`words ~ ${` (${turned.join("|")})`}`];
  return [sql`${word} <% words`, ...either, begins(word)];
};

/** Every word must be there, in any of its spellings. */
const allOf = (words: readonly string[][]): SQL =>
  sql.join(
    words.map((spellings) => sql`(${sql.join(spellings.map(begins), sql` or `)})`),
    sql` and `,
  );
/** The same for what is like the words: the ids that every word has found, in any way. */
const likeAllOf = (own: SQL, words: readonly string[][]): SQL =>
  sql.join(
    words.map((spellings) => {
      const ways = spellings.flatMap(likes).map((way) => sql`select id from products where ${own} and ${way}`);
      return sql`(${sql.join(ways, sql` union `)})`;
    }),
    sql` intersect `,
  );

/**
 * How well a row fits the words: what its name and attributes say counts before what its description does, a whole word
 * before a beginning. Only what is merely like the words is measured by how like it is, because that is dear.
 */
function rank(words: readonly string[][], close: boolean): SQL {
  if (words.length === 0) return sql`0`;
  const fit = (word: string): SQL => {
    const whole = sql`words like ${`% ${escaped(word)} %`}`;
    return close
      ? sql`word_similarity(${word}, words) + case when ${whole} then 1 else 0 end`
      : sql`case when ${whole} then 2 when words like ${`% ${escaped(word)}%`} then 1 else 0 end`;
  };
  const best = (spellings: string[]) => sql`greatest(${sql.join(spellings.map(fit), sql`, `)})`;
  return sql.join(words.map(best), sql` + `);
}

const ORDERS: Readonly<Record<Sort, SQL>> = {
  relevance: sql`rank desc, lower(name), id`,
  name: sql`lower(name), id`,
  newest: sql`created_at desc, id desc`,
  price_low: sql`price_cents asc nulls last, lower(name), id`,
  price_high: sql`price_cents desc nulls last, lower(name), id`,
};

/** The columns of an export: an import finds each by its name. */
const EXPORTED = [
  ...(["sku", "name", "brand", "description", "shape", "material", "colour", "gender", "price", "currency"] as const),
  ...(["lens_mm", "bridge_mm", "temple_mm", "height_mm", "width_mm", "weight_g", "url", "image_url"] as const),
  "available",
] as const;

interface Counted {
  readonly total: number;
  readonly least: number | null;
  readonly most: number | null;
}

/**
 * A brand's products by words, facets and order, with what could be chosen further. Words are looked for as they are, from
 * their beginnings; where no product has all of them, for what is like them.
 */
export async function searchProducts(ctx: Ctx, search: Search): Promise<ProductPage> {
  return ctx.db.transaction(
    async (tx) => {
      await tx.execute(sql`select set_config('pg_trgm.word_similarity_threshold', ${String(LIKENESS)}, true)`);
      const words = wordsOf(search.q, search.synonyms);
      const own = sql`customer_id = ${ctx.customerId} and deleted_at is null ${search.forSale ? sql`and available` : sql``}`;
      const all = await countOf(tx, own);
      const { where, close } = await matching(tx, own, words);
      const hits = words.length === 0 ? all : await countOf(tx, where);
      const facets = await facetsOf(tx, where, search, hits);
      const fitting = fittingAll(search.chosen);
      const total = fitting ? (await countOf(tx, sql`${where} and ${fitting}`)).total : hits.total;
      const pages = Math.max(1, Math.ceil(total / search.perPage));
      const page = Math.min(search.page, pages);
      const found = await tx.execute(sql`
        select id, ${rank(words, close)} as rank from products where ${where} ${fitting ? sql`and ${fitting}` : sql``}
        order by ${ORDERS[search.sort]} limit ${search.perPage} offset ${(page - 1) * search.perPage}`);
      const ids = found.map((row) => String(row.id));
      const rows = await rowsOf(tx, ctx, ids);
      return {
        products: ids.flatMap((id) => rows.get(id) ?? []),
        total,
        all: all.total,
        close: close && hits.total > 0,
        facets,
        page,
        pages,
      };
    },
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
}

/**
 * Which rows have the words, or something like them. The texts are looked through once, and what was found is counted, ordered
 * and shown by its ids: likeness costs more than all the rest.
 */
async function matching(tx: Tx, own: SQL, words: readonly string[][]): Promise<{ where: SQL; close: boolean }> {
  if (words.length === 0) return { where: own, close: false };
  const idsOf = async (query: SQL): Promise<string[]> => (await tx.execute(query)).map((row) => String(row.id));
  const exact = await idsOf(sql`select id from products where ${own} and ${allOf(words)}`);
  let ids = exact;
  if (exact.length === 0) {
    // The planner takes likeness to cost no more than a comparison, and would rather ask every row than the index.
    await tx.execute(sql`set local enable_seqscan = off`);
    ids = await idsOf(likeAllOf(own, words));
    await tx.execute(sql`set local enable_seqscan = on`);
  }
  return { where: sql`${own} and id = any(${listOf(ids)}::uuid[])`, close: exact.length === 0 };
}

async function rowsOf(tx: Tx, ctx: Ctx, ids: readonly string[]): Promise<Map<string, Product>> {
  if (ids.length === 0) return new Map();
  const rows = await tx
    .select()
    .from(products)
    .where(and(eq(products.customerId, ctx.customerId), sql`${products.id} = any(${listOf(ids)}::uuid[])`));
  return new Map(rows.map((row) => [row.id, toView(row)]));
}

async function countOf(tx: Tx, where: SQL): Promise<Counted> {
  const [row] = await tx.execute(sql`
    select count(*)::int as total, min(price_cents)::float8 as least, max(price_cents)::float8 as most
    from products where ${where}`);
  const price = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value));
  return { total: Number(row?.total ?? 0), least: price(row?.least), most: price(row?.most) };
}

/** What was chosen of all facets, but for one that is left out; null where nothing was. */
function fittingAll(chosen: Chosen, but?: Facet): SQL | null {
  const parts = FACETS.filter((facet) => facet !== but).flatMap((facet) => fits(facet, chosen[facet]) ?? []);
  return parts.length === 0 ? null : sql.join(parts, sql` and `);
}

/** How many there would be by each value: of a facet, what its own choice leaves out is counted too. */
async function facetsOf(
  tx: Tx,
  where: SQL,
  { chosen, facets = FACETS }: Search,
  hits: Counted,
): Promise<ProductPage["facets"]> {
  if (facets.length === 0) return {};
  const steps: Partial<Record<Facet, readonly string[]>> = {
    ...SIZE_STEPS,
    price: priceSteps(hits.least ?? 0, hits.most ?? 0),
  };
  const parts = facets.flatMap((facet) => {
    const others = fittingAll(chosen, facet);
    const rest = others ? sql`where ${others}` : sql``;
    const column = COLUMNS[facet];
    const spans = steps[facet];
    if (!spans) {
      return sql`(select ${facet} as facet, ${column}::text as value, count(*)::int as count from hit ${rest} group by ${column}
        having ${column} <> '' order by count(*) desc, ${column} limit ${NAMED})`;
    }
    if (spans.length === 0) return [];
    const cases = sql.join(
      spans.map((span) => sql`when ${within(column, span)} then ${span}`),
      sql` `,
    );
    return sql`(select ${facet} as facet, step as value, count(*)::int as count
      from (select case ${cases} end as step from hit ${rest}) s where step is not null group by step)`;
  });
  if (parts.length === 0) return {};
  const rows = await tx.execute(sql`
    with hit as materialized (
      select shape, material, colour_family, gender, brand, price_cents, lens_mm, bridge_mm, temple_mm, width_mm, weight_g
      from products where ${where})
    ${sql.join(parts, sql` union all `)}`);
  const counts: Partial<Record<Facet, FacetCount[]>> = {};
  for (const row of rows) {
    const facet = FACETS.find((each) => each === row.facet);
    if (facet) counts[facet] = [...(counts[facet] ?? []), { value: String(row.value), count: Number(row.count) }];
  }
  for (const [facet, spans] of Object.entries(steps) as [Facet, readonly string[]][]) {
    counts[facet]?.sort((a, b) => spans.indexOf(a.value) - spans.indexOf(b.value));
  }
  return counts;
}

/** A product by its number. @throws Refusal `not_found` */
export async function productBySku(ctx: Ctx, sku: string): Promise<Product> {
  const [row] = await ctx.db
    .select()
    .from(products)
    .where(own(ctx, eq(products.sku, sku)))
    .limit(1);
  if (!row) throw new Refusal("not_found", "There is no product with this SKU.");
  return toView(row);
}

/** A product by its id. @throws Refusal `not_found` */
export async function productById(ctx: Ctx, id: string): Promise<Product> {
  const [row] = await ctx.db
    .select()
    .from(products)
    .where(own(ctx, eq(products.id, id)))
    .limit(1);
  if (!row) throw new Refusal("not_found", "There is no such product.");
  return toView(row);
}

const own = (ctx: Ctx, which: SQL) => and(eq(products.customerId, ctx.customerId), isNull(products.deletedAt), which);

/** The whole catalogue as a file that an import understands, formula-safe. */
export async function catalogueFile(ctx: Ctx): Promise<{ fileName: string; text: string }> {
  const rows = await ctx.db.select().from(products).where(own(ctx, sql`true`)).orderBy(products.sku);
  const lines = rows.map((row) => {
    const view = toView(row);
    return csvLine(
      EXPORTED.map((field) => {
        if (field === "price") return view.price_cents === null ? "" : priceText(view.price_cents, view.currency);
        if (field === "available") return view.available ? "yes" : "no";
        return view[field];
      }),
    );
  });
  return { fileName: "products.csv", text: csvLine(EXPORTED) + lines.join("") };
}
