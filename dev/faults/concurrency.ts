import { accountState } from "@/test/meter";
import { audit, soundness } from "./audit";
import type { Rig } from "./rig";
import { type Outcome, type RunOptions, type Scenario, Tally } from "./scenario";
import { caller, Shop } from "./shop";

const CALLERS = 1_000;
const COVERED = 500;
/** A thousand at once on one machine take a while; nobody is to be told that the outcome is unknown. */
const PATIENCE_MS = 60_000;

const patient = (rig: Rig) => caller({ redis: rig.client({ budgetMs: PATIENCE_MS }), budgetMs: PATIENCE_MS });

async function lastTokens(rig: Rig, options: RunOptions): Promise<Outcome> {
  const tally = new Tally();
  for (let round = 1; round <= options.rounds; round++) {
    const shop = await Shop.open(COVERED * 5);
    const from = patient(rig);
    // Half of them send a key of their own: the last token must not depend on it.
    const uses = await shop.sellMany(CALLERS, CALLERS, (i) => ({ keyed: i % 2 === 0, caller: from }));
    const served = uses.filter((use) => use.usageIds.length === 1).length;
    const refused = uses.filter((use) => use.refusals.includes("insufficient_tokens")).length;
    tally.add({ rounds: 1, "answered 200": served, "answered 402": refused });
    tally.expect(
      served === COVERED && refused === CALLERS - COVERED,
      `round ${round}: ${served} were served and ${refused} refused for want of tokens`,
    );
    const { b } = await accountState(shop.brand);
    tally.expect(b === "0", `round ${round}: the balance is ${b}`);
    tally.take(await audit(shop), `round ${round}`);
    options.report(`${round} of ${options.rounds}`);
  }
  tally.take(await soundness());
  return tally.outcome();
}

export const lastTokensScenario: Scenario = {
  name: "last-tokens",
  shows: "1,000 consumers at once on a balance for 500: exactly 500 are served, 500 get 402, and 0 is left",
  catches: ["a balance check that lets one use too many through: 1,000 were served"],
  short: { rounds: 10 },
  long: { rounds: 100 },
  run: lastTokens,
};

async function oneKey(rig: Rig, options: RunOptions): Promise<Outcome> {
  const tally = new Tally();
  for (let round = 1; round <= options.rounds; round++) {
    const shop = await Shop.open(10_000);
    const from = patient(rig);
    // The use is known to the journal before it is first sent, so that all attempts are equal.
    const use = shop.note();
    const statuses = await Promise.all(Array.from({ length: CALLERS }, () => shop.send(use, from)));
    const served = statuses.filter((status) => status === 200).length;
    tally.add({
      rounds: 1,
      calls: CALLERS,
      "answered 200": served,
      "different answers, one a round": use.bodies.length,
    });
    tally.expect(served === CALLERS, `round ${round}: ${served} of ${CALLERS} were served`);
    tally.expect(use.bodies.length === 1, `round ${round}: there were ${use.bodies.length} different bodies`);
    tally.take(await audit(shop), `round ${round}`);
    const { b } = await accountState(shop.brand);
    tally.expect(b === "9995", `round ${round}: the balance is ${b}`);
    options.report(`${round} of ${options.rounds}`);
  }
  tally.take(await soundness());
  return tally.outcome();
}

export const oneKeyScenario: Scenario = {
  name: "one-key",
  shows: "1,000 calls at once with one idempotency key: one debit, and the same answer to the byte",
  catches: ["no look-up of the idempotency record: 1,000 different answers"],
  short: { rounds: 3 },
  long: { rounds: 100 },
  run: oneKey,
};
