import { z } from "zod";
import { wrongValue } from "@/lib/wrong-value";
import { chosen, FACETS, type Facet, SORTS } from "../contract";

/** What a shopper asks in Frame Finder. Facets stand in the query by their names, as often as there are values. */
export const finderQuery = z.strictObject({
  q: z.string().max(200).default(""),
  chosen: chosen.prefault({}),
  /** Where nothing is said, the order that the brand has set. */
  sort: z.enum(SORTS).optional(),
  page: z.coerce.number().int().min(1).max(10_000).default(1),
});
export type FinderQuery = z.output<typeof finderQuery>;

/** A question as it stands in an address; what does not fit is said in our words. */
export function readFinderQuery(asked: URLSearchParams) {
  const values = Object.fromEntries(FACETS.map((facet) => [facet, asked.getAll(facet)]));
  const rest = Object.fromEntries([...asked].filter(([name]) => !FACETS.includes(name as Facet)));
  return finderQuery.safeParse({ ...rest, chosen: values }, { error: wrongValue });
}

/** The longest configuration there may be, in characters. */
const CONFIGURATION_MOST = 48_000;

/** What the configure page's preview asks for the frame in it: a question, under settings that nobody has published yet. */
export const finderPreviewInput = z.strictObject({
  configuration: z
    .record(z.string().max(100), z.unknown())
    .refine((value) => JSON.stringify(value).length <= CONFIGURATION_MOST, { error: "is too long" }),
  query: z.string().max(4_000),
});

/** A frame as shoppers see it: nothing that the shop's own pages would not say. */
const frame = z.object({
  sku: z.string(),
  name: z.string(),
  brand: z.string(),
  shape: z.string(),
  material: z.string(),
  colour: z.string(),
  price_cents: z.int().nullable(),
  currency: z.string(),
  /** As engraved on a temple, `52□18–140`; '' where it is not known. */
  size: z.string(),
  /** Its page in the shop; '' where the brand has named none. */
  url: z.string(),
  /** The picture's path on our origin. */
  image: z.string().nullable(),
});
export type FinderFrame = z.infer<typeof frame>;

export const finderAnswer = z.object({
  frames: z.array(frame),
  total: z.int(),
  /** How many the brand has for sale. */
  all: z.int(),
  /** True where nothing is called what was asked, and these are called something like it. */
  close: z.boolean(),
  /** What can be chosen, in the brand's order. */
  facets: z.array(z.object({ name: z.enum(FACETS), values: z.array(z.object({ value: z.string(), count: z.int() })) })),
  /** What prices are in, for the steps of the price; '' where there are several. */
  currency: z.string(),
  sort: z.enum(SORTS),
  page: z.int(),
  pages: z.int(),
  /** What the brand says where nothing is found; '' for our own words. */
  no_results: z.string(),
  /** The session's token once more, for longer. */
  token: z.string(),
});
export const finderPreviewOutput = finderAnswer.omit({ token: true });
export type FinderAnswer = z.infer<typeof finderAnswer>;
