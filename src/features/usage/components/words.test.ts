import { expect, it } from "vitest";
import { comparisonWords, costOf, upToWords } from "./words";

it("a use is shown with what it cost, also where it ended a hold or was without a limit", () => {
  expect(costOf({ tokens: 5, delta: -5 })).toBe("−5");
  // 300 were held, 200 used: 100 came back, which is not what the use cost.
  expect(costOf({ tokens: 200, delta: 100 })).toBe("200");
  expect(costOf({ tokens: 5, delta: 0 })).toBe("5");
});

it("says what of the days is compared with which, and that nothing is where none is over", () => {
  const days = { from: "2026-11-01", to: "2026-11-22" };
  const compared = { to: "2026-11-21", before: { from: "2026-10-10", to: "2026-10-30" } };
  expect(comparisonWords({ ...days, compared })).toBe("1 Nov – 22 Nov; up to 21 Nov compared with 10 Oct – 30 Oct.");
  expect(upToWords({ ...days, compared })).toBe(" up to 21 Nov");
  const whole = { ...days, to: "2026-11-21", compared };
  expect(comparisonWords(whole)).toBe("1 Nov – 21 Nov, compared with 10 Oct – 30 Oct.");
  expect(upToWords(whole)).toBe("");
  const none = { from: "2026-11-22", to: "2026-11-22", compared: null };
  expect(comparisonWords(none)).toBe("22 Nov. None of it is over, so nothing is compared yet.");
  expect(upToWords(none)).toBe("");
});
