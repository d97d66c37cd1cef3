/**
 * The arithmetic of the pupillary distance. The ruler is either the iris, whose visible diameter hardly differs between
 * people, or a bank card, whose width is a standard. Neither is a caliper: every figure comes with its range.
 */

/** A point of the mesh: x by the picture's width, y by its height, z by its width, towards the camera below zero. */
export interface MeshPoint {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Horizontal visible iris diameter in adults, mm: mean, and the spread that makes the range. */
export const IRIS_MM = 11.7;
const IRIS_SPREAD_MM = 0.5;
/** Width of a bank card (ISO/IEC 7810 ID-1), mm. */
export const CARD_MM = 85.6;
/** Near PD to far PD: eyes that read turn inwards. */
const NEAR = 0.975;

/** How many frames a webcam measurement needs, and how many it takes where they come easily. */
export const FEWEST_FRAMES = 15;
export const ENOUGH_FRAMES = 24;
/** How far the iris diameters of one frame may differ, and how far a head may be turned. */
const IRIS_DIFFERENCE = 0.2;
const YAW_DEGREES = 10;
const PITCH_DEGREES = 15;
/** An iris of fewer pixels is a ruler with too few marks. */
const SMALLEST_IRIS_PX = 7;
/** What people's PDs are; anything beyond is a mistake of ours. */
const PLAUSIBLE_MM = [45, 82] as const;
/**
 * How far the mesh itself is off, of the PD: what faces of known PD showed (docs/proof/pd.md). It leans the same way in
 * every frame of a face, so that many frames do not lessen it.
 */
const MESH_SPREAD = 0.045;
/**
 * A card on the forehead is nearer to the camera than the pupils by a centimetre or so, which at arm's length makes the
 * PD look smaller by up to two in a hundred; and a hand sets each handle to about two pixels.
 */
const CARD_DEPTH = 0.02;
const HANDLE_PX = 2;

/** Points of MediaPipe's refined mesh: centre of an iris, and its edges to either side. */
const IRISES = [
  { centre: 468, edges: [469, 471] },
  { centre: 473, edges: [474, 476] },
] as const;
const OUTER_CORNERS = [33, 263] as const;
const BROW_AND_CHIN = [10, 152] as const;

export interface Pixel {
  readonly x: number;
  readonly y: number;
}

/** What one picture of a face says, in its pixels and in degrees. */
export interface Reading {
  /** The person's right pupil, then the left. */
  readonly pupils: readonly [Pixel, Pixel];
  readonly pdPx: number;
  readonly irisPx: readonly [number, number];
  readonly yaw: number;
  readonly pitch: number;
}

/** Why a reading does not count. */
export type Doubt = "turned" | "tilted" | "irises" | "far";

export interface Measurement {
  readonly method: "iris" | "card";
  /** Millimetres, whole: more would be a promise that the ruler does not keep. */
  readonly pd: number;
  readonly low: number;
  readonly high: number;
  readonly near: number;
  readonly frames: number;
}

const degrees = (radians: number): number => (radians * 180) / Math.PI;
export const distance = (a: Pixel, b: Pixel): number => Math.hypot(a.x - b.x, a.y - b.y);

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? Number.NaN;
  return Number.isInteger(half) ? (upper + (sorted[half - 1] ?? Number.NaN)) / 2 : upper;
}

/**
 * Reads a mesh with irises (478 points).
 * @returns null where points are missing
 */
export function readFace(mesh: readonly MeshPoint[], width: number, height: number): Reading | null {
  const at = (index: number): { x: number; y: number; z: number } | null => {
    const point = mesh[index];
    return point ? { x: point.x * width, y: point.y * height, z: point.z * width } : null;
  };
  const across = ([a, b]: readonly [number, number]): number => {
    const [one, other] = [at(a), at(b)];
    return one && other ? distance(one, other) : Number.NaN;
  };
  const [right, left] = [at(IRISES[0].centre), at(IRISES[1].centre)];
  const [outerRight, outerLeft] = [at(OUTER_CORNERS[0]), at(OUTER_CORNERS[1])];
  const [brow, chin] = [at(BROW_AND_CHIN[0]), at(BROW_AND_CHIN[1])];
  if (!right || !left || !outerRight || !outerLeft || !brow || !chin) return null;
  return {
    pupils: [right, left],
    pdPx: distance(right, left),
    irisPx: [across(IRISES[0].edges), across(IRISES[1].edges)],
    yaw: degrees(Math.atan2(outerLeft.z - outerRight.z, distance(outerLeft, outerRight))),
    pitch: degrees(Math.atan2(chin.z - brow.z, distance(chin, brow))),
  };
}

/** Why a reading must not be used as a measure by the iris; null where it may. */
export function doubtOf({ irisPx: [a, b], yaw, pitch }: Reading): Doubt | null {
  if (Math.abs(yaw) > YAW_DEGREES) return "turned";
  if (Math.abs(pitch) > PITCH_DEGREES) return "tilted";
  if (!(Math.min(a, b) >= SMALLEST_IRIS_PX)) return "far";
  return Math.abs(a - b) / Math.max(a, b) > IRIS_DIFFERENCE ? "irises" : null;
}

/** The PD of one reading by the iris, mm. */
export const byIris = ({ pdPx, irisPx: [a, b] }: Reading): number => (pdPx / ((a + b) / 2)) * IRIS_MM;

const measured = (method: Measurement["method"], pd: number, half: number, frames: number): Measurement | null =>
  pd < PLAUSIBLE_MM[0] || pd > PLAUSIBLE_MM[1] || !Number.isFinite(pd)
    ? null
    : {
        method,
        pd: Math.round(pd),
        low: Math.round(pd - half),
        high: Math.round(pd + half),
        near: Math.round(pd * NEAR),
        frames,
      };

/**
 * The PD over frames that were not in doubt: their median, and a range from what irises differ by between people, how
 * far the mesh is off, and what these frames differ by among themselves.
 * @returns null where the result is no PD of a person
 */
export function fromIrises(readings: readonly Reading[]): Measurement | null {
  const values = readings.map(byIris);
  const pd = median(values);
  // 1.4826 medians of the deviation are one standard deviation, and stray frames do not move it.
  const spread = 1.4826 * median(values.map((value) => Math.abs(value - pd)));
  return measured("iris", pd, Math.hypot((pd * IRIS_SPREAD_MM) / IRIS_MM, pd * MESH_SPREAD, spread), values.length);
}

/**
 * The PD by a bank card in the plane of the forehead.
 * @param edges where the card's left and right edge are, in the reading's pixels
 * @returns null where the card is too small to be one, or the result no PD of a person
 */
export function fromCard({ pdPx }: Pick<Reading, "pdPx">, edges: readonly [Pixel, Pixel]): Measurement | null {
  const cardPx = distance(...edges);
  if (!(cardPx > 40)) return null;
  const pd = (pdPx * CARD_MM) / cardPx;
  const half = pd * Math.hypot(CARD_DEPTH, (HANDLE_PX * Math.SQRT2) / cardPx);
  return measured("card", pd, half, 1);
}
