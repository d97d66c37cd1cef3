import { describe, expect, it } from "vitest";
import { Dice } from "./random";

const throws = (seed: number) => {
  const dice = new Dice(seed);
  return Array.from({ length: 200 }, () => dice.between(1, 6));
};

describe("chance from a seed", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(throws(7)).toEqual(throws(7));
    expect(throws(7)).not.toEqual(throws(8));
  });

  it("stays within its bounds and meets all of them", () => {
    expect([...new Set(throws(7))].toSorted()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("weighs what it chooses from", () => {
    const dice = new Dice(7);
    const drawn = Array.from({ length: 1_000 }, () => dice.weighted([{ weight: 9 }, { weight: 1 }, { weight: 0 }]));
    expect(drawn.filter(({ weight }) => weight === 9).length).toBeGreaterThan(850);
    expect(drawn.some(({ weight }) => weight === 0)).toBe(false);
  });
});
