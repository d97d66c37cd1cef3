import { expect, it } from "vitest";
import { STEPS } from "./contract";
import { isShown, nextStep } from "./rules";

const DAY = 24 * 60 * 60 * 1000;
const NOW = Date.UTC(2026, 10, 21);
const none = { verify: false, activate: false, configure: false, embed: false, first_token: false, invite: false };
const all = { verify: true, activate: true, configure: true, embed: true, first_token: true, invite: true };

it("shows first steps until they are done, put away, or long past", () => {
  const facts = { done: none, hidden: false, firstTokenAt: null };
  expect(isShown(facts, NOW)).toBe(true);
  expect(isShown({ ...facts, hidden: true }, NOW)).toBe(false);
  expect(isShown({ ...facts, done: all }, NOW)).toBe(false);
  expect(isShown({ ...facts, firstTokenAt: new Date(NOW - 13 * DAY) }, NOW)).toBe(true);
  expect(isShown({ ...facts, firstTokenAt: new Date(NOW - 15 * DAY) }, NOW)).toBe(false);
});

it("goes on with the first step that is left", () => {
  expect(nextStep(none, STEPS)).toBe("verify");
  expect(nextStep({ ...none, verify: true, configure: true }, STEPS)).toBe("activate");
  expect(nextStep(all, STEPS)).toBeUndefined();
});
