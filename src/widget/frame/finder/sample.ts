import type { FinderAnswer, FinderFrame } from "@/features/products/finder/contract";

const frame = (
  name: string,
  shape: string,
  material: string,
  colour: string,
  cents: number,
  size: string,
): FinderFrame => ({
  ...{
    sku: name,
    name,
    brand: "",
    shape,
    material,
    colour,
    price_cents: cents,
    currency: "EUR",
    size,
    url: "",
    image: null,
  },
});
const FRAMES = [
  frame("Linden", "round", "acetate", "tortoise", 14_900, "48□20–145"),
  frame("Hafen", "square", "steel", "black", 18_900, "52□18–145"),
  frame("Mosel", "cat-eye", "acetate", "red", 16_900, "51□19–140"),
  frame("Falke", "aviator", "titanium", "gold", 22_900, "56□16–140"),
  frame("Birke", "panto", "wood", "brown", 24_900, "48□21–140"),
  frame("Kiesel", "oval", "titanium", "silver", 19_900, "50□19–140"),
];

/** What the configure page's preview shows a brand that has no frames yet: a few frames that nobody sells, with the filters that the draft names. */
export function sampleAnswer(configuration: Readonly<Record<string, unknown>>, q: string): FinderAnswer {
  const filters = Array.isArray(configuration.filters) ? configuration.filters : ["shape", "material", "colour"];
  const frames = FRAMES.filter((each) =>
    q
      .toLowerCase()
      .split(/\s+/)
      .every((word) => `${each.name} ${each.shape} ${each.material} ${each.colour}`.toLowerCase().includes(word)),
  );
  const facets = (["shape", "material", "colour"] as const)
    .filter((name) => filters.includes(name))
    .map((name) => ({
      name,
      values: [...new Set(FRAMES.map((each) => each[name]))].map((value) => ({ value, count: 1 })),
    }));
  const text = configuration.no_results;
  return {
    ...{ frames, total: frames.length, all: FRAMES.length, close: false, facets, currency: "EUR", sort: "relevance" },
    ...{ page: 1, pages: 1, no_results: typeof text === "string" ? text : "", token: "" },
  };
}
