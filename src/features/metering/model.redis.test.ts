import { afterAll, describe, expect, it } from "vitest";
import { newSeen, runSeed } from "@/test/model/run";
import { FAILED } from "@/test/model/seeds";
import { closeWorlds } from "@/test/model/world";

/**
 * The metering core against a simple model of it (src/test/model), on real Redis and Postgres: what each call must
 * answer, what Redis must hold after it, and what the ledger must say in the end. `npm run model` runs any number.
 */

const SEEDS = 120;
const AT_ONCE = 20;

afterAll(closeWorlds);

const reportOf = async (seed: number): Promise<string> => {
  const failure = await runSeed(seed, newSeen());
  return failure ? `npm run model -- --seed ${seed} --path ${failure.path}\n${failure.report}` : "";
};

describe("product and model", () => {
  it.each(FAILED)(
    "agree on seed $seed, which once found $found",
    async ({ seed }) => {
      expect(await reportOf(seed)).toBe("");
    },
    60_000,
  );

  it.each(Array.from({ length: SEEDS / AT_ONCE }, (_, i) => [i * AT_ONCE + 1, (i + 1) * AT_ONCE]))(
    "agree on seeds %i to %i",
    async (from, to) => {
      for (let seed = from; seed <= to; seed++) expect(await reportOf(seed)).toBe("");
    },
    120_000,
  );
});
