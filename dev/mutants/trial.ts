import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "../stack/files";
import type { Mutant } from "./mutants";
import { PLAN_VARIABLE, type Plan } from "./plan";

/** A test that failed. */
export interface Failure {
  readonly file: string;
  /** '' where the file failed as a whole. */
  readonly test: string;
  readonly message: string;
}

export interface Outcome {
  readonly verdict: "caught" | "survived" | "hung" | "unseen";
  readonly by?: Failure;
  /** How long each test file that ran took, ms. */
  readonly files: Readonly<Record<string, number>>;
}

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;
const list = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** Any of some texts as a whole, as a pattern. */
export const exactly = (texts: readonly string[]): string =>
  `^(?:${texts.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})$`;

/**
 * Runs tests on a mutant, or on the source as it is, and ends them with the first that fails or at the time limit.
 * @param folder where its files go; of this trial alone
 * @param env addresses of the stores
 */
export async function trial(options: {
  readonly mutant?: Mutant;
  readonly tests: readonly string[];
  /** A pattern for the full names of the only tests to run. */
  readonly only?: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly limitMs: number;
}): Promise<Outcome> {
  const { mutant, tests, only, folder, env, limitMs } = options;
  mkdirSync(folder, { recursive: true });
  const at = (name: string) => join(folder, name);
  const [planFile, textFile, resultFile, loadedFile] = [
    at("plan.json"),
    at("module.ts"),
    at("result.json"),
    at("loaded"),
  ];
  for (const file of [resultFile, loadedFile]) rmSync(file, { force: true });
  if (mutant) writeFileSync(textFile, mutant.text);
  const plan: Plan = {
    ...(mutant ? { mutant: { file: mutant.file, textFile } } : {}),
    ...(only === undefined ? {} : { only }),
    tests,
    resultFile,
    loadedFile,
  };
  writeFileSync(planFile, JSON.stringify(plan));
  const hung = await vitest({ ...env, [PLAN_VARIABLE]: planFile }, limitMs);
  const result: unknown = existsSync(resultFile) ? JSON.parse(readFileSync(resultFile, "utf8")) : undefined;
  const ran = isObject(result) ? list(result.testResults) : [];
  const files = Object.fromEntries(
    ran.map((one) => [relative(String(one.name)), Math.round(Number(one.endTime) - Number(one.startTime))]),
  );
  const by = ran.map(failureOf).find((failure) => failure !== undefined);
  if (by) return { verdict: "caught", by, files };
  if (hung) return { verdict: "hung", files };
  if (mutant && !existsSync(loadedFile)) return { verdict: "unseen", files };
  if (!isObject(result)) return { verdict: "caught", by: { file: "", test: "", message: "nothing ran" }, files };
  return { verdict: "survived", files };
}

const relative = (path: string): string => path.replace(`${PROJECT_ROOT}/`, "");

/** A test's full name as Vitest compares it with a pattern. */
const nameOf = ({ ancestorTitles, title }: Json): string =>
  [...(Array.isArray(ancestorTitles) ? ancestorTitles : []), title].join(" > ");

function failureOf(file: Json): Failure | undefined {
  const name = relative(String(file.name));
  const failed = list(file.assertionResults).find((test) => test.status === "failed");
  if (failed) {
    const [message] = Array.isArray(failed.failureMessages) ? failed.failureMessages : [];
    return { file: name, test: nameOf(failed), message: firstLine(message) };
  }
  return file.status === "failed" ? { file: name, test: "", message: firstLine(file.message) } : undefined;
}

const firstLine = (message: unknown): string =>
  String(message ?? "")
    .split("\n")[0]
    ?.slice(0, 200) ?? "";

/** @returns whether it had to be ended at the time limit */
function vitest(env: Readonly<Record<string, string>>, limitMs: number): Promise<boolean> {
  const args = [
    join(PROJECT_ROOT, "node_modules/vitest/vitest.mjs"),
    "run",
    "--config",
    "dev/mutants/vitest.config.ts",
  ];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: PROJECT_ROOT,
      stdio: "ignore",
      env: { ...process.env, ...env },
      // A group of its own, so that its workers can be ended with it.
      detached: true,
    });
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, limitMs);
    const done = () => {
      clearTimeout(timer);
      resolve(hung);
    };
    child.once("error", done);
    child.once("exit", done);
  });
}
