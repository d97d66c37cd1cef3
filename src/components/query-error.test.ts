import { expect, it } from "vitest";
import { describeFailure, fieldFailures, outcomeUnknown } from "./query-error";

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

it("what is wrong with a field is found by its path, and nothing where the failure is about none", () => {
  const fields = [{ path: "email", message: "Type an address." }];
  expect(fieldFailures(Object.assign(new Error("x"), { data: { problem: "invalid_request", fields } }))).toEqual({
    email: "Type an address.",
  });
  for (const none of [refused("forbidden"), new TypeError("Failed to fetch"), null])
    expect(fieldFailures(none)).toEqual({});
});
