import { newProduct, type Product, type ProductInput } from "../contract";
import { numberOf } from "../imports/rules";
import { priceText, unitsOf } from "../rules";

const TEXTS = [
  "name",
  "sku",
  "brand",
  "description",
  "shape",
  "material",
  "colour",
  "gender",
  "url",
  "image_url",
] as const;
const SIZES = ["lens_mm", "bridge_mm", "temple_mm", "height_mm", "width_mm", "weight_g"] as const;

/** A product as it is being typed: text that may not be anything yet. */
export type Draft = Record<(typeof TEXTS)[number] | (typeof SIZES)[number] | "price" | "currency", string> & {
  available: boolean;
};

export const EMPTY: Draft = {
  ...{ name: "", sku: "", brand: "", description: "", shape: "", material: "", colour: "", gender: "" },
  ...{ url: "", image_url: "", price: "", currency: "", available: true },
  ...{ lens_mm: "", bridge_mm: "", temple_mm: "", height_mm: "", width_mm: "", weight_g: "" },
};

/** A product as its form begins. */
export function draftOf(product: Product): Draft {
  const { price_cents, currency, available } = product;
  const texts = Object.fromEntries(TEXTS.map((name) => [name, product[name]]));
  const sizes = Object.fromEntries(SIZES.map((name) => [name, product[name] === null ? "" : String(product[name])]));
  const price = price_cents === null ? "" : priceText(price_cents, currency);
  return { ...EMPTY, ...texts, ...sizes, price, currency, available };
}

/** What was typed, as a product; or what is wrong, by field. */
export function readDraft(
  draft: Draft,
): { product: ProductInput } | { problems: Partial<Record<keyof Draft, string>> } {
  const problems: Partial<Record<keyof Draft, string>> = {};
  const number = (name: (typeof SIZES)[number] | "price"): number | null => {
    const text = draft[name].trim();
    const value = text === "" ? null : numberOf(text);
    if (text !== "" && value === null) problems[name] = "is not a number";
    return value;
  };
  const currency = draft.currency.trim().toUpperCase();
  const price = number("price");
  const product = {
    ...Object.fromEntries(TEXTS.map((name) => [name, draft[name]])),
    ...Object.fromEntries(SIZES.map((name) => [name, number(name)])),
    price_cents: price === null ? null : Math.round(price * unitsOf(currency)),
    currency: price === null ? "" : currency,
    available: draft.available,
  };
  const read = newProduct.safeParse(product);
  for (const { path, message } of read.error?.issues ?? []) {
    const name = (path[0] === "price_cents" ? "price" : path[0]) as keyof Draft;
    problems[name] ??= message;
  }
  if (!read.success || Object.keys(problems).length > 0) {
    return { problems: Object.fromEntries(Object.entries(problems).map(([name, text]) => [name, sentence(text)])) };
  }
  return { product: read.data };
}

/** Under its field's label a message is a sentence of its own. */
const sentence = (text: string): string => {
  const own = text.replace(/^is needed/, "this is needed").replace(/^is not/, "this is not");
  return `${own.charAt(0).toUpperCase()}${own.slice(1)}.`.replace(/\.\.$/, ".");
};
