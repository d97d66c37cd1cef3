import fc from "fast-check";
import type { Expected } from "./answers";
import { sameHot } from "./compare";
import type { Mode, State } from "./state";
import type { World } from "./world";

/** The model in the course of a run, and the product beside it. */
export interface Model {
  s: State;
}
export interface Real {
  readonly world: World;
  readonly seen: Seen;
  /** Whose turn it is where several act at once. */
  readonly scheduler: fc.Scheduler;
}
/** What a run has done, for the report. */
export interface Seen {
  readonly commands: Map<string, number>;
  readonly answers: Map<string, number>;
}
export const count = (of: Map<string, number>, what: string): void => void of.set(what, (of.get(what) ?? 0) + 1);

type Step = (s: State, world: World, seen: Seen) => Promise<void>;

/** A command: done to model and product, after which Redis must hold what the model says. */
export class Command implements fc.AsyncCommand<Model, Real> {
  constructor(
    readonly name: string,
    readonly input: unknown,
    private readonly step: Step,
    private readonly when: (s: State) => boolean = () => true,
  ) {}
  check({ s }: Readonly<Model>): boolean {
    return this.when(s);
  }
  async run({ s }: Model, { world, seen }: Real): Promise<void> {
    count(seen.commands, this.name);
    await this.step(s, world, seen);
    await sameHot(s, world);
  }
  toString(): string {
    return `${this.name} ${JSON.stringify(this.input)}`;
  }
}

export const saw = (seen: Seen, what: string, { status, code }: Pick<Expected, "status" | "code">): void =>
  count(seen.answers, `${what}: ${status} ${code ?? "done"}`);

export const mode = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Mode>("live") },
  { weight: 1, arbitrary: fc.constant<Mode>("test") },
);

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
