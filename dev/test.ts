import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { findChromium } from "./stack/chromium";
import { messageOf, StackError } from "./stack/errors";
import { PROJECT_ROOT } from "./stack/files";

// `npm test`: everything; `npm test -- unit [filter…]` and `npm test -- e2e [filter…]` a part of it.

interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** What failed, by name. */
  readonly names: readonly string[];
}

type Json = Record<string, unknown>;
const NOTHING_RAN: Tally = { passed: 0, failed: 1, names: [] };

const [part = "all", ...filters] = process.argv.slice(2);
const reports = mkdtempSync(join(tmpdir(), "connected-apps-test-"));
let child: ReturnType<typeof spawn> | undefined;

function run(script: string, args: string[], env: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve) => {
    child = spawn(process.execPath, [join(PROJECT_ROOT, "node_modules", script), ...args], {
      cwd: PROJECT_ROOT,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...env },
    });
    child.once("error", () => resolve(1));
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

function report(file: string): Json | undefined {
  if (!existsSync(file)) return undefined;
  const value: unknown = JSON.parse(readFileSync(file, "utf8"));
  return isObject(value) ? value : undefined;
}

const count = (from: unknown, name: string): number => {
  const value = isObject(from) ? from[name] : undefined;
  return typeof value === "number" ? value : 0;
};

/** A runner that failed without a failing test has crashed, or could not load a file: that is a failure too. */
function tally(passed: number, failed: number, exitCode: number, names: readonly string[]): Tally {
  const crashed = (exitCode !== 0 && failed === 0) || passed + failed === 0;
  return { passed, failed: failed + (crashed ? 1 : 0), names };
}

/** Every object of a report, however deep, under which some key lies. */
const having = (value: unknown, key: string): Json[] => {
  if (Array.isArray(value)) return value.flatMap((each) => having(each, key));
  if (!isObject(value)) return [];
  return [...(key in value ? [value] : []), ...Object.values(value).flatMap((each) => having(each, key))];
};

async function unit(): Promise<Tally> {
  const file = join(reports, "vitest.json");
  const exitCode = await run("vitest/vitest.mjs", [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
    ...filters,
  ]);
  const result = report(file);
  const names = having(result?.testResults, "assertionResults").flatMap(({ name, assertionResults }) =>
    having(assertionResults, "fullName")
      .filter(({ status }) => status === "failed")
      .map(({ fullName }) => `${relative(PROJECT_ROOT, String(name))}: ${String(fullName)}`),
  );
  return tally(count(result, "numPassedTests"), count(result, "numFailedTests"), exitCode, names);
}

const hasSpecs = (): boolean =>
  existsSync(join(PROJECT_ROOT, "e2e")) &&
  readdirSync(join(PROJECT_ROOT, "e2e"), { recursive: true }).some((name) => String(name).endsWith(".spec.ts"));

async function endToEnd(): Promise<Tally> {
  const file = join(reports, "playwright.json");
  const exitCode = await run("@playwright/test/cli.js", ["test", "--reporter=list,json", ...filters], {
    PLAYWRIGHT_CHROMIUM_PATH: await findChromium(),
    PLAYWRIGHT_JSON_OUTPUT_NAME: file,
  });
  const result = report(file);
  const { stats } = result ?? {};
  const names = having(result?.suites, "ok").filter(({ ok }) => ok === false);
  return tally(
    count(stats, "expected") + count(stats, "flaky"),
    count(stats, "unexpected"),
    exitCode,
    names.map(({ file: spec, title }) => `${String(spec)}: ${String(title)}`),
  );
}

async function guarded(name: string, work: () => Promise<Tally>): Promise<Tally> {
  try {
    return await work();
  } catch (error) {
    console.error(error instanceof StackError ? `\n${name}: ${messageOf(error)}` : error);
    return NOTHING_RAN;
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // The runner gets it too and clears up; we stay to count.
  process.on(signal, () => child?.kill(signal));
}

const tallies: Tally[] = [];
if (part === "all" || part === "unit") tallies.push(await guarded("unit", unit));
if (part === "e2e" || (part === "all" && hasSpecs())) tallies.push(await guarded("e2e", endToEnd));
if (tallies.length === 0)
  console.error(`There is no part "${part}": type \`npm test\`, \`npm test -- unit\` or \`npm test -- e2e\`.`);
rmSync(reports, { recursive: true, force: true });

const total = tallies.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed }), {
  passed: 0,
  failed: tallies.length === 0 ? 1 : 0,
});
// Thousands of lines further up, nobody finds them.
for (const name of tallies.flatMap(({ names }) => names)) console.log(`failed: ${name}`);
console.log(`\nTests: ${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
