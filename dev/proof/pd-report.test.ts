import { describe, expect, it } from "vitest";
import { facesOf, PHOTO_RATIO } from "./pd-plan";
import { errorsOf, slopeOf, type Trial, tables } from "./pd-report";

describe("the faces", () => {
  it("are the same for the same seed, and others for another", () => {
    expect(facesOf("eyes", 30, 1)).toEqual(facesOf("eyes", 30, 1));
    expect(facesOf("eyes", 30, 2)).not.toEqual(facesOf("eyes", 30, 1));
  });

  it("keep the person's ratio, whose truth by an iris of 11.7 mm is another PD", () => {
    for (const { pd, iris, ratio, byRuler } of facesOf("drawn", 500, 3)) {
      expect(ratio * iris).toBeCloseTo(pd, 9);
      expect(byRuler / 11.7).toBeCloseTo(ratio, 9);
      expect(pd).toBeGreaterThanOrEqual(52);
      expect(pd).toBeLessThanOrEqual(74);
    }
    expect(PHOTO_RATIO).toBeGreaterThan(5);
  });

  it("are people: half of them within 2.4 mm of 63", () => {
    const near = facesOf("eyes", 4_000, 5).filter(({ pd }) => Math.abs(pd - 63) < 2.43).length;
    expect(near / 4_000).toBeCloseTo(0.5, 1);
  });
});

describe("the report", () => {
  it("tells size and direction of an error apart", () => {
    const pairs = [-1, -1, -1, -9].map((off, index) => ({ truth: 60 + index, said: 60 + index + off }));
    expect(errorsOf(pairs)).toMatchObject({ count: 4, median: 1, bias: -3 });
    expect(errorsOf(pairs).p95).toBeCloseTo(7.8, 9);
  });

  it("sees an estimate that leans towards the middle", () => {
    const pairs = [52, 60, 63, 74].map((truth) => ({ truth, said: 63 + (truth - 63) / 2 }));
    expect(slopeOf(pairs)).toBeCloseTo(0.5, 9);
    expect(Math.abs(errorsOf(pairs).bias)).toBeLessThan(0.5);
  });

  it("counts who was refused, and a truth in the range as the range is told", () => {
    const [first, second] = facesOf("eyes", 2, 1).map((face) => ({ ...face, pd: 63.4, byRuler: 66.6 }));
    if (!first || !second) throw new Error("No faces");
    const trials: Trial[] = [
      { face: first, answer: { kind: "shown", pd: 63, low: 60, high: 66 } },
      { face: second, answer: { kind: "refused", why: "turned" } },
    ];
    const rows = tables(trials).filter((line) => line.startsWith("| photo with drawn eyes |"));
    expect(rows[0]).toBe("| photo with drawn eyes | 2 | 1 | 3.6 | 3.6 | -3.6 | 0 % |");
    expect(rows[2]).toBe("| photo with drawn eyes | 2 | 1 | 0.4 | 0.4 | -0.4 | 100 % |");
    expect(rows[3]).toMatch(/ turned \| 1 \|$/);
  });
});
