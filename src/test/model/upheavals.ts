import { eq } from "drizzle-orm";
import fc from "fast-check";
import { meteringPartitions } from "@/db/schema/metering";
import { revokeKey } from "@/features/keys/service";
import { setCap } from "@/features/metering/caps/service";
import { SWEEP } from "@/features/metering/edge/lua/sweep";
import { runScript } from "@/features/metering/edge/service";
import { drainPartition } from "@/features/metering/outbox/service";
import { hydrateAccount } from "@/features/metering/reconcile/service";
import { accountKeys, accountName } from "@/features/metering/rules";
import { changeLimit } from "@/features/metering/service";
import { sweep } from "./account";
import { Command, DAY, HOUR, MINUTE, mode, SECOND } from "./command";
import { same } from "./compare";
import { type CrashPoint, drain, flush, forgetOld, hydrate, restore, save } from "./ledger";
import type { World } from "./world";

/** Commands for what happens around the calls: drains and their deaths, losses, the clock, what a brand configures. */

class Killed extends Error {}
export const drainIt = fc
  .record({
    crash: fc.oneof(fc.constant(undefined), fc.constantFrom<CrashPoint>("read", "written", "committed", "deleted")),
  })
  .map(
    (input) =>
      new Command(`drain${input.crash ? ` killed after ${input.crash}` : ""}`, input, async (s, world) => {
        const at = (point: string) => {
          if (point === input.crash) throw new Killed();
        };
        const died = await drainPartition({ ...world.deps, at }, world.partition).then(
          () => false,
          (error: unknown) => {
            if (error instanceof Killed) return true;
            throw error;
          },
        );
        same("drain: killed", died, drain(s, input.crash));
      }),
  );

export const hydrateIt = fc.record({ mode }).map(
  (input) =>
    new Command("hydrate", input, async (s, world) => {
      hydrate(s, s.accounts[input.mode]);
      await hydrateAccount(world.deps, world.account(input.mode));
    }),
);

export const forget = fc.record({ mode }).map(
  (input) =>
    new Command("forget the account", input, async (s, world) => {
      s.accounts[input.mode].hot = null;
      await world.forget(input.mode);
    }),
);

export const flushAll = fc.record({ noticed: fc.boolean() }).map(
  (input) =>
    new Command("flush", input, async (s, world) => {
      flush(s);
      await world.flush();
    }),
);

export const restart = fc.record({}).map(
  (input) =>
    new Command("restart", input, async (s, world) => {
      s.restarted = true;
      await startedAnew(world);
    }),
);

const startedAnew = (world: World) =>
  world.db
    .update(meteringPartitions)
    .set({ redisRunId: "another" })
    .where(eq(meteringPartitions.partition, world.partition));

export const keepCopy = fc.record({}).map(
  (input) =>
    new Command("keep a copy of Redis", input, async (s, world) => {
      save(s);
      await world.save();
    }),
);

export const failOver = fc.record({ noticed: fc.boolean() }).map(
  (input) =>
    new Command(
      "fail over to the copy",
      input,
      async (s, world) => {
        restore(s);
        await world.restore();
        if (!input.noticed) return;
        s.restarted = true;
        await startedAnew(world);
      },
      (s) => s.saved !== null,
    ),
);

/** Where the clock goes. */
const MOVES: Record<string, (now: number) => number> = {
  "5 s on": (now) => now + 5 * SECOND,
  "a minute on": (now) => now + MINUTE,
  "11 minutes on": (now) => now + 11 * MINUTE,
  "an hour on": (now) => now + HOUR,
  "just before midnight": (now) => now - (now % DAY) + DAY - 30 * SECOND,
  "past midnight": (now) => now - (now % DAY) + DAY + SECOND,
  "26 hours on": (now) => now + 26 * HOUR,
  "to the end of the month": (now) => nextMonth(now) - 20 * SECOND,
  "to the next month": (now) => nextMonth(now) + 10 * SECOND,
  "a minute back": (now) => now - MINUTE,
  "10 minutes back": (now) => now - 10 * MINUTE,
  "a day back": (now) => now - DAY,
};
const nextMonth = (now: number): number => {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
};

/** Short moves come more often: what is held and owed lives for minutes and hours. */
const move = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("5 s on", "a minute on", "11 minutes on", "a minute back") },
  { weight: 2, arbitrary: fc.constantFrom(...Object.keys(MOVES)) },
);

export const clock = move.map(
  (to) =>
    new Command("clock", to, async (s, world) => {
      s.now = MOVES[to]?.(s.now) ?? s.now;
      await world.moveClock(s.now);
      forgetOld(s);
      await world.forgetOld(s);
    }),
);

export const cap = fc
  .record({
    mode,
    scope: fc.constantFrom("*", "vto-001", "cai-001"),
    daily: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 60 })),
    monthly: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 90 })),
  })
  .map(
    (input) =>
      new Command("cap", input, async (s, world) => {
        const a = s.accounts[input.mode];
        const { scope, daily, monthly } = input;
        a.caps = a.caps.filter((one) => one.scope !== scope);
        if (daily !== null || monthly !== null) a.caps.push({ scope, daily, monthly });
        a.head.retire = true;
        hydrate(s, a);
        same("cap", await setCap(world.ctx, world.deps, input), { inForce: true });
      }),
  );

export const limit = fc.record({ mode, unlimited: fc.boolean() }).map(
  (input) =>
    new Command("plan", input, async (s, world) => {
      const a = s.accounts[input.mode];
      a.unlimited = input.unlimited;
      if (a.hot && !a.hot.retired) a.hot.unlimited = input.unlimited;
      await changeLimit(world.ctx, world.deps, input);
    }),
);

export const revoke = fc.record({ key: fc.constantFrom("few", "pk", "brief", "test", "sk") }).map(
  (input) =>
    new Command("revoke a key", input, async (s, world) => {
      const one = s.keys[input.key];
      if (!one) return;
      one.revoked = true;
      one.record = { gen: s.catalogGen ?? -1, revoked: true };
      await revokeKey(world.ctx, { keyId: world.secrets[input.key]?.keyId ?? "" });
    }),
);

export const sweepIt = fc.record({ mode }).map(
  (input) =>
    new Command("sweep", input, async (s, world) => {
      const a = s.accounts[input.mode];
      if (a.hot && !a.hot.retired) sweep(s, a, a.hot);
      const account = world.account(input.mode);
      await runScript(world.redis, SWEEP, accountKeys(account), [accountName(account)]);
    }),
);
