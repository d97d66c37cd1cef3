// `npm run -s guards [-- --only <words>] [--left] [--minutes n] [--report docs/proof/billing.md]`: takes each guard of the money's
// way out in turn, runs the tests that are about it on real stores and the Stripe stand-in, and says which of them failed. Exits
// 1 where none did. `--left` passes over those that earlier runs of this machine have seen; `--minutes` begins none after that
// time. `--report` writes what this and earlier runs have seen between the page's marks.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { PROJECT_ROOT, writeJson } from "../stack/files";
import { OfficialTypes } from "../stripe/official/witness";
import { StandIn } from "../stripe/server";
import { GUARDS, type Guard } from "./guards";
import type { Mutant } from "./mutants";
import { Stores } from "./stores";
import { trial } from "./trial";

const LIMIT_MS = 120_000;
const SEEN = join(PROJECT_ROOT, ".data/mutants/guards.json");
const [FROM, TO] = ["<!-- guards -->", "<!-- /guards -->"];

/** What was seen of a guard, and of which text: another text has to be seen anew. */
interface Seen {
  readonly test: string;
  readonly file: string;
  readonly day: string;
  readonly commit: string;
}

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    left: { type: "boolean", default: false },
    minutes: { type: "string", default: "Infinity" },
    report: { type: "string" },
  },
});
const seen: Record<string, Seen> = existsSync(SEEN) ? JSON.parse(readFileSync(SEEN, "utf8")) : {};
const keyOf = ({ file, there, out }: Guard): string => [file, there, out].join("\n");
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: PROJECT_ROOT, encoding: "utf8" }).trim();

function mutantOf({ file, there, out, test, words }: Guard): Mutant {
  const text = readFileSync(join(PROJECT_ROOT, file), "utf8");
  const changed = text.replace(there, () => out);
  const rest = { id: file, scope: "", line: 0, kind: "guard", before: there, after: out };
  return { ...rest, file, text: changed, tests: [test], about: [[test, words]] };
}

async function runAll(guards: readonly Guard[]): Promise<Guard[]> {
  const stripe = new StandIn({ secretKey: "sk_test_guards", witness: new OfficialTypes() });
  const stores = await Stores.start("guards");
  const survived: Guard[] = [];
  try {
    const env = {
      ...stores.env,
      STRIPE_SECRET_KEY: "sk_test_guards",
      STRIPE_WEBHOOK_SECRET: "whsec_guards",
      STRIPE_API_URL: await stripe.listen(),
    };
    const end = performance.now() + Number(values.minutes) * 60_000;
    for (const guard of guards) {
      if (performance.now() > end) break;
      await stores.reset();
      const folder = join(PROJECT_ROOT, `.data/mutants/guards-${process.pid}`);
      const { test, words } = guard;
      const outcome = await trial({
        mutant: mutantOf(guard),
        tests: [test],
        only: words,
        folder,
        env,
        limitMs: LIMIT_MS,
      });
      const { verdict, by } = outcome;
      console.log(`${verdict}: ${guard.holds}${by ? ` by "${by.test}": ${by.message}` : ""}`);
      if (verdict === "caught" && by?.test) {
        seen[keyOf(guard)] = { test: by.test, file: by.file, day: new Date().toISOString().slice(0, 10), commit };
        mkdirSync(dirname(SEEN), { recursive: true });
        writeJson(SEEN, seen);
      } else survived.push(guard);
    }
  } finally {
    await stores.stop();
    await stripe.close();
  }
  return survived;
}

const cell = (text: string): string => text.replaceAll("|", "\\|");
const short = (path: string): string => path.replace("src/features/billing/", "");

function writeReport(page: string): void {
  const rows = GUARDS.map((guard) => {
    const found = seen[keyOf(guard)];
    const told = found ? `${cell(found.test)} (\`${short(found.file)}\`)` : "not seen yet";
    return `| ${cell(guard.holds)} | \`${short(guard.file)}\` | ${told} | ${found ? `${found.day}, ${found.commit}` : ""} |`;
  });
  const table = ["| what is held | guard in | test that fails without it | seen |", "|---|---|---|---|", ...rows];
  const text = readFileSync(page, "utf8");
  const [start, end] = [text.indexOf(FROM), text.indexOf(TO)];
  if (start < 0 || end < start) throw new Error(`${page} has no place for the guards`);
  writeFileSync(page, `${text.slice(0, start + FROM.length)}\n\n${table.join("\n")}\n\n${text.slice(end)}`);
}

const words = values.only.toLowerCase();
const chosen = GUARDS.filter((guard) => `${guard.holds} ${guard.file}`.toLowerCase().includes(words)).filter(
  (guard) => !values.left || !seen[keyOf(guard)],
);
const survived = chosen.length === 0 ? [] : await runAll(chosen);
for (const { holds } of survived) console.log(`no test fails without: ${holds}`);
if (values.report) writeReport(resolve(PROJECT_ROOT, values.report));
process.exitCode = survived.length > 0 ? 1 : 0;
