import { describe, expect, it } from "vitest";
import {
  askedDay,
  askedSpan,
  changeOf,
  comparable,
  countShoppers,
  dateIn,
  datesOf,
  daysBetween,
  mergeSketches,
  presetSpan,
  SHOPPERS_ERROR,
  seriesOf,
  spanBefore,
} from "./rules";

describe("dates", () => {
  it("are counted by the calendar, whatever the clocks do", () => {
    expect(daysBetween("2026-03-28", "2026-03-30")).toBe(2);
    expect(datesOf("2026-10-24", "2026-10-26")).toEqual(["2026-10-24", "2026-10-25", "2026-10-26"]);
    expect(spanBefore({ from: "2026-03-01", to: "2026-03-31" })).toEqual({ from: "2026-01-29", to: "2026-02-28" });
    expect(spanBefore({ from: "2026-03-01", to: "2026-03-01" })).toEqual({ from: "2026-02-28", to: "2026-02-28" });
  });

  it("are those of the brand's clock", () => {
    const at = Date.parse("2026-07-01T02:29:59Z");
    expect(dateIn("America/St_Johns", at)).toBe("2026-06-30");
    expect(dateIn("America/St_Johns", at + 1_000)).toBe("2026-07-01");
    expect(dateIn("Europe/Berlin", at)).toBe("2026-07-01");
  });

  it("of a preset end today", () => {
    expect(presetSpan("7d", "2026-03-03", "2026-02-20")).toEqual({ from: "2026-02-25", to: "2026-03-03" });
    expect(presetSpan("period", "2026-03-03", "2026-02-20")).toEqual({ from: "2026-02-20", to: "2026-03-03" });
    expect(presetSpan("period", "2026-03-03", "2026-03-04").from).toBe("2026-03-03");
  });
});

describe("what is compared", () => {
  const march = { from: "2026-03-01", to: "2026-03-31" };

  it("are the days that are over, with those as far into the span before", () => {
    expect(comparable(march, "2026-04-01")).toEqual({ now: march, before: { from: "2026-01-29", to: "2026-02-28" } });
    expect(comparable(march, "2026-03-31")).toEqual({
      now: { from: "2026-03-01", to: "2026-03-30" },
      before: { from: "2026-01-29", to: "2026-02-27" },
    });
    // Days to come are not over either.
    expect(comparable(march, "2026-03-02")).toEqual({
      now: { from: "2026-03-01", to: "2026-03-01" },
      before: { from: "2026-01-29", to: "2026-01-29" },
    });
  });

  it("is nothing where no day is over", () => {
    expect(comparable(march, "2026-03-01")).toBeNull();
    expect(comparable(march, "2026-02-01")).toBeNull();
    expect(comparable({ from: "2026-03-01", to: "2026-03-01" }, "2026-03-01")).toBeNull();
  });
});

describe("an address", () => {
  it("asks for a day of the calendar, or for none", () => {
    expect(askedDay("2026-03-31")).toBe("2026-03-31");
    for (const day of [null, "", "2026-13-45", "2026-02-31", "0000-00-00", "31.3.2026"])
      expect(askedDay(day)).toBeNull();
  });

  const asked = (query: Record<string, string>) => askedSpan(query, "2026-03-31", "2026-03-20");
  it("asks for what it says", () => {
    expect(asked({ period: "7d" })).toEqual({ from: "2026-03-25", to: "2026-03-31" });
    expect(asked({ period: "period" })).toEqual({ from: "2026-03-20", to: "2026-03-31" });
    expect(asked({ period: "custom", from: "2026-01-05", to: "2026-01-06" })).toEqual({
      from: "2026-01-05",
      to: "2026-01-06",
    });
  });
  it("ends today at the latest", () => {
    const days = { period: "custom", from: "2026-03-30", to: "2026-04-09" };
    expect(asked(days)).toEqual({ from: "2026-03-30", to: "2026-03-31" });
    expect(asked({ ...days, from: "2026-04-01" })).toEqual({ from: "2026-03-02", to: "2026-03-31" });
  });
  it("that says nothing, or nonsense, asks for the last thirty days; too many are cut at the far end", () => {
    const month = { from: "2026-03-02", to: "2026-03-31" };
    for (const query of [
      {},
      { period: "__proto__" },
      { period: "custom" },
      { period: "custom", from: "2026-02-30", to: "2026-03-01" },
      { period: "custom", from: "2026-03-02", to: "2026-03-01" },
      { period: "custom", from: "0000-01-01", to: "0000-01-02" },
    ] as Record<string, string>[]) {
      expect(asked(query)).toEqual(month);
    }
    expect(asked({ period: "custom", from: "2020-01-01", to: "2026-02-04" }).from).toBe("2025-01-01");
  });
});

it("a change is told against something, or not at all", () => {
  expect(changeOf(150, 100)).toBe(0.5);
  expect(changeOf(0, 100)).toBe(-1);
  expect(changeOf(5, 0)).toBeNull();
  expect(changeOf(null, 5)).toBeNull();
});

describe("series", () => {
  const app = (i: number) => ({ appId: `a-${i}`, name: `App ${i}`, tokens: 100 - i });
  it("are six at most: what is more folds into one, and nothing is lost", () => {
    expect(seriesOf(Array.from({ length: 6 }, (_, i) => app(i)))).toHaveLength(6);
    const folded = seriesOf(Array.from({ length: 9 }, (_, i) => app(i)));
    expect(folded).toHaveLength(6);
    expect(folded.at(-1)).toMatchObject({ appId: null, name: "Other (4 apps)", at: [5, 6, 7, 8] });
    expect(folded.reduce((sum, series) => sum + series.tokens, 0)).toBe(900 - 36);
  });
});

describe("the number of shoppers in a sketch", () => {
  /** Chance as 32 bits from a seed. */
  function random(seed: number): () => number {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x9e3779b9) >>> 0;
      let t = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      t = Math.imul(t ^ (t >>> 15), 0x735a2d97);
      return (t ^ (t >>> 15)) >>> 0;
    };
  }
  /** The sketch of so many shoppers, as Postgres would have made it of as many evenly spread hashes. */
  function sketchOf(count: number, seed: number): Uint8Array {
    const next = random(seed);
    const sketch = new Uint8Array(2_048);
    for (let i = 0; i < count; i++) {
      const register = next() & 2_047;
      const rank = Math.min(54, Math.clz32(next()) + 1);
      sketch[register] = Math.max(sketch[register] ?? 0, rank);
    }
    return sketch;
  }
  const error = (count: number) => {
    const errors = Array.from(
      { length: 40 },
      (_, seed) => countShoppers(sketchOf(count, seed * 977 + count)) / count - 1,
    );
    return Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / errors.length);
  };

  it.each([1, 10, 100, 1_000, 5_000, 20_000, 100_000])("is right to the stated error for %i", (count) => {
    expect(error(count)).toBeLessThan(SHOPPERS_ERROR * 1.3);
  });

  it("is none for an empty one, and that of all for several", () => {
    expect(countShoppers(new Uint8Array(2_048))).toBe(0);
    const merged = countShoppers(mergeSketches([sketchOf(500, 1), sketchOf(500, 1), sketchOf(500, 2)]));
    expect(Math.abs(merged / 1_000 - 1)).toBeLessThan(0.08);
  });
});
