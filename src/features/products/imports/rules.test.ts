import { describe, expect, it } from "vitest";
import { productFrom } from "./rules";

const available = (cell: string) => {
  const read = productFrom(["NL-1", "Rosa", cell], { sku: 0, name: 1, available: 2 }, "EUR");
  return "product" in read ? read.product.available : read.problems;
};

describe("whether a frame is for sale", () => {
  it.each([
    ...["yes", "1", "12", "In stock", "in_stock", "preorder", "Pre-order", "backorder"],
    ...["verfügbar", "Auf Lager", "lieferbar", "en stock", "disponible", "sí", "disponibile", "op voorraad"],
  ])("is said by %j", (cell) => {
    expect(available(cell)).toBe(true);
  });
  it.each([
    ...["no", "0", "-3", "Out of stock", "out_of_stock", "discontinued", "Sold out"],
    ...["nicht verfügbar", "ausverkauft", "épuisé", "indisponible", "agotado", "esaurito", "uitverkocht"],
  ])("is denied by %j", (cell) => {
    expect(available(cell)).toBe(false);
  });
  it("is asked again of anything else", () => {
    expect(available("vielleicht")).toEqual(["Available: “vielleicht” is neither yes nor no."]);
  });
});
