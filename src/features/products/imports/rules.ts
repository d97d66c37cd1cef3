import { type NewProduct, newProduct, type Product } from "../contract";
import { fold, priceText, unitsOf } from "../rules";
import { FIELDS, type Field, type Mapping } from "./contract";

/** The largest file, in bytes, and the most rows. Both are said before a file is chosen. */
export const LARGEST_FILE = 10 * 1024 * 1024;
export const MOST_ROWS = 20_000;

/** What columns are called in the files of shop systems, folded. Earlier names win. */
const NAMES: Readonly<Record<Field, string>> = {
  sku: "sku|variant sku|article number|artikelnummer|art nr|item number|item no|product code|code|reference|ref|id|mpn|ean|gtin|barcode",
  name: "name|product name|title|titel|produktname|model|modell|modele|nom|nombre|nome|naam|bezeichnung",
  brand: "brand|vendor|marke|marque|marca|merk|label|manufacturer|hersteller",
  description: "description|body html|beschreibung|descripcion|descrizione|beschrijving|long description|text",
  shape: "shape|frame shape|form|forme|forma|vorm|style|stil",
  material: "material|frame material|matiere|materiale|materiaal|werkstoff",
  colour: "colour|color|frame colour|frame color|farbe|couleur|kleur|colore",
  gender: "gender|geschlecht|sexe|genero|genere|geslacht|target|for|age group",
  price: "price|variant price|preis|prix|precio|prezzo|prijs|retail price|vk|rrp|uvp|amount",
  currency: "currency|wahrung|waehrung|devise|moneda|valuta|price currency",
  lens_mm:
    "lens width|lens|lens mm|eye size|glasbreite|scheibenlange|largeur verre|calibre|calibro|ancho lente|glasbreedte",
  bridge_mm: "bridge|bridge width|bridge mm|steg|stegbreite|nasenbreite|pont|puente|ponte|brug",
  temple_mm: "temple|temple length|temple mm|bugel|bugellange|branche|branches|varilla|asta|aste|veer|arm length",
  height_mm: "lens height|height|height mm|glashohe|hauteur|alto|altezza|hoogte",
  width_mm: "frame width|width|width mm|total width|gesamtbreite|breite|largeur|ancho|larghezza|breedte",
  weight_g: "weight|weight g|gewicht|poids|peso|grams",
  size: "size|sizes|grosse|taille|talla|taglia|maat|engraving",
  url: "url|link|product url|product link|permalink|page",
  image_url: "image|image url|image src|image link|picture|photo|bild|bild url|img|imagen|immagine|afbeelding",
  available: "available|availability|in stock|stock|status|active|published|verfugbar|lager|aktiv|disponible",
};

/** Which column is likely which field, by what it is called. Each column is one field at most. */
export function guessMapping(header: readonly string[]): Mapping {
  const names = header.map(fold);
  const free = new Set(names.keys());
  const found: Mapping = {};
  const take = (field: Field, fits: (name: string) => boolean): void => {
    if (found[field] !== undefined) return;
    const at = names.findIndex((name, index) => free.has(index) && name !== "" && fits(name));
    if (at < 0) return;
    found[field] = at;
    free.delete(at);
  };
  // What is called exactly so first, of all fields, so that no near name takes another field's own column.
  for (const field of FIELDS) for (const name of NAMES[field].split("|")) take(field, (each) => each === name);
  for (const field of FIELDS) {
    for (const name of NAMES[field].split("|"))
      if (name.length > 4) take(field, (each) => ` ${each} `.includes(` ${name} `));
  }
  return found;
}

/** What spreadsheets are kept from running: our own exports put it before, and whoever imports one gets the text back. */
const GUARD = /^'(?=[=+\-@\t\r\n])/;
const GUARD_WITHIN = /([;\r\n]"*)'(?=[=+\-@])/g;
const cellOf = (cells: readonly string[], at: number | undefined): string | undefined =>
  at === undefined ? undefined : (cells[at] ?? "").trim().replace(GUARD, "").replace(GUARD_WITHIN, "$1");

/** Groups of three with a mark between them, and perhaps a part behind the other mark. */
const GROUPED = /^-?[1-9]\d{0,2}(?:(?:\.\d{3})+(?:,\d+)?|(?:,\d{3})+(?:\.\d+)?)$/;

/**
 * A number as people write it: `1.234,50`, `1,234.50`, `€ 149`, `149,-`, `52 mm`. Null where it is none. One mark before three
 * last figures stands between thousands: nothing here is measured or sold to a thousandth.
 */
export function numberOf(text: string): number | null {
  const bare = text
    .replace(/[\s'’\u00a0]/g, "")
    .replace(/^(?:\p{Sc}|[A-Za-z]{1,3}(?=[-\d.,]))+/u, "")
    .replace(/(?:[.,]?-|\p{Sc}|[A-Za-z]{1,3}\.?)$/u, "");
  if (GROUPED.test(bare)) {
    const mark = /[.,]/.exec(bare)?.[0] ?? ",";
    return Number(bare.replaceAll(mark, "").replace(",", "."));
  }
  return /^-?(?:\d+(?:[.,]\d*)?|[.,]\d+)$/.test(bare) ? Number(bare.replace(",", ".")) : null;
}

const SYMBOLS: Readonly<Record<string, string>> = { "€": "EUR", $: "USD", "£": "GBP", "¥": "JPY" };

const YES = new Set([
  "",
  "1",
  "true",
  "yes",
  "y",
  "ja",
  "oui",
  "si",
  "available",
  "in stock",
  "instock",
  "active",
  "published",
  "x",
  // What shop systems and product feeds write, folded.
  "preorder",
  "pre order",
  "backorder",
  "verfugbar",
  "auf lager",
  "lieferbar",
  "en stock",
  "disponible",
  "disponibile",
  "op voorraad",
]);
const NO = new Set([
  "0",
  "false",
  "no",
  "n",
  "nein",
  "non",
  "nee",
  "unavailable",
  "out of stock",
  "outofstock",
  "sold out",
  "draft",
  "archived",
  "inactive",
  "discontinued",
  "nicht verfugbar",
  "nicht lieferbar",
  "ausverkauft",
  "epuise",
  "indisponible",
  "agotado",
  "esaurito",
  "uitverkocht",
]);

/** `52□18-140`, `52-18-140`, `52/18 140`, `52x18`. */
const SIZE = /^(\d{2}(?:[.,]\d)?)\s*[□◻/x×\- ]\s*(\d{1,2}(?:[.,]\d)?)(?:\s*[-–/x× ]\s*(\d{2,3}))?$/u;

const LABELS: Readonly<Partial<Record<string, string>>> = {
  sku: "SKU",
  name: "Name",
  brand: "Brand",
  description: "Description",
  shape: "Shape",
  material: "Material",
  colour: "Colour",
  gender: "Gender",
  price_cents: "Price",
  currency: "Currency",
  lens_mm: "Lens width",
  bridge_mm: "Bridge",
  temple_mm: "Temple",
  height_mm: "Lens height",
  width_mm: "Frame width",
  weight_g: "Weight",
  url: "Product page",
  image_url: "Picture",
};
/** What a field is called for people. */
export const labelOf = (field: string): string =>
  ({ price: "Price", size: "Size (52□18–140)", available: "Available" })[field] ?? LABELS[field] ?? field;

type Said = { [Name in keyof NewProduct]?: unknown };

/** What the cells say, field by field; what cannot be understood is a problem and not a guess. */
function readCells(cells: readonly string[], fields: Mapping, currency: string): { said: Said; problems: string[] } {
  const said: Said = {};
  const problems: string[] = [];
  const at = (field: Field) => cellOf(cells, fields[field]);
  for (const field of ["sku", "name", "brand", "shape", "material", "colour", "gender", "url", "image_url"] as const) {
    const text = at(field);
    if (text !== undefined) said[field] = field === "url" || field === "image_url" ? text : text.replace(/\s+/g, " ");
  }
  const description = at("description");
  if (description !== undefined) said.description = plain(description);
  const number = (field: Field, text: string): number | null => {
    const value = numberOf(text);
    if (value === null) problems.push(`${labelOf(field)}: “${text.slice(0, 40)}” is not a number.`);
    return value;
  };
  // With single spaces: between the figures any number may stand, and as many ways to share them would be tried.
  const size = at("size")?.replace(/\s+/g, " ");
  if (size) {
    const match = SIZE.exec(size);
    if (!match) problems.push(`${labelOf("size")}: “${size.slice(0, 40)}” is not a size such as 52□18–140.`);
    else {
      said.lens_mm = numberOf(match[1] ?? "");
      said.bridge_mm = numberOf(match[2] ?? "");
      if (match[3]) said.temple_mm = numberOf(match[3]);
    }
  }
  for (const field of ["lens_mm", "bridge_mm", "temple_mm", "height_mm", "width_mm", "weight_g"] as const) {
    const text = at(field);
    if (text === undefined || (text === "" && size)) continue;
    said[field] = text === "" ? null : number(field, text);
  }
  const price = at("price");
  if (price !== undefined) {
    const named = at("currency") || SYMBOLS[/\p{Sc}/u.exec(price)?.[0] ?? ""] || /\b[A-Z]{3}\b/.exec(price)?.[0];
    const unit = (named || currency).toUpperCase();
    const value = price === "" ? null : number("price", price);
    said.price_cents = value === null ? null : Math.round(value * unitsOf(unit));
    said.currency = value === null ? "" : unit;
  }
  const available = at("available");
  if (available !== undefined) {
    const word = fold(available);
    const stock = numberOf(available);
    if (YES.has(word) || (stock !== null && stock > 0)) said.available = true;
    else if (NO.has(word) || (stock !== null && stock <= 0)) said.available = false;
    else problems.push(`${labelOf("available")}: “${available.slice(0, 40)}” is neither yes nor no.`);
  }
  return { said, problems };
}

/** Text without the tags that shop systems export; it is shown as text in any case. */
const plain = (text: string): string =>
  text
    // No tag goes on over the beginning of another: what is never closed would be read to its end from each of its tags anew.
    .replace(/<(?:br|\/p|\/li|\/div)\b[^<>]*>/gi, "\n")
    .replace(/<[^<>]{0,500}>/g, "")
    .replace(/[^\P{Cc}\n\t]/gu, "")
    .replace(/\n{3,}/g, "\n\n")
    .trim();

/** What is kept of a product where a file says nothing of a field. */
function kept(before: Product): Said {
  const { sku, name, brand, description, shape, material, colour, gender, price_cents, currency } = before;
  const { lens_mm, bridge_mm, temple_mm, height_mm, width_mm, weight_g, url, image_url, available } = before;
  return {
    ...{ sku, name, brand, description, shape, material, colour, gender, price_cents, currency },
    ...{ lens_mm, bridge_mm, temple_mm, height_mm, width_mm, weight_g, url, image_url, available },
  };
}

/** The number in a row; '' where there is none. */
export const skuIn = (cells: readonly string[], fields: Mapping): string =>
  (cellOf(cells, fields.sku) ?? "").replace(/\s+/g, " ");

/**
 * A product as a row of a file says it.
 * @param before the product of that number, whose other fields stay as they are
 * @returns the product, or why the row cannot be taken
 */
export function productFrom(
  cells: readonly string[],
  fields: Mapping,
  currency: string,
  before?: Product,
): { product: NewProduct } | { problems: string[] } {
  const { said, problems } = readCells(cells, fields, currency);
  const read = newProduct.safeParse({ ...(before && kept(before)), ...said });
  if (read.success && problems.length === 0) return { product: read.data };
  for (const { path, message } of read.error?.issues ?? []) {
    const text = `${labelOf(String(path[0] ?? ""))} ${message}.`;
    if (!problems.some((each) => each.startsWith(`${labelOf(String(path[0] ?? ""))}:`))) problems.push(text);
  }
  return { problems: [...new Set(problems)] };
}

/** What was understood of a row beside its number and name, for people to look over. */
export function factsOf(product: NewProduct): string[] {
  const { shape, material, colour, gender, price_cents, currency, lens_mm, bridge_mm, temple_mm } = product;
  const sizes = [lens_mm, bridge_mm, temple_mm].map((each) => each ?? "?").join("–");
  return [
    ...[product.brand, shape, material, colour, gender].filter(Boolean),
    ...(price_cents === null ? [] : [`${priceText(price_cents, currency)} ${currency}`]),
    ...(lens_mm === null && bridge_mm === null && temple_mm === null ? [] : [`${sizes} mm`]),
    ...(product.image_url ? ["picture"] : []),
    ...(product.url ? ["link"] : []),
    ...(product.available ? [] : ["not available"]),
  ];
}
