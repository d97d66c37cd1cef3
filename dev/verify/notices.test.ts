import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { noticesDocument, shippedPackages } from "./notices";

const project = join(import.meta.dirname, "../..");
const shipped = shippedPackages(project);

test("every package that ships is named with its licence in THIRD-PARTY-NOTICES.md", () => {
  const notices = readFileSync(join(project, "THIRD-PARTY-NOTICES.md"), "utf8");
  expect(shipped.map(({ name }) => name)).toEqual(expect.arrayContaining(["next", "react", "geist", "zod"]));
  expect(shipped.filter(({ name, license }) => !notices.includes(`**${name}** (${license})`))).toEqual([]);
});

test("a package that is not named is missed", () => {
  const notices = noticesDocument(shipped.filter(({ name }) => name !== "zod"));
  expect(notices).toContain("**react** (MIT)");
  expect(notices).not.toContain("**zod**");
});

test("no licence that would bind the product's own code slips in", () => {
  expect(shipped.filter(({ license }) => /GPL|SSPL|BUSL|not declared/i.test(license))).toEqual([]);
});
