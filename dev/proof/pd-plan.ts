/**
 * Which faces are shown to the PD Calculator, from a seed: who they are, how the picture was taken, and so what is true.
 * Pure: the browser draws what stands here.
 */

/** What a face is made of. */
export type Family = "photo" | "eyes" | "drawn";

/** Of people: PD and horizontal visible iris diameter, mm, mean and standard deviation. */
export const PEOPLE = { pd: [63, 3.6], iris: [11.7, 0.5] } as const;
/** What the calculator takes every iris for, mm. */
const RULER_MM = 11.7;
/** The PDs that are drawn, mm: nearly everybody's. */
const PD_LIMITS = [52, 74] as const;

/**
 * The photo's eyes, found once by hand in enlargements of it: pupil centres and horizontal iris edges, in its pixels.
 * It is soft: each edge is known to about a pixel, and with it the ratio to about 5 in a hundred.
 */
export const PHOTO = {
  pupils: [
    { x: 270.7, y: 190 },
    { x: 352, y: 195 },
  ],
  irisPx: 14.8,
  /** Width of the face at the cheekbones, and what is between the inner corners of the eyes. */
  facePx: 170,
  bridge: [288, 332],
  size: [640, 480],
  centre: { x: 311, y: 215 },
} as const;
export const PHOTO_RATIO =
  Math.hypot(PHOTO.pupils[1].x - PHOTO.pupils[0].x, PHOTO.pupils[1].y - PHOTO.pupils[0].y) / PHOTO.irisPx;

/** How a picture is taken; at its rest, what a good webcam makes of a shopper at arm's length. */
export interface Shot {
  readonly facePx: number;
  /** Of the head, degrees. */
  readonly roll: number;
  /** How much larger one edge of the face is than the other, as where the camera stands near and to the side. */
  readonly keystone: number;
  readonly mirror: boolean;
  readonly brightness: number;
  readonly contrast: number;
  /** Pixels of blur for a face 200 px wide. */
  readonly blur: number;
  /** Standard deviation of the noise, of 255. */
  readonly noise: number;
  readonly jpeg: number;
}

export interface Face {
  readonly family: Family;
  readonly disturbance: string;
  readonly seed: number;
  /** The person's true PD and iris, mm. */
  readonly pd: number;
  readonly iris: number;
  /** What the calculator would say if it found every point exactly: the truth by an iris of 11.7 mm. */
  readonly byRuler: number;
  /** Pupils apart, by iris diameters: the one thing that the drawing has to keep. */
  readonly ratio: number;
  /** Iris diameter in pixels of the photo. */
  readonly irisPx: number;
  readonly look: {
    readonly iris: string;
    readonly rim: string;
    readonly skin: number;
    /** How far the eye is open, of the iris's height, and the pupil's diameter of the iris's. */
    readonly open: number;
    readonly pupil: number;
    readonly hair: string;
  };
  readonly shot: Shot;
}

/** A small generator of numbers in [0, 1) (mulberry32): the same faces for the same seed, everywhere. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
export const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

type Disturb = (between: (low: number, high: number) => number, either: () => number) => Partial<Shot>;
/** What may be wrong with a picture. Every one but the last is alone. */
const DISTURBANCES: Readonly<Record<string, Disturb>> = {
  none: () => ({}),
  "far away (face 90 to 150 px)": (between) => ({ facePx: between(90, 150) }),
  "near (face 400 to 900 px)": (between) => ({ facePx: between(400, 900) }),
  "head leaning 5 to 25°": (between, either) => ({ roll: either() * between(5, 25) }),
  "perspective, 3 to 8 %": (between, either) => ({ keystone: either() * between(0.03, 0.08) }),
  dark: (between) => ({ brightness: between(0.3, 0.55) }),
  overexposed: (between) => ({ brightness: between(1.3, 1.6) }),
  "little contrast": (between) => ({ contrast: between(0.35, 0.6) }),
  noise: (between) => ({ noise: between(12, 25) }),
  blur: (between) => ({ blur: between(0.8, 2) }),
  "JPEG at quality 10 to 35": (between) => ({ jpeg: between(0.1, 0.35) }),
  mirrored: () => ({ mirror: true }),
  "several at once": (between, either) => ({
    facePx: between(130, 300),
    roll: either() * between(0, 12),
    keystone: either() * between(0, 0.04),
    brightness: between(0.6, 1.3),
    contrast: between(0.7, 1.1),
    noise: between(3, 12),
    blur: between(0, 1),
    jpeg: between(0.4, 0.8),
  }),
};
const IRISES = [
  ["#4a2a15", "#1e0f07"],
  ["#6b4423", "#2c1a0d"],
  ["#7a7038", "#33301a"],
  ["#6d8ca6", "#2b3f52"],
  ["#8a9a8c", "#3b4640"],
] as const;
const HAIRS = ["#1d1712", "#4b2f1a", "#8a6a3c", "#777370"] as const;

/** So many faces of a family; each disturbance comes in turn. */
export function facesOf(family: Family, count: number, seed: number): Face[] {
  const names = Object.keys(DISTURBANCES);
  return Array.from({ length: count }, (_, index) => {
    const own = Math.imul(seed, 1_000_003) + index * 7_919 + family.length;
    const random = generator(own);
    const between = (low: number, high: number): number => low + (high - low) * random();
    const either = (): number => (random() < 0.5 ? -1 : 1);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const of = ([mean, spread]: readonly [number, number]): number => mean + spread * normal(random);
    const iris = of(PEOPLE.iris);
    const pd = Math.min(PD_LIMITS[1], Math.max(PD_LIMITS[0], of(PEOPLE.pd)));
    const [rim, ring] = pick(IRISES);
    const disturbance = names[index % names.length] as string;
    const shot: Shot = {
      facePx: between(220, 360),
      roll: 0,
      keystone: 0,
      mirror: false,
      brightness: 1,
      contrast: 1,
      blur: 0,
      noise: 2,
      jpeg: 0.92,
      ...DISTURBANCES[disturbance]?.(between, either),
    };
    return {
      family,
      disturbance,
      seed: own,
      pd,
      iris,
      byRuler: (pd / iris) * RULER_MM,
      ratio: pd / iris,
      // The photo's own irises stay as they are; painted ones vary with the size of a head.
      irisPx: family === "photo" ? PHOTO.irisPx : between(13.6, 15.6),
      look: {
        iris: rim,
        rim: ring,
        skin: between(0.35, 1),
        open: between(0.8, 1),
        pupil: between(0.25, 0.5),
        hair: pick(HAIRS),
      },
      shot,
    };
  });
}
