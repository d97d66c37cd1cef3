import type { MeterDeps } from "@/features/metering/edge/service";
import { applyIntents, owe } from "@/features/metering/intents/service";
import { sweepDue } from "@/features/metering/jobs";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import type { Redis } from "@/lib/redis";
import { bringIn, metering } from "@/rest/internal/metering";
import { ctxOf, forget } from "@/test/ledger";
import { audit, drainShop, soundness } from "./audit";
import { patiently } from "./patience";
import { startHttpProxy } from "./proxy";
import { Dice } from "./random";
import type { Rig } from "./rig";
import { type Outcome, type RunOptions, type Scenario, Tally } from "./scenario";
import { caller, Shop } from "./shop";

const TEN_MINUTES = 600_000;
const BUDGET_MS = 1_000;

/** A Redis whose clock is wrong: each script that asks for the time is told another one. */
class WrongClock {
  /** Milliseconds, whole seconds. */
  skew = 0;
  /** How many scripts were told a time of ours. */
  told = 0;
  readonly redis: Redis;

  constructor(real: Redis) {
    this.redis = new Proxy(real, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (name === "evalsha") return () => Promise.reject(new Error("NOSCRIPT No matching script."));
        if (name === "eval") {
          return (script: string, keys: string[], args: string[]) => target.eval(this.bend(script), keys, args);
        }
        if (name === "time") {
          return async () => {
            const [seconds, micros] = await target.time();
            return [Number(seconds) + this.skew / 1000, micros];
          };
        }
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  private bend(script: string): string {
    if (!script.includes("redis.call('TIME')")) return script;
    this.told++;
    const bent = `(function() local t = redis.call('TIME') t[1] = string.format('%.0f', tonumber(t[1]) + ${this.skew / 1000}) return t end)()`;
    return script.replaceAll("redis.call('TIME')", bent);
  }
}

const loadWith =
  (deps: ReconcileDeps): MeterDeps["load"] =>
  (want) =>
    bringIn(deps, want).then(
      (found) => (found ? "loaded" : "unknown"),
      () => "failed",
    );

async function clocks(rig: Rig, options: RunOptions): Promise<Outcome> {
  const tally = new Tally();
  const dice = new Dice(options.seed);
  let bad = false;
  const proxy = await startHttpProxy(rig.bridgeUrl, () => ({
    fault: bad && dice.chance(0.15) ? dice.pick(["reply lost", "request late", "request doubled"] as const) : "none",
    lateMs: dice.between(100, BUDGET_MS + 300),
  }));
  try {
    const wrong = new WrongClock(rig.client({ budgetMs: BUDGET_MS, url: `http://127.0.0.1:${proxy.port}` }));
    // The Node side asks the same Redis, over a line that does not break.
    const wrongToo = new WrongClock(rig.client({ budgetMs: 5_000 }));
    const deps: ReconcileDeps = { ...metering(), redis: wrongToo.redis, budgetMs: 5_000 };
    for (let round = 1; round <= options.rounds; round++) {
      const how = `round ${round}`;
      wrong.skew = wrongToo.skew = 0;
      const shop = await Shop.open(100_000);
      let callerSkew = 0;
      const from = caller({
        redis: wrong.redis,
        budgetMs: BUDGET_MS,
        load: loadWith(deps),
        now: () => Date.now() + callerSkew,
      });
      // One grant is over by the fast clock and not by the slow one.
      await owe(ctxOf(shop.brand), {
        mode: "live",
        source: "plan",
        tokens: 300,
        expiresAt: new Date(Date.now() + TEN_MINUTES / 2),
        businessKey: `plan:${shop.brand.customerId}`,
      });
      shop.granted += 300;
      const apply = async () => {
        if ((await applyIntents(deps, shop.brand.account)) === 0) return;
        await drainShop(shop);
        throw new Error("A grant is still on its way");
      };
      bad = true;
      for (let step = 0; step < 4; step++) {
        // Either clock jumps, under callers that have learnt the difference a moment ago.
        if (dice.chance(0.5)) callerSkew = dice.pick([-TEN_MINUTES, 0, TEN_MINUTES]);
        if (step === 0 || dice.chance(0.5)) wrong.skew = wrongToo.skew = dice.pick([-TEN_MINUTES, 0, TEN_MINUTES]);
        tally.add({ "jumps of a clock": 1 });
        await shop.sellMany(30, 6, () => ({ keyed: dice.chance(0.6), caller: from }));
        await patiently(apply);
        if (dice.chance(0.3)) await forget(shop.brand);
        await sweepDue(deps);
        for (const use of shop.open) await shop.send(use, from);
      }
      bad = false;
      await shop.resolve(20_000, from);
      tally.expect(shop.open.length === 0, `${how}: ${shop.open.length} outcomes stay unknown`);
      const after = await shop.sell({ caller: from });
      tally.expect(after.usageIds.length === 1, `${how}: nobody is served after it (${after.refusals})`);
      await new Promise((resolve) => setTimeout(resolve, BUDGET_MS + 400));
      tally.take(await audit(shop), how);
      options.report(`${round} of ${options.rounds}`);
    }
    tally.add({ "scripts told a wrong time": wrong.told + wrongToo.told });
    tally.expect(wrong.told > 0 && wrongToo.told > 0, "no script asked for the time: the fault was not made");
  } finally {
    await proxy.close();
  }
  tally.take(await soundness());
  return tally.outcome();
}

export const clocksScenario: Scenario = {
  name: "clocks",
  shows: "the caller's and Redis's clock jump by ten minutes either way, over a line that loses calls: invariants hold",
  catches: ["the deadline goes by the caller's clock: outcomes stayed unknown for good"],
  short: { rounds: 3 },
  long: { rounds: 50 },
  run: clocks,
};
