/**
 * What the demo brand sells: frames of our own invention. The sample shop and the catalogue that is seeded for it show the
 * same ones.
 */
const ROWS = [
  ["Halden", "panto", "acetate", "smoke grey", "unisex", 148, 48, 21, 145, 41, 127, 22],
  ["Aurora", "aviator", "titanium", "brushed teal", "women", 212, 54, 15, 140, 48, 133, 11],
  ["Kubik", "square", "steel", "black", "men", 189, 53, 18, 145, 42, 132, 21],
  ["Mimosa", "cat-eye", "acetate", "tortoise", "women", 159, 50, 18, 135, 38, 128, 27],
  ["Fjell", "rectangle", "titanium", "gunmetal", "men", 219, 52, 16, 145, 32, 130, 16],
  ["Lykke", "round", "acetate", "honey tortoise", "unisex", 145, 45, 22, 135, 45, 122, 24],
  ["Skagen", "round", "titanium", "silver", "unisex", 205, 47, 23, 140, 47, 127, 11],
  ["Tindra", "cat-eye", "acetate", "burgundy", "women", 165, 53, 18, 145, 40, 134, 24],
  ["Bergen", "rectangle", "acetate", "navy blue", "men", 139, 52, 17, 145, 32, 131, 22],
  ["Saga", "oversized", "acetate", "plum", "women", 175, 57, 17, 145, 50, 137, 27],
  ["Nord", "browline", "acetate", "black", "men", 168, 52, 21, 150, 41, 135, 27],
  ["Elva", "oval", "titanium", "rose", "women", 198, 50, 19, 140, 38, 125, 13],
  ["Vinter", "geometric", "steel", "silver", "unisex", 179, 49, 20, 145, 43, 126, 19],
  ["Sommar", "oversized", "acetate", "crystal clear", "women", 155, 58, 19, 140, 51, 145, 22],
  ["Runa", "oval", "acetate", "forest green", "women", 142, 48, 20, 140, 36, 124, 24],
  ["Odin", "square", "horn", "brown", "men", 389, 52, 19, 145, 42, 133, 22],
  ["Freya", "cat-eye", "titanium", "gold", "women", 228, 52, 18, 145, 40, 130, 16],
  ["Birk", "round", "wood", "walnut brown", "unisex", 245, 45, 21, 140, 45, 119, 24],
  ["Alma", "panto", "acetate", "blush pink", "women", 149, 46, 21, 145, 40, 123, 27],
  ["Storm", "aviator", "steel", "black", "men", 185, 56, 17, 145, 49, 137, 19],
  ["Havn", "rectangle", "nylon", "dark blue", "men", 119, 53, 16, 145, 33, 128, 16],
  ["Lumi", "round", "nylon", "clear", "kids", 89, 41, 20, 125, 41, 110, 14],
  ["Pippin", "oval", "nylon", "red", "kids", 79, 45, 16, 125, 34, 112, 14],
  ["Otto", "square", "nylon", "blue", "kids", 85, 47, 16, 125, 38, 116, 14],
  ["Ella", "panto", "acetate", "teal", "kids", 95, 44, 19, 125, 38, 117, 23],
  ["Granit", "square", "aluminium", "anthracite", "men", 232, 52, 19, 145, 42, 129, 20],
  ["Isbre", "geometric", "titanium", "ice blue", "women", 236, 50, 20, 140, 44, 126, 16],
  ["Kaffe", "panto", "acetate", "dark brown", "men", 152, 49, 21, 150, 42, 125, 24],
  ["Sol", "round", "steel", "gold", "women", 172, 47, 22, 145, 47, 126, 19],
  ["Skygge", "rectangle", "carbon", "black", "men", 259, 53, 16, 150, 33, 130, 20],
  ["Hav", "oval", "acetate", "petrol", "unisex", 144, 50, 18, 145, 38, 128, 27],
  ["Rosa", "oversized", "acetate", "coral", "women", 158, 54, 18, 135, 48, 132, 27],
  ["Mose", "square", "acetate", "olive green", "unisex", 151, 51, 17, 140, 41, 129, 22],
  ["Linje", "browline", "steel", "gunmetal", "men", 194, 48, 19, 145, 37, 125, 16],
  ["Perle", "cat-eye", "acetate", "ivory white", "women", 162, 52, 17, 135, 40, 127, 27],
  ["Torv", "panto", "horn", "tortoise", "unisex", 365, 47, 21, 140, 40, 125, 22],
  ["Glimt", "geometric", "steel", "gold", "women", 188, 51, 19, 135, 45, 129, 21],
  ["Fyr", "aviator", "titanium", "gold", "unisex", 224, 56, 17, 140, 49, 135, 13],
  ["Kveld", "oval", "titanium", "violet", "women", 209, 48, 19, 140, 36, 123, 13],
  ["Blink", "rectangle", "acetate", "amber orange", "unisex", 136, 55, 16, 140, 34, 136, 25],
] as const;

const OF_SHAPE: Readonly<Record<string, string>> = {
  panto: "A little flatter above than below: the shape that suits most faces.",
  aviator: "A light teardrop with a double bridge.",
  square: "Straight lines and a firm corner.",
  "cat-eye": "Rises at the temple, and lifts the look with it.",
  rectangle: "Low and wide, for a calm face.",
  round: "A true circle, as in the first glasses of all.",
  oversized: "Large lenses with room for progressives.",
  browline: "Strong above, hardly there below.",
  oval: "Soft all round, and light to wear.",
  geometric: "Six edges, cut fine.",
};
const OF_MATERIAL: Readonly<Record<string, string>> = {
  acetate: "Italian-style acetate, polished by hand.",
  titanium: "Titanium, so light that it is forgotten.",
  steel: "Surgical steel with a spring hinge.",
  horn: "Buffalo horn; each one looks different.",
  wood: "Layered wood with a steel core.",
  nylon: "Bends and comes back: made for days outside.",
  aluminium: "Milled from one sheet.",
  carbon: "Carbon fibre with titanium temples.",
};

/** A frame of the demo brand. Sizes in mm, weight in g, price in whole dollars. */
export interface DemoFrame {
  readonly sku: string;
  /** Its address in the sample shop: `/frames/{slug}`. */
  readonly slug: string;
  readonly name: string;
  readonly shape: string;
  readonly material: string;
  readonly colour: string;
  readonly gender: string;
  readonly description: string;
  readonly price: number;
  readonly lens: number;
  readonly bridge: number;
  readonly temple: number;
  readonly height: number;
  readonly width: number;
  readonly weight: number;
}

export const FRAMES: readonly DemoFrame[] = ROWS.map(
  ([name, shape, material, colour, gender, price, lens, bridge, temple, height, width, weight], at) => ({
    sku: `NL-${1001 + at}`,
    slug: name.toLowerCase(),
    description: `${OF_SHAPE[shape] ?? ""} ${OF_MATERIAL[material] ?? ""}`.trim(),
    ...{ name, shape, material, colour, gender, price, lens, bridge, temple, height, width, weight },
  }),
);
