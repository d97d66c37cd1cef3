import { z } from "zod";

const oneLine = (most: number) =>
  z
    .string()
    .trim()
    .max(most, `at most ${most} characters`)
    .regex(/^\P{Cc}*$/u, "must not hold control characters");
const prose = (most: number) =>
  z
    .string()
    .trim()
    .max(most, `at most ${most} characters`)
    .regex(/^[\P{Cc}\n\t\r]*$/u, "must not hold control characters");

/** A web address, or nothing. Only such can stand in a link or an image. */
const webAddress = z
  .string()
  .trim()
  .max(2_000, "at most 2000 characters")
  .refine((text) => text === "" || (/^https?:\/\//i.test(text) && URL.canParse(text)), {
    error: "must be a web address that begins with https://",
  });

const measure = (least: number, most: number, unit: string) =>
  z
    .number(`must be a number in ${unit}`)
    .min(least, `must be at least ${least} ${unit}`)
    .max(most, `must be at most ${most} ${unit}`)
    // A tenth of a millimetre is more than anybody can measure on a frame.
    .transform((value) => Math.round(value * 10) / 10)
    .nullable()
    .default(null);

export const sku = oneLine(100).min(1, "is needed");
export const currency = z.string().regex(/^[A-Z]{3}$/, "must be three capital letters such as EUR");

/** Everything of a product that a brand may say. What is left out is empty. */
export const productFields = z.strictObject({
  name: oneLine(200).min(1, "is needed"),
  brand: oneLine(100).default(""),
  description: prose(4_000).default(""),
  shape: oneLine(60).default(""),
  material: oneLine(60).default(""),
  colour: oneLine(100).default(""),
  gender: oneLine(60).default(""),
  /** In the currency's smallest unit. */
  price_cents: z.int("must be a whole number of cents").min(0).max(1_000_000_000).nullable().default(null),
  currency: z.union([currency, z.literal("")]).default(""),
  lens_mm: measure(20, 90, "mm"),
  bridge_mm: measure(5, 40, "mm"),
  temple_mm: measure(60, 200, "mm"),
  height_mm: measure(10, 90, "mm"),
  width_mm: measure(60, 220, "mm"),
  weight_g: measure(1, 300, "g"),
  url: webAddress.default(""),
  image_url: webAddress.default(""),
  available: z.boolean().default(true),
});
const pricesNeedCurrency = (product: { price_cents: number | null; currency: string }): boolean =>
  product.price_cents === null || product.currency !== "";
const NEED_CURRENCY = { path: ["currency"], error: "is needed beside a price" };

/** What a product is made or replaced with, under its SKU. */
export const productBody = productFields.refine(pricesNeedCurrency, NEED_CURRENCY);
/** The same with the SKU. */
export const newProduct = productFields.extend({ sku }).refine(pricesNeedCurrency, NEED_CURRENCY);
export type NewProduct = z.output<typeof newProduct>;
export type ProductInput = z.input<typeof newProduct>;

export const IMAGE_STATES = ["none", "waiting", "ready", "failed"] as const;

/** A product as the brand sees it. Shape, material and gender in our words where we know them. */
export const productView = z.object({
  ...productFields.shape,
  lens_mm: z.number().nullable(),
  bridge_mm: z.number().nullable(),
  temple_mm: z.number().nullable(),
  height_mm: z.number().nullable(),
  width_mm: z.number().nullable(),
  weight_g: z.number().nullable(),
  id: z.uuid(),
  sku: z.string(),
  /** What shoppers filter by. */
  colour_family: z.string(),
  /** Where our copy of the picture is, on our origin; null where there is none yet. */
  image: z.string().nullable(),
  image_state: z.enum(IMAGE_STATES),
  image_problem: z.string().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type Product = z.output<typeof productView>;

/** What products are told apart by. */
export const FACETS = [
  "shape",
  "material",
  "colour",
  "gender",
  "brand",
  "price",
  "lens",
  "bridge",
  "temple",
  "width",
  "weight",
] as const;
export type Facet = (typeof FACETS)[number];
export const SORTS = ["relevance", "name", "newest", "price_low", "price_high"] as const;
export type Sort = (typeof SORTS)[number];

const values = z.array(z.string().max(100)).max(20).default([]);
const pageOf = z.coerce.number().int().min(1).max(10_000).default(1);

/** What is chosen of each facet: any of a facet's values, all of the facets. Sizes and prices as `49-51`. */
export const chosen = z.strictObject({
  shape: values,
  material: values,
  colour: values,
  gender: values,
  brand: values,
  price: values,
  lens: values,
  bridge: values,
  temple: values,
  width: values,
  weight: values,
});
export type Chosen = z.output<typeof chosen>;

export const productQuery = z.strictObject({
  q: z.string().max(200).default(""),
  chosen: chosen.prefault({}),
  sort: z.enum(SORTS).default("relevance"),
  page: pageOf,
  perPage: z.int().min(1).max(100).default(25),
});

const facetCount = z.object({ value: z.string(), count: z.int() });
export type FacetCount = z.infer<typeof facetCount>;

export const productPage = z.object({
  products: z.array(productView),
  total: z.int(),
  /** How many the brand has, whatever was asked. */
  all: z.int(),
  /** True where nothing is called what was asked, and these are called something like it. */
  close: z.boolean(),
  /** What could be chosen further, with how many there would be; a facet's own choice does not narrow it. */
  facets: z.partialRecord(z.enum(FACETS), z.array(facetCount)),
  page: z.int(),
  pages: z.int(),
});
export type ProductPage = z.output<typeof productPage>;

export const saveInput = z.strictObject({
  /** The product to change; without it a new one is made. */
  id: z.uuid().optional(),
  product: newProduct,
});
export const productIds = z.strictObject({ ids: z.array(z.uuid()).min(1).max(500) });
export const changedOutput = z.object({ changed: z.int() });

/** `GET /api/v1/customer/products`. Facets are asked for by name, several values with a comma between them. */
export const productsQuery = z.strictObject({
  q: z.string().max(200).optional(),
  sort: z.enum(SORTS).default("name"),
  page: pageOf,
  per_page: z.coerce.number().int().min(1).max(100).default(25),
  shape: z.string().max(500).optional(),
  material: z.string().max(500).optional(),
  colour: z.string().max(500).optional(),
  gender: z.string().max(500).optional(),
  brand: z.string().max(500).optional(),
});
export const productsResponse = z.object({
  products: z.array(productView),
  pagination: z.object({ page: z.int(), per_page: z.int(), total: z.int(), total_pages: z.int() }),
});
export const upsertResponse = z.object({ success: z.literal(true), created: z.boolean(), product: productView });
export const deleteResponse = z.object({ success: z.literal(true), sku: z.string() });
