import { csvLine } from "@/lib/csv";

/** What of an element's computed style a picture of it needs. */
const PAINT = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-opacity",
  "stroke-linecap",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
  "visibility",
];
/** Pixels of the picture to one of the page, so that it is sharp on a slide. */
const SCALE = 2;
const HEAD = 48;
const MARGIN = 16;

function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Some browsers read it only after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Saves lines as a CSV file that spreadsheets of every country read as UTF-8. */
export function saveCsv(name: string, lines: readonly (readonly (string | number | null)[])[]): void {
  download(new Blob(["\uFEFF", ...lines.map(csvLine)], { type: "text/csv;charset=utf-8" }), `${name}.csv`);
}

/** Saves a CSV file that the server has written. */
export function saveText(name: string, text: string): void {
  download(new Blob(["\uFEFF", text], { type: "text/csv;charset=utf-8" }), name);
}

/** A copy of a drawing with the styles of the page written into it, under a title. */
function pictureOf(svg: SVGSVGElement, title: string): { text: string; width: number; height: number } {
  const { width, height } = svg.getBoundingClientRect();
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = [svg, ...svg.querySelectorAll<SVGElement>("*")];
  for (const [i, element] of [copy, ...copy.querySelectorAll<SVGElement>("*")].entries()) {
    const original = originals[i];
    if (!original) continue;
    const style = getComputedStyle(original);
    element.setAttribute("style", PAINT.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";"));
    element.removeAttribute("class");
  }
  const page = getComputedStyle(document.documentElement);
  const ground = getComputedStyle(svg.closest("section") ?? document.body).backgroundColor;
  copy.setAttribute("x", String(MARGIN));
  copy.setAttribute("y", String(HEAD));
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  const [fullWidth, fullHeight] = [width + 2 * MARGIN, height + HEAD + MARGIN];
  const sheet = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  sheet.setAttribute("width", String(fullWidth));
  sheet.setAttribute("height", String(fullHeight));
  const rect = document.createElementNS(sheet.namespaceURI, "rect");
  rect.setAttribute("width", "100%");
  rect.setAttribute("height", "100%");
  rect.setAttribute("style", `fill:${ground}`);
  const words = document.createElementNS(sheet.namespaceURI, "text");
  words.textContent = title;
  words.setAttribute("x", String(MARGIN));
  words.setAttribute("y", "30");
  words.setAttribute("style", `fill:${page.color};font:600 14px ${page.fontFamily}`);
  sheet.append(rect, words, copy);
  return { text: new XMLSerializer().serializeToString(sheet), width: fullWidth, height: fullHeight };
}

/**
 * Saves a drawing of the page as a PNG, as it looks now, under a title.
 * @throws where the browser cannot paint it
 */
export async function savePng(name: string, svg: SVGSVGElement, title: string): Promise<void> {
  const { text, width, height } = pictureOf(svg, title);
  const image = new Image(width, height);
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser paints no pictures");
  context.scale(SCALE, SCALE);
  context.drawImage(image, 0, 0, width, height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("The picture could not be made");
  download(blob, `${name}.png`);
}
