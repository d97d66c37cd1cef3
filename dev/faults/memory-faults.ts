import { Redis as Direct } from "ioredis";
import { inspectAll } from "@/features/metering/jobs";
import { metering } from "@/rest/internal/metering";
import type { Cut } from "./append-only-file";
import { audit, drainShop, type Stretch, soundness } from "./audit";
import { patiently, pause } from "./patience";
import { Dice } from "./random";
import type { Durability, Rig } from "./rig";
import { type Outcome, type RunOptions, type Scenario, Tally } from "./scenario";
import { Shop, whileSelling } from "./shop";

/** How Redis forgets, and what is done about it first. */
interface Loss {
  readonly durability: Durability;
  readonly cut: Cut["at"] | null;
  /**
   * Whether the worker looks before anybody buys, so that no number is given twice, or after, so that numbers are; or
   * never learns of the restart, because the host hides which Redis it is.
   */
  readonly noticed: "first" | "later" | "never";
  /** What is lost had been drained before; otherwise Redis alone had it. */
  readonly drained: boolean;
}

/** What a worker that drains all the time may have left undrained, ms, on a busy machine. */
const UNDRAINED_MS = 500;
/** How long Redis may still answer after it was decided to kill it, ms. */
const KILLING_MS = 100;

/** Flushed every second, Redis puts off even its writes for up to two seconds while a flush is under way. */
const PUT_OFF_MS = 2_000;

/** What may be lost, ms before the crash; 0 where nothing may. A worker that drains leaves little behind. */
function atStake({ durability, cut, drained }: Loss): number {
  if (durability === "always" && cut === null) return 0;
  const written = cut === null && durability === "everysec" ? PUT_OFF_MS : Number.POSITIVE_INFINITY;
  return Math.min(written, drained ? UNDRAINED_MS : Number.POSITIVE_INFINITY);
}

const LOSSES: readonly Loss[] = (["always", "everysec", "none"] as const).flatMap((durability) =>
  (durability === "none" ? ([null] as const) : ([null, "anywhere", "boundary"] as const)).flatMap((cut) =>
    (["first", "later", "never"] as const).flatMap((noticed) =>
      [true, false].map((drained) => ({ durability, cut, noticed, drained })),
    ),
  ),
);

async function redisKilled(rig: Rig, options: RunOptions): Promise<Outcome> {
  const tally = new Tally();
  const dice = new Dice(options.seed);
  let now: Durability = "everysec";
  try {
    for (let round = 0; round < options.rounds; round++) {
      // Fewer rounds than kinds take every so-manieth, so that each way of keeping the file has its turn.
      // Eight of 42 meet every file, cut and way of noticing.
      const step = LOSSES.length / Math.min(options.rounds, LOSSES.length);
      const loss = LOSSES[Math.floor(round * step) % LOSSES.length] as Loss;
      const how = `round ${round + 1}, ${describe(loss)}`;
      if (loss.durability !== now) {
        now = loss.durability;
        rig.keepRedis(now);
        await rig.crashRedis();
        await patiently(() => inspectAll(metering()));
      }
      const shop = await Shop.open(1_000_000);
      const sale = () => ({ keyed: dice.chance(0.7) });
      await shop.sellMany(30, 4, sale);
      if (dice.chance(0.5)) await drainShop(shop);
      // Killed in the middle of a rush, so that some calls are under way.
      const bytes = dice.between(1, 60) * 200;
      let crashedAt = 0;
      const lost = await whileSelling(shop, { tills: 8, sale, drained: loss.drained }, async () => {
        await pause(dice.between(100, 300));
        crashedAt = Date.now();
        if (loss.noticed === "never") rig.hideRunId(true);
        return rig.crashRedis(loss.cut === null ? undefined : { at: loss.cut, bytes });
      });
      tally.add({ "bytes cut off": lost });
      if (loss.noticed === "first") await patiently(() => inspectAll(metering()));
      await shop.sellMany(dice.between(1, 40), 4, sale);
      if (loss.noticed === "later") await patiently(() => inspectAll(metering()));
      const unresolved = shop.open.length;
      await shop.resolve();
      tally.add({ "outcomes unknown": unresolved });
      await shop.sellMany(5, 2, sale);
      const stretch = { from: crashedAt - atStake(loss), to: crashedAt + KILLING_MS };
      const excuses = atStake(loss) === 0 ? {} : { loss: [stretch], unreported: loss.noticed === "never" };
      for (const breach of (await audit(shop, excuses)).breaches) tally.breach(`${how}: ${breach}`);
      // The fork of one drain is the hydrate of the next use: once more, in peace.
      await shop.sellMany(5, 2, sale);
      tally.take(await audit(shop, excuses), how);
      if (loss.noticed === "never") {
        rig.hideRunId(false);
        await rig.crashRedis();
        await patiently(() => inspectAll(metering()));
      }
      tally.add({ [`kills, ${now}${loss.cut ? `, cut ${loss.cut}` : ""}`]: 1 });
      options.report(`${round + 1} of ${options.rounds}`);
    }
  } finally {
    rig.hideRunId(false);
    rig.keepRedis("everysec");
    await rig.crashRedis();
    await patiently(() => inspectAll(metering()));
  }
  tally.take(await soundness());
  return tally.outcome();
}

const describe = ({ durability, cut, noticed, drained }: Loss): string =>
  [
    `append-only file ${durability}`,
    cut === null ? "whole" : `cut ${cut}`,
    { first: "noticed first", later: "used first", never: "never noticed" }[noticed],
    drained ? "drained" : "not drained",
  ].join(", ");

export const redisKilledScenario: Scenario = {
  name: "redis-killed",
  shows:
    "Redis killed with its file always, every second and never flushed, and with the file's tail cut off: every " +
    "acknowledged use is in the ledger or in a reported window, none is doubled, nobody is negative or rich",
  catches: [
    "a changed run id is not noticed: uses were lost without a report",
    "a use whose place in the chain is taken counts as read again: uses were lost where numbers were given twice",
    "no loss report is written",
    "not found: no check that numbers and balances follow each other, because lost numbers are met as taken ones first (src/features/metering/ledger/rules.test.ts finds it)",
  ],
  short: { rounds: 8 },
  long: { rounds: LOSSES.length * 3 },
  run: redisKilled,
};

async function flushed(rig: Rig, options: RunOptions): Promise<Outcome> {
  const tally = new Tally();
  const dice = new Dice(options.seed);
  const direct = new Direct(rig.redisUrl, { lazyConnect: true, maxRetriesPerRequest: 1 });
  direct.on("error", () => {});
  await direct.connect();
  try {
    for (let round = 1; round <= options.rounds; round++) {
      const shop = await Shop.open(1_000_000);
      const sale = () => ({ keyed: dice.chance(0.7) });
      const loss: Stretch[] = [];
      await whileSelling(shop, { tills: 12, sale, drained: true }, async () => {
        for (let i = 0; i < 3; i++) {
          await pause(dice.between(80, 250));
          const at = Date.now();
          await direct.flushall();
          loss.push({ from: at - UNDRAINED_MS, to: Date.now() });
          tally.add({ "times all was deleted": 1 });
        }
        await pause(200);
      });
      await shop.resolve();
      const after = await shop.sell();
      tally.expect(after.usageIds.length === 1, `round ${round}: nobody is served after it (${after.refusals})`);
      tally.take(await audit(shop, { loss }), `round ${round}`);
      options.report(`${round} of ${options.rounds}`);
    }
  } finally {
    direct.disconnect();
  }
  tally.take(await soundness());
  return tally.outcome();
}

export const flushedScenario: Scenario = {
  name: "flushed",
  shows: "FLUSHALL under load: it fails closed, is rebuilt from the ledger, and nobody is negative or rich",
  catches: ["no loss report is written", "a missing account counts as an empty one: nobody was served any more"],
  short: { rounds: 2 },
  long: { rounds: 100 },
  run: flushed,
};
