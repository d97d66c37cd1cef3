import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { embedOptions, LANGUAGES, PLATFORMS, settingsResponse } from "./contract";
import { appearanceOf, embedCode, embedPolicy, inkOn, languageOf, oneLineEmbed, settingsOf } from "./rules";

interface Texts {
  readonly properties: Readonly<Record<string, { readonly default: string }>>;
}
const catalog = JSON.parse(readFileSync("src/db/seed/catalog.json", "utf8")) as {
  apps: { slug: string; configurationSchema: Record<string, Texts | undefined> }[];
};

const source = {
  origin: "https://apps.example",
  publicKey: "ca_pk_live_x",
  slug: "pd-calculator",
  build: { version: "1.0.0", integrity: "sha384-abc" },
};
const app = { id: "pdc-001", slug: "pd-calculator", name: "PD Calculator", status: "available" };
const options = (over: object = {}) => embedOptions.parse(over);
const codeOf = (over: object, from = source): string =>
  embedCode(from, options(over))
    .map(({ code }) => code)
    .join("\n");

describe("how an app looks", () => {
  it("is what the page asks for, else what the brand published, else ours", () => {
    const published = { launcher: { color: "#ff0000" }, language: "fr", theme: "dark" };
    expect(appearanceOf(published, {})).toMatchObject({ color: "#ff0000", theme: "dark", language: "fr" });
    expect(appearanceOf(published, { color: "#00FF00", theme: "light", lang: "de-AT" })).toMatchObject({
      color: "#00ff00",
      theme: "light",
      language: "de",
    });
    expect(appearanceOf({}, {})).toMatchObject({ theme: "auto", language: "en" });
    expect(appearanceOf({ language: "auto" }, { page: "nl-BE" }).language).toBe("nl");
    expect(appearanceOf({ style_customization: { button_color: "#007bff" } }, {}).color).toBe("#007bff");
  });

  it("takes nothing that is no colour, theme or language of ours", () => {
    const hostile = { color: "red;}*{display:none", theme: "__proto__", lang: "constructor", label: "x" };
    const look = appearanceOf({ launcher: { color: "javascript:alert(1)" }, theme: 1, language: {} }, hostile);
    expect(look).toEqual(appearanceOf({}, {}));
    expect(settingsOf(app, "k", JSON.parse('{"__proto__": {"launcher": {"label": "no"}}}'), {}).label).toBe(
      "Measure PD",
    );
    const { style } = settingsOf(app, "k", { launcher: { shape: "0}*{color:red", color: "#12345}" } }, hostile);
    expect(style).not.toMatch(/red|alert|12345\}/);
  });

  it("has ink that reads on any ground", () => {
    const part = (value: number) =>
      value / 255 <= 0.040_45 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
    for (let grey = 0; grey < 256; grey++) {
      const hex = `#${grey.toString(16).padStart(2, "0").repeat(3)}`;
      const ground = part(grey);
      const ink = inkOn(hex) === "#ffffff" ? 1 : 0;
      expect((Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05), hex).toBeGreaterThanOrEqual(4.5);
    }
    expect(inkOn("#fff")).toBe("#000000");
    expect(inkOn("#007bff")).toBe("#000000");
  });

  it("has words in every language, and a label whatever the brand left out", () => {
    for (const language of LANGUAGES) {
      const settings = settingsOf(app, "k", {}, { lang: language });
      expect(settingsResponse.parse(settings)).toEqual(settings);
      expect([settings.language, settings.label.length > 0, Object.values(settings.words).every(Boolean)]).toEqual([
        language,
        true,
        true,
      ]);
    }
    expect(settingsOf(app, "k", { launcher: { label: "  " } }, {}).label).toBe("Measure PD");
    expect(settingsOf(app, "k", { launcher: { label: "My PD" } }, {}).label).toBe("My PD");
    expect(settingsOf(app, "k", {}, { label: "x".repeat(200) }).label).toHaveLength(80);
    expect(settingsOf(app, "ca_pk_test_x", {}, { label: "x".repeat(200) }).label).toMatch(/^x{70} \(test\)$/);
    const named = { ...app, slug: "advanced-analytics", name: "Advanced Analytics" };
    expect(settingsOf(named, "k", {}, {}).label).toBe("Advanced Analytics");
  });

  it.each(catalog.apps.filter(({ slug }) => slug !== "advanced-analytics"))(
    "calls $slug in the shop's language what its brand has not called otherwise",
    ({ slug, configurationSchema: schema }) => {
      const [path, field] = schema.launcher ? ["launcher", "label"] : ["style_customization", "button_text"];
      const shipped = schema[path]?.properties[field]?.default ?? "";
      const published = (text: string) => ({ [path]: { [field]: text } });
      const label = (text: string, lang: string) => settingsOf({ ...app, slug }, "k", published(text), { lang }).label;
      expect(label(shipped, "en")).toBe(shipped);
      const spoken = LANGUAGES.filter((lang) => lang !== "en").map((lang) => label(shipped, lang));
      expect(spoken).not.toContain(shipped);
      expect(new Set(spoken).size).toBe(spoken.length);
      expect(label("Our own", "de")).toBe("Our own");
    },
  );

  it("goes on where the brand left a label out", () => {
    expect(settingsOf({ ...app, slug: "frame-finder" }, "k", {}, {}).label).toBe("Find a frame");
  });

  it("knows a language by the first part of its tag", () => {
    expect(["de", "DE-at", "pt-BR", "", undefined].map(languageOf)).toEqual(["de", "de", null, null, null]);
  });
});

describe("embed code", () => {
  it.each(PLATFORMS)("for %s names loader, key and app, and what was chosen", (platform) => {
    const code = codeOf({ platform, label: "Try", color: "#123456", language: "de", placement: "float" });
    for (const part of [
      "https://apps.example/v1/embed.js",
      "ca_pk_live_x",
      "pd-calculator",
      "Try",
      "#123456",
      "float",
    ]) {
      expect(code).toContain(part);
    }
    expect(code).not.toContain("integrity");
  });

  it.each(PLATFORMS)("for %s pins the loader by its hash", (platform) => {
    const code = codeOf({ platform, pinned: true });
    expect(code).toContain("https://apps.example/v1.0.0/embed.js");
    expect(code).toContain("sha384-abc");
    expect(code).toMatch(/cross-?origin/i);
    expect(code).toContain("anonymous");
  });

  it.each(PLATFORMS)("for %s lets no label out of its quotes", (platform) => {
    const label = `"'><script>alert(1)</script>{{ x }}\\'); evil('`;
    const code = codeOf({ platform, label });
    expect(code).not.toContain("<script>alert(1)");
    expect(code).not.toContain(label);
  });

  it("for React is code that a parser takes, whatever the label", async () => {
    const { parse } = await import("@swc/core");
    for (const label of [`a"b`, "</script>", "a\u2028b", "\\", "{x}"]) {
      await expect(
        parse(codeOf({ platform: "react", label }), { syntax: "ecmascript", jsx: true }),
      ).resolves.toBeTruthy();
    }
  });

  it.each(PLATFORMS)("for %s stands in the guide to embedding as it is given here", (platform) => {
    const guide = readFileSync("docs/guides/embedding.md", "utf8");
    const shown = { ...source, origin: "https://apps.example.com", publicKey: "ca_pk_live_…" };
    for (const { code } of embedCode(shown, options({ platform }))) expect(guide).toContain(code);
  });

  it("has the seed's one-line form, with the configuration as JSON", () => {
    const line = oneLineEmbed({ ...source, customerId: "0190" }, options({ label: `a"<b` }));
    expect(line).toContain('data-customer-id="0190"');
    const config = /data-config="([^"]*)"/.exec(line)?.[1] ?? "";
    const text = config.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&amp;", "&");
    expect(JSON.parse(text)).toEqual({ app: "pd-calculator", label: `a"<b` });
  });

  it("says what a strict shop must allow", () => {
    expect(embedPolicy("https://apps.example").csp).toEqual([
      "script-src https://apps.example",
      "connect-src https://apps.example",
      "frame-src https://apps.example",
    ]);
  });
});
