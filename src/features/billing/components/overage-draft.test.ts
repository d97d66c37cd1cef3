import { describe, expect, it } from "vitest";
import { draftOf, limitReached, read } from "./overage-draft";

const saved = {
  settings: { mode: "stop", topUp: null, lowBalanceTokens: 500, alertDailyTokens: null, alertMonthlyTokens: null },
  stopped: null,
  thisMonthCents: 0,
  lastTopUpAt: null,
} as const;
const start = draftOf(saved, { daily: null, monthly: 9_000 }, "pack-5k");

describe("what happens at zero, as a form", () => {
  it("gives back what is saved", () => {
    expect(read(start, 17_900)).toEqual({ errors: {}, input: saved.settings, caps: { daily: null, monthly: 9_000 } });
    const topUp = { threshold: 0, packId: "pack-1k", monthlyLimitCents: 12_345, cooldownMinutes: 60 };
    const on = { ...saved, settings: { ...saved.settings, mode: "top_up", topUp } } as const;
    expect(read(draftOf(on, { daily: 1, monthly: 1 }, "pack-5k"), 3_900)).toMatchObject({ input: on.settings });
  });

  it("reads numbers as people type them", () => {
    const typed = { ...start, mode: "top_up", threshold: "1,000", monthlyLimit: "$1,200.50", low: " 2 000 " } as const;
    expect(read(typed, 17_900)).toMatchObject({
      input: { topUp: { threshold: 1_000, packId: "pack-5k", monthlyLimitCents: 120_050 }, lowBalanceTokens: 2_000 },
    });
  });

  it("takes no comma for a thousand that stands for a fraction", () => {
    const typed = { ...start, mode: "top_up", threshold: "1,5", monthlyLimit: "99,50", low: "1,2345" } as const;
    expect(Object.keys(read(typed, 3_900).errors).toSorted()).toEqual(["low", "monthlyLimit", "threshold"]);
    expect(read({ ...typed, threshold: "1,234,567", monthlyLimit: "99.50", low: "" }, 3_900)).toMatchObject({
      input: { topUp: { threshold: 1_234_567, monthlyLimitCents: 9_950 } },
    });
  });

  it("says what is wrong, field by field, and asks nothing of what is switched off", () => {
    expect(read({ ...start, threshold: "many", monthlyLimit: "" }, 17_900).errors).toEqual({});
    const wrong = read(
      { ...start, mode: "top_up", threshold: "", monthlyLimit: "100", alertDaily: "0", low: "-3" },
      17_900,
    );
    expect(Object.keys(wrong.errors).toSorted()).toEqual(["alertDaily", "low", "monthlyLimit", "threshold"]);
    expect(wrong.errors.monthlyLimit).toContain("$179");
    expect(wrong).not.toHaveProperty("input");
    expect(read({ ...start, stopDaily: "10,000" }, 17_900).errors).toHaveProperty("stopDaily");
  });
});

it("says where the month's limit buys no further pack", () => {
  const topUp = { threshold: 0, packId: "pack-1k", monthlyLimitCents: 8_000, cooldownMinutes: 60 };
  const packs = [{ id: "pack-1k", tokens: 1_000, priceCents: 3_900 }];
  const on = { ...saved, settings: { ...saved.settings, mode: "top_up", topUp } } as const;
  expect(limitReached({ ...on, thisMonthCents: 4_100 }, packs)).toBe(false);
  expect(limitReached({ ...on, thisMonthCents: 4_101 }, packs)).toBe(true);
  expect(limitReached({ ...saved, thisMonthCents: 9_000 }, packs)).toBe(false);
  expect(
    limitReached({ ...on, thisMonthCents: 9_000, stopped: { at: "2026-11-22T09:00:00Z", reason: "" } }, packs),
  ).toBe(false);
});
