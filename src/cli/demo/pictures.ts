import type { DemoFrame } from "./frames";

/** Draws the demo brand's frames from their sizes: nobody has photographed what nobody has made. */

/** Pixels of the drawing to a millimetre, and its size. */
const SCALE = 2.2;
const [WIDTH, HEIGHT] = [360, 200];

/** The rim's colour, and a second one that it runs into. */
const COLOURS: readonly (readonly [RegExp, string, string])[] = [
  [/honey tortoise/, "#b5742e", "#6d3d14"],
  [/tortoise/, "#7a4a21", "#2e1a0c"],
  [/smoke grey|anthracite|gunmetal/, "#6d747a", "#3d4348"],
  [/teal|petrol/, "#2f8f8f", "#155a5e"],
  [/burgundy|red/, "#a12a3a", "#6b1624"],
  [/navy|dark blue/, "#2b4470", "#16264a"],
  [/ice blue/, "#9cc3da", "#6c9dbb"],
  [/blue/, "#2f6fb5", "#1d4c85"],
  [/plum|violet/, "#7d4a86", "#4c2656"],
  [/rose|pink/, "#d99aa5", "#b8707f"],
  [/coral/, "#e58671", "#c15e4b"],
  [/olive/, "#7b7a3c", "#4f4f22"],
  [/green/, "#3c7a52", "#1f4d32"],
  [/gold/, "#c9a24a", "#93702a"],
  [/silver/, "#aab3ba", "#7c868e"],
  [/ivory|white/, "#e4dcc8", "#c2b797"],
  [/clear|crystal/, "#c3d2d8", "#9db2bb"],
  [/amber|orange/, "#d98a35", "#a55f16"],
  [/brown/, "#7d5636", "#4a301b"],
  [/./, "#2b2f33", "#0f1113"],
];
const RIMS: Readonly<Record<string, number>> = { titanium: 3.2, steel: 3.6, aluminium: 4.6, carbon: 6, nylon: 7 };

const round = (value: number): string => String(Math.round(value * 10) / 10);
/** A path from numbers and letters. */
const path = (parts: readonly (string | number)[]): string =>
  parts.map((part) => (typeof part === "number" ? round(part) : part)).join(" ");

/** A lens around the origin, half as wide as `a` and half as high as `b` each way; the nose is on the right. */
function outline(shape: string, a: number, b: number): string {
  switch (shape) {
    case "round":
    case "oval":
      return path(["M", -a, 0, "A", a, b, "0 1 1", a, 0, "A", a, b, "0 1 1", -a, 0, "Z"]);
    case "aviator":
      return path([
        ...["M", -a, -b * 0.5, "C", -a, -b, -a * 0.5, -b, 0, -b, "S", a, -b * 0.95, a, -b * 0.5],
        ...["C", a, b * 0.2, a * 0.5, b, -a * 0.15, b, "S", -a, b * 0.3, -a, -b * 0.5, "Z"],
      ]);
    case "cat-eye":
      return path([
        ...["M", -a * 1.12, -b * 1.05, "Q", -a * 0.2, -b, a * 0.6, -b * 0.72, "Q", a, -b * 0.55, a, 0],
        ...["C", a, b * 0.8, a * 0.3, b, -a * 0.1, b, "C", -a * 0.7, b, -a, b * 0.4, -a, 0, "Q", -a, -b * 0.6],
        ...[-a * 1.12, -b * 1.05, "Z"],
      ]);
    case "geometric":
      return path([
        ...["M", -a, 0, "L", -a * 0.58, -b, "L", a * 0.58, -b, "L", a, 0, "L", a * 0.5, b, "L", -a * 0.5, b, "Z"],
      ]);
    case "panto":
    case "browline":
      return path([
        ...["M", -a, -b * 0.35, "C", -a, -b, -a * 0.7, -b, 0, -b, "S", a, -b, a, -b * 0.35],
        ...["C", a, b * 0.6, a * 0.5, b, 0, b, "S", -a, b * 0.6, -a, -b * 0.35, "Z"],
      ]);
    default: {
      const r = Math.min(a, b) * (shape === "oversized" ? 0.55 : 0.3);
      return path([
        ...["M", -a + r, -b, "L", a - r, -b, "Q", a, -b, a, -b + r, "L", a * 0.96, b - r, "Q", a * 0.94, b],
        ...[a * 0.94 - r, b, "L", -a * 0.94 + r, b, "Q", -a * 0.94, b, -a * 0.96, b - r, "L", -a, -b + r],
        ...["Q", -a, -b, -a + r, -b, "Z"],
      ]);
    }
  }
}

/** A frame from the front, as a picture by itself. Its colours stay as they are on any ground: a picture is no icon. */
export function drawFrame(
  frame: Pick<DemoFrame, "shape" | "material" | "colour" | "lens" | "bridge" | "height">,
): string {
  const [, light, dark] = COLOURS.find(([words]) => words.test(frame.colour)) ?? ["", "#2b2f33", "#0f1113"];
  const rim = RIMS[frame.material] ?? 9;
  const [a, b] = [(frame.lens / 2) * SCALE, (frame.height / 2) * SCALE];
  const gap = (frame.bridge / 2) * SCALE;
  const [x, y] = [WIDTH / 2, HEIGHT / 2 + 4];
  const lens = outline(frame.shape, a, b);
  const side = a + gap;
  const top = -b * (frame.shape === "aviator" ? 0.62 : 0.4);
  // Up from the lens, over the nose, and down again; an aviator has a second bar above.
  const bridge = path(["M", -gap, top + 4, "Q", 0, top - gap * 0.5, gap, top + 4]);
  const bar = frame.shape === "aviator" ? path(["M", -gap - a * 0.4, -b, "L", gap + a * 0.4, -b]) : "";
  const brow =
    frame.shape === "browline"
      ? path(["M", -a, -b * 0.4, "C", -a, -b, -a * 0.7, -b, 0, -b, "S", a, -b, a, -b * 0.45])
      : "";
  const end = path(["M", -side - a, top, "l", -9, -3, "l", -4, 9]);
  const eye = (mirrored: boolean) =>
    `<g transform="translate(${round(x + (mirrored ? side : -side))} ${round(y)})${mirrored ? " scale(-1 1)" : ""}">` +
    `<path d="${lens}" fill="#dfeaee" fill-opacity=".55" stroke="url(#rim)" stroke-width="${frame.shape === "browline" ? 2.4 : rim}"/>` +
    (brow && `<path d="${brow}" fill="none" stroke="url(#rim)" stroke-width="${rim + 4}"/>`) +
    `<path d="${path(["M", -a * 0.5, -b * 0.1, "L", -a * 0.1, -b * 0.55])}" stroke="#fff" stroke-width="3" stroke-opacity=".8"/></g>`;
  const mid = (d: string, width: number, mirrored = false) =>
    d &&
    `<path d="${d}" transform="translate(${round(x)} ${round(y)})${mirrored ? " scale(-1 1)" : ""}" fill="none" stroke="url(#rim)" stroke-width="${width}"/>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" stroke-linecap="round" stroke-linejoin="round">` +
    `<defs><linearGradient id="rim" gradientUnits="userSpaceOnUse" x1="0" y1="-60" x2="0" y2="80"><stop stop-color="${light}"/><stop offset="1" stop-color="${dark}"/></linearGradient></defs>` +
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#f6f8f9"/>` +
    mid(end, rim + 1) +
    mid(end, rim + 1, true) +
    eye(false) +
    eye(true) +
    mid(bridge, Math.max(rim * 0.8, 3)) +
    mid(bar, Math.max(rim * 0.7, 3)) +
    "</svg>"
  );
}
