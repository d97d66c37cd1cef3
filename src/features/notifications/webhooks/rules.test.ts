import { describe, expect, it } from "vitest";
import { PAUSES_MS, pauseAfter, verdict, wishOf } from "./rules";

const HOUR = 3_600_000;
const now = new Date("2026-11-21T12:00:00Z");
const ago = (hours: number) => new Date(now.getTime() - hours * HOUR);

describe("pauses between attempts", () => {
  it("grow, stretch over days, and end", () => {
    const all = PAUSES_MS.map((_, i) => pauseAfter(i + 1, 0.5));
    expect(all).toEqual([...PAUSES_MS]);
    expect([...PAUSES_MS].sort((a, b) => a - b)).toEqual(PAUSES_MS);
    expect(PAUSES_MS.reduce((sum, pause) => sum + pause, 0)).toBeGreaterThan(72 * HOUR);
    expect(pauseAfter(PAUSES_MS.length + 1, 0.5)).toBeNull();
  });

  it("differ by a fifth to either side, so that what failed together does not come back together", () => {
    expect([pauseAfter(2, 0), pauseAfter(2, 0.999_999)]).toEqual([240_000, 360_000]);
  });

  it("heed what the receiver asks for, up to six hours, and never shorten for it", () => {
    expect(pauseAfter(1, 0.5, 60_000)).toBe(60_000);
    expect(pauseAfter(4, 0.5, 1_000)).toBe(2 * HOUR);
    expect(pauseAfter(1, 0.5, 400 * HOUR)).toBe(6 * HOUR);
    expect(pauseAfter(PAUSES_MS.length + 1, 0.5, HOUR)).toBeNull();
  });

  it("read a wish in seconds or as a date", () => {
    expect(wishOf("120", now)).toBe(120_000);
    expect(wishOf("Sat, 21 Nov 2026 12:01:00 GMT", now)).toBe(60_000);
    expect(wishOf("Sat, 21 Nov 2020 12:01:00 GMT", now)).toBe(0);
    for (const nonsense of [undefined, "soon", "-5", "1e9"]) expect(wishOf(nonsense, now), nonsense).toBeNull();
  });
});

describe("an endpoint that fails", () => {
  it("goes on for a day, is warned of, and is turned off after three", () => {
    expect(verdict(ago(0), now, 500)).toBe("go on");
    expect(verdict(ago(23.9), now, null)).toBe("go on");
    expect(verdict(ago(24), now, 500)).toBe("warn");
    expect(verdict(ago(71.9), now, 404)).toBe("warn");
    expect(verdict(ago(72), now, null)).toBe("disable: failing");
  });

  it("is turned off at once where it says that it is gone", () => {
    expect(verdict(ago(0), now, 410)).toBe("disable: gone");
  });

  it("has had its last attempt only after it could be turned off", () => {
    // Else a brand with one event a week would never be told.
    expect(PAUSES_MS.reduce((sum, pause) => sum + pause * 0.8, 0)).toBeGreaterThan(66 * HOUR);
  });
});
