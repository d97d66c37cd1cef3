import { applyIntents } from "@/features/metering/intents/service";
import { drainAll, inspectAll } from "@/features/metering/jobs";
import { metering } from "@/rest/internal/metering";
import { audit, drainShop, soundness } from "./audit";
import { DrainNursery } from "./drains";
import { patiently, pause } from "./patience";
import { Dice } from "./random";
import type { Rig } from "./rig";
import { type Outcome, type RunOptions, type Scenario, Tally } from "./scenario";
import { Shop } from "./shop";
import { Siblings } from "./siblings";
import { SALES, TROUBLES, type World } from "./soak-actions";

const SHOPS = 4;
const TILLS = 6;
/** What a till rests between two sales, ms: an hour's journal and ledger stay within the machine. */
const REST_MS = 25;
/** After so long all comes to rest and every journal is held against the ledger; then new shops open. */
const ERA_MS = 30_000;
/** The sweep over everything that was ever written takes longer with every era. */
const SOUND_EVERY = 5;

const clock = (at: number): string => new Date(at).toISOString().slice(11, 23);

/** @param diary takes what troubles there were, and when: the first thing to read where a journal does not agree */
async function era(world: World, dice: Dice, tally: Tally, until: number, diary: string[]): Promise<void> {
  const going = () => Date.now() < until;
  const till = async (own: Dice) => {
    while (going()) {
      const sale = own.weighted(SALES);
      await sale.act(world, own);
      tally.add({ [sale.name]: 1 });
      await pause(own.between(0, 2 * REST_MS));
    }
  };
  const worker = async () => {
    while (going()) {
      await drainAll(metering()).catch(() => {});
      await pause(50);
    }
  };
  const troubles = async () => {
    while (going()) {
      const trouble = dice.weighted(TROUBLES);
      const from = Date.now();
      await trouble.act(world, dice).then(
        () => tally.add({ [trouble.name]: 1 }),
        () => tally.add({ [`${trouble.name}, refused`]: 1 }),
      );
      diary.push(`${clock(from)} to ${clock(Date.now())} ${trouble.name}`);
      await pause(dice.between(0, 200));
    }
  };
  // Each till draws from dice of its own, so that what it does depends on the seed and not on who was answered first.
  const tills = Array.from({ length: TILLS }, () => till(new Dice(dice.between(1, 2 ** 31))));
  await Promise.all([...tills, worker(), troubles()]);
}

/** Everything is back: what is owed arrives, what is unknown is asked for, and the journals are compared. */
async function reckon({ siblings }: World, tally: Tally, where: string): Promise<void> {
  await patiently(() => inspectAll(metering()));
  for (const own of siblings) {
    const { shop } = own;
    await shop.resolve();
    await own.settleAll();
    await patiently(async () => {
      if ((await applyIntents(metering(), shop.brand.account)) === 0) return;
      await drainShop(shop);
      throw new Error("A grant is still on its way");
    });
    tally.expect(shop.open.length === 0, `${where}: ${shop.open.length} outcomes stay unknown`);
    const after = await shop.sell();
    tally.expect(after.usageIds.length === 1, `${where}: nobody is served after it (${after.refusals})`);
    tally.take(await audit(shop, {}, own.told), where);
    tally.take(await own.audit(), where);
  }
}

async function soak(rig: Rig, options: RunOptions): Promise<Outcome> {
  const tally = new Tally();
  const dice = new Dice(options.seed);
  const nursery = new DrainNursery(rig.env, 1);
  try {
    // Flushed at every write, a killed Redis has forgotten nothing that it has answered: no journal needs an excuse.
    rig.keepRedis("always");
    await rig.crashRedis();
    await patiently(() => inspectAll(metering()));
    const end = Date.now() + options.seconds * 1_000;
    for (let count = 1; Date.now() < end && !tally.broken; count++) {
      const shops: Shop[] = [];
      for (let i = 0; i < SHOPS; i++) shops.push(await patiently(() => Shop.open(100_000)));
      const diary: string[] = [];
      const world = { rig, shops, siblings: shops.map((shop) => new Siblings(shop)), nursery };
      await era(world, dice, tally, Math.min(end, Date.now() + ERA_MS), diary);
      await reckon(world, tally, `era ${count}`);
      if (tally.broken) tally.breach(`era ${count} went: ${diary.join("; ")}`);
      tally.add({ eras: 1 });
      if (count % SOUND_EVERY === 0) tally.take(await soundness(), `era ${count}`);
      options.report(`era ${count}, ${Math.max(0, Math.round((end - Date.now()) / 1000))} s to go`);
    }
  } finally {
    await nursery.close();
    rig.keepRedis("everysec");
    await rig.crashRedis();
    await patiently(() => inspectAll(metering()));
  }
  tally.take(await soundness());
  return tally.outcome();
}

export const soakScenario: Scenario = {
  name: "soak",
  shows:
    "everything at random from a seed: consumes, batches, reservations, refunds, retries, replays, grants, hydrates, killed " +
    "drains, and Redis, Postgres and the bridge killed or stopped: each acknowledged answer is in the ledger once, and " +
    "nothing else",
  catches: [
    "no look-up of the idempotency record: debited twice",
    "a hydrate that does not drain first: acknowledged uses were nowhere",
    "a hydrate that keeps the epoch: nobody was served any more",
  ],
  short: { seconds: 12 },
  long: { seconds: "seconds" },
  run: soak,
};
