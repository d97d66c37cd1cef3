import { describe, expect, it } from "vitest";
import seed from "@/db/seed/catalog.json" with { type: "json" };
import { appFields, FIELD_NAMES } from "./contract";
import { differing, pick, valueWords } from "./rules";

describe("an app's fields", () => {
  it("as they are shipped are such as staff could publish: what is shipped can always be brought back", () => {
    for (const app of seed.apps) {
      const fields = pick(app as never, FIELD_NAMES);
      expect(appFields.safeParse(fields).error?.issues ?? [], app.slug).toEqual([]);
    }
  });

  it("differ by what they say, not by how the database keeps it", () => {
    const one = { changelog: [{ version: "1", date: "2026-01-01", notes: "x" }] };
    expect(differing({ changelog: [{ notes: "x", date: "2026-01-01", version: "1" }] }, one)).toEqual([]);
    expect(differing({ ...one, name: "a" }, { ...one, name: "b" })).toEqual(["name"]);
    expect(differing({ features: ["a", "b"] }, { features: ["b", "a"] })).toEqual(["features"]);
  });

  it("are told in one line", () => {
    expect(valueWords(["a", "b"])).toBe("a · b");
    expect(valueWords([{ version: "1.2", date: "2026-01-01", notes: "Quicker." }])).toBe("1.2: Quicker.");
    expect(valueWords(5)).toBe("5");
    expect(valueWords(undefined)).toBe("");
  });

  it("take no line break, no empty line and no price of nothing", () => {
    const good = pick(seed.apps[0] as never, FIELD_NAMES);
    for (const bad of [{ name: "a\nb" }, { features: [""] }, { features: [] }, { tokenCost: 0 }, { tokenCost: 1.5 }]) {
      expect(appFields.safeParse({ ...good, ...bad }).success, JSON.stringify(bad)).toBe(false);
    }
  });
});
