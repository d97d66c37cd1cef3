import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  byIris,
  CARD_MM,
  doubtOf,
  fromCard,
  fromIrises,
  IRIS_MM,
  type MeshPoint,
  median,
  type Reading,
  readFace,
} from "./measure";

const reading = (over: Partial<Reading> = {}): Reading => ({
  pupils: [
    { x: 100, y: 100 },
    { x: 220, y: 100 },
  ],
  pdPx: 120,
  irisPx: [22, 22],
  yaw: 0,
  pitch: 0,
  ...over,
});
/** A reading of a person with this PD, seen with so many pixels a millimetre. */
const person = (pd: number, scale = 2, iris = IRIS_MM): Reading =>
  reading({ pdPx: pd * scale, irisPx: [iris * scale, iris * scale] });

describe("one picture", () => {
  /** A mesh with a face of known measures; angles in degrees. */
  const mesh = (yaw = 0, roll = 0): MeshPoint[] => {
    const points: MeshPoint[] = Array.from({ length: 478 }, () => ({ x: 0.5, y: 0.5, z: 0 }));
    const [turn, lean] = [(yaw * Math.PI) / 180, (roll * Math.PI) / 180];
    const put = (index: number, x: number, y: number): void => {
      const [across, deep] = [x * Math.cos(turn), x * Math.sin(turn)];
      points[index] = {
        x: 0.5 + (across * Math.cos(lean) - y * Math.sin(lean)) / 1000,
        y: 0.5 + (across * Math.sin(lean) + y * Math.cos(lean)) / 500,
        z: deep / 1000,
      };
    };
    put(468, -62, 0);
    put(473, 62, 0);
    put(469, -50.3, 0);
    put(471, -73.7, 0);
    put(474, 73.7, 0);
    put(476, 50.3, 0);
    put(33, -100, 0);
    put(263, 100, 0);
    put(10, 0, -150);
    put(152, 0, 150);
    return points;
  };

  it("is read in pixels, whatever its shape and however the head leans", () => {
    for (const roll of [0, 12, -30]) {
      const read = readFace(mesh(0, roll), 1000, 500);
      expect(read?.pdPx).toBeCloseTo(124, 6);
      expect(read?.irisPx[0]).toBeCloseTo(23.4, 6);
      expect(read && byIris(read)).toBeCloseTo(62, 6);
      expect(read && doubtOf(read)).toBeNull();
    }
  });

  it("of a turned head is in doubt", () => {
    for (const yaw of [-40, -12, 12, 40]) {
      const read = readFace(mesh(yaw), 1000, 500);
      expect(read?.yaw).toBeCloseTo(yaw, 6);
      expect(read && doubtOf(read)).toBe("turned");
    }
  });

  it("without irises is none", () => {
    expect(readFace(mesh().slice(0, 468), 1000, 500)).toBeNull();
    expect(readFace([], 1000, 500)).toBeNull();
  });

  it("is in doubt where irises differ by more than a fifth, are too small, or the head is tilted", () => {
    expect(doubtOf(reading({ irisPx: [20, 24.9] }))).toBeNull();
    expect(doubtOf(reading({ irisPx: [20, 25.1] }))).toBe("irises");
    expect(doubtOf(reading({ irisPx: [6, 6] }))).toBe("far");
    expect(doubtOf(reading({ irisPx: [Number.NaN, 20] }))).toBe("far");
    expect(doubtOf(reading({ pitch: -20 }))).toBe("tilted");
  });
});

describe("by the irises", () => {
  it("is the median, with a range that iris and mesh make 6.2 in a hundred wide to either side", () => {
    const measured = fromIrises(Array.from({ length: 15 }, () => person(63)));
    expect(measured).toEqual({ method: "iris", pd: 63, low: 59, high: 67, near: 61, frames: 15 });
    expect(fromIrises(Array.from({ length: 15 }, () => person(59)))).toMatchObject({ pd: 59, low: 55, high: 63 });
  });

  it("is not moved by strays, and wider where frames differ", () => {
    const calm = Array.from({ length: 21 }, (_, i) => person(63 + (i % 3) * 0.2));
    const strays = [...calm, person(45), person(80), person(79)];
    expect(fromIrises(strays)?.pd).toBe(fromIrises(calm)?.pd);
    const restless = Array.from({ length: 21 }, (_, i) => person(63 + ((i % 5) - 2) * 2.5));
    const width = (m: ReturnType<typeof fromIrises>) => (m ? m.high - m.low : 0);
    expect(width(fromIrises(restless))).toBeGreaterThan(width(fromIrises(calm)));
  });

  it("holds the true PD in its range for any eye within one spread, and never claims less than three millimetres", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 50, max: 76, noNaN: true }),
        fc.double({ min: 11.2, max: 12.2, noNaN: true }),
        fc.double({ min: 0.8, max: 8, noNaN: true }),
        (pd, iris, scale) => {
          const m = fromIrises(Array.from({ length: 15 }, () => person(pd, scale, iris)));
          expect(m).not.toBeNull();
          if (!m) return;
          // Whole millimetres: half of one to either side is rounding.
          expect(m.low - 0.51).toBeLessThanOrEqual(pd);
          expect(m.high + 0.51).toBeGreaterThanOrEqual(pd);
          expect(m.high - m.pd).toBeGreaterThanOrEqual(3);
        },
      ),
    );
  });

  it("is not narrower for many frames that agree: the mesh is off in the same way in all of them", () => {
    const [one, many] = [fromIrises([person(70)]), fromIrises(Array.from({ length: 24 }, () => person(70)))];
    expect(one).toEqual({ ...many, frames: 1 });
  });

  it("is nothing where no person is like that", () => {
    for (const pd of [0, 20, 44, 83, 200, Number.NaN, Number.POSITIVE_INFINITY])
      expect(fromIrises([person(pd)])).toBeNull();
    expect(fromIrises([])).toBeNull();
  });
});

describe("by a card", () => {
  const edges = (width: number) =>
    [
      { x: 10, y: 50 },
      { x: 10 + width, y: 50 },
    ] as const;

  it("scales by 85.60 mm", () => {
    expect(fromCard({ pdPx: 63 * 4 }, edges(CARD_MM * 4))).toMatchObject({
      method: "card",
      pd: 63,
      low: 62,
      high: 65 - 1,
    });
    expect(fromCard({ pdPx: 63 * 4 }, edges(CARD_MM * 4))?.near).toBe(61);
  });

  it("does not mind a slanted card, and is wider where it is small in the picture", () => {
    const slanted = [
      { x: 0, y: 0 },
      { x: CARD_MM * 3, y: CARD_MM * 4 },
    ] as const;
    expect(fromCard({ pdPx: 63 * 5 }, slanted)?.pd).toBe(63);
    const small = fromCard({ pdPx: 63 * 0.7 }, edges(CARD_MM * 0.7));
    expect((small?.high ?? 0) - (small?.low ?? 0)).toBeGreaterThan(4);
  });

  it("is nothing for two markers on one spot", () => {
    expect(fromCard({ pdPx: 200 }, edges(0))).toBeNull();
    expect(fromCard({ pdPx: 200 }, edges(39))).toBeNull();
    expect(fromCard({ pdPx: Number.NaN }, edges(300))).toBeNull();
  });
});

it("a median of an even number is the middle of two", () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([3])).toBe(3);
  expect(median([])).toBeNaN();
});
