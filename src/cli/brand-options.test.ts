import { describe, expect, it } from "vitest";
import { brandOptions } from "./brand-options";
import { isMisuse } from "./failure";

const failureOf = (args: string[]): unknown => {
  try {
    return brandOptions(args);
  } catch (error) {
    return error;
  }
};

describe("the words after brand:create", () => {
  it("are read, each in its own way", () => {
    expect(brandOptions([])).toEqual({ name: null, tokens: 0, origins: [], apps: [], rate: undefined, plan: null });
    const words = ["--name", " Ærø & Søn ", "--tokens", "999999999999999", "--rate-limit", "1", "--plan", "starter"];
    const origins = ["--origin", "https://a.example, http://localhost:4000", "--origin", "https://b.example"];
    expect(brandOptions([...words, ...origins, "--apps", "vto-001, pdc-001,"])).toEqual({
      name: "Ærø & Søn",
      tokens: 999_999_999_999_999,
      origins: ["https://a.example", "http://localhost:4000", "https://b.example"],
      apps: ["vto-001", "pdc-001"],
      rate: 1,
      plan: "starter",
    });
    expect(brandOptions(["--apps", "all"]).apps).toBe("all");
    expect(brandOptions(["--apps", "vto-001", "--apps", "pdc-001"]).apps).toEqual(["vto-001", "pdc-001"]);
  });

  it.each<[about: string, args: string[], said: RegExp]>([
    ["an origin with a path", ["--origin", "https://shop.example/cart"], /https:\/\/shop\.example\/cart/],
    ["an origin without a scheme", ["--origin", "shop.example"], /shop\.example/],
    ["an unlimited plan with tokens", ["--plan", "enterprise", "--tokens", "5"], /unlimited/],
    ["an unlimited plan with no tokens", ["--plan", "enterprise", "--tokens", "0"], /unlimited/],
    ["fewer tokens than none", ["--tokens=-5"], /--tokens takes a whole number/],
    ["fewer tokens than none, apart", ["--tokens", "-5"], /--tokens/],
    ["tokens in another notation", ["--tokens", "1e3"], /--tokens takes a whole number/],
    ["tokens in hexadecimal", ["--tokens", "0x10"], /--tokens takes a whole number/],
    ["more tokens than can be exact", ["--tokens", "1000000000000000"], /--tokens takes a whole number/],
    ["no calls at all", ["--rate-limit", "0"], /--rate-limit takes a whole number/],
    ["a word too many", ["please"], /please/],
    ["tokens as a float", ["--tokens", "1.5"], /--tokens takes a whole number/],
    ["an empty name", ["--name", "  "], /--name takes 1 to 100 characters/],
    ["a name that fills the page", ["--name", "x".repeat(101)], /--name takes 1 to 100 characters/],
  ])("are refused with a sentence: %s", (_about, args, said) => {
    const error = failureOf(args);
    expect(isMisuse(error)).toBe(true);
    expect((error as Error).message.split("\n")[0]).toMatch(said);
  });
});
