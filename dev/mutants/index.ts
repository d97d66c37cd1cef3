// `npm run mutants -- [--only <pattern>] [--kinds guard,step] [--left] [--quick] [--minutes n] [--jobs 1]
// [--report docs/proof/mutants.md] [--list]`: runs every mutant whose id has the pattern in it, of all kinds or those named,
// and says which of them no test notices. `--left` passes over those that
// earlier runs of this machine have seen caught, or seen survive as argued; `--quick` asks each only the tests that are
// about it, and leaves the others for later; `--minutes` begins none after that time. Exits 1 where one survives that is not
// argued to be equivalent, or an argument is stale.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { PROJECT_ROOT } from "../stack/files";
import { EQUIVALENT } from "./equivalent";
import { Memory } from "./memory";
import { allMutants, type Mutant } from "./mutants";
import { outdated, reportOf, type Summary, sorted } from "./report";
import { Stores } from "./stores";
import { exactly, type Failure, type Outcome, trial } from "./trial";

const LIMIT_MS = 400_000;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    kinds: { type: "string" },
    left: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    jobs: { type: "string", default: "1" },
    minutes: { type: "string", default: "Infinity" },
    report: { type: "string" },
  },
});

const git = (...args: string[]): string => execFileSync("git", args, { cwd: PROJECT_ROOT, encoding: "utf8" }).trim();
const exists = (test: string): boolean => existsSync(join(PROJECT_ROOT, test));

const every = allMutants(PROJECT_ROOT).map((mutant) => ({ ...mutant, tests: mutant.tests.filter(exists) }));
const kinds = values.kinds?.split(",");
const chosen = every.filter(({ id, kind }) => id.includes(values.only) && (kinds?.includes(kind) ?? true));
const memory = new Memory();
const wasCaught = ({ id }: Mutant): boolean => {
  const verdict = memory.get(id)?.verdict;
  return verdict === "caught" || verdict === "hung";
};
const summary: Summary = {
  mutants: chosen,
  verdictOf: (id) => memory.get(id),
  equivalent: EQUIVALENT,
};

/** Under load a test may run out of time for reasons of its own, and that catches nothing. */
const inTime = ({ verdict, by }: Outcome): boolean => verdict === "caught" && !/timed out/i.test(by?.message ?? "");

/**
 * Runs one mutant: first the few tests that have caught its neighbours, then those that are about it, or where nothing says
 * which those are the nearest file, then all of its own. A test that has caught none of them before, or ran out of time, is
 * asked once more, alone. Undefined where it was asked quickly and not caught so.
 */
async function judge(mutant: Mutant, stores: Stores, folder: string): Promise<Outcome | undefined> {
  const attempt = async (tests: readonly string[], only?: string): Promise<Outcome> => {
    await stores.reset();
    return trial({ mutant, tests, ...(only ? { only } : {}), folder, env: stores.env, limitMs: LIMIT_MS });
  };
  const alone = async (outcome: Outcome): Promise<Outcome> => {
    if (outcome.verdict !== "caught" || !outcome.by?.test) return outcome;
    const again = await attempt([outcome.by.file], exactly([outcome.by.test]));
    return again.verdict === "survived" ? { ...again, by: outcome.by } : again;
  };
  const likely = memory.likely(mutant);
  const [nearest] = mutant.about.length === 0 ? memory.ordered(mutant) : [];
  const first: { readonly files: readonly string[]; readonly words?: string }[] = [
    { files: likely.map(({ file }) => file), words: exactly(likely.map(({ test }) => test)) },
    { files: mutant.about.map(([file]) => file), words: mutant.about.map(([, words]) => words).join("|") },
    { files: nearest && values.quick ? [nearest] : [] },
  ];
  for (const { files, words } of first) {
    if (files.length === 0) continue;
    const outcome = await attempt([...new Set(files)], words);
    if (inTime(outcome) && words !== undefined) return outcome;
    const sure = await alone(outcome);
    if (sure.verdict === "caught" || sure.verdict === "hung") return sure;
  }
  return values.quick ? undefined : alone(await attempt(memory.ordered(mutant)));
}

/** Tests that were seen to pass on the source as it is. */
const sound = new Set<string>();

/** A test that fails without a mutant, too, catches nothing: it would call every mutant caught. @throws where one does */
async function holdTo({ file, test }: Failure, stores: Stores, folder: string): Promise<void> {
  if (test === "" || sound.has(test)) return;
  await stores.reset();
  const outcome = await trial({
    ...{ tests: [file], only: exactly([test]) },
    ...{ folder, env: stores.env, limitMs: LIMIT_MS },
  });
  if (outcome.verdict !== "survived") throw new Error(`"${test}" in ${file} fails on the source as it is`);
  sound.add(test);
}

/** @returns what became of it, for people */
async function run(mutant: Mutant, stores: Stores, folder: string): Promise<string> {
  const outcome = await judge(mutant, stores, folder);
  if (!outcome) return "left";
  const { verdict, by } = outcome;
  if (by) await holdTo(by, stores, folder);
  if (verdict === "unseen") throw new Error(`${mutant.id}: no test loads the module`);
  const { file, scope, line } = mutant;
  memory.set(mutant.id, { verdict, ...(by ? { by } : {}), file, scope, line });
  return by ? `${verdict} by "${by.test}"` : verdict;
}

let stopping = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // The trial under way ends by itself, or by the same signal; then the stores are stopped.
    stopping = true;
  });
}

async function runAll(mutants: readonly Mutant[], jobs: number, minutes: number): Promise<void> {
  const end = performance.now() + minutes * 60_000;
  const waiting = mutants.entries();
  const work = async (_: unknown, job: number): Promise<void> => {
    const stores = await Stores.start(`mutants-${job}`);
    try {
      for (const [i, mutant] of waiting) {
        if (stopping || performance.now() > end) break;
        const begun = performance.now();
        const said = await run(mutant, stores, join(PROJECT_ROOT, `.data/mutants/${process.pid}-${job}`));
        const seconds = ((performance.now() - begun) / 1000).toFixed(1);
        console.log(`${i + 1}/${mutants.length} ${mutant.id} ${seconds} s ${said}`);
      }
    } finally {
      await stores.stop();
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
}

if (values.list) {
  for (const { id, line, before, after } of chosen)
    console.log(`${id} line ${line}: ${before} → ${after || "nothing"}`);
  console.log(`${chosen.length} mutants`);
} else {
  const argued = new Set(EQUIVALENT.map(({ id }) => id));
  // Whoever asks quickly asks for what may be caught: what is argued not to be waits for the whole run.
  const known = ({ id }: Mutant) => argued.has(id) && (values.quick || memory.get(id)?.verdict === "survived");
  const todo = values.left ? chosen.filter((mutant) => !wasCaught(mutant) && !known(mutant)) : chosen;
  await runAll(todo, Number(values.jobs), Number(values.minutes));
  const { survived, equivalent, caught, notRun, stale } = sorted(summary);
  const wrong = [...stale, ...outdated(EQUIVALENT, every)];
  if (values.report) {
    const file = resolve(PROJECT_ROOT, values.report);
    mkdirSync(dirname(file), { recursive: true });
    const [cpu] = cpus();
    writeFileSync(
      file,
      reportOf(summary, [
        `${new Date().toISOString().slice(0, 10)}, commit ${git("rev-parse", "--short", "HEAD")}`,
        `${cpus().length} × ${cpu?.model.trim() ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`,
      ]),
    );
  }
  for (const { id, line, before, after } of survived) {
    console.log(`survived: ${id} line ${line}: ${before} → ${after || "nothing"}`);
  }
  for (const sentence of wrong) console.log(`stale: ${sentence}`);
  console.log(
    `Mutants: ${caught.length} caught, ${equivalent.length} equivalent, ${survived.length} survived, ${notRun.length} not run`,
  );
  process.exitCode = survived.length + wrong.length > 0 ? 1 : 0;
}
