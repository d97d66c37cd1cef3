import { execFileSync } from "node:child_process";
import { copyFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { type Tree, withTree } from "./tree";

// Parsers and compilers at work: seconds on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const project = join(import.meta.dirname, "../..");

/** Runs a checker with the project's own settings over a small tree, and returns what it printed when it refused. */
async function refusal(tree: Tree, command: string, ...args: string[]): Promise<string> {
  return withTree(tree, (root) => {
    for (const file of ["biome.json", "tsconfig.json", ".gitignore"])
      copyFileSync(join(project, file), join(root, file));
    symlinkSync(join(project, "node_modules"), join(root, "node_modules"));
    execFileSync("git", ["init", "--quiet"], { cwd: root });
    try {
      execFileSync(join(project, "node_modules/.bin", command), args, { cwd: root, encoding: "utf8", stdio: "pipe" });
      return "";
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      return stdout + stderr;
    }
  });
}

test("the project's own types hold", () => {
  const printed = execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "--noEmit"], {
    cwd: project,
    encoding: "utf8",
  });
  expect(printed).toBe("");
  // All of it, on a machine that runs other tests meanwhile.
}, 180_000);

const KEPT = "/** Adds one. */\nexport const next = (value: number): number => value + 1;\n";
const at = (text: string): Tree => ({ "src/lib/next.ts": text });

test("format and lint pass a clean file", async () => {
  expect(await refusal(at(KEPT), "biome", "check", "src")).toBe("");
});

test.each([
  ["format", "export const next = 'one'\n"],
  ["lint/suspicious/noExplicitAny", "export const next = (value: any): number => Number(value);\n"],
  ["lint/style/noNonNullAssertion", "export const next = (values: number[]): number => values[0]!;\n"],
  ["lint/correctness/noUnusedVariables", "const lost = 1;\nexport const next = 2;\n"],
  [
    "lint/style/useImportType",
    'import { Stats } from "node:fs";\n\nexport const size = (of: Stats): number => of.size;\n',
  ],
  [
    "assist/source/organizeImports",
    'import { join } from "node:path";\nimport { open } from "node:fs";\n\nexport { join, open };\n',
  ],
])("biome refuses: %s", async (rule, text) => {
  expect(await refusal(at(text), "biome", "check", "src")).toContain(rule);
});

test("the type check passes a clean file", async () => {
  expect(await refusal(at(KEPT), "tsc", "--noEmit")).toBe("");
});

test.each([
  ["TS2322", "export const next: number = 'one';\n"],
  ["TS7006", "export const next = (value) => value;\n"],
  ["TS2322", "export const first = (values: number[]): number => values[0];\n"],
])("the type check refuses: %s (%#)", async (code, text) => {
  expect(await refusal(at(text), "tsc", "--noEmit")).toContain(code);
});
