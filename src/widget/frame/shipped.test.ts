import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { brandsOwn, SHIPPED } from "./shipped";

it("is what the catalogue comes with, letter for letter", () => {
  const { apps } = JSON.parse(readFileSync("src/db/seed/catalog.json", "utf8"));
  const shipped = (slug: string, field: string) =>
    apps.find((app: { slug: string }) => app.slug === slug).configurationSchema[field].default;
  expect(SHIPPED).toEqual({
    noResults: shipped("frame-finder", "no_results"),
    advice: shipped("pd-calculator", "advice"),
  });
});

it("leaves a brand's own words alone", () => {
  expect(brandsOwn("Ask Anna.", SHIPPED.advice)).toBe("Ask Anna.");
  expect(brandsOwn(SHIPPED.advice, SHIPPED.advice)).toBe("");
});
