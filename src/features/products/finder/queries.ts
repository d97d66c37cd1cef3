import type { Ctx } from "@/db/context";
import { FACETS, type Facet, type Product, SORTS, type Sort } from "../contract";
import { usualCurrency } from "../imports/queries";
import { searchProducts } from "../queries";
import { engraved, type Synonym } from "../rules";
import type { FinderAnswer, FinderFrame, FinderQuery } from "./contract";

type Configuration = Readonly<Record<string, unknown>>;

/** What a brand has set, whatever else stands in its configuration: it was checked against a schema that may have changed since. */
function settingsOf(configuration: Configuration) {
  const { filters, default_sort, per_page, synonyms, no_results } = configuration;
  const isSynonym = (each: unknown): each is Synonym =>
    typeof each === "object" &&
    each !== null &&
    "says" in each &&
    "means" in each &&
    typeof each.says === "string" &&
    typeof each.means === "string";
  const named = Array.isArray(filters) ? FACETS.filter((facet) => filters.includes(facet)) : [];
  return {
    facets: named.length > 0 ? named : (["shape", "material", "colour", "width", "price"] satisfies Facet[]),
    sort: SORTS.find((sort) => sort === default_sort) ?? ("relevance" satisfies Sort),
    perPage: typeof per_page === "number" && per_page >= 4 && per_page <= 60 ? Math.floor(per_page) : 24,
    synonyms: Array.isArray(synonyms) ? synonyms.filter(isSynonym) : [],
    noResults: typeof no_results === "string" ? no_results : "",
  };
}

const frameOf = (product: Product): FinderFrame => {
  const { sku, name, brand, shape, material, colour, price_cents, currency, url, image } = product;
  return { sku, name, brand, shape, material, colour, price_cents, currency, url, image, size: engraved(product) };
};

/** The brand's frames that are for sale, as a shopper asks for them and the brand has set the app up. */
export async function findFrames(
  ctx: Ctx,
  configuration: Configuration,
  asked: FinderQuery,
): Promise<Omit<FinderAnswer, "token">> {
  const { facets, sort: usual, perPage, synonyms, noResults } = settingsOf(configuration);
  const sort = asked.sort ?? usual;
  const search = { ...asked, sort, perPage, synonyms, facets, forSale: true };
  const [found, currency] = await Promise.all([
    searchProducts(ctx, search),
    facets.includes("price") ? usualCurrency(ctx.db, ctx.customerId) : null,
  ]);
  const { products, total, all, close, page, pages } = found;
  return {
    frames: products.map(frameOf),
    ...{ total, all, close, page, pages, sort },
    facets: facets.flatMap((name) => {
      const values = found.facets[name] ?? [];
      return values.length > 0 ? { name, values } : [];
    }),
    currency: currency ?? "",
    no_results: noResults,
  };
}
