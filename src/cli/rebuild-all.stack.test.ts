import { afterAll, beforeAll, expect, it } from "vitest";
import { closeDb } from "@/db/client";
import { migrateDatabase } from "@/db/migrate";
import { accountKey, accountName } from "@/features/metering/rules";
import { run } from "@/test/command";
import { whileBroken } from "@/test/ledger";
import { accountState, expectAllSound, testBrand } from "@/test/meter";
import type { Services } from "../../dev/stack/services";
import { startThrowAway } from "../../dev/stack/throw-away";

/** A rebuild of all accounts there are: on a stack of its own, where they are this file's. */

let services: Services;
const before = { ...process.env };

beforeAll(async () => {
  await closeDb();
  services = await startThrowAway("rebuild");
  Object.assign(process.env, services.env);
  await migrateDatabase(services.env.DATABASE_OWNER_URL ?? "");
});
afterAll(async () => {
  await closeDb();
  await services.stop();
  Object.assign(process.env, before);
});

const rebuildAll = (...args: string[]) => run(["src/cli/ledger-rebuild.ts", "--all", "--yes", ...args]);

it("ledger:rebuild --all does every account it can, names the one it cannot and why, and goes on from there", async () => {
  const [brand, other] = [await testBrand({ tokens: 20 }), await testBrand({ tokens: 20 })];
  const { code, stdout, stderr } = await whileBroken(accountKey(brand.account), () => rebuildAll());
  const [summary, ...failed] = stdout.trimEnd().split("\n");
  expect({ code, failed }).toEqual({
    code: 1,
    failed: [expect.stringMatching(`^failed  ${accountName(brand.account)}  Redis .* refuses us`)],
  });
  const [, done, total] = /^(\d+) of (\d+) accounts rebuilt/.exec(summary ?? "") ?? [];
  expect(Number(total) - Number(done)).toBe(1);
  expect((await accountState(other)).e).toBe("2");

  const from = /--before (\S+)/.exec(stderr)?.[1] ?? "";
  const rest = await rebuildAll("--before", from);
  expect({ code: rest.code, stdout: rest.stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^1 of 1 accounts rebuilt/),
  });
  expect(await accountState(brand)).toMatchObject({ e: "2", b: "20" });
  expect((await accountState(other)).e).toBe("2");
  await expectAllSound();
}, 60_000);
