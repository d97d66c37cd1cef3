import { type Lines, tally } from "./lines";

interface Row {
  readonly name: string;
  readonly lines: number;
  readonly tests: number;
  readonly journeys: number;
  readonly both: number;
}
interface About {
  readonly commit: string;
  readonly date: Date;
  /** Parts in which something failed. */
  readonly failed: readonly string[];
}

const percent = (part: number, whole: number): string => (whole === 0 ? "–" : `${((part / whole) * 100).toFixed(1)} %`);

/** The row that a file counts to: a feature, or a folder of `src`. */
function rowOf(file: string): string | null {
  if (/\.test\.tsx?$|^src\/test\//.test(file)) return null;
  const [, folder = "", inside = ""] = file.split("/");
  return folder === "features" ? `features/${inside}` : folder;
}

function rowsOf(tests: Lines, journeys: Lines, name: (file: string) => string | null): Row[] {
  const rows = new Map<string, Row>();
  for (const [file, all] of tests) {
    const row = name(file);
    if (row === null || all.size === 0) continue;
    const known = rows.get(row) ?? { name: row, lines: 0, tests: 0, journeys: 0, both: 0 };
    const walked = journeys.get(file);
    rows.set(row, {
      name: row,
      lines: known.lines + all.size,
      tests: known.tests + tally(all, all),
      journeys: known.journeys + tally(all, walked),
      both: known.both + tally(all, all, walked),
    });
  }
  return [...rows.values()];
}

const total = (rows: readonly Row[], name: string): Row =>
  rows.reduce(
    (sum, row) => ({
      name,
      lines: sum.lines + row.lines,
      tests: sum.tests + row.tests,
      journeys: sum.journeys + row.journeys,
      both: sum.both + row.both,
    }),
    { name, lines: 0, tests: 0, journeys: 0, both: 0 },
  );

const line = ({ name, lines, tests, journeys, both }: Row, strong = false): string => {
  const cells = [name, String(lines), percent(tests, lines), percent(journeys, lines), percent(both, lines)];
  return `| ${cells.map((cell) => (strong ? `**${cell}**` : cell)).join(" | ")} |`;
};

/**
 * The page of what was counted. The lines that count are those in which a statement begins, of every file, whether a test
 * loads it or not.
 * @returns the page, and the part of the lines of `features/` that ran
 */
export function report(
  tests: Lines,
  journeys: Lines,
  { commit, date, failed }: About,
): { page: string; features: number } {
  const rows = rowsOf(tests, journeys, rowOf).toSorted((a, b) => a.name.localeCompare(b.name));
  const features = rows.filter(({ name }) => name.startsWith("features/"));
  const others = rows.filter(({ name }) => !name.startsWith("features/"));
  const all = total(features, "features");
  const least = rowsOf(tests, journeys, (file) => (rowOf(file)?.startsWith("features/") ? file : null))
    .filter((row) => row.both / row.lines < 0.8)
    .toSorted((a, b) => b.lines - b.both - (a.lines - a.both))
    .slice(0, 20);
  const head = ["lines", "unit and stores", "journeys", "together"];
  const page = [
    "# Coverage",
    "",
    "Which lines the tests run: unit tests and tests on real stores (`vitest`), and the journeys in a browser against a production",
    "build, in its server and in its pages, counted by V8 and led back to the sources by their maps. A line counts where a statement",
    "begins in it, in every file, whether a test loads it or not. What commands run in processes of their own (`src/cli`, the worker)",
    "is not counted, though tests look at what it does. That no test lacks an assertion is checked by `dev/verify/assertions.test.ts`.",
    "",
    `By \`npm run coverage\` on ${date.toISOString().slice(0, 10)} at ${commit}${failed.length > 0 ? `; something failed in: ${failed.join(", ")}` : ""}.`,
    "",
    `| folder | ${head.join(" | ")} |`,
    "|---|--:|--:|--:|--:|",
    ...features.map((row) => line(row)),
    line(all, true),
    ...others.map((row) => line(row)),
    "",
    ...(least.length === 0
      ? ["No file of `features/` is below 80 %."]
      : [
          "Files of `features/` below 80 %:",
          "",
          `| file | ${head.join(" | ")} |`,
          "|---|--:|--:|--:|--:|",
          ...least.map((row) => line({ ...row, name: `\`${row.name.replace("src/features/", "")}\`` })),
        ]),
    "",
  ].join("\n");
  return { page, features: all.lines === 0 ? 0 : all.both / all.lines };
}
