import fc from "fast-check";
import { describe, expect, it } from "vitest";
import seed from "@/db/seed/catalog.json" with { type: "json" };
import { type ConfigurationSchema, configurationSchema } from "@/features/catalog/dialect/contract";
import { ourPageOf } from "@/features/catalog/rules";
import { carryOver, checkConfiguration, differences, same } from "./rules";

const schema: ConfigurationSchema = {
  label: { type: "string", default: "Try on", max_length: 20, required: true },
  tint: { type: "string", default: "#007bff" },
  note: { type: "text", default: "" },
  home: { type: "url", default: "" },
  size: { type: "number", default: 1, min: 0.5, max: 2 },
  count: { type: "integer", default: 3, min: 1, max: 9 },
  live: { type: "boolean", default: true },
  place: { type: "select", options: ["product_page", "cart_page"], default: "product_page" },
  ways: { type: "multiselect", options: ["camera", "photo"], default: ["camera"] },
  look: { type: "object", properties: { shape: { type: "select", options: ["pill", "square"], default: "pill" } } },
  lenses: {
    type: "array",
    max_items: 2,
    default: [],
    items: {
      type: "object",
      properties: { name: { type: "string", default: "Hazel" }, color: { type: "color", default: "#7a5c2e" } },
    },
  },
};

const errorsOf = (raw: unknown, against = schema) => {
  const checked = checkConfiguration(against, raw);
  return "errors" in checked ? checked.errors : [];
};
const messageAt = (raw: unknown, path: string) => errorsOf(raw).find((error) => error.path === path)?.message;

describe("a configuration", () => {
  it("is filled with defaults, also inside groups and entries", () => {
    expect(checkConfiguration(schema, { lenses: [{}], look: {} })).toEqual({
      configuration: {
        label: "Try on",
        tint: "#007bff",
        note: "",
        home: "",
        size: 1,
        count: 3,
        live: true,
        place: "product_page",
        ways: ["camera"],
        look: { shape: "pill" },
        lenses: [{ name: "Hazel", color: "#7a5c2e" }],
      },
    });
  });

  it("keeps what it was given", () => {
    const given = { label: "Largest < ours", tint: "#FF6B35", home: "https://shop.example/privacy?a=b#c", size: 0.75 };
    expect(checkConfiguration(schema, given)).toMatchObject({ configuration: given });
    expect(errorsOf({ note: "Two lines\nare one text, “quoted” & fine." })).toEqual([]);
  });

  it.each([
    ["label", 5, "must be text"],
    ["label", "", "must not be empty"],
    ["label", "x".repeat(21), "must be at most 20 characters"],
    ["label", null, "must be text"],
    ["tint", "red", "must be a colour such as #0b7285"],
    ["tint", "#12345g", "must be a colour such as #0b7285"],
    ["tint", "#fff;background:url(x)", "must be a colour such as #0b7285"],
    ["home", "/relative", "must be an address that begins with https://"],
    ["size", "1", "must be a number"],
    ["size", 2.5, "must be at most 2"],
    ["count", 1.5, "must be a whole number"],
    ["count", 0, "must be at least 1"],
    ["live", "true", "must be true or false"],
    ["place", "everywhere", "must be product_page or cart_page"],
    ["place", ["cart_page"], "must be product_page or cart_page"],
    ["ways", "camera", "must be a list"],
    ["ways", ["camera", "camera"], "names the same one twice"],
    ["look", [], "must be a group of fields"],
    ["lenses", {}, "must be a list"],
    ["lenses", [{}, {}, {}], "must hold at most 2"],
  ])("with %s: %j says %j", (name, value, message) => {
    expect(errorsOf({ [name]: value })).toEqual([{ path: name, message }]);
  });

  it("names a wrong field inside a group, an entry and a choice by its path", () => {
    expect(messageAt({ look: { shape: "round" } }, "look.shape")).toBe("must be pill or square");
    expect(messageAt({ lenses: [{}, { color: "blue" }] }, "lenses.1.color")).toContain("must be a colour");
    expect(messageAt({ ways: ["radar"] }, "ways.0")).toBe("must be camera or photo");
    expect(messageAt({ look: { more: 1 } }, "look.more")).toBe("is not a field of this app");
  });

  it("names every wrong field, once each", () => {
    const errors = errorsOf({ label: 5, count: "x", place: 3, more: true });
    expect(errors.map(({ path }) => path).toSorted()).toEqual(["count", "label", "more", "place"]);
  });
});

describe("hostile input", () => {
  const SCRIPTS = [
    "<script>alert(1)</script>",
    "</script><script>",
    '"><img src=x onerror=alert(1)>',
    "<!-- -->",
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    " JaVaScRiPt :alert(1)",
    "data:text/html,x",
    "vbscript:x",
  ];
  it.each(SCRIPTS)("%s is no text, no colour and no address", (script) => {
    const open: ConfigurationSchema = {
      a: { type: "string" },
      b: { type: "text" },
      c: { type: "color" },
      d: { type: "url" },
    };
    expect(errorsOf({ a: script, b: script, c: script, d: script }, open).map(({ path }) => path)).toEqual([
      "a",
      "b",
      "c",
      "d",
    ]);
  });

  it.each([
    "javascript:alert(1)",
    "JAVASCRIPT://shop.example/%0aalert(1)",
    "\tjavascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html;base64,xxxx",
    "//shop.example",
    'https://shop.example/"onmouseover="',
    "https://user:secret@shop.example/",
    "https:\\\\shop.example",
    "https://shop.example/ x",
    "ftp://shop.example",
    "blob:https://shop.example/1",
  ])("%s is no address", (address) => {
    expect(messageAt({ home: address }, "home")).toBe("must be an address that begins with https://");
  });

  it("control characters are no text", () => {
    for (const text of ["a\0b", "a\u0007b", "a\u2028b", "a\u001bb"]) {
      expect(messageAt({ label: text }, "label"), JSON.stringify(text)).toContain("plain text");
    }
  });

  it("a key that would reach a prototype is refused, wherever it stands", () => {
    for (const text of [
      '{"__proto__":{"live":true}}',
      '{"constructor":{"prototype":{}}}',
      '{"look":{"__proto__":{"shape":"pill"}}}',
      '{"lenses":[{"prototype":1}]}',
    ]) {
      expect(errorsOf(JSON.parse(text)), text).toMatchObject([{ message: "is not a field of this app" }]);
    }
    expect(({} as Record<string, unknown>).live).toBeUndefined();
  });

  it("nests no deeper than eight, however deep it comes", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = i % 2 ? { look: deep } : [deep];
    const [error, ...more] = errorsOf({ ways: deep });
    expect(more).toEqual([]);
    expect(error?.message).toBe("nests more than 8 deep");
    expect(error?.path.length).toBeLessThan(210);
  });

  it("a megabyte, in one text or in many, is refused at once", () => {
    expect(errorsOf({ note: "x".repeat(1_000_000) })[0]?.message).toContain("characters in all");
    expect(errorsOf({ lenses: Array(100_000).fill({}) })[0]?.message).toContain("values");
    expect(errorsOf({ ["y".repeat(1_000_000)]: 1 })[0]?.path.length).toBeLessThanOrEqual(200);
  });

  it.each([null, undefined, 5, "x", [], true])("%j is no configuration", (raw) => {
    expect(errorsOf(raw)).toEqual([{ path: "", message: "must be a group of fields" }]);
  });

  it("whatever JSON comes in is either refused in words of ours or a whole configuration", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(schema), "other"), fc.jsonValue()), (raw) => {
        const checked = checkConfiguration(schema, raw);
        if ("configuration" in checked) {
          expect(Object.keys(checked.configuration).toSorted()).toEqual(Object.keys(schema).toSorted());
          expect(checkConfiguration(schema, checked.configuration)).toEqual(checked);
        } else {
          expect(checked.errors.length).toBeGreaterThan(0);
          for (const { message } of checked.errors) expect(message).toMatch(/^(must|is not|names|holds|nests)/);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("a schema that changed under a live configuration", () => {
  it("drops what is gone, adds what is new, resets what no longer fits, and names each", () => {
    const stored = { label: "Ours", gone: 1, count: 99, look: { shape: "pill", old: true } };
    const carried = carryOver(schema, stored);
    expect(carried.dropped).toEqual(["gone", "look.old"]);
    expect(carried.reset).toEqual(["count"]);
    expect(carried.added).toContain("lenses");
    expect(carried.configuration).toMatchObject({ label: "Ours", count: 3, look: { shape: "pill" } });
    expect(errorsOf(carried.configuration)).toEqual([]);
  });

  it("always leaves a configuration that fits, whatever was stored", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(schema), "gone"), fc.jsonValue()), (stored) => {
        expect(errorsOf(carryOver(schema, stored).configuration)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

it("differences name each field that changed, inside groups too, and lists whole", () => {
  const before = { label: "A", look: { shape: "pill" }, ways: ["camera"] };
  const after = { label: "A", look: { shape: "square" }, ways: ["camera", "photo"] };
  expect(differences(schema, before, after)).toEqual([
    { path: "ways", title: "Ways", before: ["camera"], after: ["camera", "photo"] },
    { path: "look.shape", title: "Look: shape", before: "pill", after: "square" },
  ]);
  expect(same({ a: 1, b: [{ c: 2 }] }, { b: [{ c: 2 }], a: 1 })).toBe(true);
  expect(same({ a: undefined }, { b: 1 })).toBe(false);
});

describe.each(seed.apps)("the schema of $name", (app) => {
  it("is of the dialect, and its defaults fit it", () => {
    const own = configurationSchema.parse(app.configurationSchema);
    const checked = checkConfiguration(own, {});
    expect("errors" in checked ? checked.errors : []).toEqual([]);
    expect(Object.keys(own).length).toBeGreaterThan(2);
    // What shoppers see speaks their language and wears the shop's colours.
    const inShops = ["language", "theme"].filter((name) => name in own);
    expect(inShops).toEqual(ourPageOf(app.catalogId) ? [] : ["language", "theme"]);
  });
});
