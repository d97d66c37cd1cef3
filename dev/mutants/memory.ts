import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PROJECT_ROOT, writeJson } from "../stack/files";
import type { Mutant } from "./mutants";
import type { Failure } from "./trial";

/** What became of a mutant when it was last run. */
export interface Verdict {
  readonly verdict: "caught" | "survived" | "hung";
  /** The test that caught it; of a survivor, one that failed among others and not alone. */
  readonly by?: Failure;
  /** The mutant's place, by which its neighbours are found. */
  readonly file: string;
  readonly scope: string;
  readonly line: number;
}

const FILE = join(PROJECT_ROOT, ".data/mutants/verdicts.json");
const MOST_NAMED = 10;

/** What earlier runs have shown, kept between them. */
export class Memory {
  private readonly verdicts: Map<string, Verdict>;

  constructor() {
    const known: Record<string, Verdict> = existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : {};
    this.verdicts = new Map(Object.entries(known));
  }

  get(id: string): Verdict | undefined {
    return this.verdicts.get(id);
  }

  set(id: string, verdict: Verdict): void {
    this.verdicts.set(id, verdict);
    mkdirSync(dirname(FILE), { recursive: true });
    writeJson(FILE, Object.fromEntries(this.verdicts));
  }

  /** The verdicts on mutants of the same module, and how near each is to a mutant: 1 is the same, 0 is far. */
  private near(mutant: Mutant): { readonly by: Failure; readonly nearness: number }[] {
    return [...this.verdicts].flatMap(([id, { file, scope, line, by, verdict }]) => {
      if (file !== mutant.file || verdict === "survived" || !by || !mutant.tests.includes(by.file)) return [];
      const lines = Math.abs(line - mutant.line) + (scope === mutant.scope ? 0 : 50);
      return [{ by, nearness: id === mutant.id ? 10 : 1 / (1 + lines) }];
    });
  }

  /** The tests that have caught this mutant or its neighbours: likely to catch it, and few. */
  likely(mutant: Mutant): { readonly file: string; readonly test: string }[] {
    const found = new Map<string, { readonly file: string; readonly test: string; readonly weight: number }>();
    for (const { by, nearness } of this.near(mutant)) {
      const { file, test } = by;
      if (test) found.set(test, { file, test, weight: (found.get(test)?.weight ?? 0) + nearness });
    }
    return [...found.values()].toSorted((a, b) => b.weight - a.weight).slice(0, MOST_NAMED);
  }

  /** A mutant's tests, those files first that have caught its neighbours. */
  ordered(mutant: Mutant): string[] {
    const weights = new Map<string, number>();
    for (const { by, nearness } of this.near(mutant)) weights.set(by.file, (weights.get(by.file) ?? 0) + nearness);
    return mutant.tests.toSorted((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0));
  }
}
