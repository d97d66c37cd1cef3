import { performance } from "node:perf_hooks";
import { sql } from "drizzle-orm";
import { closeDb, db, openDatabase } from "@/db/client";
import type { Ctx } from "@/db/context";
import { migrateDatabase } from "@/db/migrate";
import { customers } from "@/db/schema/people";
import { chosen as choice, type NewProduct, newProduct } from "@/features/products/contract";
import { findFrames } from "@/features/products/finder/queries";
import { putProducts } from "@/features/products/service";
import { mintCustomerId, uuidv7 } from "@/lib/ids";
import { startThrowAway } from "../dev/stack/throw-away";
import type { Figure, Group } from "./figure";

const PRODUCTS = 10_000;
/** Brands with as many each, so that one's search has others' products to stay out of. */
const BRANDS = 5;
const ROUNDS = 6;
const PAGE = 24;

const pick = <T>(from: readonly T[], n: number): T => from[n % from.length] as T;
const LABELS = ["Northlight", "Halden", "Brisa", "Ostkreuz", "Lumen & Sons", "Verano", "Atelier Mono"];
const NAMES = [
  "Harbour",
  "Lighthouse",
  "Meridian",
  "Solstice",
  "Tramontane",
  "Cinder",
  "Juniper",
  "Fjord",
  "Aster",
  "Quill",
];
const SHAPES = ["round", "square", "aviator", "cat-eye", "oval", "rectangular", "panto", "hexagonal"];
const MATERIALS = ["acetate", "titanium", "steel", "wood", "horn", "nylon"];
const COLOURS = ["black", "havana", "tortoise", "crystal", "navy", "gold", "olive", "burgundy", "slate grey", "silver"];
const NOTES = [
  "Five-barrel hinges, polished by hand.",
  "Light enough to forget by noon.",
  "Fits narrow faces.",
  "With spring hinges.",
];

/** A product is a function of its number, so that every run has the same. */
const productAt = (n: number): NewProduct =>
  newProduct.parse({
    sku: `F-${n}`,
    name: `${pick(NAMES, n * 7)} ${pick(NAMES, Math.floor(n / 10) * 3 + 1)} ${n % 1_000}`,
    brand: pick(LABELS, n * 5),
    description: `${pick(NOTES, n)} ${pick(NOTES, Math.floor(n / 4))}`,
    shape: pick(SHAPES, n * 11),
    material: pick(MATERIALS, Math.floor(n / 3)),
    colour: pick(COLOURS, n * 13),
    gender: pick(["women", "men", "unisex"], n),
    price_cents: 4_900 + ((n * 37) % 400) * 100,
    currency: "USD",
    lens_mm: 44 + (n % 16),
    bridge_mm: 14 + (n % 9),
    temple_mm: 135 + (n % 16),
    width_mm: 124 + (n % 24),
  });

/** What shoppers type: words, beginnings, other languages, slips; and what they choose beside them. */
const ASKED: readonly { readonly q: string; readonly chosen?: Record<string, string[]> }[] = [
  { q: "" },
  { q: "", chosen: { shape: ["round"], price: ["10000-19999"] } },
  { q: "round" },
  { q: "black acetate" },
  { q: "runde schwarze" },
  { q: "harb" },
  { q: "solstice juniper" },
  { q: "lighthouse 417" },
  { q: "northlight", chosen: { material: ["titanium"] } },
  { q: "F-9876" },
  { q: "spring hinges" },
  { q: "tortise" },
  { q: "meridan" },
  { q: "avaitor gold" },
  { q: "nothing of the kind" },
];

const percentile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;
const rounded = (value: number): number => Number(value.toPrecision(4));

/** What one would write first: every word somewhere in the texts, the number of hits, and a page of them. */
async function plain(customerId: string, q: string): Promise<number> {
  const words = q.split(" ").filter(Boolean);
  const where = sql.join(
    [
      sql`customer_id = ${customerId} and deleted_at is null`,
      ...words.map((word) => {
        const like = `%${word}%`;
        const columns = ["name", "brand", "sku", "shape", "material", "colour", "gender", "description"];
        return sql`(${sql.join(
          columns.map((column) => sql`${sql.identifier(column)} ilike ${like}`),
          sql` or `,
        )})`;
      }),
    ],
    sql` and `,
  );
  const [row] = await db().execute(sql`select count(*)::int as n from products where ${where}`);
  await db().execute(sql`select * from products where ${where} order by lower(name), id limit ${PAGE}`);
  return Number(row?.n ?? 0);
}

/**
 * `products.search_p95_ms`: a shopper's whole search among a brand's 10,000 products, with its facets counted and slips
 * forgiven, beside the plain question by ILIKE, which does neither.
 */
export const products: Group = async function* (): AsyncGenerator<Figure> {
  const services = await startThrowAway("bench", {});
  Object.assign(process.env, services.env, { AUTH_URL: "http://localhost", LOG_LEVEL: "error" });
  try {
    await migrateDatabase(services.env.DATABASE_OWNER_URL ?? "");
    const ids = Array.from({ length: BRANDS }, () => mintCustomerId(uuidv7()));
    for (const customerId of ids) {
      await db()
        .insert(customers)
        .values({ id: customerId, name: "Bench", slug: `bench-${customerId}` });
      const ctx: Ctx = { db: db(), customerId, actor: { type: "system", id: "bench" } };
      for (let from = 0; from < PRODUCTS; from += 500) {
        await putProducts(
          ctx,
          Array.from({ length: 500 }, (_, at) => productAt(from + at)),
        );
      }
    }
    // What autovacuum does within a minute of an import: until then the index has a list of what is new, and no statistics.
    const owner = openDatabase(services.env.DATABASE_OWNER_URL ?? "", { max: 1 });
    await owner.execute(sql`vacuum analyze products`);
    await owner.$client.end();
    const taken = { ours: [] as number[], plain: [] as number[] };
    const each: Record<string, number[]> = {};
    let [found, foundPlain, slips] = [0, 0, 0];
    for (let round = -1; round < ROUNDS; round++) {
      for (const [at, { q, chosen = {} }] of ASKED.entries()) {
        const customerId = ids[(round + at + BRANDS) % BRANDS] ?? mintCustomerId("");
        const ctx: Ctx = { db: db(), customerId, actor: { type: "system", id: "bench" } };
        const begun = performance.now();
        const answer = await findFrames(ctx, {}, { q, chosen: choice.parse(chosen), page: 1 });
        const between = performance.now();
        const hits = await plain(customerId, q);
        const ended = performance.now();
        // The first round warms up.
        if (round < 0) continue;
        taken.ours.push(between - begun);
        taken.plain.push(ended - between);
        each[q || "(all)"] = [...(each[q || "(all)"] ?? []), between - begun];
        found += answer.total;
        foundPlain += hits;
        if (answer.close) slips++;
      }
    }
    const [value, baseline] = [percentile(taken.ours, 0.95), percentile(taken.plain, 0.95)];
    yield {
      name: "products.search_p95_ms",
      value: rounded(value),
      unit: "ms",
      baseline: rounded(baseline),
      ratio: rounded(value / baseline),
      valid: found > 0 && foundPlain > 0 && slips > 0,
      aim: 100,
      p50: rounded(percentile(taken.ours, 0.5)),
      baseline_p50: rounded(percentile(taken.plain, 0.5)),
      p95_each: Object.fromEntries(Object.entries(each).map(([q, all]) => [q, rounded(percentile(all, 0.95))])),
      products: PRODUCTS,
      brands: BRANDS,
      asked: taken.ours.length,
    };
  } finally {
    await closeDb();
    await services.stop();
  }
};
