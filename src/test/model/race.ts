import fc from "fast-check";
import { setCap } from "@/features/metering/caps/service";
import { applyIntents as applyThem, owe } from "@/features/metering/intents/service";
import { drainPartition } from "@/features/metering/outbox/service";
import { hydrateAccount, type ReconcileDeps } from "@/features/metering/reconcile/service";
import { changeLimit } from "@/features/metering/service";
import type { Expected } from "./answers";
import { refused } from "./answers";
import { use } from "./calls";
import { count, type Model, type Real } from "./command";
import { Differs, lookAtLedger, lookAtRedis, sameAnswer, sameAsFound, sameAsLedger } from "./compare";
import { drain, hydrate } from "./ledger";
import { answer } from "./model";
import { applyIntents, open } from "./owed";
import { type Ask, idOf, type State } from "./state";
import type { Answered, World } from "./world";

/**
 * Two or three at once. Each takes its turn at every call to Redis and at every point a drain or a hydrate offers; whose
 * turn it is, the seed's scheduler says. What they answer and leave behind must be what some order of them, one after the
 * other, would.
 */

/** What somebody does in a race: to the product, and, step by step, to the model. */
interface Actor {
  readonly name: string;
  readonly act: (world: World, deps: ReconcileDeps, gate: Gate, s: State) => Promise<Answered | undefined>;
  /** In order; others may come between. */
  readonly steps: (s: State) => Step[];
}
/** What happens at once. */
interface Step {
  readonly run: (s: State) => Expected | undefined;
  /** What it answers where another is in its way and it does nothing; null where it always gets through. */
  readonly yields: { readonly answer: Expected | undefined } | null;
}
type Gate = (label: string) => Promise<void>;

/** How long everybody but one must be silent before they are taken to wait for a lock that one holds, ms. */
const SILENCE_MS = 40;

/** Lets actors through their gates one at a time, in the scheduler's order. */
async function takeTurns<T>(scheduler: fc.Scheduler, actors: readonly ((gate: Gate) => Promise<T>)[]): Promise<T[]> {
  let running = actors.length;
  let stirred = performance.now();
  const all = actors.map(async (act, i) => {
    const gate: Gate = async (label) => {
      stirred = performance.now();
      await scheduler.schedule(Promise.resolve(), `${i} ${label}`);
      stirred = performance.now();
    };
    try {
      await gate("begins");
      return await act(gate);
    } finally {
      running--;
      stirred = performance.now();
    }
  });
  // Errors are looked at below, when everybody is done.
  const settled = Promise.allSettled(all);
  while (running > 0) {
    const waiting = scheduler.count();
    if (waiting > 0 && (waiting >= running || performance.now() - stirred > SILENCE_MS)) await scheduler.waitOne();
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await settled;
  return Promise.all(all);
}

const silently = (run: (s: State) => unknown, always = false): Step => ({
  run: (s) => {
    run(s);
    return undefined;
  },
  yields: always ? null : { answer: undefined },
});

/** What a caller has the Node side do where Redis does not hold the account. */
const bringIn = silently((s) => {
  const { hot } = s.accounts.live;
  if (!hot || hot.retired || hot.gen !== s.gen) hydrate(s, s.accounts.live);
});

const caller = (ask: Ask): Actor => ({
  name: ask.does,
  act: (world, deps, _gate, s) => world.call(ask, (ref) => idOf(s, ref), null, { redis: deps.redis }, deps),
  steps: () => [bringIn, { run: (s) => answer(s, [ask])[0], yields: { answer: refused("metering_unavailable") } }],
});

const drainer: Actor = {
  name: "drain",
  act: async (world, deps, gate) => {
    await drainPartition({ ...deps, at: gate }, world.partition);
    return undefined;
  },
  // After the race everything is drained anyway.
  steps: () => [silently(drain, true)],
};

const hydrater: Actor = {
  name: "hydrate",
  act: async (world, deps) => {
    await hydrateAccount(deps, world.account("live")).catch(() => undefined);
    return undefined;
  },
  steps: () => [silently((s) => hydrate(s, s.accounts.live))],
};

const applier: Actor = {
  name: "apply intents",
  act: async (world, deps) => {
    await applyThem(deps, world.account("live")).catch(() => undefined);
    return undefined;
  },
  steps: ({ accounts: { live } }) => [
    // The account is brought in only for what is open, and what is open is then carried out one by one.
    ...(open(live).length > 0 ? [silently((s) => hydrate(s, s.accounts.live))] : []),
    ...open(live).map(({ id }) => silently((s) => applyIntents(s, s.accounts.live, id))),
  ],
};

const planner = (unlimited: boolean): Actor => ({
  name: "plan",
  act: async (world, deps) => {
    await changeLimit(world.ctx, deps, { mode: "live", unlimited });
    return undefined;
  },
  steps: () => [
    silently(({ accounts: { live } }) => {
      live.unlimited = unlimited;
      if (live.hot && !live.hot.retired) live.hot.unlimited = unlimited;
    }, true),
  ],
});

const capper = (daily: number): Actor => ({
  name: "cap",
  act: async (world, deps) => {
    await setCap(world.ctx, deps, { mode: "live", scope: "*", daily, monthly: null });
    return undefined;
  },
  steps: () => [
    silently(({ accounts: { live } }) => {
      live.caps = [...live.caps.filter(({ scope }) => scope !== "*"), { scope: "*", daily, monthly: null }];
      live.head.retire = true;
    }, true),
    silently((s) => hydrate(s, s.accounts.live)),
  ],
});

const others = fc.oneof(
  { weight: 3, arbitrary: fc.constant(drainer) },
  { weight: 3, arbitrary: fc.constant(hydrater) },
  { weight: 2, arbitrary: fc.constant(applier) },
  { weight: 1, arbitrary: fc.boolean().map(planner) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 60 }).map(capper) },
);
const callers = fc.oneof(
  { weight: 3, arbitrary: use.map((ask) => caller({ ...ask, key: "sk" })) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 20 })
      .map((tokens) => caller({ does: "hold", key: "sk", app: "vto-001", tokens, seconds: 60, idem: null })),
  },
);

/** A step in an order: whose it is, and whether it does anything. */
interface Turn {
  readonly actor: number;
  readonly step: Step;
  readonly yields: boolean;
}

/** Every way in which several sequences can be dealt into one. */
function interleaved<T>(sequences: readonly (readonly T[])[]): T[][] {
  const left = sequences.filter((sequence) => sequence.length > 0);
  if (left.length === 0) return [[]];
  return left.flatMap((own) => {
    const rest = left.map((sequence) => (sequence === own ? sequence.slice(1) : sequence));
    return interleaved(rest).map((order) => [own[0] as T, ...order]);
  });
}

/** Every order of all steps, first those in which each does something. */
function ordersOf(actors: readonly Actor[], s: State): Turn[][] {
  const all = interleaved(actors.map((one, actor) => one.steps(s).map((step) => ({ actor, step }))));
  const size = all[0]?.length ?? 0;
  const choices = Array.from({ length: 2 ** size }, (_, bits) => bits).toSorted((a, b) => ones(a) - ones(b));
  return choices.flatMap((bits) => {
    const still = (at: number) => (bits & (1 << at)) !== 0;
    return all
      .filter((order) => order.every(({ step }, at) => step.yields || !still(at)))
      .map((order) => order.map((turn, at) => ({ ...turn, yields: still(at) })));
  });
}
const ones = (bits: number): number => bits.toString(2).replaceAll("0", "").length;

class Race implements fc.AsyncCommand<Model, Real> {
  constructor(
    readonly actors: readonly Actor[],
    readonly input: { readonly missing: boolean; readonly owed: number },
  ) {}
  check(): boolean {
    return true;
  }

  async run(model: Model, { world, seen, scheduler }: Real): Promise<void> {
    count(seen.commands, "race");
    for (const { name } of this.actors) count(seen.commands, `race: ${name}`);
    const before = model.s;
    await this.prepare(before, world);
    const answers = await takeTurns(
      scheduler,
      this.actors.map((actor) => (gate: Gate) => {
        const deps = world.depsFor({ redis: world.gated(gate), between: gate });
        return actor.act(world, deps, gate, before);
      }),
    );
    // Which order it was shows in the ledger too.
    await drainPartition(world.deps, world.partition);
    model.s = await this.explained(before, world, answers);
  }

  private async prepare(s: State, world: World): Promise<void> {
    const a = s.accounts.live;
    if (this.input.missing) {
      a.hot = null;
      await world.forget("live");
    }
    if (this.input.owed === 0) return;
    const tokens = this.input.owed;
    const businessKey = `race:${world.customerId}:${s.refs++}`;
    const id = await owe(world.ctx, { mode: "live", source: "pack", tokens, businessKey });
    const expires = Number.POSITIVE_INFINITY;
    a.intents.push({ id, kind: "grant", source: "pack", tokens, expires, target: "", refused: false });
  }

  /** The state after an order of the actors that fits what was answered, what Redis holds and what the ledger says. */
  private async explained(before: State, world: World, answers: readonly (Answered | undefined)[]): Promise<State> {
    const tried: string[] = [];
    const found = await lookAtRedis(world);
    const ledger = await lookAtLedger(world);
    for (const order of ordersOf(this.actors, before)) {
      const s = structuredClone(before);
      try {
        for (const { actor: i, step, yields } of order) {
          const actor = this.actors[i] as Actor;
          const expected = yields ? step.yields?.answer : step.run(s);
          const actual = answers[i];
          if (expected && actual) sameAnswer(s, actor.name, actual, expected);
        }
        drain(s);
        sameAsFound(s, found);
        sameAsLedger(s, ledger);
        return s;
      } catch (error) {
        if (!(error instanceof Differs)) throw error;
        tried.push(
          `${order.map(({ actor, yields }) => `${actor}${yields ? " yields" : ""}`).join(", ")}: ${error.message}`,
        );
      }
    }
    const told = JSON.stringify(answers.map((one) => one?.text));
    throw new Differs(
      `No order of ${this} explains ${told} and ${JSON.stringify(found)}\n${tried.slice(0, 12).join("\n")}`,
    );
  }

  toString(): string {
    return `race ${JSON.stringify(this.input)} [${this.actors.map(({ name }) => name).join(" | ")}]`;
  }
}

export const race: fc.Arbitrary<fc.AsyncCommand<Model, Real>> = fc
  .record({
    first: callers,
    /** A second caller does the same again, or something else. */
    second: fc.oneof(fc.constant(null), callers),
    third: others,
    missing: fc.boolean(),
    owed: fc.constantFrom(0, 0, 25),
  })
  .map(({ first, second, third, ...input }) => new Race(second ? [first, second, third] : [first, third], input));
