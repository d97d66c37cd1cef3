import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { arch, availableParallelism, cpus, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { PROJECT_ROOT } from "../stack/files";
import { type Face, type Family, facesOf } from "./pd-plan";
import { METHOD, type Trial, tables } from "./pd-report";
import { type Answer, tryFaces } from "./pd-trial";

// `npm run pd -- [--faces 39] [--seed 1] [--families photo,eyes,drawn] [--minutes n] [--answers file.json] [--keep folder]
// [--report file.md]`: how far the PD Calculator is off on faces of known PD, so many of each family. With
// `--answers` a run that is cut short goes on where it stopped, if seed and families are the same and nothing was changed
// meanwhile; `--keep` leaves the photos in a folder, with what was true and what was said in their names.

const FAMILIES: readonly Family[] = ["eyes", "drawn", "photo"];
const { values: asked } = parseArgs({
  options: {
    faces: { type: "string", default: "39" },
    seed: { type: "string", default: "1" },
    families: { type: "string", default: FAMILIES.join(",") },
    minutes: { type: "string", default: "60" },
    answers: { type: "string" },
    keep: { type: "string" },
    report: { type: "string" },
  },
});
const [count, seed, minutes] = [Number(asked.faces), Number(asked.seed), Number(asked.minutes)];
const families = FAMILIES.filter((family) => asked.families.split(",").includes(family));
if (!(Number.isInteger(count) && count > 0 && Number.isInteger(seed) && minutes > 0 && families.length > 0)) {
  console.error(
    "usage: npm run pd -- [--faces 39] [--seed 1] [--families photo,eyes,drawn] [--minutes 60] [--answers file.json] " +
      "[--keep folder] [--report file.md]",
  );
  process.exit(2);
}

// One of each family in turn, so that a run that is cut short says as much of each.
const lists = families.map((family) => facesOf(family, count, seed));
const faces = Array.from({ length: count }, (_, index) => lists.map((list) => list[index] as Face)).flat();
const kept: Answer[] =
  asked.answers && existsSync(asked.answers) ? JSON.parse(readFileSync(asked.answers, "utf8")) : [];
const trials: Trial[] = faces.slice(0, kept.length).map((face, index) => ({ face, answer: kept[index] as Answer }));
const begun = performance.now();
let stopping = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => (stopping = true));
if (asked.keep) mkdirSync(asked.keep, { recursive: true });

await tryFaces(faces.slice(trials.length), (face, answer, photo) => {
  trials.push({ face, answer });
  const said = answer.kind === "shown" ? `${answer.pd} (${answer.low}–${answer.high})` : answer.why;
  console.log(
    `${trials.length}/${faces.length} ${face.family}, ${face.disturbance}: ${face.byRuler.toFixed(1)} mm, said ${said}`,
  );
  if (asked.keep) {
    const name = `${face.family}-${trials.length}-true-${face.byRuler.toFixed(1)}-said-${said.replaceAll(/\W+/g, "-")}.jpg`;
    writeFileSync(join(asked.keep, name), photo);
  }
  return !stopping && performance.now() - begun < minutes * 60_000;
});

if (asked.answers) writeFileSync(asked.answers, JSON.stringify(trials.map(({ answer }) => answer)));
const git = (...args: string[]) => execFileSync("git", args, { cwd: PROJECT_ROOT, encoding: "utf8" }).trim();
const lines = [
  "# How far the PD Calculator is off",
  "",
  ...METHOD,
  "",
  `- ${new Date().toISOString().slice(0, 10)}, commit ${git("rev-parse", "--short", "HEAD")}`,
  `- ${availableParallelism()} × ${cpus()[0]?.model ?? arch()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
    `Node ${process.versions.node}, Chromium without a GPU`,
  `- seed ${seed}, ${trials.length} of ${faces.length} faces`,
  "",
  ...tables(trials),
];
console.log(lines.join("\n"));
if (asked.report) {
  mkdirSync(dirname(asked.report), { recursive: true });
  writeFileSync(asked.report, `${lines.join("\n")}\n`);
}
