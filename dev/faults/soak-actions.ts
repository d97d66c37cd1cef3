import { applyIntents, owe } from "@/features/metering/intents/service";
import { UPKEEP } from "@/features/metering/jobs";
import { hydrateAccount } from "@/features/metering/reconcile/service";
import { metering } from "@/rest/internal/metering";
import { ctxOf, forget } from "@/test/ledger";
import type { DrainNursery } from "./drains";
import { patiently, pause } from "./patience";
import type { Dice } from "./random";
import type { PartName, Rig } from "./rig";
import { isKnown, type Shop } from "./shop";
import type { Siblings } from "./siblings";

/** What the soak's actions act on. */
export interface World {
  readonly rig: Rig;
  readonly shops: readonly Shop[];
  /** What the shops do beside single consumes. */
  readonly siblings: readonly Siblings[];
  readonly nursery: DrainNursery;
}

/** Something that may happen at any moment, as often as its weight says. Add a line to extend the soak. */
export interface Action {
  readonly name: string;
  readonly weight: number;
  /** May throw where a part is away at the moment: that is no breach. What a caller was told is in the shop's journal. */
  readonly act: (world: World, dice: Dice) => Promise<void>;
}

/** What buyers do; several at once. */
export const SALES: readonly Action[] = [
  {
    name: "consumes with a key",
    weight: 50,
    act: async ({ shops }, dice) => {
      await dice.pick(shops).sell({ app: dice.chance(0.5) ? "vto-001" : "pdc-001" });
    },
  },
  {
    name: "consumes without a key",
    weight: 20,
    act: async ({ shops }, dice) => {
      await dice.pick(shops).sell({ keyed: false });
    },
  },
  {
    name: "retries of an unknown outcome",
    weight: 15,
    act: async ({ shops }, dice) => {
      const shop = dice.pick(shops);
      const { open } = shop;
      if (open.length > 0) await shop.send(dice.pick(open));
    },
  },
  {
    name: "replays of an acknowledged use",
    weight: 10,
    act: async ({ shops }, dice) => {
      const shop = dice.pick(shops);
      const use = shop.uses.length > 0 ? dice.pick(shop.uses) : undefined;
      if (use?.key && isKnown(use)) await shop.send(use);
    },
  },
  {
    name: "retries of a refusal",
    weight: 5,
    act: async ({ shops }, dice) => {
      const shop = dice.pick(shops);
      const use = shop.uses.at(-dice.between(1, 20));
      if (use?.key && !isKnown(use)) await shop.send(use);
    },
  },
  {
    name: "batches",
    weight: 10,
    act: async ({ siblings }, dice) => {
      await dice.pick(siblings).sellBatch(dice.between(1, 10));
    },
  },
  {
    name: "reservations",
    weight: 8,
    act: async ({ siblings }, dice) => {
      const tokens = dice.between(1, 50);
      await dice.pick(siblings).hold(tokens, dice.chance(0.3) ? null : dice.between(1, tokens));
    },
  },
  {
    name: "settles, releases and retries of them",
    weight: 12,
    act: async ({ siblings }, dice) => {
      const own = dice.pick(siblings);
      const { open } = own;
      if (open.length > 0) await own.resolve(dice.pick(open));
    },
  },
  {
    name: "refunds",
    weight: 4,
    act: async ({ siblings }, dice) => {
      const own = dice.pick(siblings);
      const uses = own.shop.uses.filter(isKnown);
      // A refund that could not be told is asked for again when all comes to rest.
      if (uses.length > 0) await own.refund(dice.pick(uses)).catch(() => {});
    },
  },
];

const stopped = (part: PartName, longest: number): Action["act"] => {
  return async ({ rig }, dice) => {
    rig.signal(part, "SIGSTOP");
    try {
      await pause(dice.between(50, longest));
    } finally {
      rig.signal(part, "SIGCONT");
    }
  };
};

const killed = (part: PartName, longest: number): Action["act"] => {
  return async ({ rig }, dice) => {
    await rig.kill(part);
    try {
      await pause(dice.between(0, longest));
    } finally {
      await rig.revive(part);
    }
  };
};

let granted = 0;

/** What goes wrong, and what the operator's side does; one after the other. */
export const TROUBLES: readonly Action[] = [
  {
    name: "grants",
    weight: 12,
    act: async ({ shops }, dice) => {
      const shop = dice.pick(shops);
      const tokens = dice.between(1, 500);
      const businessKey = `soak:${shop.brand.customerId}:${++granted}`;
      // Owed for certain, however often it has to be asked for; applied whenever it can be.
      await patiently(() => owe(ctxOf(shop.brand), { mode: "live", source: "pack", tokens, businessKey }));
      shop.granted += tokens;
      await applyIntents(metering(), shop.brand.account);
    },
  },
  {
    name: "kills of a drain",
    weight: 20,
    act: async ({ shops, nursery }, dice) => {
      const { partition } = dice.pick(shops).brand;
      const drain = await nursery.take();
      const point = dice.pick(["read", "written", "committed", "deleted", undefined] as const);
      drain.order({ kind: "drain", partitions: [partition], ...(point ? { stopAt: point } : {}) });
      await Promise.race([drain.next(), pause(dice.between(1, 150))]);
      await drain.kill();
    },
  },
  {
    name: "rounds of upkeep",
    weight: 20,
    act: async () => {
      for (const { run } of UPKEEP) await run(metering()).catch(() => {});
    },
  },
  {
    name: "accounts forgotten by Redis",
    weight: 6,
    act: async ({ shops }, dice) => {
      await forget(dice.pick(shops).brand);
    },
  },
  {
    name: "hydrates",
    weight: 6,
    act: async ({ shops }, dice) => {
      await hydrateAccount(metering(), dice.pick(shops).brand.account);
    },
  },
  { name: "stops of Redis", weight: 4, act: stopped("redis", 1_500) },
  { name: "stops of the bridge", weight: 3, act: stopped("bridge", 1_500) },
  { name: "stops of Postgres", weight: 4, act: stopped("postgres", 2_000) },
  { name: "kills of Redis", weight: 3, act: killed("redis", 500) },
  { name: "kills of the bridge", weight: 2, act: killed("bridge", 300) },
  { name: "kills of Postgres", weight: 3, act: killed("postgres", 1_000) },
];
