import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { PROJECT_ROOT } from "../stack/files";
import { type Finished, machine, markdown } from "./proof";
import { Rig } from "./rig";
import type { Outcome, Scenario } from "./scenario";
import { SCENARIOS } from "./scenarios";

const USAGE =
  "npm run faults -- [scenario…] [--kills 1000] [--seconds 3600] [--share percent] [--rounds n] [--seed n] [--report docs/proof/faults.md]";

/**
 * `npm run faults`: every fault of the table in its long form, on a stack of its own. Ends with 1 on any breach, with 2
 * where it could not be run.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: "string", default: "1000" },
    seconds: { type: "string", default: "3600" },
    rounds: { type: "string" },
    share: { type: "string", default: "100" },
    seed: { type: "string" },
    report: { type: "string", default: "docs/proof/faults.md" },
  },
});
const number = (text: string | undefined, fallback: number): number => {
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`"${text}" is not a positive whole number. ${USAGE}`);
  return value;
};
/** How many of a scenario's own rounds to run, at least one. */
const shareOf = (rounds: number): number => Math.max(1, Math.round((rounds * number(values.share, 100)) / 100));
const commit = (): string => {
  try {
    const git = (...args: string[]) => execFileSync("git", args, { cwd: PROJECT_ROOT, encoding: "utf8" }).trim();
    const changed = git("status", "--porcelain", "--untracked-files=no", "--", "src", "dev", "drizzle");
    return `${git("rev-parse", "HEAD")}${changed ? ", with changes" : ""}`;
  } catch {
    return "not in a repository";
  }
};

async function one(rig: Rig, scenario: Scenario, seed: number): Promise<Finished> {
  const { rounds, seconds } = scenario.long;
  const begun = performance.now();
  let outcome: Outcome;
  console.log(`\n${scenario.name}: ${scenario.shows}`);
  let said = 0;
  try {
    outcome = await scenario.run(rig, {
      seed,
      rounds: number(values.rounds, rounds === "kills" ? number(values.kills, 1) : shareOf(rounds ?? 1)),
      seconds: seconds === "seconds" ? number(values.seconds, 1) : (seconds ?? 1),
      report: (line) => {
        // A line every few seconds is progress; a line a round is noise.
        if (performance.now() - said < 5_000) return;
        said = performance.now();
        console.log(`  ${line}`);
      },
    });
  } catch (error) {
    outcome = { counts: {}, breaches: [`it did not come to its end: ${error instanceof Error ? error.stack : error}`] };
  }
  const took = performance.now() - begun;
  for (const [name, count] of Object.entries(outcome.counts)) console.log(`  ${String(count).padStart(9)} ${name}`);
  for (const breach of outcome.breaches) console.log(`  BREACH ${breach}`);
  console.log(`  ${outcome.breaches.length === 0 ? "held" : "BROKEN"} after ${(took / 1000).toFixed(0)} s`);
  return { scenario, outcome, ms: took };
}

async function main(): Promise<number> {
  const seed = number(values.seed, Math.floor(Date.now() / 1000));
  const unknown = positionals.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown.length > 0) {
    console.error(
      `There is no scenario ${unknown.join(", ")}. There are ${SCENARIOS.map(({ name }) => name).join(", ")}.\n${USAGE}`,
    );
    return 2;
  }
  const chosen = SCENARIOS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const rig = await Rig.start();
  const finished: Finished[] = [];
  let about: Awaited<ReturnType<typeof machine>>;
  let stopping = false;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (stopping) return;
      stopping = true;
      void rig.stop().finally(() => process.exit(2));
    });
  }
  try {
    about = await machine();
    console.log(`seed ${seed}, commit ${commit()}`);
    for (const scenario of chosen) finished.push(await one(rig, scenario, seed));
  } finally {
    if (!stopping) await rig.stop();
  }
  const file = resolve(PROJECT_ROOT, values.report);
  const text = markdown({ finished, seed, commit: commit(), machine: about, date: new Date() });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(`\nwritten to ${values.report}`);
  return finished.some(({ outcome }) => outcome.breaches.length > 0) ? 1 : 0;
}

try {
  process.exitCode = await main();
  // What a scenario that broke off has left open must not keep the command alive.
  setTimeout(() => process.exit(), 5_000).unref();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
