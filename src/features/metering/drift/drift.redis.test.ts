import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { db } from "@/db/client";
import { logger } from "@/lib/logger";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { run } from "@/test/command";
import { use, whileBroken } from "@/test/ledger";
import { accountState, checkedAfterEach, drain, type TestBrand, testBrand } from "@/test/meter";
import { accountKey, accountName } from "../rules";
import { driftHistory } from "./queries";
import { lookForDrift } from "./service";

checkedAfterEach();

/** More brands than any run of the tests makes, so that one look sees them all. */
const EVERYBODY = { brands: 100_000 };
const none = () => db().execute(sql`delete from drift_reports`);
/** As though the last look had been made that long ago. */
const later = (minutes = 11) =>
  db().execute(sql`update drift_reports set checked_at = checked_at - make_interval(mins => ${minutes})`);
const brandsThereAre = async () =>
  Number((await db().execute(sql`select count(distinct customer_id)::int as n from metering_accounts`))[0]?.n);
beforeEach(none);

describe("a look for drift", () => {
  it("is made every ten minutes, by one of several workers, and its report is kept", async () => {
    const brand = await testBrand({ tokens: 50 });
    await use(brand);
    const looks = await Promise.all(Array.from({ length: 4 }, () => lookForDrift(metering(), EVERYBODY)));
    expect(looks.filter((findings) => findings !== null)).toHaveLength(1);
    expect(await lookForDrift(metering(), EVERYBODY)).toBeNull();
    await later(9);
    expect(await lookForDrift(metering(), EVERYBODY)).toBeNull();
    await later(2);
    expect(await lookForDrift(metering(), EVERYBODY)).not.toBeNull();
    const [report, first] = await driftHistory(db(), 10);
    expect(report?.findings.map((finding) => finding.invariant)).toEqual([1, 2, 3, 4, 7, 8]);
    expect(report).toMatchObject({ breaches: 0, brands: await brandsThereAre(), upTo: null });
    expect(report?.tookMs).toBeGreaterThan(0);
    expect(first?.findings).toHaveLength(6);
  });

  it("goes through all brands slice by slice, and then begins anew", async () => {
    for (let i = 0; i < 5; i++) await testBrand({ tokens: 1 });
    const all = await brandsThereAre();
    const size = Math.ceil(all / 3);
    const seen: number[] = [];
    for (let i = 0; i < 4; i++) {
      const findings = await lookForDrift(metering(), { brands: size });
      seen.push(findings?.[1]?.checked ?? 0);
      await later();
    }
    const reports = (await driftHistory(db(), 10)).toReversed();
    expect(reports.map((report) => report.brands).slice(0, 3)).toEqual([size, size, all - 2 * size]);
    // Each brand's two accounts, once a round.
    expect(seen[0] ?? 0).toBe(seen[3]);
    expect(seen.slice(0, 3).reduce((sum, n) => sum + n, 0)).toBe(all * 2);
    expect(reports.map((report) => report.upTo === null)).toEqual([false, false, true, false]);
  });

  it("says in the log what is wrong, keeps it, and the history shows it", async () => {
    const brand: TestBrand = await testBrand({ tokens: 50 });
    const { b } = await accountState(brand);
    const error = vi.spyOn(logger, "error").mockImplementation(() => {});
    await redis().hset(accountKey(brand.account), { b: "49" });
    try {
      await lookForDrift(metering(), EVERYBODY);
    } finally {
      await redis().hset(accountKey(brand.account), { b: b ?? "" });
    }
    const line = `${accountName(brand.account)} Redis balance 49, its grants there 50`;
    expect(error).toHaveBeenCalledOnce();
    expect(error.mock.calls[0]).toEqual([
      expect.objectContaining({ invariant: 3, breaches: expect.arrayContaining([line]) }),
      expect.stringContaining("The books do not agree"),
    ]);
    error.mockRestore();
    expect((await driftHistory(db(), 1))[0]?.breaches).toBe(2);
    await later();
    await lookForDrift(metering(), EVERYBODY);
    const { code, stdout } = await run(["src/cli/ledger-check.ts", "--history"]);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^\d{4}-.*Z {2}ok {6}\d+ brands, \d+ ms$/);
    expect(lines[1]).toMatch(/^\d{4}-.*Z {2}2 breaches {2}\d+ brands, \d+ ms$/);
    expect(lines[2]).toBe(`    3  ${line}`);
  });

  it("does not count where a store is away, and is made again", async () => {
    const brand = await testBrand({ tokens: 50 });
    await whileBroken(accountKey(brand.account), () => expect(lookForDrift(metering(), EVERYBODY)).rejects.toThrow());
    expect(await driftHistory(db(), 10)).toEqual([]);
    expect(await lookForDrift(metering(), EVERYBODY)).not.toBeNull();
    await drain(brand);
  });

  it("takes away what is older than 90 days", async () => {
    await testBrand({ tokens: 1 });
    for (const days of [91, 89]) {
      await lookForDrift(metering(), EVERYBODY);
      await db().execute(sql`update drift_reports set checked_at = checked_at - make_interval(days => ${days})
        where checked_at > now() - interval '1 hour'`);
    }
    await lookForDrift(metering(), EVERYBODY);
    const ages = (await driftHistory(db(), 10)).map((report) => Date.now() - report.checkedAt.getTime());
    expect(ages.map((age) => Math.round(age / 86_400_000))).toEqual([0, 89]);
  });
});
