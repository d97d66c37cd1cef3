import type { Facet } from "@/features/products/contract";
import type { FinderWords } from "./words";

const UNITS: Readonly<Partial<Record<Facet, string>>> = {
  lens: "mm",
  bridge: "mm",
  temple: "mm",
  width: "mm",
  weight: "g",
};

/** A price in the shopper's language; a currency that no browser knows stands beside the figure. */
export function money(cents: number, currency: string, language: string): string {
  try {
    const format = new Intl.NumberFormat(language, { style: "currency", currency });
    const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    return format.format(cents / 10 ** digits);
  } catch {
    return `${(cents / 100).toFixed(2)} ${currency}`.trim();
  }
}

/** A value of a facet for shoppers: our words in their language, the brand's own as they are, spans with their unit. */
export function labelOf(facet: Facet, value: string, words: FinderWords, currency: string, language: string): string {
  const unit = UNITS[facet];
  if (unit === undefined && facet !== "price")
    return Object.hasOwn(words.values, value) ? (words.values[value] ?? value) : value;
  const [from = "", to = ""] = value.split("-");
  if (facet === "price") {
    const at = (cents: number): string => money(cents, currency, language);
    if (from === "") return words.below(at(Number(to) + 1));
    return to === "" ? words.atLeast(at(Number(from))) : `${at(Number(from))} – ${at(Number(to) + 1)}`;
  }
  if (from === "") return words.upTo(`${to} ${unit}`);
  return to === "" ? words.atLeast(`${from} ${unit}`) : `${from}–${to} ${unit}`;
}
