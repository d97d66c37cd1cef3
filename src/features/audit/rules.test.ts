import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { AREAS, actionWords, detailWords } from "./rules";

it("every action that the code writes belongs to an area that people can filter by", () => {
  const root = join(import.meta.dirname, "../..");
  const actions = ["auth", "features"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
      .flatMap((path) =>
        Array.from(
          readFileSync(join(root, folder, path), "utf8").matchAll(/\baction: "([a-z_]+)\.[a-z_]+"/g),
          (m) => m[1],
        ),
      ),
  );
  expect(actions.length).toBeGreaterThan(30);
  expect([...new Set(actions)].filter((area) => !(String(area) in AREAS))).toEqual([]);
});

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
