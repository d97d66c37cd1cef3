import { expect, it } from "vitest";
import { costOf } from "./words";

it("a use is shown with what it cost, also where it ended a hold or was without a limit", () => {
  expect(costOf({ tokens: 5, delta: -5 })).toBe("−5");
  // 300 were held, 200 used: 100 came back, which is not what the use cost.
  expect(costOf({ tokens: 200, delta: 100 })).toBe("200");
  expect(costOf({ tokens: 5, delta: 0 })).toBe("5");
});
