import { createBridge } from "../upstash/bridge";
import { audit, drainShop, soundness } from "./audit";
import { pause } from "./patience";
import { type CallFault, startHttpProxy, startTcpProxy, type TcpProxy } from "./proxy";
import { Dice } from "./random";
import type { Rig } from "./rig";
import { type Outcome, type RunOptions, type Scenario, Tally } from "./scenario";
import { caller, isKnown, Shop } from "./shop";

const BUDGET_MS = 500;
/** What a busy machine may add to a request's budget before it counts as broken, ms. */
const SLACK_MS = 400;

const FAULTS: readonly { readonly fault: CallFault; readonly weight: number }[] = [
  { fault: "none", weight: 4 },
  { fault: "request lost", weight: 2 },
  { fault: "request late", weight: 2 },
  { fault: "request doubled", weight: 2 },
  { fault: "reply lost", weight: 4 },
  { fault: "reply cut", weight: 2 },
  { fault: "reply late", weight: 1 },
  { fault: "reply doubled", weight: 2 },
  { fault: "gateway error", weight: 2 },
];

async function brokenLine(rig: Rig, options: RunOptions): Promise<Outcome> {
  const tally = new Tally();
  const dice = new Dice(options.seed);
  let healthy = false;
  const proxy = await startHttpProxy(rig.bridgeUrl, () => {
    const { fault } = healthy ? { fault: "none" as const } : dice.weighted(FAULTS);
    if (fault !== "none") tally.add({ [fault]: 1 });
    return { fault, lateMs: dice.between(BUDGET_MS / 10, BUDGET_MS + 200) };
  });
  try {
    const from = caller({
      redis: rig.client({ budgetMs: BUDGET_MS, url: `http://127.0.0.1:${proxy.port}` }),
      budgetMs: BUDGET_MS,
    });
    for (let round = 1; round <= options.rounds; round++) {
      healthy = false;
      const shop = await Shop.open(1_000_000);
      await shop.sellMany(150, 12, () => ({ keyed: dice.chance(0.6), caller: from }));
      tally.add({ "outcomes unknown": shop.open.length });
      // Retried over the same bad line, then over a good one.
      for (const use of shop.open) await shop.send(use, from);
      healthy = true;
      await shop.resolve(20_000, from);
      tally.expect(shop.open.length === 0, `round ${round}: ${shop.open.length} outcomes stay unknown`);
      // A request that is still on its way may arrive now.
      await pause(BUDGET_MS + 250);
      tally.take(await audit(shop), `round ${round}`);
      options.report(`${round} of ${options.rounds}`);
    }
  } finally {
    await proxy.close();
  }
  tally.take(await soundness());
  return tally.outcome();
}

export const brokenLineScenario: Scenario = {
  name: "broken-line",
  shows:
    "requests and replies lost, doubled, cut and late between the meter and its store: one debit after the retry with " +
    "the same key, and none for a refusal",
  catches: [
    "no look-up of the idempotency record: debited twice",
    "a lost reply counts as a refusal: refused and debited",
  ],
  short: { rounds: 2 },
  long: { rounds: 50 },
  run: brokenLine,
};

/** A bridge of its own whose line to Redis runs through a proxy. */
async function throughTcp(rig: Rig): Promise<{ proxy: TcpProxy; url: string; close: () => Promise<void> }> {
  const proxy = await startTcpProxy(new URL(rig.redisUrl));
  const redisUrl = new URL(rig.redisUrl);
  redisUrl.port = String(proxy.port);
  const bridge = createBridge({ redisUrl: redisUrl.href, token: rig.bridgeToken, log: () => {} });
  await bridge.connected();
  const port = await bridge.listen(0);
  return {
    proxy,
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      await bridge.close();
      await proxy.close();
    },
  };
}

async function repliesDropped(rig: Rig, options: RunOptions): Promise<Outcome> {
  const tally = new Tally();
  const dice = new Dice(options.seed);
  const line = await throughTcp(rig);
  try {
    const from = caller({ redis: rig.client({ budgetMs: 2_000, url: line.url }), budgetMs: 2_000 });
    for (let round = 1; round <= options.rounds; round++) {
      const shop = await Shop.open(1_000_000);
      let selling = true;
      const dropping = (async () => {
        while (selling) {
          await pause(dice.between(10, 60));
          line.proxy.swallow();
        }
      })();
      await shop.sellMany(200, 12, () => ({ keyed: dice.chance(0.6), caller: from }));
      selling = false;
      await dropping;
      tally.add({ "outcomes unknown": shop.open.length });
      await shop.resolve(20_000, from);
      tally.expect(shop.open.length === 0, `round ${round}: ${shop.open.length} outcomes stay unknown`);
      tally.take(await audit(shop), `round ${round}`);
      options.report(`${round} of ${options.rounds}`);
    }
    tally.add({ "replies thrown away": line.proxy.swallowed });
    tally.expect(line.proxy.swallowed > 0, "no reply was thrown away");
  } finally {
    await line.close();
  }
  tally.take(await soundness());
  return tally.outcome();
}

export const repliesDroppedScenario: Scenario = {
  name: "replies-dropped",
  shows: "Redis's replies dropped after the script ran, with all that share the connection: one debit after the retry",
  catches: [
    "no look-up of the idempotency record: debited twice",
    "a lost reply counts as a refusal: refused and debited",
  ],
  short: { rounds: 2 },
  long: { rounds: 100 },
  run: repliesDropped,
};

async function slowStore(rig: Rig, options: RunOptions): Promise<Outcome> {
  const tally = new Tally();
  const dice = new Dice(options.seed);
  const line = await throughTcp(rig);
  try {
    for (let round = 1; round <= options.rounds; round++) {
      const stopped = round % 2 === 1;
      const how = `round ${round}, Redis ${stopped ? "stopped" : "slow"} for 2 s`;
      const shop = await Shop.open(1_000_000);
      const url = stopped ? rig.bridgeUrl : line.url;
      const from = caller({ redis: rig.client({ budgetMs: BUDGET_MS, url }), budgetMs: BUDGET_MS });
      await shop.sellMany(20, 4, () => ({ caller: from }));
      if (stopped) rig.signal("redis", "SIGSTOP");
      // The way there, so that the script begins late; or the way back, so that it has run when the budget ends.
      else line.proxy.delay[round % 4 === 0 ? "there" : "back"] = 2_000;
      const until = Date.now() + 2_000;
      // By the clock, and not when everybody is answered: somebody may be waiting for just that.
      const over = pause(2_000).then(() => {
        if (stopped) rig.signal("redis", "SIGCONT");
        line.proxy.delay.there = 0;
        line.proxy.delay.back = 0;
      });
      let slowest = 0;
      const till = async () => {
        while (Date.now() < until - BUDGET_MS) {
          const begun = performance.now();
          const use = await shop.sell({ keyed: dice.chance(0.6), caller: from });
          const took = performance.now() - begun;
          slowest = Math.max(slowest, took);
          tally.expect(took < BUDGET_MS + SLACK_MS, `${how}: an answer took ${Math.round(took)} ms`);
          tally.expect(!isKnown(use), `${how}: a use was served through a store that does not answer`);
          const fine = use.unknown || use.refusals.every((code) => code === "metering_unavailable");
          tally.expect(fine, `${how}: it was answered ${use.refusals}`);
          tally.add(use.unknown ? { "answered outcome_unknown": 1 } : { "answered metering_unavailable": 1 });
        }
      };
      await Promise.all([...Array.from({ length: 8 }, till), over]);
      // What was on its way has arrived by now.
      await pause(2_200);
      await drainShop(shop);
      await shop.resolve(20_000, from);
      tally.most("slowest answer, ms", Math.round(slowest));
      // What was answered metering_unavailable and nothing else must not stand in the ledger: the audit looks.
      tally.take(await audit(shop), how);
      options.report(`${round} of ${options.rounds}`);
    }
  } finally {
    rig.signal("redis", "SIGCONT");
    await line.close();
  }
  tally.take(await soundness());
  return tally.outcome();
}

export const slowStoreScenario: Scenario = {
  name: "slow-store",
  shows:
    "Redis stopped or 2 s slow: the request's budget is kept, the answer is 503, and what was answered " +
    "metering_unavailable was never debited",
  catches: [
    "a lost reply counts as a refusal: refused and debited",
    "a call without a budget: answers took longer than the request's",
  ],
  short: { rounds: 2 },
  long: { rounds: 20 },
  run: slowStore,
};
