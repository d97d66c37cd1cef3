import type { SignKind } from "./contract";

/** From how many refusals of one reason a day on, a key is worth a look: what an alert of a brand begins with. */
export const REFUSED_OFTEN = 50;
/** From how many new countries within two days on, and which part of the use they must have, percent. */
export const NEW_COUNTRIES = 5;
export const NEW_SHARE = 20;

/** The more it looks like a key in the wrong hands, the earlier it stands. */
const RANK: Readonly<Record<SignKind, number>> = { secret_in_browser: 0, countries: 1, refused: 2, unusual: 3 };

/** Signs in the order in which they are worth a look; of one kind, the latest first. */
export const inOrder = <S extends { readonly kind: SignKind; readonly at: string }>(signs: readonly S[]): S[] =>
  signs.toSorted((a, b) => RANK[a.kind] - RANK[b.kind] || b.at.localeCompare(a.at));

const KEY = /ca_(?:pk|sk)_(?:live|test)_[0-9A-Za-z]{22}_[0-9A-Za-z]{34}(?![0-9A-Za-z])/;
const KEY_ID = /ak_(?:live|test)_[0-9A-Za-z]{16}(?![0-9A-Za-z])/;
/** The first key, or else the first id of one, in whatever was pasted; null where there is neither. */
export function keyWithin(text: string): { text: string } | { keyId: string } | null {
  const [whole] = KEY.exec(text) ?? [];
  if (whole !== undefined) return { text: whole };
  const [keyId] = KEY_ID.exec(text) ?? [];
  return keyId === undefined ? null : { keyId };
}

const count = (value: number): string => new Intl.NumberFormat("en-US").format(value);

/** Why a key was refused, as the end of a sentence. */
const REASONS: Readonly<Record<string, string>> = {
  origin_not_allowed: "from pages that are not on its list",
  invalid_api_key: "because it is revoked or expired",
  insufficient_scope: "because it may not do what was asked",
  app_not_permitted: "for an app it does not cover",
  rate_limited: "at its rate limit",
};
/** The refusals that may tell of a key in the wrong hands; the others are a brand's own mistakes. */
export const TELLING = [...Object.keys(REASONS), "secret_key_in_browser"];

/** A key that is refused, in words. */
export function refusedWords(key: string, code: string, times: number): { title: string; body: string } {
  if (code === "secret_key_in_browser") {
    return {
      title: `The secret key ${key} was sent by a browser`,
      body: `${count(times)} times within a day. It stands in a page that anyone can read: revoke it; the brand is told at once, with your reason.`,
    };
  }
  // A public key can be read by anyone; its list of pages is what keeps it.
  const means =
    code === "origin_not_allowed"
      ? "Nothing was spent: the shop has a new address, or somebody else uses its key."
      : "Somebody else may have it.";
  return {
    title: `The key ${key} is refused often`,
    body: `${count(times)} times within a day ${REASONS[code] ?? "because the requests were not valid"}. ${means}`,
  };
}

const regions = new Intl.DisplayNames("en", { type: "region", fallback: "code" });
/** What brands send as a country is theirs: what is no code stays as it is. */
function countryName(code: string): string {
  try {
    return regions.of(code) ?? code;
  } catch {
    return code;
  }
}

/** Use from many new countries, in words. */
export const countryWords = (countries: readonly string[], percent: number): { title: string; body: string } => ({
  title: `Use from ${count(countries.length)} new countries`,
  body: `${countries.slice(0, 8).map(countryName).join(", ")}${countries.length > 8 ? " and others" : ""}: ${percent} % of the uses of two days, and none in the four weeks before.`,
});
