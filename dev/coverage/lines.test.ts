import { Session } from "node:inspector/promises";
import { transform } from "esbuild";
import { expect, it } from "vitest";
import { addStatements, type Lines, linesOfScript, tally } from "./lines";

const SOURCE = `interface Given { readonly n: number }

export function half({ n }: Given): number {
  if (n % 2 === 0) return n / 2;
  const odd = n - 1;
  return odd / 2;
}

export const never = (): string => {
  return "not called";
};
`;

/** Runs a text as a bundle would be run, and says what V8 counted in it. */
async function ran(code: string, url: string) {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  new Function(`${code}\n//# sourceURL=${url}`)();
  const { result } = await session.post("Profiler.takePreciseCoverage");
  session.disconnect();
  const script = result.find((one) => one.url === url);
  return script?.functions ?? [];
}

it("a bundle's counts become lines of the sources that it was made of, and of no others", async () => {
  const bundle = await transform(`${SOURCE}\nhalf({ n: 4 });`, {
    ...{
      loader: "ts",
      format: "iife",
      sourcemap: "external",
      sourcefile: "turbopack:///[project]/src/features/half.ts",
    },
  });
  // What `new Function` puts before its body.
  const head = "(function anonymous(\n) {\n";
  const code = `${head}${bundle.code}})`;
  const map = JSON.parse(bundle.map) as { mappings: string; sources: string[] };
  map.mappings = `;;${map.mappings}`;
  const functions = await ran(bundle.code, "bundle-under-test");
  const script = { url: "file:///somewhere/out/chunk.js", code, map: JSON.stringify(map), functions };
  const lines = await linesOfScript(script, "/somewhere");
  expect([...lines.keys()]).toEqual(["src/features/half.ts"]);
  const found = lines.get("src/features/half.ts") ?? new Map();
  expect([4, 5, 6, 10].map((line) => found.get(line))).toEqual([true, false, false, false]);

  map.sources = ["../node_modules/half/src/half.ts"];
  expect(await linesOfScript({ ...script, map: JSON.stringify(map) }, "/somewhere")).toEqual(new Map());
});

it("a line that ran once has run; one that no count knows of counts neither way", () => {
  const lines: Lines = new Map();
  const at = (line: number) => ({ start: { line } });
  const file = (s: Record<string, number>) => ({
    path: "/p/src/a.ts",
    statementMap: { 0: at(1), 1: at(1), 2: at(2) },
    s,
  });
  addStatements(lines, file({ 0: 0, 1: 3, 2: 0 }), "/p");
  const all = lines.get("src/a.ts") ?? new Map();
  expect(Object.fromEntries(all)).toEqual({ 1: true, 2: false });
  const elsewhere = new Map([
    [2, true],
    [7, true],
  ]);
  expect(tally(all, all)).toBe(1);
  expect(tally(all, all, elsewhere)).toBe(2);
});
