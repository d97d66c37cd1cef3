import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { PACKS, PLANS } from "./plans";

interface Priced {
  priceCents: number;
}
const catalog: {
  apps: { pricingTier: string }[];
  plans: (Priced & { id: string; name: string; tokensPerMonth: number })[];
  packs: (Priced & { tokens: number })[];
} = JSON.parse(readFileSync(new URL("../../db/seed/catalog.json", import.meta.url), "utf8"));

it("the plans and packs of the landing page are those that are sold, at their prices", () => {
  expect(PLANS.map(({ id, name, cents, tokens }) => ({ id, name, cents, tokens }))).toEqual(
    catalog.plans.map(({ id, name, priceCents, tokensPerMonth }) => ({
      id,
      name,
      cents: priceCents,
      tokens: tokensPerMonth === -1 ? null : tokensPerMonth,
    })),
  );
  const packs = catalog.packs.map(({ tokens, priceCents }) => ({ tokens, cents: priceCents }));
  expect(packs[0]).toEqual(PACKS.from);
  expect(packs.at(-1)).toEqual(PACKS.to);
});
