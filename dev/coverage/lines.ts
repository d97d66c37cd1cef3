import type { Profiler } from "node:inspector";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { encodedMappings, FlattenMap } from "@jridgewell/trace-mapping";
import { convert } from "ast-v8-to-istanbul";
import { parseAstAsync } from "vitest/node";

/** By file, as a path from the project's root, and by line: whether anything that begins in the line has run. */
export type Lines = Map<string, Map<number, boolean>>;

/** A script as it ran, with what V8 counted in it. */
export interface Script {
  readonly url: string;
  readonly code: string;
  /** Its source map, as JSON. */
  readonly map: string;
  readonly functions: Profiler.FunctionCoverage[];
}

/** One file of what istanbul writes: where each statement stands, and how often it ran. */
interface Statements {
  readonly path: string;
  readonly statementMap: Readonly<Record<string, { readonly start: { readonly line: number } }>>;
  readonly s: Readonly<Record<string, number>>;
}

/** Our own source under a bundler's or a map's name for it, as a path from the root; null where it is none of ours. */
function ownSource(source: string, root: string, beside: string): string | null {
  const project = source.indexOf("[project]/");
  const path =
    project >= 0
      ? source.slice(project + "[project]/".length)
      : resolve(beside, source.replace(/^file:\/\//, "")).slice(root.length + 1);
  return /^src\/.*\.tsx?$/.test(path) ? path : null;
}

/** Adds a file's statements to the lines that are known; a line that ran once has run. */
export function addStatements(to: Lines, { path, statementMap, s }: Statements, root: string): void {
  const name = path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
  const lines = to.get(name) ?? new Map<number, boolean>();
  to.set(name, lines);
  for (const [id, { start }] of Object.entries(statementMap)) {
    lines.set(start.line, (lines.get(start.line) ?? false) || (s[id] ?? 0) > 0);
  }
}

/** The lines of our own sources behind a script that ran somewhere as a bundle, by its source map. */
export async function linesOfScript(script: Script, root: string): Promise<Lines> {
  const beside = script.url.startsWith("file:") ? resolve(fileURLToPath(script.url), "..") : root;
  const flat = new FlattenMap(script.map);
  const names = flat.sources.map((source) => ownSource(source ?? "", root, beside));
  const lines: Lines = new Map();
  if (names.every((name) => name === null)) return lines;
  const found = await convert({
    code: script.code,
    ast: await parseAstAsync(script.code),
    coverage: { url: script.url, functions: script.functions },
    sourceMap: {
      version: 3,
      names: [],
      sources: names.map((name, at) => resolve(root, name ?? `elsewhere/${at}`)),
      mappings: encodedMappings(flat),
    },
  });
  for (const file of Object.values(found)) {
    const plain = file as Statements;
    if (names.includes(plain.path.slice(root.length + 1))) addStatements(lines, plain, root);
  }
  return lines;
}

/** Of all lines that can run, how many did; `ran` may know lines that are none, which do not count. */
export function tally(all: ReadonlyMap<number, boolean>, ...ran: (ReadonlyMap<number, boolean> | undefined)[]): number {
  return [...all.keys()].filter((line) => ran.some((one) => one?.get(line))).length;
}
