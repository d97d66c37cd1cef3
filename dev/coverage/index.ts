import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Profiler } from "node:inspector";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findChromium } from "../stack/chromium";
import { PROJECT_ROOT } from "../stack/files";
import { addStatements, type Lines, linesOfScript } from "./lines";
import { report } from "./report";

// `npm run coverage`: which lines the tests run, those on stores and those in a browser together. The journeys run against a
// production build that is not minified, in which V8 counts, in the server and in the pages; source maps lead back to our files.
// `-- --only tests|journeys|report` does one part, and of that what words after it name; what the parts found stays in coverage/
// until they run again.

const { values, positionals: filters } = parseArgs({ options: { only: { type: "string" } }, allowPositionals: true });
const FOLDER = join(PROJECT_ROOT, "coverage");
const TESTS = join(FOLDER, "tests");
const JOURNEYS = join(FOLDER, "journeys");
const BUILD = join(PROJECT_ROOT, ".next-e2e");

function run(args: string[], env: Record<string, string> = {}): Promise<number> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, args, {
      cwd: PROJECT_ROOT,
      stdio: "inherit",
      env: { ...process.env, ...env },
    });
    child.once("error", failed);
    child.once("exit", (code) => done(code ?? 1));
  });
}
const script = (path: string): string => join(PROJECT_ROOT, "node_modules", path);

async function runTests(): Promise<number> {
  rmSync(TESTS, { recursive: true, force: true });
  const options = ["enabled", "provider=v8", "include=src/**/*.{ts,tsx}", "reporter=json", `reportsDirectory=${TESTS}`];
  // A test that fails has run its lines all the same; the report says how many did.
  return run([
    ...[script("vitest/vitest.mjs"), "run", "--coverage.reportOnFailure", ...filters],
    ...options.map((option) => `--coverage.${option}`),
  ]);
}

/** The journeys against a build that V8's counts can be led back from, which is thrown away again. */
async function runJourneys(): Promise<number> {
  for (const folder of [JOURNEYS, BUILD]) rmSync(folder, { recursive: true, force: true });
  mkdirSync(JOURNEYS, { recursive: true });
  const browser = await findChromium();
  const code = await run(
    [script("@playwright/test/cli.js"), "test", "--project=production", "--reporter=list", ...filters],
    {
      ...{ COVERAGE: "on", COVERAGE_DIR: JOURNEYS },
      ...(browser && { PLAYWRIGHT_CHROMIUM_PATH: browser }),
    },
  );
  return code;
}

/** What vitest wrote: statements by file, those of files that no test loads included. */
function linesOfTests(): Lines {
  const file = join(TESTS, "coverage-final.json");
  if (!existsSync(file)) throw new Error("The tests have not been counted yet: run this without --only.");
  const lines: Lines = new Map();
  for (const one of Object.values(
    JSON.parse(readFileSync(file, "utf8")) as Record<string, Parameters<typeof addStatements>[1]>,
  )) {
    addStatements(lines, one, PROJECT_ROOT);
  }
  return lines;
}

interface Counted {
  readonly result: readonly { readonly url: string; readonly functions: Profiler.FunctionCoverage[] }[];
}

/** The file that an address of the server or of a page was read from. */
function builtFile(url: string): string | null {
  if (url.startsWith("file:")) return url.includes("/.next-e2e/") ? fileURLToPath(url) : null;
  const [, path] = /^https?:\/\/[^/]+\/_next\/(static\/.*\.js)/.exec(url) ?? [];
  return path ? join(BUILD, decodeURIComponent(path)) : null;
}

/** The map that a script names at its end: the pages' have names of their own. */
const mapBeside = (path: string, code: string): string => {
  const [, named] = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(code.slice(-500)) ?? [];
  return named && !named.startsWith("data:") ? join(dirname(path), decodeURIComponent(named)) : `${path}.map`;
};

/** What V8 counted in the production server and in the pages of the journeys. */
async function linesOfJourneys(): Promise<Lines> {
  const lines: Lines = new Map();
  const read = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, "utf8") : undefined);
  for (const folder of ["server", "pages"]) {
    if (!existsSync(join(JOURNEYS, folder))) continue;
    for (const name of readdirSync(join(JOURNEYS, folder))) {
      const { result } = JSON.parse(readFileSync(join(JOURNEYS, folder, name), "utf8")) as Counted;
      for (const { url, functions } of result) {
        const path = builtFile(url);
        const code = path ? read(path) : undefined;
        const map = path && code !== undefined ? read(mapBeside(path, code)) : undefined;
        if (!path || code === undefined || map === undefined || !/src[\\/]/.test(map)) continue;
        const found = await linesOfScript({ url: `file://${path}`, code, map, functions }, PROJECT_ROOT);
        for (const [file, ran] of found) {
          const known = lines.get(file) ?? new Map<number, boolean>();
          lines.set(file, known);
          for (const [line, did] of ran) known.set(line, (known.get(line) ?? false) || did);
        }
      }
    }
  }
  return lines;
}

const wants = (part: string): boolean => values.only === undefined || values.only === part;
const failed: string[] = [];
if (wants("tests") && (await runTests()) !== 0) failed.push("tests");
if (wants("journeys") && (await runJourneys()) !== 0) failed.push("journeys");
if (wants("report")) {
  const commit = execFileSync("git", ["rev-parse", "--short=10", "HEAD"], {
    cwd: PROJECT_ROOT,
    encoding: "utf8",
  }).trim();
  const { page, features } = report(linesOfTests(), await linesOfJourneys(), { commit, date: new Date(), failed });
  writeFileSync(join(PROJECT_ROOT, "docs/proof/coverage.md"), page);
  console.log(`${page}\ndocs/proof/coverage.md is written.`);
  rmSync(BUILD, { recursive: true, force: true });
  if (features < 0.9) failed.push("features");
}
if (failed.length > 0) {
  console.error(`Not as it should be: ${failed.join(", ")}.`);
  process.exitCode = 1;
}
