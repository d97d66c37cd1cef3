import { formatMoney } from "@/components/format";
import type { Facet, Product, Sort } from "../contract";
import { engraved } from "../rules";

export const FACET_NAMES: Readonly<Record<Facet, string>> = {
  shape: "Shape",
  material: "Material",
  colour: "Colour",
  gender: "For",
  brand: "Brand",
  price: "Price",
  lens: "Lens width",
  bridge: "Bridge",
  temple: "Temple",
  width: "Frame width",
  weight: "Weight",
};
export const SORT_NAMES: Readonly<Record<Sort, string>> = {
  relevance: "Best match",
  name: "Name",
  newest: "Newest first",
  price_low: "Price, low first",
  price_high: "Price, high first",
};

/** The first letter large, as a word of ours begins a line. */
export const begin = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** A value of a facet for people: `Cat-eye`, `49–51 mm`, `from $200.00`. */
export function valueName(facet: Facet, value: string, currency: string): string {
  if (facet === "brand") return value;
  if (!["price", "lens", "bridge", "temple", "width", "weight"].includes(facet)) return begin(value);
  const [from = "", to = ""] = value.split("-");
  const one = (text: string, up: number): string =>
    facet === "price" ? formatMoney(Number(text) + up, currency || "usd") : String(Number(text) + up);
  const unit = facet === "price" ? "" : facet === "weight" ? " g" : " mm";
  if (from === "") return facet === "price" ? `below ${one(to, 1)}` : `up to ${one(to, 0)}${unit}`;
  if (to === "") return `from ${one(from, 0)}${unit}`;
  return `${one(from, 0)}–${one(to, facet === "price" ? 1 : 0)}${unit}`;
}

/** What a frame is in a few words: `Round, acetate, smoke grey`. */
export const attributesOf = ({ shape, material, colour }: Product): string =>
  begin([shape, material, colour].filter(Boolean).join(", "));

export const priceOf = ({ price_cents, currency }: Product): string =>
  price_cents === null ? "" : formatMoney(price_cents, currency);
export const sizeOf = engraved;

/** A file that anybody can begin with. */
export const SAMPLE_CSV = [
  "sku,name,brand,shape,material,colour,gender,price,currency,size,url,image_url,available",
  "NL-1001,Halden,Northlight,round,acetate,smoke grey,unisex,148.00,USD,48□20–145,https://shop.example/halden,,yes",
  "NL-1002,Aurora,Northlight,aviator,titanium,brushed teal,women,212.00,USD,54□17–140,https://shop.example/aurora,,yes",
  "NL-1003,Kubik,Northlight,square,steel,black,men,189.00,USD,52□18–145,https://shop.example/kubik,,yes",
  "NL-1004,Mimosa,Northlight,cat-eye,acetate,tortoise,women,159.00,USD,51□19–140,https://shop.example/mimosa,,no",
  "",
].join("\r\n");
