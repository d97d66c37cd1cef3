import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync(new URL("../app/globals.css", import.meta.url), "utf8");

type Rgb = readonly [number, number, number];
type Theme = "light" | "dark";

/** OKLCH to linear sRGB (Ottosson's matrices); channels outside 0–1 are outside the gamut. */
function linear(lightness: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

const clamp = (x: number) => Math.min(1, Math.max(0, x));

/** Linear sRGB to OKLab, for distances as eyes see them. */
function oklab([r, g, b]: Rgb): Rgb {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** A variable of the table in one theme, followed to its colour. */
function colour(name: string, theme: Theme): Rgb {
  const value = new RegExp(`--${name}:\\s*([^;]+);`).exec(css)?.[1];
  if (!value) throw new Error(`--${name} is not in the table`);
  const both = /^light-dark\((.+\)),\s*(.+)\)$/.exec(value);
  const one = both ? both[theme === "light" ? 1 : 2] : value;
  const link = /^var\(--(.+)\)$/.exec(one ?? "");
  if (link?.[1]) return colour(link[1], theme);
  const parts = /^oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)$/.exec(one ?? "");
  if (!parts) throw new Error(`--${name} is ${value}, not a plain OKLCH colour`);
  return linear(Number(parts[1]), Number(parts[2]), Number(parts[3]));
}

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map(clamp) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string, theme: Theme): number {
  const a = luminance(colour(one, theme));
  const b = luminance(colour(other, theme));
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

const GROUNDS = ["ground", "surface", "inset"] as const;
const APPS = [...css.matchAll(/--(app-[a-z]{3}-\d{3}):/g)].map((match) => match[1] ?? "");

/** What is read, and what it is read on. */
const TEXT: [string, string][] = [
  ...GROUNDS.flatMap((ground): [string, string][] => [
    ["ink", ground],
    ["ink-2", ground],
    ["ink-3", ground],
    ["accent-ink", ground],
    ["red", ground],
  ]),
  ["accent-on", "accent"],
  ["accent-on", "accent-hover"],
  ["red-on", "red-solid"],
  ["accent-ink", "accent-soft"],
  ["ink", "accent-soft"],
  ["ink-2", "accent-soft"],
  ...["amber", "red", "green"].flatMap((signal): [string, string][] => [
    [signal, `${signal}-soft`],
    [signal, "surface"],
    ["ink", `${signal}-soft`],
    ["ink-2", `${signal}-soft`],
  ]),
];

/** What one must see to act: edges of controls, focus, icons, segments of a drawing. */
const SEEN: [string, string][] = [
  ["line-control", "ground"],
  ["line-control", "surface"],
  ["accent", "ground"],
  ["accent", "surface"],
  ["accent", "inset"],
  ["red-solid", "surface"],
  ...APPS.flatMap((app): [string, string][] => [
    [app, "surface"],
    [app, "ground"],
    [app, "inset"],
  ]),
];

describe.each(["light", "dark"] as const)("the %s theme", (theme) => {
  it.each(TEXT)("reads %s on %s at 4.5 : 1 or better", (ink, ground) => {
    expect(contrast(ink, ground, theme)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(SEEN)("shows %s on %s at 3 : 1 or better", (mark, ground) => {
    expect(contrast(mark, ground, theme)).toBeGreaterThanOrEqual(3);
  });

  it("keeps the grounds apart from their lines", () => {
    expect(contrast("line", "surface", theme)).toBeGreaterThan(1.1);
  });

  it("has ten app hues inside the gamut, all of one lightness", () => {
    expect(APPS).toHaveLength(10);
    const lightness = APPS.map((app) => oklab(colour(app, theme))[0]);
    expect(Math.max(...lightness) - Math.min(...lightness)).toBeLessThan(0.001);
    for (const app of APPS) {
      for (const channel of colour(app, theme)) {
        expect(channel).toBeGreaterThanOrEqual(-0.002);
        expect(channel).toBeLessThanOrEqual(1.002);
      }
    }
  });

  // Machado, Oliveira and Fernandes 2009, severity 1, on linear sRGB.
  it.each([
    ["protanopia", [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998]],
    ["deuteranopia", [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881]],
    ["tritanopia", [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039]],
  ] as const)("tells neighbouring app hues apart under %s", (_name, m) => {
    const seen = APPS.map((app) => {
      const [r, g, b] = colour(app, theme).map(clamp) as unknown as Rgb;
      return oklab([
        clamp(m[0] * r + m[1] * g + m[2] * b),
        clamp(m[3] * r + m[4] * g + m[5] * b),
        clamp(m[6] * r + m[7] * g + m[8] * b),
      ]);
    });
    for (let i = 1; i < seen.length; i++) {
      const one = seen[i - 1] as Rgb;
      const other = seen[i] as Rgb;
      expect(Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2])).toBeGreaterThan(0.08);
    }
  });
});
