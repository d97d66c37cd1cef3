import { describe, expect, it } from "vitest";
import { monthBefore, playAgain, topUpDecision } from "./rules";

const RULE = { threshold: 10, tokens: 100, priceCents: 500, monthlyLimitCents: 1_000, cooldownMinutes: 60 };
const at = (hour: number) => new Date(Date.UTC(2026, 9, 1, hour));

describe("a month played again", () => {
  it("stops at zero where nothing is bought, and says what would have been refused", () => {
    const uses = [1, 2, 3].map((hour) => ({ at: at(hour), used: 20, moved: 0 }));
    expect(playAgain(50, uses, null)).toEqual({ topUps: 0, costCents: 0, stoppedAt: at(3), tokensRefused: 10 });
  });

  it("buys at the threshold, waits out the cooldown, and ends at the limit", () => {
    const uses = Array.from({ length: 6 }, (_, hour) => ({ at: at(hour), used: 60, moved: 0 }));
    expect(playAgain(60, uses, RULE)).toEqual({ topUps: 2, costCents: 1_000, stoppedAt: at(4), tokensRefused: 100 });
    expect(playAgain(60, uses, { ...RULE, monthlyLimitCents: 500 }).topUps).toBe(1);
    expect(playAgain(60, uses, { ...RULE, cooldownMinutes: 600 }).topUps).toBe(1);
  });

  it("counts what came in and went out otherwise", () => {
    const happenings = [
      { at: at(1), used: 0, moved: 40 },
      { at: at(2), used: 30, moved: -20 },
    ];
    expect(playAgain(0, happenings, null)).toMatchObject({ tokensRefused: 10, stoppedAt: at(2) });
  });
});

it("a pack is bought at the threshold, not above it, not too soon, not past the limit", () => {
  const state = { balance: 10, now: at(5), lastBegunAt: null, spentThisMonthCents: 0 };
  expect(topUpDecision(RULE, state)).toBe("buy");
  expect(topUpDecision(RULE, { ...state, balance: 11 })).toBe("enough");
  expect(topUpDecision(RULE, { ...state, lastBegunAt: new Date(at(4).getTime() + 1) })).toBe("cooldown");
  expect(topUpDecision(RULE, { ...state, lastBegunAt: at(4) })).toBe("buy");
  expect(topUpDecision(RULE, { ...state, spentThisMonthCents: 500 })).toBe("buy");
  expect(topUpDecision(RULE, { ...state, spentThisMonthCents: 501 })).toBe("limit");
});

it("the month before January is December", () => {
  expect(monthBefore(new Date("2027-01-15T00:00:00Z"))).toEqual({
    month: "2026-12",
    start: new Date("2026-12-01T00:00:00Z"),
    end: new Date("2027-01-01T00:00:00Z"),
  });
});
