import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { customers } from "@/db/schema/people";
import { usagePacked } from "@/db/schema/usage";
import { refundUsage } from "@/features/metering/refunds/service";
import { wrongRollups } from "@/features/metering/rollups/queries";
import { metering } from "@/rest/internal/metering";
import { ctxOf, usesOf } from "@/test/ledger";
import { checkedAfterEach, drain, type TestBrand, testBrand } from "@/test/meter";
import { scattered, usedBefore } from "@/test/past-uses";
import { dashboard } from "../dashboard/queries";
import { datesOf, shiftDate } from "../dashboard/rules";
import { packDue } from "./jobs";
import { partsOf } from "./queries";
import { cutAt, mondayOf } from "./rules";
import { packOver } from "./service";

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 10_000, apps: ["vto-001", "pdc-001"] });
});
checkedAfterEach();
afterAll(closeDb);

/** Packs all that is over. */
async function packed(of = brand, mode: "live" | "test" = "live"): Promise<number> {
  let all = 0;
  for (let some = -1; some !== 0; all += some) some = await packOver(ctxOf(of), { mode });
  return all;
}
const own = () => eq(usagePacked.customerId, brand.customerId);
/** What is open: each day's date, and each week's with its length. */
const open = async () => {
  const rows = await db()
    .select()
    .from(usagePacked)
    .where(and(own(), isNull(usagePacked.known)));
  return rows.map(({ start, days }) => (days === 1 ? start : `${start} +${days}`)).toSorted();
};
const OPEN = { apps: null, hours: null, facets: null, sketch: null, known: null };
/** What the page says, apart from when. */
async function shown(from: string, to: string, of = brand) {
  const { asOf: _, ...answer } = await dashboard(ctxOf(of), { mode: "live", query: { from, to } });
  return answer;
}
/** From the counts alone: as it would be if nothing were packed. */
async function shownFromCounts(from: string, to: string) {
  const rows = await db().select().from(usagePacked).where(own());
  await db().update(usagePacked).set(OPEN).where(own());
  const answer = await shown(from, to);
  await db().delete(usagePacked).where(own());
  await db().insert(usagePacked).values(rows);
  return answer;
}

/** Spans with and without whole weeks in them and before them, beginning on every day of the week. */
const SPANS = Array.from({ length: 21 }, (_, i): [from: string, to: string] => {
  const from = shiftDate("2026-09-26", i * 2);
  return [from, shiftDate(from, (i * 5) % 40)];
});

describe("what is packed", () => {
  it.each(["Europe/Berlin", "America/St_Johns"])("changes nothing of what the page says, in %s", async (timeZone) => {
    await db().update(customers).set({ timeZone }).where(eq(customers.id, brand.customerId));
    // Over the night on which Berlin's clocks go back.
    await usedBefore(brand, scattered("2026-10-01", 40));
    expect(await packed()).toBe(40 + 7 + (timeZone === "Europe/Berlin" ? 0 : 1));
    expect(await open()).toEqual([]);
    for (const span of SPANS) expect([span, await shown(...span)]).toEqual([span, await shownFromCounts(...span)]);
    expect((await shown("2026-09-30", "2026-11-20")).totals).toMatchObject({ sessions: 80, known: 60, shoppers: 9 });
  });

  it("is read by weeks, by days where the question cuts through a week, and counted where it came late", async () => {
    await usedBefore(brand, scattered("2026-10-05", 28));
    await packed();
    const read = (from: string, to: string, cuts: readonly string[] = []) =>
      db().transaction(async (tx) => {
        const scope = { ctx: ctxOf(brand), mode: "live" } as const;
        const parts = await partsOf(tx, scope, cutAt({ from, to }, cuts), from);
        return parts.map(({ start, hours }) => (hours.length === 24 ? start : `${start} +7`)).toSorted();
      });
    const weeks = ["2026-10-05 +7", "2026-10-12 +7", "2026-10-19 +7", "2026-10-26 +7"];
    expect(await read("2026-10-05", "2026-11-01")).toEqual(weeks);
    const days = datesOf("2026-10-12", "2026-10-18");
    const cut = [weeks[0], ...days, weeks[2]];
    expect(await read("2026-10-05", "2026-10-25", ["2026-10-14"])).toEqual(cut);
    expect(await read("2026-10-06", "2026-10-11")).toEqual(datesOf("2026-10-06", "2026-10-11"));
    await db()
      .update(usagePacked)
      .set(OPEN)
      .where(and(own(), eq(usagePacked.start, "2026-10-12")));
    expect(await read("2026-10-05", "2026-10-25")).toEqual(cut);
  });

  it("keeps whatever a shop calls its products", async () => {
    const names = ["__proto__", 'a "quoted" {one}', "ünïcode ✓", "back\\slash", "null", "constructor"];
    await usedBefore(
      brand,
      names.map((product_id) => ({ at: "2026-10-07T10:00:00Z", metadata: { product_id } })),
    );
    await packed();
    const { products } = await shown("2026-10-05", "2026-10-11");
    expect(products.parts.map(({ value }) => value)).toEqual(names.toSorted());
    expect(products).toEqual((await shownFromCounts("2026-10-05", "2026-10-11")).products);
  });

  it("is opened by a use that comes late, and packed anew", async () => {
    await usedBefore(brand, scattered("2026-10-05", 14));
    await packed();
    await usedBefore(brand, [
      { at: "2026-10-08T09:00:00Z", session: "late", metadata: { product_id: "late", country: "FR" } },
    ]);
    expect(await open()).toEqual(["2026-10-05 +7", "2026-10-08"]);
    const late = await shown("2026-10-05", "2026-10-18");
    expect(late.totals.sessions).toBe(29);
    expect(late.countries.parts.map(({ value }) => value)).toContain("FR");
    expect(await packed()).toBe(2);
    expect(await shown("2026-10-05", "2026-10-18")).toEqual(late);
  });

  it("is opened by a refund of one of its uses", async () => {
    await usedBefore(brand, scattered("2026-10-05", 7));
    await packed();
    const [use] = await usesOf(brand);
    await refundUsage(ctxOf(brand), metering(), { mode: "live", usageId: use?.operationId ?? "" });
    await drain(brand);
    expect(await open()).toEqual(["2026-10-05", "2026-10-05 +7"]);
    const { totals, hours } = await shown("2026-10-05", "2026-10-11");
    expect([totals.sessions, hours.reduce((sum, tokens) => sum + tokens, 0)]).toEqual([13, totals.tokens]);
    await packed();
    expect((await shown("2026-10-05", "2026-10-11")).totals).toEqual(totals);
  });

  it("follows the brand into another time zone", async () => {
    await usedBefore(brand, [{ at: "2026-10-11T23:30:00Z" }, { at: "2026-10-20T10:00:00Z" }]);
    await packed();
    await db().update(customers).set({ timeZone: "Europe/Berlin" }).where(eq(customers.id, brand.customerId));
    expect(await open()).toEqual(["2026-10-12", "2026-10-12 +7", "2026-10-19 +7", "2026-10-20"]);
    await packed();
    expect((await shown("2026-10-12", "2026-10-18")).hours[1]).toBe(5);
  });

  it("does not miss a use that is being written while it is packed", async () => {
    await usedBefore(brand, scattered("2026-10-05", 7));
    await packed();
    // Open again, with more to come: the drain has the brand's head, and waits in the middle of its statement.
    await db().update(usagePacked).set(OPEN).where(own());
    const inTheWay = await held(sql`select from customer_apps where customer_id = ${brand.customerId} for update`);
    const writing = usedBefore(brand, [{ at: "2026-10-08T09:00:00Z", metadata: { product_id: "late" } }]);
    const packing = waitedFor("with u as materialized").then(() => packed());
    await Promise.race([packing, waitedFor("from metering_accounts")]).finally(inTheWay.letGo);
    await writing;
    expect(await packing).toBe(8);
    const { totals, hours, products } = await shown("2026-10-05", "2026-10-11");
    expect(hours.reduce((sum, tokens) => sum + tokens, 0)).toBe(totals.tokens);
    expect(products.parts.map(({ value }) => value)).toContain("late");
  });

  it("is packed once, however many try", async () => {
    await usedBefore(brand, scattered("2026-10-05", 21));
    const tries = await Promise.all([packed(), packed(), packed()]);
    expect(tries.reduce((sum, some) => sum + some, 0)).toBe(24);
  });

  it("waits until it is over, and is found by the job then", async () => {
    const today = new Date().toISOString().slice(0, 10);
    await usedBefore(brand, [{ at: `${today}T00:00:00Z` }, { at: "2026-10-07T10:00:00Z" }]);
    const late = ["2026-10-05 +7", "2026-10-07"];
    const now = [`${mondayOf(today)} +7`, today].toSorted();
    expect(await open()).toEqual([...late, ...now]);
    while ((await open()).includes("2026-10-07")) expect(await packDue({ db: db() })).toBeGreaterThan(0);
    expect(await open()).toEqual(now);
  });

  it("is that of the brand's own account alone", async () => {
    await usedBefore(brand, scattered("2026-10-05", 7));
    const other = await testBrand();
    expect(await packed(other)).toBe(0);
    expect(await packed(brand, "test")).toBe(0);
    await packed();
    const answer = await shown("2026-10-05", "2026-10-11", other);
    expect([answer.totals.known, answer.keys.parts, answer.hours.some((tokens) => tokens > 0)]).toEqual([0, [], false]);
  });
});

describe("the check of the books", () => {
  it("finds what is packed and says other than the counts", async () => {
    await usedBefore(brand, scattered("2026-10-05", 7));
    await packed();
    const within = (column = "customer_id") => sql`${sql.raw(column)} = ${brand.customerId}`;
    const wrong = async () =>
      (await wrongRollups(db(), within, 10)).map(({ app_id, ledger, rollup }) => [app_id, ledger, rollup]);
    expect(await wrong()).toEqual([]);
    const week = and(own(), eq(usagePacked.days, 7));
    const [row] = await db().select().from(usagePacked).where(week);
    const { apps, hours, facets, known } = row ?? {};
    const set = (figures: Partial<typeof usagePacked.$inferInsert>) =>
      db().update(usagePacked).set(figures).where(week);
    await set({ hours: (hours ?? []).map((tokens, at) => (at === 24 ? tokens + 1 : tokens)) });
    expect(await wrong()).toEqual([["hour 24 in 7 days", null, "1"]]);
    await set({ hours, known: 1 });
    expect(await wrong()).toEqual([["shoppers in 7 days", "10", "1"]]);
    await set({ known, facets: { ...facets, country: [] } });
    expect((await wrong()).map(([what]) => what)).toEqual(["country CA in 7 days", "country DE in 7 days"]);
    await set({ facets, apps: (apps ?? []).slice(1) });
    expect(await wrong()).toHaveLength(1);
    await set({ apps });
    expect(await wrong()).toEqual([]);
  });
});

/** Has a transaction hold what a statement locks. */
async function held(lock: SQL): Promise<{ letGo: () => Promise<void> }> {
  let letGo = () => {};
  const told = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let ended: Promise<void> = Promise.resolve();
  await new Promise<void>((begun, failed) => {
    ended = db().transaction(async (tx) => {
      await tx.execute(lock);
      begun();
      await told;
    });
    ended.catch(failed);
  });
  return {
    letGo: () => {
      letGo();
      return ended;
    },
  };
}

/** Until some session of Postgres waits for a lock in a statement with these words. */
async function waitedFor(words: string): Promise<void> {
  await expect
    .poll(
      async () => {
        const rows = await db().execute(sql`
          select 1 from pg_stat_activity where wait_event_type = 'Lock' and query ilike ${`%${words}%`}`);
        return rows.length;
      },
      { timeout: 5_000 },
    )
    .toBeGreaterThan(0);
}
