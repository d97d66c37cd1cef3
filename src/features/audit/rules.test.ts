import { expect, it } from "vitest";
import { actionWords, detailWords } from "./rules";

it.each([
  ["key.created", "API keys", "Created"],
  ["person.role_changed", "People", "Role changed"],
  ["thing.of_tomorrow", "Thing", "Of tomorrow"],
])("%s is said as %s: %s", (action, area, verb) => {
  expect(actionWords(action)).toEqual({ area, verb });
});

it("says what changed in one line, and nothing of what is empty", () => {
  expect(detailWords({ from: "viewer", to: "admin" })).toBe("viewer → admin");
  expect(detailWords({ name: "Shop", rateLimit: 5, origins: ["https://a.example"], scopes: [], expiresAt: null })).toBe(
    "name: Shop, rate limit: 5, origins: https://a.example",
  );
  expect(detailWords({})).toBe("");
});
