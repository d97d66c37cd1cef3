/** ISO 3166 codes of the countries invoices can go to. */
const CODES =
  "AD AE AL AM AR AT AU AZ BA BB BD BE BG BH BM BN BO BR BS BW BZ CA CH CI CL CM CN CO CR CY CZ DE DK DO DZ EC EE EG ES ET FI FO FR GB GE GH GI GL GR GT HK HN HR HU ID IE IL IN IS IT JE JM JO JP KE KH KR KW KZ LA LB LI LK LT LU LV MA MC MD ME MG MK MN MO MT MU MV MX MY MZ NA NG NI NL NO NP NZ OM PA PE PH PK PL PR PT PY QA RO RS RW SA SE SG SI SK SM SN SV TH TN TR TT TW TZ UA UG US UY UZ VN ZA ZM ZW".split(
    " ",
  );

const names = new Intl.DisplayNames("en", { type: "region" });

/** A country by name. */
export const countryName = (code: string): string => (/^[A-Z]{2}$/.test(code) ? (names.of(code) ?? code) : code);

let sorted: readonly (readonly [code: string, name: string])[] | undefined;

/** Countries by name, in its order. */
export function countries(): readonly (readonly [code: string, name: string])[] {
  sorted ??= CODES.map((code) => [code, countryName(code)] as const).toSorted(([, a], [, b]) =>
    a.localeCompare(b, "en"),
  );
  return sorted;
}
