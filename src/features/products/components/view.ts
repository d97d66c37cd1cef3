import { parseAsInteger, parseAsString, parseAsStringLiteral } from "nuqs";
import type { Facet } from "../contract";
import { SORTS } from "../contract";

/** The facets that the page filters by, in the order in which they stand there. */
export const SHOWN = [
  "shape",
  "material",
  "colour",
  "brand",
  "gender",
  "lens",
  "price",
] as const satisfies readonly Facet[];

/** How search, filters, order and page stand in the address; what is not asked for does not stand there. */
export const VIEW = {
  q: parseAsString.withDefault(""),
  shape: parseAsString,
  material: parseAsString,
  colour: parseAsString,
  brand: parseAsString,
  gender: parseAsString,
  lens: parseAsString,
  price: parseAsString,
  sort: parseAsStringLiteral(SORTS).withDefault("relevance"),
  page: parseAsInteger.withDefault(1),
};
