import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { arch, availableParallelism, cpus, totalmem } from "node:os";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import type { Failure } from "../../src/test/model/run";
import { PROJECT_ROOT } from "../stack/files";
import { startThrowAway } from "../stack/throw-away";

// `npm run model -- --seeds 5000 [--seed n] [--path p] [--report docs/proof/model.md]`: the metering core against a model
// of it, on a Postgres and a Redis that are thrown away. `--seed` is the first seed; with `--path`, that one alone.

const { values: asked } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    path: { type: "string" },
    report: { type: "string" },
  },
});
const from = Number(asked.seed);
const seeds = asked.path === undefined ? Number(asked.seeds) : 1;
if (!Number.isInteger(from) || !Number.isInteger(seeds) || seeds < 1) {
  console.error("usage: npm run model -- [--seeds 1000] [--seed 1] [--path 0:1:2] [--report file.md]");
  process.exit(2);
}

const services = await startThrowAway("model");
const failures: Failure[] = [];
let lines: string[] = [];
let stopping = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => (stopping = true));
try {
  Object.assign(process.env, services.env, {
    AUTH_URL: "http://localhost:3000",
    LOG_LEVEL: "silent",
    STACK_REDIS_URL: services.redisUrl,
    STACK_POSTGRES_ADMIN_URL: services.postgresAdminUrl,
  });
  const { migrateDatabase } = await import("../../src/db/migrate");
  await migrateDatabase(services.env.DATABASE_OWNER_URL ?? "");
  const { newSeen, runSeed } = await import("../../src/test/model/run");
  const { FAILED } = await import("../../src/test/model/seeds");
  const { closeWorlds } = await import("../../src/test/model/world");
  const { closeDb } = await import("../../src/db/client");

  const seen = newSeen();
  const begun = performance.now();
  const each = Array.from({ length: seeds }, (_, i) => from + i);
  const all = asked.path === undefined ? [...new Set([...FAILED.map(({ seed }) => seed), ...each])] : [from];
  let done = 0;
  for (const seed of all) {
    if (stopping) break;
    const failure = await runSeed(seed, seen, asked.path === undefined ? {} : { path: asked.path });
    done++;
    if (failure) {
      failures.push(failure);
      console.log(
        `seed ${seed} differs; again: npm run model -- --seed ${seed} --path ${failure.path}\n${failure.report}`,
      );
    }
    if (done % 100 === 0) console.log(`${done} of ${all.length} seeds, ${failures.length} differ`);
  }
  const seconds = (performance.now() - begun) / 1000;
  lines = report({ done, seconds, seen });
  await closeWorlds();
  await closeDb();
} finally {
  await services.stop();
}
console.log(lines.join("\n"));
if (asked.report) {
  mkdirSync(dirname(asked.report), { recursive: true });
  writeFileSync(asked.report, `${lines.join("\n")}\n`);
}
process.exit(failures.length > 0 || stopping ? 1 : 0);

interface Run {
  readonly done: number;
  readonly seconds: number;
  readonly seen: { readonly commands: ReadonlyMap<string, number>; readonly answers: ReadonlyMap<string, number> };
}

/** What the run did, as a page of Markdown. */
function report({ done, seconds, seen }: Run): string[] {
  const git = (...args: string[]) => execFileSync("git", args, { cwd: PROJECT_ROOT, encoding: "utf8" }).trim();
  const commands = [...seen.commands.values()].reduce((a, b) => a + b, 0);
  const table = (head: string, rows: ReadonlyMap<string, number>) => [
    `| ${head} | times |`,
    "| --- | ---: |",
    ...[...rows].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, times]) => `| ${name} | ${times} |`),
  ];
  return [
    "# The metering core against its model",
    "",
    `${new Date().toISOString().slice(0, 10)}, commit ${git("rev-parse", "--short", "HEAD")}` +
      `${git("status", "--porcelain", "--untracked-files=no") ? " with changes" : ""}. ` +
      `Node ${process.versions.node}, ${availableParallelism()} × ${cpus()[0]?.model ?? arch()}, ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB.`,
    "",
    `${done} seeds from ${from}, ${commands} commands, ${Math.round(seconds)} s, ${failures.length} seeds differ.`,
    "",
    ...failures.flatMap(({ seed, path, report: text }) => [
      `## Seed ${seed}`,
      "",
      `\`npm run model -- --seed ${seed} --path ${path}\``,
      "",
      "```",
      text.replaceAll(PROJECT_ROOT, "."),
      "```",
      "",
    ]),
    "## Commands",
    "",
    ...table("command", seen.commands),
    "",
    "## Answers",
    "",
    ...table("answer", seen.answers),
  ];
}
