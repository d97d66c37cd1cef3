import { join } from "node:path";
import { expect, it } from "vitest";
import { Assertions, testFiles } from "./assertions";
import { withTree } from "./tree";

const ROOT = join(import.meta.dirname, "../..");

it("every test of the project asserts something, itself or through what it calls", () => {
  const reader = new Assertions(ROOT);
  const files = testFiles(ROOT, ["src", "dev", "e2e"]);
  const found = files.map((path) => ({ path: path.slice(ROOT.length + 1), ...reader.testsWithout(path) }));
  expect(found.flatMap(({ path, without }) => without.map((name) => `${path}:${name}`))).toEqual([]);
  expect(found.filter(({ tests }) => tests === 0).map(({ path }) => path)).toEqual([]);
  expect(found.reduce((sum, { tests }) => sum + tests, 0)).toBeGreaterThan(900);
}, 60_000);

it("a test that only runs code is found, and one whose helper asserts is not", async () => {
  await withTree(
    {
      "src/test/holds.ts": `import { expect } from "vitest";\nexport async function holds(n: number) { deeper(n); }\nconst deeper = (n: number) => expect(n).toBe(1);\nexport const runs = (n: number) => n + 1;\n`,
      "src/a.test.ts": `import { describe, it, test } from "vitest";\nimport fc from "fast-check";\nimport { holds, runs as goes } from "@/test/holds";
describe("all", () => {
  it("holds", () => holds(1));
  it.each([1, 2])("holds %i", async (n) => { await holds(n); });
  it("only runs", () => { goes(1); });
  test.each([1])("only runs %i", (n) => goes(n));
  it("by a library", () => fc.assert(fc.property(fc.nat(), (n) => n >= 0)));
  it("calls itself", function again() { loop(); });
});
const loop = (): void => loop();
`,
    },
    (root) => {
      const { tests, without } = new Assertions(root).testsWithout(join(root, "src/a.test.ts"));
      expect(tests).toBe(6);
      expect(without).toEqual([`7: "only runs"`, `8: "only runs %i"`, `10: "calls itself"`]);
    },
  );
});
