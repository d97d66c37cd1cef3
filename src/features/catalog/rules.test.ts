import { describe, expect, it } from "vitest";
import type { AppCard } from "./contract";
import { categoryName, type Wish, wanted } from "./rules";

const app = (name: string, more: Partial<AppCard> = {}): AppCard => ({
  id: name,
  slug: name,
  name,
  description: "",
  category: "ai_vision",
  features: [],
  tokenCost: 3,
  variablePrice: false,
  status: "available",
  tier: "starter",
  activation: null,
  active: false,
  covered: true,
  ...more,
});
const APPS = [
  app("Try-On", { tokenCost: 5, activation: "paused", features: ["Face detection"] }),
  app("Finder", { tokenCost: 2, category: "discovery", status: "beta" }),
  app("Ruler", { tokenCost: 1, category: "measurement", activation: "active", tier: "professional" }),
  app("Old", { status: "deprecated", activation: "disabled" }),
];
const ALL: Wish = { q: "", category: null, status: null, tier: null, mine: false, sort: "name" };
const names = (wish: Partial<Wish>) => wanted(APPS, { ...ALL, ...wish }).map(({ name }) => name);

describe("the marketplace shows", () => {
  it("everything by name where nothing is asked for", () => {
    expect(names({})).toEqual(["Finder", "Old", "Ruler", "Try-On"]);
  });
  it("what every word of a search stands in, also in its category and features", () => {
    expect(names({ q: "FACE try" })).toEqual(["Try-On"]);
    expect(names({ q: "discovery" })).toEqual(["Finder"]);
    expect(names({ q: "face ruler" })).toEqual([]);
  });
  it("what a filter keeps", () => {
    expect(names({ category: "measurement" })).toEqual(["Ruler"]);
    expect(names({ status: "beta" })).toEqual(["Finder"]);
    expect(names({ tier: "professional" })).toEqual(["Ruler"]);
    expect(names({ mine: true })).toEqual(["Ruler", "Try-On"]);
    expect(names({ category: "nothing" })).toEqual([]);
  });
  it("in the order asked for", () => {
    expect(names({ sort: "price" })).toEqual(["Ruler", "Finder", "Old", "Try-On"]);
    expect(names({ sort: "-price" })[0]).toBe("Try-On");
    expect(names({ sort: "mine" })).toEqual(["Ruler", "Try-On", "Old", "Finder"]);
  });
});

it("a category without a word of ours keeps its own", () => {
  expect(categoryName("ai_vision")).toBe("Vision");
  expect(categoryName("lens_care")).toBe("Lens care");
});
