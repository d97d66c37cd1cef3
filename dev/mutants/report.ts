import type { Verdict } from "./memory";
import type { Mutant } from "./mutants";

/** What a run came to. */
export interface Summary {
  readonly mutants: readonly Mutant[];
  readonly verdictOf: (id: string) => Verdict | undefined;
  readonly equivalent: readonly { readonly id: string; readonly because: string }[];
}

export interface Sorted {
  readonly caught: Mutant[];
  readonly equivalent: Mutant[];
  readonly survived: Mutant[];
  readonly notRun: Mutant[];
  /** What the table of equivalents says wrongly. */
  readonly stale: string[];
}

/** Sorts mutants by what became of them. A hang counts as caught. */
export function sorted({ mutants, verdictOf, equivalent }: Summary): Sorted {
  const excused = new Set(equivalent.map(({ id }) => id));
  const found: Sorted = { caught: [], equivalent: [], survived: [], notRun: [], stale: [] };
  for (const mutant of mutants) {
    const verdict = verdictOf(mutant.id)?.verdict;
    if (verdict === "caught" || verdict === "hung") {
      found.caught.push(mutant);
      if (excused.has(mutant.id)) found.stale.push(`${mutant.id} is said to be equivalent, and was caught`);
    } else if (excused.has(mutant.id)) {
      found.equivalent.push(mutant);
    } else if (verdict === "survived") {
      found.survived.push(mutant);
    } else {
      found.notRun.push(mutant);
    }
  }
  return found;
}

/** The entries of the table of equivalents that no mutant answers to any more. `all` is every mutant there is. */
export const outdated = (equivalent: Summary["equivalent"], all: readonly Mutant[]): string[] => {
  const there = new Set(all.map(({ id }) => id));
  return equivalent
    .filter(({ id }) => !there.has(id))
    .map(({ id }) => `${id} is said to be equivalent, and its text has changed`);
};

const cell = (text: string): string => `\`${text.replaceAll("|", "\\|").replaceAll("`", "'").slice(0, 110)}\``;
const change = ({ before, after }: Mutant): string => `${cell(before)} → ${after ? cell(after) : "nothing"}`;
const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] => [
  `| ${head.join(" | ")} |`,
  `|${head.map(() => "---").join("|")}|`,
  ...rows.map((row) => `| ${row.join(" | ")} |`),
];

/** What is taken out whole comes first: the other kinds turn something round in what is left. */
const KINDS = [
  "guard",
  "write",
  "step",
  "set",
  "lock",
  "where",
  "always",
  "order",
  "comparison",
  "operand",
  "sign",
  "term",
];

const shorter = (path: string): string => path.replace("src/features/metering/", "");

/** The report as Markdown. `facts` says when, of which commit and on what it was made. */
export function reportOf(summary: Summary, facts: readonly string[]): string {
  const { caught, equivalent, survived, notRun } = sorted(summary);
  const why = new Map(summary.equivalent.map(({ id, because }) => [id, because]));
  const files = [...new Set(summary.mutants.map(({ file }) => file))];
  const counts = (of: (mutant: Mutant) => boolean): number[] =>
    [summary.mutants, caught, equivalent, survived, notRun].map((some) => some.filter(of).length);
  const kinds = KINDS.filter((kind) => summary.mutants.some((mutant) => mutant.kind === kind));
  const by = new Map<string, number>();
  for (const { id } of caught) {
    const verdict = summary.verdictOf(id);
    const name =
      verdict?.verdict === "hung" ? "the time limit" : shorter(verdict?.by?.file || "the module's own start");
    by.set(name, (by.get(name) ?? 0) + 1);
  }
  return [
    "# Mutants",
    "",
    "Made by `npm run mutants`: each guard and each write of the metering scripts, and each step of the drain and of the way",
    "back, is taken out or turned round in turn, and the tests are run on real stores. A mutant that no test notices is a gap in",
    "the tests, or changes nothing that anybody can see.",
    "",
    ...facts.map((fact) => `- ${fact}`),
    "",
    `**${summary.mutants.length} mutants: ${caught.length} caught, ${equivalent.length} equivalent, ${survived.length} ` +
      `survived${notRun.length > 0 ? `, ${notRun.length} not run` : ""}.**`,
    "",
    ...(notRun.length > 0
      ? [
          "Not run are those whose turn has not come, and those that the tests about them did not catch and that have not been",
          "shown to all of their tests yet. An equivalent one stands by its argument, whether or not it was run.",
          "",
        ]
      : []),
    "## By module",
    "",
    ...table(
      ["module", "mutants", "caught", "equivalent", "survived", "not run"],
      files.map((name) => [shorter(name), ...counts(({ file }) => file === name)]),
    ),
    "",
    "## By kind",
    "",
    "The first six take something out whole: a guard, a write, a step, an assignment, a lock, a condition of a query. The",
    "others turn something round.",
    "",
    ...table(
      ["kind", "mutants", "caught", "equivalent", "survived", "not run"],
      kinds.map((name) => [name, ...counts(({ kind }) => kind === name)]),
    ),
    "",
    "## Which tests caught them",
    "",
    "The first that failed; others may too.",
    "",
    ...table(
      ["tests", "mutants"],
      [...by].toSorted((a, b) => b[1] - a[1]).map(([name, times]) => [name, times]),
    ),
    "",
    ...(survived.length > 0
      ? [
          "## Survivors",
          "",
          ...table(
            ["mutant", "change"],
            survived.map((one) => [one.id, change(one)]),
          ),
          "",
        ]
      : []),
    ...(equivalent.length > 0
      ? [
          "## Equivalent",
          "",
          ...table(
            ["mutant", "change", "why"],
            equivalent.map((one) => [one.id, change(one), why.get(one.id) ?? ""]),
          ),
          "",
        ]
      : []),
  ].join("\n");
}
