import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvLine } from "@/lib/csv";
import { readCsv } from "@/lib/csv-read";
import { newProduct } from "./contract";
import { guessMapping, numberOf, productFrom } from "./imports/rules";
import { familyOf, fold, priceSteps, searchTexts, spanOf, swapped, wordsOf } from "./rules";

describe("numbers as people write them", () => {
  it.each([
    ["149", 149],
    ["149.5", 149.5],
    ["149,50", 149.5],
    ["1.249,50 €", 1_249.5],
    ["€ 1,249.50", 1_249.5],
    ["1,249", 1_249],
    ["1.249", 1_249],
    ["1.249.000", 1_249_000],
    ["1'249.00", 1_249],
    ["CHF 149.-", 149],
    ["149,-", 149],
    ["52 mm", 52],
    ["17,5mm", 17.5],
    ["-3", -3],
    ["a lot", null],
    ["1e3", null],
    ["0x10", null],
    ["12 or 14", null],
    ["1.24.9,0", null],
    ["", null],
    ["=1+1", null],
  ])("%j is %j", (text, value) => expect(numberOf(text)).toBe(value));
});

describe("columns", () => {
  it("are guessed by what shop systems call them, each once", () => {
    expect(
      guessMapping(["Handle", "Variant SKU", "Title", "Vendor", "Variant Price", "Image Src", "Body (HTML)"]),
    ).toEqual({
      ...{ sku: 1, name: 2, brand: 3, price: 4, image_url: 5, description: 6 },
    });
    expect(guessMapping(["Artikelnummer", "Glasbreite", "Stegbreite", "Bügellänge", "Farbe"])).toEqual({
      ...{ sku: 0, lens_mm: 1, bridge_mm: 2, temple_mm: 3, colour: 4 },
    });
    const header = ["a", "name", "name", "price", "price"];
    expect(guessMapping(header)).toEqual({ name: 1, price: 3 });
  });
  it("whatever they are called and hold, a row is a product or has its reasons", () => {
    const cells = fc.array(fc.string({ unit: "binary", maxLength: 30 }), { maxLength: 8 });
    fc.assert(
      fc.property(cells, cells, (header, row) => {
        const read = productFrom(row, { sku: 0, ...guessMapping(header) }, "EUR");
        if ("product" in read) expect(newProduct.parse(read.product)).toEqual(read.product);
        else expect(read.problems.length).toBeGreaterThan(0);
      }),
    );
  });
  it("whose text our own file guards against spreadsheets are read as they were", () => {
    const description = "Light;=1+1;\n- strong\n- made to last";
    const row = readCsv(Buffer.from(`sku,name,description\n${csvLine(["A-1", "=Halden", description])}`)).records[0];
    expect(row?.cells[2]).toBe("Light;'=1+1;\n'- strong\n'- made to last");
    const fields = { sku: 0, ...guessMapping(["sku", "name", "description"]) };
    expect(productFrom(row?.cells ?? [], fields, "EUR")).toMatchObject({ product: { name: "=Halden", description } });
  });
  it.each([
    ["description", "<br".repeat(20_000)],
    ["description", "<".repeat(60_000)],
    ["description", `<br ${"a".repeat(60_000)}`],
    ["size", `52${" ".repeat(60_000)}x`],
    ["size", `52 18${" ".repeat(60_000)}x`],
    ["price", `${"9 ".repeat(30_000)}x`],
    ["price", `${"EUR".repeat(20_000)}9`],
    ["available", "- ".repeat(30_000)],
  ])("a cell is read in a moment, however it was made to take long: %s", (name, cell) => {
    const begun = performance.now();
    productFrom(["A-1", "Halden", cell], { sku: 0, ...guessMapping(["sku", "name", name]) }, "EUR");
    expect(performance.now() - begun).toBeLessThan(500);
  });
});

describe("words", () => {
  it.each([
    ["shape", "Katzenauge", "cat-eye"],
    ["shape", "ronde", "round"],
    ["material", "Edelstahl, matt", "steel"],
    ["material", "Stainless Steel", "steel"],
    ["colour", "Black / Gold", "gold"],
    ["colour", "Écaille foncée", "tortoise"],
    ["gender", "F", "women"],
    ["gender", "Damen", "women"],
    ["colour", "Nebula 7", "nebula 7"],
    ["shape", "", ""],
  ] as const)("of %s: %j is %j", (kind, text, ours) => expect(familyOf(kind, text)).toBe(ours));

  it("are asked for in any language, at most eight of them", () => {
    expect(wordsOf("Schwarze Pilotenbrille")).toEqual([
      ["schwarze", "black"],
      ["pilotenbrille", "aviator"],
    ]);
    expect(wordsOf("stainless steel")).toEqual([["steel"]]);
    expect(wordsOf("a b c d e f g h i j")).toHaveLength(8);
    expect(wordsOf(" … ")).toEqual([]);
    expect(swapped("avaitor")).toContain("aviator");
  });
  it("folds letters that are capitals only once they are taken apart", () => {
    expect([fold("𝐀viator"), fold("ÅNGSTRÖM"), fold("İSTANBUL"), fold("GROẞ")]).toEqual([
      ...["aviator", "angstrom", "istanbul", "gross"],
    ]);
  });
  it("folds the same whatever comes first, and never leaves what a pattern could take for its own", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        expect(fold(fold(text))).toBe(fold(text));
        expect(fold(text)).not.toMatch(/[%_\\]/);
        const blank = { sku: text, name: text, brand: "", shape: "", material: "", colour: "", gender: "" };
        expect(searchTexts({ ...blank, description: text }).search.length).toBeLessThanOrEqual(4_000);
      }),
    );
  });
});

it("steps of prices leave no price out and hold none twice", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2_000_000 }),
      fc.integer({ min: 0, max: 2_000_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (a, b, at) => {
        const [least, most] = [Math.min(a, b), Math.max(a, b)];
        const steps = priceSteps(least, most);
        if (steps.length === 0) return;
        const price = Math.round(least + (most - least) * at);
        const holding = steps.filter((step) => {
          const span = spanOf(step);
          return span && price >= (span.from ?? 0) && price < (span.below ?? Number.POSITIVE_INFINITY);
        });
        expect(holding, `${least}–${most}: ${steps.join(" ")} for ${price}`).toHaveLength(1);
        expect(steps.length).toBeLessThanOrEqual(6);
      },
    ),
  );
});
