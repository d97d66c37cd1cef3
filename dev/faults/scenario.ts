import type { Rig } from "./rig";

/** How long a scenario goes on, and from which seed its chances are drawn. */
export interface RunOptions {
  readonly seed: number;
  /** Repeats, for a scenario that is counted. */
  readonly rounds: number;
  /** For a scenario that is timed. */
  readonly seconds: number;
  /** Takes a line of progress. */
  readonly report: (line: string) => void;
}

/** What a scenario came to. */
export interface Outcome {
  /** How much was done and what became of it. */
  readonly counts: Readonly<Record<string, number>>;
  /** Empty where the system kept its promise. */
  readonly breaches: readonly string[];
}

/** A fault, really made, and what must hold in spite of it. */
export interface Scenario {
  readonly name: string;
  /** What it shows where it ends without a breach, in words. */
  readonly shows: string;
  /** Defects that were planted in the product to see whether it finds them, and that it found. */
  readonly catches: readonly string[];
  /** What the test run does, and what `npm run faults` does unless told otherwise. */
  readonly short: { readonly rounds?: number; readonly seconds?: number };
  readonly long: { readonly rounds?: number | "kills"; readonly seconds?: number | "seconds" };
  readonly run: (rig: Rig, options: RunOptions) => Promise<Outcome>;
}

/** Breaches are cut off here: the first ones tell what is wrong. */
const MOST = 40;

/** Adds up what rounds come to. */
export class Tally {
  private readonly sums = new Map<string, number>();
  private readonly found: string[] = [];

  add(counts: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(counts)) this.sums.set(name, (this.sums.get(name) ?? 0) + value);
  }

  /** Keeps the largest value seen under a name. */
  most(name: string, value: number): void {
    this.sums.set(name, Math.max(this.sums.get(name) ?? 0, value));
  }

  breach(text: string): void {
    if (this.found.length < MOST) this.found.push(text);
  }

  /** Notes a breach unless something holds. */
  expect(holds: boolean, text: string): void {
    if (!holds) this.breach(text);
  }

  take(outcome: Outcome, where = ""): void {
    this.add(outcome.counts);
    for (const breach of outcome.breaches) this.breach(where ? `${where}: ${breach}` : breach);
  }

  get broken(): boolean {
    return this.found.length > 0;
  }

  outcome(): Outcome {
    return { counts: Object.fromEntries(this.sums), breaches: [...this.found] };
  }
}
