import { outboxKey } from "@/features/metering/rules";
import { redis } from "@/lib/redis";
import { audit, drainShop, soundness } from "./audit";
import { DrainNursery, DrainProcess } from "./drains";
import { Dice } from "./random";
import type { Rig } from "./rig";
import { type Outcome, type RunOptions, type Scenario, Tally } from "./scenario";
import { caller, isKnown, Shop, type Use, whileSelling } from "./shop";

const POINTS = ["read", "written", "committed", "deleted"] as const;
/** Above one batch of the drain, so that a kill also falls between two of them. */
const LARGE_BACKLOG = 650;
const AUDIT_EVERY = 25;

/**
 * Has a process drain up to a point, and kills it there.
 * @returns false where it came to its end without meeting the point: another one had the partition for a moment
 */
async function killAt(drain: DrainProcess, partitions: readonly number[], point: string): Promise<boolean> {
  drain.order({ kind: "drain", partitions, stopAt: point });
  const word = await drain.next();
  await drain.kill();
  return word?.kind === "at";
}

/** Two shops whose uses wait in two partitions. */
async function twoShops(): Promise<Shop[]> {
  const first = await Shop.open(10_000_000);
  let other = await Shop.open(10_000_000);
  while (other.brand.partition === first.brand.partition) other = await Shop.open(10_000_000);
  return [first, other];
}

async function drainKilled(rig: Rig, options: RunOptions): Promise<Outcome> {
  const tally = new Tally();
  const dice = new Dice(options.seed);
  const nursery = new DrainNursery(rig.env);
  let shops = await twoShops();
  try {
    for (let round = 1; round <= options.rounds; round++) {
      // One partition by itself and two together in turn.
      const selling = round % 2 ? shops.slice(0, 1) : shops;
      const partitions = selling.map((shop) => shop.brand.partition);
      const sell = async (most: number): Promise<void> => {
        for (const shop of selling) await shop.sellMany(most, 16, () => ({ keyed: dice.chance(0.7) }));
      };
      // All four points in turn, without a clean drain in between: each one finds what the last has left.
      for (const point of POINTS) {
        await sell(round % AUDIT_EVERY === 0 ? LARGE_BACKLOG : dice.between(1, 12));
        // The lock of a killed process is free as soon as Postgres has noticed.
        while (!(await killAt(await nursery.take(), partitions, point))) tally.add({ "found it busy": 1 });
        tally.add({ [`killed when ${point}${partitions.length > 1 ? ", two partitions together" : ""}`]: 1 });
      }
      // And once wherever it happens to be.
      await sell(dice.between(1, 12));
      const blind = await nursery.take();
      blind.order({ kind: "drain", partitions });
      await new Promise((resolve) => setTimeout(resolve, dice.between(0, 12)));
      await blind.kill();
      tally.add({ "killed anywhere": 1 });
      options.report(`${round} of ${options.rounds}`);
      if (round % AUDIT_EVERY === 0 || round === options.rounds) {
        for (const shop of shops) tally.take(await audit(shop), `by round ${round}`);
        tally.take(await soundness());
        if (tally.broken) break;
        if (round < options.rounds) shops = await twoShops();
      }
    }
  } finally {
    await nursery.close();
  }
  return tally.outcome();
}

export const drainKilledScenario: Scenario = {
  name: "drain-killed",
  shows: "a drain killed when it has read, written, committed or deleted, and anywhere: nothing lost, nothing doubled",
  catches: [
    "the drain deletes from the outbox before it commits: acknowledged uses were nowhere",
    "an entry that is read again is written again: uses were nowhere, their places quarantined",
  ],
  short: { rounds: 2 },
  long: { rounds: "kills" },
  run: drainKilled,
};

const MOST_DRAINS = 10;

async function drainsAtOnce(rig: Rig, options: RunOptions): Promise<Outcome> {
  const tally = new Tally();
  const dice = new Dice(options.seed);
  const starting = Array.from({ length: MOST_DRAINS }, () => DrainProcess.start(rig.env));
  try {
    const drains = await Promise.all(starting);
    for (let round = 1; round <= options.rounds; round++) {
      for (const many of [2, MOST_DRAINS]) {
        const shops = [await Shop.open(1_000_000), await Shop.open(1_000_000)];
        const partitions = shops.map((shop) => shop.brand.partition);
        const some = drains.slice(0, many);
        for (const drain of some) drain.order({ kind: "loop", partitions });
        await Promise.all(shops.map((shop) => shop.sellMany(250, 8, () => ({ keyed: dice.chance(0.5) }))));
        for (const drain of some) drain.order({ kind: "stop" });
        for (const drain of some) {
          const word = await drain.next();
          if (word?.kind === "done") {
            tally.add({ "written by drains": word.written, "found it busy": word.busy, "read again": word.reread });
          } else tally.breach(`round ${round}: one of ${many} drains ${word ? JSON.stringify(word) : "died"}`);
        }
        for (const shop of shops) tally.take(await audit(shop), `round ${round}, ${many} drains`);
        tally.add({ [`rounds with ${many} drains`]: 1 });
        options.report(`${round} of ${options.rounds}`);
      }
    }
  } finally {
    for (const drain of await Promise.allSettled(starting)) {
      if (drain.status === "fulfilled") await drain.value.kill();
    }
  }
  tally.take(await soundness());
  return tally.outcome();
}

export const drainsAtOnceScenario: Scenario = {
  name: "drains-at-once",
  shows: "two and ten processes draining the same partitions at once while consume goes on: nothing doubled",
  catches: [
    "the drain deletes the whole outbox instead of what it wrote: acknowledged uses were nowhere",
    "not found, because nothing came of it: no lock of the partition, nor of the accounts' heads; the chain still refuses what is read twice",
  ],
  short: { rounds: 1 },
  long: { rounds: 20 },
  run: drainsAtOnce,
};

/** What one event may take in Redis while it waits, bytes; measured at 240 for the stream and as much for its share. */
const BYTES_PER_EVENT = 1_024;

/** By then hundreds have been served, if nobody waits for Postgres. */
const ANSWERED_WITHIN_MS = 45_000;

/** Takes Postgres away, does something, and brings it back whatever came of it. */
async function withoutPostgres<T>(rig: Rig, killed: boolean, act: () => Promise<T>): Promise<T> {
  if (killed) await rig.kill("postgres");
  else rig.signal("postgres", "SIGSTOP");
  let late: NodeJS.Timeout | undefined;
  const enough = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error("callers wait for Postgres and are not answered")), ANSWERED_WITHIN_MS);
  });
  try {
    return await Promise.race([act(), enough]);
  } finally {
    clearTimeout(late);
    if (killed) await rig.revive("postgres");
    else rig.signal("postgres", "SIGCONT");
  }
}

async function postgresAway(rig: Rig, options: RunOptions): Promise<Outcome> {
  const tally = new Tally();
  const dice = new Dice(options.seed);
  for (let round = 1; round <= options.rounds; round++) {
    const killed = round % 2 === 1;
    const how = `round ${round}, Postgres ${killed ? "killed" : "stopped"}`;
    const shop = await Shop.open(1_000_000);
    const key = outboxKey(shop.brand.partition);
    await shop.sellMany(20, 4);
    await drainShop(shop);
    const rss = process.memoryUsage.rss();
    const act = async () => {
      const uses: Use[] = [];
      // Once somebody is refused there is nothing more to show.
      while (uses.length < 600 && uses.every((use) => use.usageIds.length === 1)) {
        uses.push(...(await shop.sellMany(60, 8, () => ({ keyed: dice.chance(0.5) }))));
      }
      for (const use of uses) {
        tally.most("slowest consume while Postgres was away, ms", use.acknowledgedAt - use.firstSentAt);
      }
      const served = uses.filter((use) => use.usageIds.length === 1).length;
      tally.expect(served === uses.length, `${how}: ${uses.length - served} of ${uses.length} were not served`);
      const waiting = await redis().xlen(key);
      const usage = "return redis.call('MEMORY', 'USAGE', KEYS[1], 'SAMPLES', '0')";
      const bytes = Number(await redis().eval<string[], string>(usage, [key], []));
      tally.expect(waiting === uses.length, `${how}: ${waiting} events wait for ${uses.length} uses`);
      tally.expect(bytes < waiting * BYTES_PER_EVENT, `${how}: ${waiting} events take ${bytes} bytes`);
      tally.most("bytes an event takes while it waits", Math.ceil(bytes / Math.max(1, waiting)));
      tally.most("growth of the selling process, MiB", Math.round((process.memoryUsage.rss() - rss) / 2 ** 20));
    };
    // A worker goes on trying all the while, and must not disturb.
    await whileSelling(shop, { tills: 0, sale: () => ({}), drained: true }, () =>
      withoutPostgres(rig, killed, act),
    ).catch((error: unknown) => tally.breach(`${how}: ${error instanceof Error ? error.message : "failed"}`));
    tally.take(await audit(shop), how);
    tally.expect((await redis().xlen(key)) === 0, `${how}: the backlog was not drained`);
    tally.add({ [killed ? "times killed" : "times stopped"]: 1 });
    options.report(`${round} of ${options.rounds}`);
  }
  tally.take(await soundness());
  return tally.outcome();
}

export const postgresAwayScenario: Scenario = {
  name: "postgres-away",
  shows: "Postgres killed or stopped while consume goes on: every use is served, the backlog is drained after",
  catches: [
    "an outbox trimmed by length: 500 events were left of 600 uses",
    "consume asks Postgres: callers were not answered",
  ],
  short: { rounds: 2 },
  long: { rounds: 40 },
  run: postgresAway,
};

const CAP = 100;
/** The length is asked at one entry of an account in eight. */
const OVER = 7;

async function backlogCap(rig: Rig, options: RunOptions): Promise<Outcome> {
  const tally = new Tally();
  const dice = new Dice(options.seed);
  for (let round = 1; round <= options.rounds; round++) {
    const how = `round ${round}`;
    const shop = await Shop.open(1_000_000);
    const from = caller({ maxBacklog: CAP });
    const key = outboxKey(shop.brand.partition);
    await drainShop(shop);
    await withoutPostgres(rig, round % 2 === 1, async () => {
      const uses = await shop.sellMany(CAP * 3, 16, () => ({ keyed: dice.chance(0.5), caller: from }));
      const served = uses.filter(isKnown);
      const refused = uses.filter((use) => use.refusals.every((code) => code === "metering_unavailable"));
      tally.add({ served: served.length, "refused at the cap": uses.length - served.length });
      tally.expect(
        served.length >= CAP && served.length <= CAP + OVER,
        `${how}: ${served.length} were served up to a cap of ${CAP}`,
      );
      tally.expect(refused.length === uses.length, `${how}: some were refused for another reason`);
      tally.most("longest backlog", await redis().xlen(key));
      tally.expect((await redis().xlen(key)) <= CAP + OVER, `${how}: the backlog is longer than its cap`);
      // Who has paid is told so again, cap or no cap.
      const replays = await Promise.all(served.filter((use) => use.key).map((use) => shop.send(use, from)));
      tally.add({ "replays at the cap": replays.length });
      tally.expect(
        replays.every((status) => status === 200),
        `${how}: a replay was refused at the cap`,
      );
    });
    await drainShop(shop);
    const after = await shop.sell({ caller: from });
    tally.expect(isKnown(after), `${how}: nobody is served after it (${after.refusals})`);
    tally.take(await audit(shop), how);
    options.report(`${round} of ${options.rounds}`);
  }
  tally.take(await soundness());
  return tally.outcome();
}

export const backlogCapScenario: Scenario = {
  name: "backlog-cap",
  shows:
    "a backlog at its cap while Postgres is away: 503 for what is new, the old answer for a replay, and an end of it",
  catches: ["a full outbox is never marked as full: all 300 were served"],
  short: { rounds: 2 },
  long: { rounds: 40 },
  run: backlogCap,
};
