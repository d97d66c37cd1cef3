import { expect, it } from "vitest";
import { describeFailure, outcomeUnknown } from "./query-error";

const refused = (problem: string) => Object.assign(new Error("Your card was declined."), { data: { problem } });

it("a refusal is told in its own words, and is known to have changed nothing; a lost answer is not", () => {
  expect(describeFailure(refused("payment_failed"))).toBe("Your card was declined.");
  expect(outcomeUnknown(refused("payment_failed"))).toBe(false);
  expect(describeFailure(new TypeError("Failed to fetch"))).toBe(
    "Our server could not be reached. Check your connection.",
  );
  expect(outcomeUnknown(new TypeError("Failed to fetch"))).toBe(true);
  expect(outcomeUnknown(refused("internal_error"))).toBe(true);
});
