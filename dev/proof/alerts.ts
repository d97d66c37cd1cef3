import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  average,
  type Judge,
  nothing,
  precision,
  recall,
  robust,
  type Score,
  score,
  seedsFor,
} from "@/test/alert-judge";
import { type Anomaly, type SimulatedBrand, simulate } from "@/test/usage-simulator";
import { PROJECT_ROOT } from "../stack/files";

// `npm run -s alerts -- [--brands 200] [--report docs/proof/alerts.md]`: lets the alert for unusual usage and seed 002's
// rule watch simulated brands on seeds that nobody has tuned on, and says how many alerts were for something and how
// much of what happened was told.

const { values: asked } = parseArgs({
  options: { brands: { type: "string", default: "200" }, report: { type: "string" } },
});
const brands = Number(asked.brands);
if (!(Number.isInteger(brands) && brands > 0)) {
  console.error("usage: npm run -s alerts -- [--brands 200] [--report docs/proof/alerts.md]");
  process.exit(2);
}

const JUDGES: readonly (readonly [name: string, judge: Judge])[] = [
  ["ours", robust],
  ["1.5 × average", average],
];
const EVERYTHING: readonly Anomaly["kind"][] = ["surge", "leak", "night", "lull"];
const GROUPS: readonly (readonly [name: string, of: (brand: SimulatedBrand) => boolean, kinds: typeof EVERYTHING])[] = [
  ["everything", () => true, EVERYTHING],
  ["surges: three to seven times as much, 2 to 6 hours", () => true, ["surge"]],
  ["leaks: about twice as much, 8 to 14 hours", () => true, ["leak"]],
  ["nights like days, 3 to 5 hours", () => true, ["night"]],
  ["lulls: next to nothing in the daytime, 4 to 8 hours", () => true, ["lull"]],
  ["small brands, all of it", ({ size }) => size === "small", EVERYTHING],
  ["middle brands, all of it", ({ size }) => size === "middle", EVERYTHING],
  ["large brands, all of it", ({ size }) => size === "large", EVERYTHING],
];

const scores = new Map<string, Score>();
for (const seed of seedsFor("held-out", brands)) {
  const brand = simulate(seed);
  for (const [group, of, kinds] of GROUPS) {
    if (!of(brand)) continue;
    for (const [name, judge] of JUDGES) {
      const key = `${group}|${name}`;
      scores.set(key, score(judge, brand, kinds, scores.get(key) ?? nothing()));
    }
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const rows = GROUPS.flatMap(([group]) =>
  JUDGES.map(([name]) => {
    const all = scores.get(`${group}|${name}`) ?? nothing();
    const wrong = all.told - all.right;
    const each = all.weeks === 0 ? "–" : (wrong / all.weeks).toFixed(wrong / all.weeks < 1 ? 3 : 1);
    const delay = all.found === 0 ? "–" : (all.delay / all.found).toFixed(1);
    const right = all.told === 0 ? "–" : percent(precision(all));
    return `| ${group} | ${name} | ${all.happened} | ${right} | ${percent(recall(all))} | ${each} | ${delay} |`;
  }),
);
const table = [
  "| what happened | rule | how often | precision | recall | false alarms a brand and week | hours to the alert |",
  "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
  ...rows,
].join("\n");
console.log(table);

if (asked.report) {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: PROJECT_ROOT }).toString().trim();
  const [first, last] = [seedsFor("held-out", brands)[0], seedsFor("held-out", brands).at(-1)];
  writeFileSync(
    join(PROJECT_ROOT, asked.report),
    `# How well unusual usage is told

Made by \`npm run -s alerts -- --report docs/proof/alerts.md\`: ${brands} simulated brands of fourteen weeks, judged hour by hour from
the seventh week on with nothing but what came before. Seeds ${first} to ${last}; the figures of the detector were chosen on seeds
1 to 40 and not changed after these were looked at. ${new Date().toISOString().slice(0, 10)}, commit ${commit}.

A brand has a rhythm of day and week of its own, grows or shrinks, has days that are better or worse as a whole, sales days
that nobody announced (up to half as much again) and holidays, and shoppers whose uses come in handfuls. Five to seven
times something happens to it. An alert is right where something is happening then, on that side, and counts as false in
any other hour, on a sales day too. What happened is found where an alert tells of it. Both rules tell when they are crossed and not again until an
ordinary hour (two of them, ours). The rule beside ours is the one of seed 002, \`hourly_token_usage > 1.5 *
avg_hourly_usage\`, with the average of the four weeks before; it cannot see a lull, and so finds none.

${table}

What this does not show: real brands. The simulator's surges have sharp edges, its good days are alike all day long, and
nobody's campaign lasts a week. Small brands (four to fifteen uses in a good hour) are told of less, on purpose: below twelve uses
more or less than usual nobody is disturbed.
`,
  );
}
