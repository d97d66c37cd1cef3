import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PROJECT_ROOT, writeJson } from "../stack/files";
import type { Mutant } from "./mutants";
import type { Failure } from "./trial";

/** What became of a mutant when it was last run. */
export interface Verdict {
  readonly verdict: "caught" | "survived" | "hung";
  readonly by?: Failure;
  /** The mutant's place, by which its neighbours are found. */
  readonly file: string;
  readonly scope: string;
  readonly line: number;
}

const FILE = join(PROJECT_ROOT, ".data/mutants/verdicts.json");
const MOST_NAMED = 6;

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

  /** The verdicts on a mutant's own text and on those near it, the nearest first. */
  private near(mutant: Mutant): Verdict[] {
    const far = ([id, { scope, line }]: [string, Verdict]) =>
      id === mutant.id ? -1 : Math.abs(line - mutant.line) + (scope === mutant.scope ? 0 : 1000);
    return [...this.verdicts]
      .filter(([, { file, by }]) => file === mutant.file && by)
      .toSorted((a, b) => far(a) - far(b))
      .map(([, verdict]) => verdict);
  }

  /** The tests that have caught this mutant or its neighbours: likely to catch it, and few. */
  likely(mutant: Mutant): { readonly file: string; readonly test: string }[] {
    const found = new Map<string, { file: string; test: string }>();
    for (const { by } of this.near(mutant)) {
      if (!by?.test || !mutant.tests.includes(by.file)) continue;
      found.set(by.test, { file: by.file, test: by.test });
      if (found.size === MOST_NAMED) break;
    }
    return [...found.values()];
  }

  /** A mutant's tests, those files first that have caught its neighbours. */
  ordered(mutant: Mutant): string[] {
    const rank = new Map<string, number>();
    for (const { by } of this.near(mutant)) if (by && !rank.has(by.file)) rank.set(by.file, rank.size);
    const place = (test: string) => rank.get(test) ?? rank.size + mutant.tests.indexOf(test);
    return mutant.tests.toSorted((a, b) => place(a) - place(b));
  }
}
