import { afterAll, beforeAll, expect, it } from "vitest";
import { closeDb } from "@/db/client";
import { Rig } from "./rig";
import { SCENARIOS } from "./scenarios";

/** Every fault of the table in its short form, on one stack that is broken over and over. `npm run faults` does the long ones. */

/** One seed for the test run, so that it does the same each time; the long form draws a new one. */
const SEED = 7;

let rig: Rig;
beforeAll(async () => {
  await closeDb();
  rig = await Rig.start();
}, 120_000);
afterAll(() => rig.stop());

it.each(SCENARIOS.map((scenario) => [scenario.name, scenario.shows, scenario] as const))(
  "%s: %s",
  async (_name, _shows, scenario) => {
    const { rounds = 1, seconds = 1 } = scenario.short;
    const outcome = await scenario.run(rig, { seed: SEED, rounds, seconds, report: () => {} });
    expect(outcome.breaches).toEqual([]);
  },
  120_000,
);
