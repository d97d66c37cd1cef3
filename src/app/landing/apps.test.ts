import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { appHue } from "@/components/icons/apps";
import { APPS } from "./apps";

interface CatalogApp {
  catalogId: string;
  name: string;
  tokenCost: number;
  variablePrice: boolean;
}

const catalog: { apps: CatalogApp[] } = JSON.parse(
  readFileSync(new URL("../../db/seed/catalog.json", import.meta.url), "utf8"),
);

describe("the apps of the landing page", () => {
  it("are those of the catalogue, with its names and prices", () => {
    const told = APPS.map(({ id, name, tokens, from }) => ({ id, name, tokens, from: from ?? false }));
    expect(told).toEqual(
      catalog.apps.map((app) => ({
        id: app.catalogId,
        name: app.name,
        tokens: app.tokenCost,
        from: app.variablePrice,
      })),
    );
  });

  it("each have a hue of their own", () => {
    expect(new Set(APPS.map((app) => appHue(app.id))).size).toBe(APPS.length);
    expect(appHue("nobody-001")).toBe("var(--ink-3)");
  });
});
