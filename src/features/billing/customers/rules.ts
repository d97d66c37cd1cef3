const UNION = "AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI".split(" ");

/** The kinds of tax ids at Stripe that begin with their country's letters; all others are given at the checkout. */
const VAT_TYPES = ["eu_vat", "gb_vat", "ch_vat"] as const;
type VatType = (typeof VAT_TYPES)[number];

/** Whether a tax id of a customer is one of those that our own page shows and changes. */
export const isVat = (type: string): boolean => VAT_TYPES.some((known) => known === type);

/** A VAT id as our page has it: without what stands between its letters and digits. */
export const plainVatId = (value: string): string => value.toUpperCase().replaceAll(/[^0-9A-Z]/g, "");

/** What a VAT id is to Stripe; null where its country has none that we take. */
export function vatIdAtStripe(vatId: string): { readonly type: VatType; readonly value: string } | null {
  const country = vatId.slice(0, 2);
  if (UNION.includes(country)) return { type: "eu_vat", value: vatId };
  if (country === "GB") return { type: "gb_vat", value: vatId };
  const [, a, b, c, tax = "MWST"] = /^CHE(\d{3})(\d{3})(\d{3})(MWST|TVA|IVA)?$/.exec(vatId) ?? [];
  return a ? { type: "ch_vat", value: `CHE-${a}.${b}.${c} ${tax}` } : null;
}
