import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import catalog from "../../src/db/seed/catalog.json";

interface Fixture {
  readonly name: string;
  readonly path: string;
  readonly params: { lookup_key?: string; unit_amount?: number; recurring?: { interval: string }; product?: string };
}

test("the fixtures sell what the catalogue sells, at its prices", () => {
  const { fixtures } = JSON.parse(readFileSync(join(import.meta.dirname, "fixtures.json"), "utf8")) as {
    fixtures: Fixture[];
  };
  const prices = fixtures
    .filter(({ path }) => path === "/v1/prices")
    .map(({ params }) => [params.lookup_key, params.unit_amount, params.recurring?.interval ?? null]);
  expect(prices).toEqual([
    ...catalog.plans.map((plan) => [plan.stripePriceId, plan.priceCents, "month"]),
    ...catalog.packs.map((pack) => [pack.stripePriceId, pack.priceCents, null]),
  ]);
});
