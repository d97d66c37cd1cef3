/** How our apps speak of frames: one word for each thing, whatever language a brand or a shopper says it in. */

const SHAPES: Readonly<Record<string, string>> = {
  round: "rund ronde rond redondo redonda tondo rotondo tonda rotonda",
  oval: "ovale ovalado ovalada ovaal",
  square: "quadratisch eckig carre carree cuadrado cuadrada quadrato quadrata vierkant",
  rectangle: "rectangular rechteckig rectangulaire rettangolare rechthoekig",
  "cat-eye": "cateye katzenauge katzenaugen œil-de-chat papillon ojo-de-gato occhi-di-gatto kattenoog butterfly",
  aviator: "pilot pilotenbrille pilote aviateur aviador aviatore piloot",
  panto: "pantos",
  browline: "half-rim halbrand",
  geometric: "geometrisch geometrique geometrico geometrica geometriek hexagonal sechseckig octagonal",
  oversized: "xxl maxi",
};
const MATERIALS: Readonly<Record<string, string>> = {
  acetate: "acetat azetat acetato acetaat",
  titanium: "titan titane titanio beta-titanium",
  steel: "stahl edelstahl acier acero acciaio staal stainless-steel inox",
  metal: "metall metallo metaal",
  wood: "holz bois madera legno hout wooden",
  horn: "buffelhorn corne cuerno corno hoorn buffalo-horn",
  nylon: "polyamid polyamide tr90 tr-90",
  carbon: "karbon carbone carbono carbonio carbon-fibre",
  aluminium: "aluminum alu alluminio aluminio",
};
const COLOURS: Readonly<Record<string, string>> = {
  black: "schwarz noir noire negro negra nero nera zwart",
  white: "weiss weiß blanc blanche blanco blanca bianco bianca wit ivory",
  grey: "gray grau gris grigio grigia grijs smoke anthracite anthrazit gunmetal graphite",
  brown: "braun brun brune marron marrone bruin cognac mocha",
  tortoise: "havana havanna tortoiseshell schildpatt ecaille carey tartaruga schildpad demi",
  blue: "blau bleu bleue azul blu blauw navy indigo cobalt",
  green: "grun vert verte verde groen olive emerald sage",
  teal: "petrol turquoise turkis turchese turquesa",
  red: "rot rouge rojo roja rosso rossa rood burgundy bordeaux crimson",
  pink: "rosa rose roze blush coral",
  purple: "lila violett violet violette morado viola paars plum aubergine",
  orange: "naranja arancione oranje amber",
  yellow: "gelb jaune amarillo amarilla giallo gialla geel",
  gold: "golden dore doree dorado dorada oro goud brass champagne",
  silver: "silber argent plata argento zilver chrome steel-grey",
  clear: "crystal kristall transparent transparente trasparente cristal durchsichtig",
};
const GENDERS: Readonly<Record<string, string>> = {
  women: "woman female ladies damen dame femme femmes mujer mujeres donna donne dames vrouwen w f",
  men: "man male gentlemen herren herr homme hommes hombre hombres uomo uomini heren mannen m",
  unisex: "all alle everyone adult adults erwachsene mixte neutral u",
  kids: "kid child children kinder kind enfant enfants nino ninos niña bambino bambini kinderen junior teen",
};

export const KINDS = ["shape", "material", "colour", "gender"] as const;
export type Kind = (typeof KINDS)[number];

/** Lower case without accents, one space between words, nothing but letters and figures. */
export const fold = (text: string): string =>
  text
    // Before the case, because 𝐀 and Å become capitals only here, and after it, because İ falls apart only then.
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll("ß", "ss")
    .replaceAll("œ", "oe")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

function index(words: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const [ours, theirs] of Object.entries(words)) {
    for (const each of [ours, ...theirs.split(" ")]) known.set(fold(each), ours);
  }
  return known;
}
const KNOWN: Readonly<Record<Kind, ReadonlyMap<string, string>>> = {
  shape: index(SHAPES),
  material: index(MATERIALS),
  colour: index(COLOURS),
  gender: index(GENDERS),
};
/** Our own words, in the order in which filters show them where nothing else decides. */
export const OURS: Readonly<Record<Kind, readonly string[]>> = {
  shape: Object.keys(SHAPES),
  material: Object.keys(MATERIALS),
  colour: Object.keys(COLOURS),
  gender: Object.keys(GENDERS),
};

/**
 * What a brand says of a frame in our word for it. Of several words the last that is known decides, because it is the noun:
 * "brushed teal" is teal. Where none is, it stays what the brand calls it, in lower case.
 */
export function familyOf(kind: Kind, text: string): string {
  const folded = fold(text);
  const known = KNOWN[kind];
  const whole = known.get(folded);
  if (whole) return whole;
  const parts = folded.split(" ");
  for (let at = parts.length - 1; at >= 0; at--) {
    const two = at > 0 ? known.get(`${parts[at - 1]} ${parts[at]}`) : undefined;
    const found = two ?? ((parts[at]?.length ?? 0) > 1 ? known.get(parts[at] ?? "") : undefined);
    if (found) return found;
  }
  return text.trim().toLowerCase().slice(0, 60);
}

/** What a shopper may also have meant by a word, in our words: `schwarze` is black. Null for none. */
export function oursFor(word: string): string | null {
  // One letter is a size or a slip, whatever a column of genders may say.
  if (word.length < 2) return null;
  // As it stands, then without the ending that it takes beside a noun.
  const stem = word.length > 4 ? word.replace(/(?:e[nmrs]?|s)$/, "") : word;
  for (const form of new Set([word, stem])) {
    for (const kind of KINDS) {
      const found = KNOWN[kind].get(form);
      if (found) return found;
    }
  }
  return null;
}

/** A word with two letters that changed places, in every way: the slip that leaves the fewest traces of a word. */
export const swapped = (word: string): string[] =>
  word.length < 4
    ? []
    : Array.from(
        { length: word.length - 1 },
        (_, at) => word.slice(0, at) + word[at + 1] + word[at] + word.slice(at + 2),
      );

/** How many words of a search are looked at. */
const MOST_WORDS = 8;
export interface Synonym {
  readonly says: string;
  readonly means: string;
}

/**
 * The words of a search. Each is a choice of spellings, any of which will do; what the brand's own synonyms say comes first.
 * @returns folded words; none where nothing was asked
 */
export function wordsOf(query: string, synonyms: readonly Synonym[] = []): string[][] {
  let folded = ` ${fold(query.slice(0, 200))} `;
  for (const { says, means } of synonyms.slice(0, 40)) {
    const from = fold(says);
    if (from) folded = folded.replaceAll(` ${from} `, ` ${fold(means)} `);
  }
  const words: string[][] = [];
  const parts = folded.split(" ").filter(Boolean);
  for (let at = 0; at < parts.length && words.length < MOST_WORDS; at++) {
    const word = parts[at] ?? "";
    const pair = oursFor(`${word} ${parts[at + 1] ?? ""}`);
    const ours = pair ?? oursFor(word);
    if (pair) at++;
    words.push([...new Set([...(pair ? [] : [word]), ...(ours ? [fold(ours)] : [])])]);
  }
  return words;
}

/** What is folded into the two texts that search looks at. */
export interface Described {
  readonly sku: string;
  readonly name: string;
  readonly brand: string;
  readonly shape: string;
  readonly material: string;
  readonly colour: string;
  readonly gender: string;
  readonly description: string;
}

/** The texts that a search is held against, each word with a space before it. */
export function searchTexts(product: Described): { words: string; search: string } {
  const { name, brand, sku, shape, material, colour, gender } = product;
  const parts = [name, brand, sku, shape, material, colour, familyOf("colour", colour), gender].map(fold);
  const words = ` ${[...new Set(parts.join(" ").split(" "))].filter(Boolean).join(" ")} `;
  return { words, search: `${words}${fold(product.description)} `.slice(0, 4_000) };
}

/** Sizes as shoppers ask for them, in millimetres, grams: `lo-hi`, with either end open. */
export const SIZE_STEPS = {
  lens: ["-48", "49-51", "52-54", "55-"],
  bridge: ["-16", "17-18", "19-20", "21-"],
  temple: ["-138", "139-143", "144-148", "149-"],
  width: ["-129", "130-136", "137-142", "143-"],
  weight: ["-15", "16-22", "23-30", "31-"],
} as const;
export const SIZES = ["lens", "bridge", "temple", "width", "weight"] as const;
export type Size = (typeof SIZES)[number];

/** A span such as `49-51`: at least the first, less than the next step after the last. Null where it is none. */
export function spanOf(text: string): { from: number | null; below: number | null } | null {
  const match = /^(\d{0,9})-(\d{0,9})$/.exec(text);
  if (!match || text === "-") return null;
  const [, from, to] = match;
  return { from: from ? Number(from) : null, below: to ? Number(to) + 1 : null };
}

/** Four steps of prices between the cheapest and the dearest, at round figures; none where there is nothing to tell apart. */
export function priceSteps(least: number, most: number): string[] {
  if (most <= least) return [];
  const rough = (most - least) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? rough;
  const first = Math.ceil((least + 1) / step) * step;
  const edges: number[] = [];
  for (let edge = first; edge <= most && edges.length < 5; edge += step) edges.push(Math.round(edge));
  if (edges.length === 0) return [];
  return [
    `-${(edges[0] ?? 0) - 1}`,
    ...edges.slice(1).map((edge, at) => `${edges[at]}-${edge - 1}`),
    `${edges.at(-1)}-`,
  ];
}

/** The sizes as engraved on a temple: `52□18–140`; '' where none is known. */
export function engraved(sizes: {
  lens_mm: number | null;
  bridge_mm: number | null;
  temple_mm: number | null;
}): string {
  const { lens_mm: lens, bridge_mm: bridge, temple_mm: temple } = sizes;
  if (lens === null || bridge === null) return lens === null ? "" : `${lens} mm`;
  return `${lens}□${bridge}${temple === null ? "" : `–${temple}`}`;
}

/** Currencies without a smaller unit. */
const NO_CENTS = new Set(["JPY", "KRW", "CLP", "ISK", "VND", "XAF", "XOF", "PYG", "UGX"]);
/** How many of the smallest unit make one. */
export const unitsOf = (currency: string): number => (NO_CENTS.has(currency) ? 1 : 100);
/** A price as a plain number: `149.00`, `500`. */
export const priceText = (cents: number, currency: string): string =>
  unitsOf(currency) === 1 ? String(cents) : (cents / 100).toFixed(2);
