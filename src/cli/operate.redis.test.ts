import { eq } from "drizzle-orm";
import { afterAll, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { apps } from "@/db/schema/catalog";
import { accountName } from "@/features/metering/rules";
import { type Ended, runHere } from "@/test/command";
import { lettersOf, use } from "@/test/ledger";
import { accountState, drain, expectAllSound, type TestBrand, testBrand } from "@/test/meter";

/** The operator's commands, by the words that people type after them. */

const rebuild = (...args: string[]) => runHere(["src/cli/ledger-rebuild.ts", ...args]);
const letters = (...args: string[]) => runHere(["src/cli/dead-letters.ts", ...args]);
const MISUSED = { code: 2, stdout: "" };
const misused = (ended: Ended, why: RegExp) => {
  expect(ended).toMatchObject(MISUSED);
  expect(ended.stderr).toMatch(why);
  expect(ended.stderr).toContain("usage: ");
};

afterAll(async () => {
  await expectAllSound();
  await closeDb();
});

describe("ledger:rebuild", { timeout: 90_000 }, () => {
  it("rebuilds the account named, and only that", async () => {
    const brand = await testBrand({ tokens: 20 });
    await use(brand);
    const { code, stdout } = await rebuild("--account", accountName(brand.account));
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^1 of 1 accounts rebuilt in [\d.]+ s\n$/),
    });
    expect(await accountState(brand)).toMatchObject({ e: "2", s: "0", b: "15" });
    expect((await rebuild("--account", brand.customerId)).stdout).toMatch(/^2 of 2 accounts/);
  });

  it("asks before all", async () => {
    misused(await rebuild("--all"), /^Close \d+ accounts .* say --yes/);
  });

  it("says what is wrong with how it was called", async () => {
    misused(await rebuild(), /--account or --all/);
    misused(await rebuild("--account", "northlight"), /UUID/);
    misused(await rebuild("--all", "--before", "yesterday"), /--before takes a time/);
    const { code, stdout } = await rebuild("--account", `${crypto.randomUUID()}:live`);
    expect([code, stdout]).toEqual([1, expect.stringContaining("There is no account")]);
  });
});

describe("dead-letters", { timeout: 90_000 }, () => {
  /** Uses that cannot be written while the catalogue does not know their app. */
  const poisoned = async (uses: number): Promise<TestBrand> => {
    const brand = await testBrand({ tokens: 100 });
    for (let i = 0; i < uses; i++) await use(brand);
    const rename = (from: string, to: string) =>
      db().update(apps).set({ catalogId: to }).where(eq(apps.catalogId, from));
    await rename("vto-001", "gone");
    await drain(brand).finally(() => rename("gone", "vto-001"));
    return brand;
  };

  it("lists, shows, replays and discards, and does the same again without harm", async () => {
    const brand = await poisoned(3);
    const account = accountName(brand.account);
    const listed = (await letters("list", "--account", account, "--open")).stdout.trimEnd().split("\n");
    expect(listed).toHaveLength(3);
    for (const line of listed)
      expect(line).toMatch(/poison {2}.*:live 1\/\d {2}usage {2}-5 {2}.*not in the catalogue$/);
    const [first = "", second = ""] = (await lettersOf(brand)).map((letter) => letter.id);

    expect(JSON.parse((await letters("inspect", first)).stdout)).toMatchObject({ id: first, fields: { k: "usage" } });
    expect(await letters("replay", first)).toMatchObject({ code: 0, stdout: `resolved  ${first}  replayed\n` });
    expect(await letters("replay", first)).toMatchObject({ code: 0, stdout: `was so    ${first}  replayed\n` });
    const discarded = { code: 0, stdout: `resolved  ${second}  discarded: a test\n` };
    expect(await letters("discard", second, "--reason", "a test")).toMatchObject(discarded);
    expect((await letters("replay", "--all", "--account", account)).stdout.trimEnd().split("\n")).toHaveLength(1);
    expect((await letters("list", "--account", account, "--open")).stdout).toBe("no dead letters\n");
    expect((await letters("list", "--account", account)).stdout.match(/resolved/g)).toHaveLength(3);
  });

  it("exits 1 where one is refused, with why", async () => {
    const brand = await poisoned(1);
    const [letter] = await lettersOf(brand);
    await db().execute(`update dead_letters set fields = fields || '{"p": "xyz-999"}' where id = '${letter?.id}'`);
    const { code, stdout } = await letters("replay", letter?.id ?? "");
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^refused .*not in the catalogue\n$/)]);
    expect((await letters("discard", letter?.id ?? "", "--reason", "no such app")).code).toBe(0);
  });

  it("says what is wrong with how it was called", async () => {
    misused(await letters("burn"), /no verb burn/);
    misused(await letters("list", "--reason", "other"), /poison or fork/);
    misused(await letters("discard", crypto.randomUUID()), /takes --reason/);
    misused(await letters("discard", crypto.randomUUID(), "--reason", "x"), /There is no dead letter/);
  });
});

describe("audit:check", { timeout: 90_000 }, () => {
  it("keeps as the truth no end of a log that it did not follow", async () => {
    const check = (...args: string[]) => runHere(["src/cli/audit-check.ts", ...args]);
    misused(await check("--brand", crypto.randomUUID(), "--save", "/dev/null"), /--brand looks at one/);
    misused(await check("--brand", "northlight"), /--brand takes a brand's id/);
  });
});
