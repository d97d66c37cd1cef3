import fc from "fast-check";
import { applyIntents as applyThem } from "@/features/metering/intents/service";
import { drainPartition } from "@/features/metering/outbox/service";
import { hydrateAccount } from "@/features/metering/reconcile/service";
import type { Model, Real, Seen } from "./command";
import { COMMANDS } from "./commands";
import { sameHot, sameLedger } from "./compare";
import { grantOf } from "./grants";
import { drain, hydrate } from "./ledger";
import { applyIntents } from "./owed";
import { MODES, newState } from "./state";
import { World } from "./world";

/** One run of the model: a brand, a time to begin at, and up to so many commands. */
export const MAX_COMMANDS = 30;

interface Course {
  readonly begins: number;
  readonly limits: { readonly rate: number; readonly burst: number };
  readonly opening: number;
  readonly scheduler: fc.Scheduler;
  readonly commands: Iterable<fc.AsyncCommand<Model, Real>>;
}

const courses = (replayPath?: string): fc.Arbitrary<Course> =>
  fc.record({
    // Near the ends of days, months, years and a February of 29 days, among others.
    begins: fc.constantFrom(
      Date.UTC(2027, 2, 10, 12, 0, 0, 250),
      Date.UTC(2027, 11, 31, 23, 58, 0, 1),
      Date.UTC(2028, 1, 28, 23, 59, 30),
      Date.UTC(2027, 3, 30, 22, 0, 0),
      Date.UTC(2027, 6, 1, 0, 0, 1),
    ),
    limits: fc.oneof(
      { weight: 6, arbitrary: fc.constant({ rate: 1_000_000, burst: 1_000_000 }) },
      { weight: 1, arbitrary: fc.constant({ rate: 7, burst: 4 }) },
    ),
    opening: fc.constantFrom(0, 30, 120, 1000),
    scheduler: fc.scheduler(),
    commands: fc.commands(
      COMMANDS.flatMap(({ weight, arbitrary }) => Array.from({ length: weight }, () => arbitrary)),
      { maxCommands: MAX_COMMANDS, size: "max", ...(replayPath === undefined ? {} : { replayPath }) },
    ),
  });

/** Runs one course on fresh accounts. Throws where product and model differ. */
async function runCourse({ begins, limits, opening, scheduler, commands }: Course, seen: Seen): Promise<void> {
  const opened = newState(begins, limits, 1);
  const world = await World.open(begins, limits, opened.keys);
  opened.gen = world.generation;
  try {
    const model: Model = { s: opened };
    const real: Real = { world, seen, scheduler };
    if (opening > 0) {
      const input = { mode: "live", source: "pack", tokens: opening, lasts: null, apply: true } as const;
      await grantOf(input).run(model, real);
    }
    await fc.asyncModelRun(() => ({ model, real }), commands);
    const { s } = model;
    // The stores settle: nothing is on its way any more, and every account is in force.
    for (const mode of MODES) {
      hydrate(s, s.accounts[mode]);
      await hydrateAccount(world.deps, world.account(mode));
      applyIntents(s, s.accounts[mode]);
      await applyThem(world.deps, world.account(mode));
    }
    drain(s);
    await drainPartition(world.deps, world.partition);
    for (const mode of MODES) {
      hydrate(s, s.accounts[mode]);
      await hydrateAccount(world.deps, world.account(mode));
    }
    await sameHot(s, world);
    await sameLedger(s, world);
  } finally {
    await world.close();
  }
}

export interface Failure {
  readonly seed: number;
  readonly path: string;
  /** What differs, and the shortest commands found that show it. */
  readonly report: string;
}

/**
 * Runs one seed's course, shrunk where it fails.
 * @param options.path of a failure: that course alone, as it was shrunk
 * @param options.shrinkMs how long to look for a shorter one
 * @returns null where product and model agree
 */
export async function runSeed(
  seed: number,
  seen: Seen,
  options: { readonly path?: string; readonly shrinkMs?: number } = {},
): Promise<Failure | null> {
  const { shrinkMs = 20_000 } = options;
  const [path, replayPath] = options.path?.split("/") ?? [];
  const details = await fc.check(
    fc.asyncProperty(courses(replayPath), (one) => runCourse(one, seen)),
    {
      seed,
      numRuns: 1,
      ...(path === undefined ? {} : { path, endOnFailure: true }),
      interruptAfterTimeLimit: shrinkMs,
      markInterruptAsFailure: false,
    },
  );
  if (!details.failed) return null;
  const error = details.errorInstance;
  const shown = details.counterexample?.[0];
  const commands = shown
    ? `begins ${new Date(shown.begins).toISOString()} with ${shown.opening} tokens, limits ${JSON.stringify(shown.limits)}\n${shown.commands}`
    : "";
  return {
    seed,
    path: `${details.counterexamplePath ?? ""}/${/replayPath="([^"]*)"/.exec(String(shown?.commands))?.[1] ?? ""}`,
    report: `${error instanceof Error ? error.stack : String(error)}\n${commands}`,
  };
}

export const newSeen = (): Seen => ({ commands: new Map(), answers: new Map() });
