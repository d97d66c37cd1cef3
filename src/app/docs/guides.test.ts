import { readdirSync } from "node:fs";
import { lexer, type Token, walkTokens } from "marked";
import { expect, it } from "vitest";
import { GUIDES, textOf } from "./guides";
import { anchorOf, hrefOf, isGuide } from "./markdown";

/** All of a guide's tokens of one kind. */
function tokensOf(text: string, kind: "link" | "heading"): Token[] {
  const found: Token[] = [];
  walkTokens(lexer(text), (token) => {
    if (token.type === kind) found.push(token);
  });
  return found;
}
const anchors = (text: string) =>
  tokensOf(text, "heading").map((token) => ("text" in token ? anchorOf(token.text) : ""));

it("every link of a guide leads to a page, and to a heading where it names one", () => {
  const texts = new Map(GUIDES.map((guide) => [`/docs/${guide.slug}`, textOf(guide)]));
  const pages = ["/docs", "/docs/api", "/docs/api/errors", "/docs/apps", ...texts.keys()];
  const links = [...texts].flatMap(([page, text]) =>
    tokensOf(text, "link").map((token) => ({ page, to: "href" in token ? hrefOf(String(token.href)) : null })),
  );
  expect(links.length).toBeGreaterThan(10);
  for (const { page, to } of links) {
    if (to === null || /^(?:https?|mailto):/.test(to)) continue;
    const [path = "", anchor] = to.split("#");
    const target = path === "" ? page : path;
    expect(pages, `${page}: ${to}`).toContain(target);
    if (anchor) expect(anchors(texts.get(target) ?? ""), `${page}: ${to}`).toContain(anchor);
  }
});

it("a file of the repository that is no guide is no link on the site", () => {
  expect(hrefOf("guides/billing.md#packs")).toBe("/docs/billing#packs");
  expect(hrefOf("widgets.md")).toBe("/docs/widgets");
  expect(hrefOf("proof/pd.md")).toBeNull();
  expect(hrefOf("operations.md")).toBeNull();
  expect(hrefOf("https://www.standardwebhooks.com")).toBe("https://www.standardwebhooks.com");
  expect(readdirSync("docs")).toContain("operations.md");
});

it("the way from a guide into the app is no soft change of page, which would keep the guides' policy for scripts", () => {
  expect(["/docs", "/docs/billing#packs", "/docs/api"].filter(isGuide)).toHaveLength(3);
  expect(["/usage/insights", "/overview", "/api/v1/openapi.json", "/docsify", "#packs"].filter(isGuide)).toEqual([]);
});
