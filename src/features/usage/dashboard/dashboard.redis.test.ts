import { eq, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { ledgerEntries, tokenUsage } from "@/db/schema/metering";
import { customers } from "@/db/schema/people";
import { customerBilling } from "@/db/schema/plans";
import { usageDays, usageFacets, usageHours, usageShoppers } from "@/db/schema/usage";
import { refundUsage } from "@/features/metering/refunds/service";
import { metering } from "@/rest/internal/metering";
import { ctxOf } from "@/test/ledger";
import { checkedAfterEach, drain, type TestBrand, testBrand } from "@/test/meter";
import { type PastUse, scattered, usedBefore } from "@/test/past-uses";
import { forecast } from "../forecast/queries";
import { usageReport } from "../queries";
import { dashboardQuery } from "./contract";
import { dashboard, entriesOfDay } from "./queries";
import { dateIn, shiftDate } from "./rules";

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 10_000, apps: ["vto-001", "pdc-001", "cai-001"] });
});
checkedAfterEach();
afterAll(closeDb);

const used = (uses: readonly PastUse[]) => usedBefore(brand, uses);
const inZone = (timeZone: string) => db().update(customers).set({ timeZone }).where(eq(customers.id, brand.customerId));
const shown = (from: string, to: string) => dashboard(ctxOf(brand), { mode: "live", query: { from, to } });
const refundOf = (usageId: string) => refundUsage(ctxOf(brand), metering(), { mode: "live", usageId });

/** All rollups of the brand, in an order of their own. */
async function rollups() {
  const own = (table: { customerId: PgColumn }) => eq(table.customerId, brand.customerId);
  const [days, hours, facets, shoppers] = await Promise.all([
    db().select().from(usageDays).where(own(usageDays)).orderBy(usageDays.date, usageDays.appId),
    db().select().from(usageHours).where(own(usageHours)).orderBy(usageHours.date, usageHours.hour),
    db()
      .select()
      .from(usageFacets)
      .where(own(usageFacets))
      .orderBy(usageFacets.facet, usageFacets.date, usageFacets.value),
    db().select().from(usageShoppers).where(own(usageShoppers)).orderBy(usageShoppers.date),
  ]);
  return { days, hours, facets, shoppers };
}

/** The ledger's uses that were not given back, with their details, and the clock read by another library than Postgres's. */
async function ledger(timeZone: string) {
  const rows = await db()
    .select()
    .from(ledgerEntries)
    .innerJoin(tokenUsage, eq(sql`${tokenUsage.id}::text`, ledgerEntries.operationId))
    .where(eq(ledgerEntries.customerId, brand.customerId));
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "short", hour: "2-digit", hourCycle: "h23" });
  return rows
    .filter(({ token_usage: use }) => use.refundedAt === null)
    .map(({ ledger_entries: entry, token_usage: use }) => {
      const [weekday = "", hour] = clock.format(entry.occurredAt).split(/,? /);
      const day = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].indexOf(weekday);
      return { ...entry, ...use, date: dateIn(timeZone, entry.occurredAt.getTime()), hour: day * 24 + Number(hour) };
    });
}

const sum = <T>(rows: readonly T[], pick: (row: T) => number) => rows.reduce((all, row) => all + pick(row), 0);

/** Holds an answer against the ledger, figure by figure. */
async function expectLedger(from: string, to: string, timeZone: string): Promise<void> {
  const answer = await shown(from, to);
  const all = await ledger(timeZone);
  const inside = (a: string, b: string) => all.filter((row) => row.date >= a && row.date <= b);
  const now = inside(from, to);
  const before = inside(answer.before.from, answer.before.to);
  expect(answer.timeZone).toBe(timeZone);
  expect(answer.totals).toMatchObject({ tokens: sum(now, (row) => row.tokens), sessions: now.length });
  expect(answer.totalsBefore).toMatchObject({ tokens: sum(before, (row) => row.tokens), sessions: before.length });
  const timed = now.flatMap((row) =>
    typeof row.metadata.processing_time_ms === "number" ? [row.metadata.processing_time_ms] : [],
  );
  expect(answer.totals.tookMs).toEqual(timed.length === 0 ? null : sum(timed, (ms) => ms) / timed.length);
  for (const [i, app] of answer.apps.entries()) {
    const own = now.filter((row) => row.appId && ledgerApp(row) === app.appId);
    expect([app.tokens, app.sessions]).toEqual([sum(own, (row) => row.tokens), own.length]);
    expect(app.tokens).toBe(sum(answer.days, (day) => day.apps[i] ?? 0));
  }
  expect(answer.days.map((day) => day.date)).toHaveLength(new Set(answer.days.map((day) => day.date)).size);
  for (const day of answer.days) {
    const own = now.filter((row) => row.date === day.date);
    expect([day.date, day.tokens, day.sessions]).toEqual([day.date, sum(own, (row) => row.tokens), own.length]);
    expect(sum(day.apps, (tokens) => tokens)).toBe(day.tokens);
  }
  expect(sum(answer.days, (day) => day.before)).toBe(answer.totalsBefore.tokens);
  for (const [hour, tokens] of answer.hours.entries()) {
    expect([hour, tokens]).toEqual([
      hour,
      sum(
        now.filter((row) => row.hour === hour),
        (row) => row.tokens,
      ),
    ]);
  }
  for (const [parts, told] of [
    [answer.keys, (row: (typeof now)[number]) => row.keyId],
    [answer.products, (row: (typeof now)[number]) => row.metadata.product_id],
    [answer.countries, (row: (typeof now)[number]) => row.metadata.country],
  ] as const) {
    for (const part of parts.parts) {
      const own = now.filter((row) => told(row) === part.value);
      expect([part.value, part.tokens, part.sessions]).toEqual([part.value, sum(own, (row) => row.tokens), own.length]);
    }
    const all = [...parts.parts, parts.others, parts.unknown];
    expect(sum(all, (part) => part.tokens)).toBe(answer.totals.tokens);
    expect(sum(all, (part) => part.sessions)).toBe(answer.totals.sessions);
  }
}
const ledgerApp = (row: { grantParts: unknown; price: number | null; tokens: number }): string =>
  row.price === 5 ? "vto-001" : "pdc-001";

describe("every figure of the dashboard", () => {
  it.each(["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"])(
    "equals a sum over the ledger, in %s",
    async (zone) => {
      await inZone(zone);
      // Over the night on which the clocks go back.
      await used(scattered("2026-10-20", 12));
      await expectLedger("2026-10-24", "2026-10-31", zone);
      await expectLedger("2026-10-25", "2026-10-25", zone);
      const [one] = await ledger(zone);
      await refundOf(one?.operationId ?? "");
      await drain(brand);
      await expectLedger("2026-10-20", "2026-11-02", zone);
    },
  );

  it("counts a brand's own days: one of 25 hours, one of 23, and midnights on the half hour", async () => {
    await inZone("Europe/Berlin");
    await used([
      { at: "2026-03-28T22:59:59.999Z" },
      { at: "2026-03-28T23:00:00Z" },
      { at: "2026-03-29T21:59:59.999Z" },
      { at: "2026-03-29T22:00:00Z" },
      { at: "2026-10-24T22:00:00Z" },
      { at: "2026-10-25T00:30:00Z" },
      { at: "2026-10-25T01:30:00Z" },
      { at: "2026-10-25T22:59:59.999Z" },
      { at: "2026-10-25T23:00:00Z" },
    ]);
    const sessions = async (from: string, to: string) => (await shown(from, to)).days.map((day) => day.sessions);
    expect(await sessions("2026-03-28", "2026-03-30")).toEqual([1, 2, 1]);
    expect(await sessions("2026-10-24", "2026-10-26")).toEqual([0, 4, 1]);
    // Two o'clock comes twice on that Sunday.
    expect((await shown("2026-10-25", "2026-10-25")).hours[6 * 24 + 2]).toBe(10);
    await inZone("America/St_Johns");
    await used([{ at: "2026-07-01T02:29:59.999Z" }, { at: "2026-07-01T02:30:00Z" }]);
    expect(await sessions("2026-06-30", "2026-07-01")).toEqual([1, 1]);
  });

  it("is compared day by day as far as days are over: the one under way says nothing beside a whole one", async () => {
    await inZone("Asia/Kathmandu");
    const today = dateIn("Asia/Kathmandu", Date.now());
    const of = (ago: number, uses: number, app = "vto-001") =>
      Array.from({ length: uses }, (_, i) => ({
        at: `${shiftDate(today, -ago)}T0${i}:30:00Z`,
        app,
        session: `visit-${ago}`,
        metadata: { processing_time_ms: 100 * ago },
      }));
    await used([...of(5, 3), ...of(4, 2), ...of(3, 4, "pdc-001"), ...of(2, 2), ...of(1, 3), ...of(0, 1)]);
    const answer = await shown(shiftDate(today, -2), today);
    expect(answer.totals).toMatchObject({ tokens: 30, sessions: 6, shoppers: 3 });
    expect(answer.totalsBefore).toMatchObject({ tokens: 29, sessions: 9, shoppers: 3 });
    expect(answer.compared).toEqual({
      from: shiftDate(today, -2),
      to: shiftDate(today, -1),
      before: { from: shiftDate(today, -5), to: shiftDate(today, -4) },
      totals: { tokens: 25, sessions: 5, shoppers: 2, known: 5, tookMs: (2 * 200 + 3 * 100) / 5 },
      totalsBefore: { tokens: 25, sessions: 5, shoppers: 2, known: 5, tookMs: (3 * 500 + 2 * 400) / 5 },
    });
    expect(answer.apps.map(({ appId, compared }) => [appId, compared])).toEqual([
      ["vto-001", { tokens: 25, tokensBefore: 25 }],
      ["pdc-001", { tokens: 0, tokensBefore: 0 }],
    ]);
    // Days that are all over are compared as they are.
    const over = await shown(shiftDate(today, -3), shiftDate(today, -1));
    expect(over.compared).toMatchObject({ totals: over.totals, totalsBefore: over.totalsBefore, before: over.before });
    expect((await shown(today, today)).compared).toBeNull();
  });

  it("is that of the brand's own account alone", async () => {
    await used([{ at: "2026-03-01T12:00:00Z" }]);
    const other = await testBrand();
    const query = { from: "2026-03-01", to: "2026-03-01" };
    expect((await dashboard(ctxOf(other), { mode: "live", query })).totals.tokens).toBe(0);
    expect((await dashboard(ctxOf(brand), { mode: "test", query })).totals.tokens).toBe(0);
    const day = { date: "2026-03-01" };
    expect((await entriesOfDay(ctxOf(other), { mode: "live", query: day })).entries).toEqual([]);
    expect((await entriesOfDay(ctxOf(brand), { mode: "live", query: day })).entries).toHaveLength(1);
  });

  it("holds at most 400 days, in order", () => {
    const valid = (from: string, to: string) => dashboardQuery.safeParse({ from, to }).success;
    expect(valid("2025-01-01", "2026-02-04")).toBe(true);
    expect(valid("2025-01-01", "2026-02-05")).toBe(false);
    expect(valid("2026-02-02", "2026-02-01")).toBe(false);
  });
});

describe("rollups", () => {
  it("written use by use, in one batch, and counted anew are the same", async () => {
    await inZone("America/St_Johns");
    const uses = scattered("2026-10-20", 6);
    for (const use of uses.slice(0, 5)) await used([use]);
    await used(uses.slice(5));
    const [one] = await ledger("UTC");
    await refundOf(one?.operationId ?? "");
    await drain(brand);
    const written = await rollups();
    await db().execute(sql`select rebuild_usage(${brand.customerId})`);
    const anew = await rollups();
    const counted = ({ days, hours, facets, shoppers }: typeof anew) => ({
      days: days.filter((row) => row.uses !== 0),
      hours: hours.filter((row) => row.uses !== 0),
      facets: facets.filter((row) => row.uses !== 0),
      shoppers,
    });
    expect(counted(written)).toEqual(counted(anew));
    expect(anew.days.length).toBeGreaterThan(6);
  });

  it("follow the brand into another time zone, and a clock that nobody knows is refused", async () => {
    await used([{ at: "2026-03-01T23:30:00Z" }]);
    const dates = async () => (await rollups()).days.map((row) => row.date);
    expect(await dates()).toEqual(["2026-03-01"]);
    await inZone("Europe/Berlin");
    expect(await dates()).toEqual(["2026-03-02"]);
    await expect(inZone("Europe/Atlantis")).rejects.toThrow();
    expect((await shown("2026-03-02", "2026-03-02")).totals.sessions).toBe(1);
  });

  it("outlive the details of the uses", async () => {
    await used(scattered("2026-10-20", 2));
    const before = await shown("2026-10-20", "2026-10-23");
    await db().delete(tokenUsage).where(eq(tokenUsage.customerId, brand.customerId));
    const { asOf: _, ...after } = await shown("2026-10-20", "2026-10-23");
    expect({ ...after, asOf: before.asOf }).toEqual(before);
  });

  it("count shoppers to the stated error, by the shop's own id before the visit, over all days once", async () => {
    await used([
      { at: "2026-03-01T10:00:00Z", session: "a", metadata: { user_id: "u-1" } },
      { at: "2026-03-01T11:00:00Z", session: "b", metadata: { user_id: "u-1" } },
      { at: "2026-03-02T10:00:00Z", session: "c", metadata: { user_id: "u-1" } },
      { at: "2026-03-02T11:00:00Z", session: "c" },
      { at: "2026-03-02T12:00:00Z" },
    ]);
    expect((await shown("2026-03-01", "2026-03-02")).totals).toMatchObject({ shoppers: 2, known: 4, sessions: 5 });
    expect((await shown("2026-02-01", "2026-02-02")).totals).toMatchObject({ shoppers: null, known: 0 });
  });
});

describe("the uses of a day", () => {
  it("come in pages, newest first, each with its entry, none twice", async () => {
    await inZone("Europe/Berlin");
    await used(
      Array.from({ length: 27 }, (_, i) => ({
        at: new Date(Date.parse("2026-03-01T08:00:00Z") + Math.floor(i / 2) * 1000).toISOString(),
        app: i === 3 ? "pdc-001" : "vto-001",
      })),
    );
    const query = { date: "2026-03-01" };
    const first = await entriesOfDay(ctxOf(brand), { mode: "live", query });
    expect(first.entries).toHaveLength(25);
    const cursor = first.cursor ?? "";
    const second = await entriesOfDay(ctxOf(brand), { mode: "live", query: { ...query, cursor } });
    expect(second.entries).toHaveLength(2);
    expect(second.cursor).toBeNull();
    const ids = [...first.entries, ...second.entries].map(({ usageId }) => usageId);
    expect(new Set(ids).size).toBe(27);
    const one = await entriesOfDay(ctxOf(brand), { mode: "live", query: { ...query, appId: "pdc-001" } });
    expect(one.entries).toMatchObject([{ appId: "pdc-001", tokens: 1, delta: -1 }]);
  });
});

describe("the forecast", () => {
  it("says what was used, when the tokens run out, and what that costs", async () => {
    await inZone("Europe/Berlin");
    const today = dateIn("Europe/Berlin", Date.now());
    const days = Array.from({ length: 21 }, (_, ago) => ({
      at: `${shiftDate(today, -ago - 1)}T11:00:00Z`,
      app: "cai-001",
      tokens: 450,
    }));
    await used(days.toReversed());
    const { balance, forecast: ahead, used: so, past, period } = await forecast(ctxOf(brand), { mode: "live" });
    expect(balance).toBe(10_000 - 21 * 450);
    expect(so).toBe(sum(past, (day) => day.tokens));
    expect(period).toMatchObject({ from: `${today.slice(0, 7)}-01`, subscription: false });
    const last = ahead?.days.at(-1);
    expect(last).toMatchObject({ date: period.to, ...ahead?.total });
    for (const day of ahead?.days ?? []) {
      expect(day.low).toBeLessThanOrEqual(day.expected);
      expect(day.high).toBeGreaterThanOrEqual(day.expected);
      expect(day.low).toBeGreaterThanOrEqual(so);
    }
    // 550 tokens are left at 450 a day: where the month has more than two days left, they do not last.
    if ((ahead?.days.length ?? 0) > 3) {
      expect(ahead?.runsOut.on).not.toBeNull();
      expect(ahead?.missing.expected).toBeGreaterThan(0);
      expect(ahead?.packsCents).toBeGreaterThan(0);
    }
  });

  it("begins and ends with the subscription's period, which is seldom at midnight", async () => {
    brand = await testBrand({ tokens: 10_000, apps: ["cai-001"], plan: "professional" });
    const today = dateIn("UTC", Date.now());
    const at = (days: number, time: string) => `${shiftDate(today, days)}T${time}:00Z`;
    await used(
      Array.from({ length: 16 }, (_, i) => ["11:00", "16:00"].map((time) => ({ at: at(i - 16, time) })))
        .flat()
        .map((use) => ({ ...use, app: "cai-001", tokens: 200 })),
    );
    const period = { billingCycleStart: new Date(at(-3, "15:00")), billingCycleEnd: new Date(at(2, "06:00")) };
    await db().update(customerBilling).set(period).where(eq(customerBilling.customerId, brand.customerId));
    const { past, used: so, forecast: ahead } = await forecast(ctxOf(brand), { mode: "live" });
    const { current_period: told } = await usageReport(ctxOf(brand), { mode: "live", query: {}, now: new Date() });
    expect(so).toBe(200 + 2 * 400);
    expect(so).toBe(told.tokens_used);
    expect(past[0]).toEqual({ date: shiftDate(today, -3), tokens: 200 });
    // Nothing is ever used before six: the last day adds nothing.
    const [, tomorrow, last] = ahead?.days ?? [];
    expect(tomorrow?.expected).toBeGreaterThan(so);
    expect(last?.expected).toBeCloseTo(tomorrow?.expected ?? 0, 6);
    // Over, and the next one not told yet: nothing of it is said of today.
    const over = { ...period, billingCycleEnd: new Date(Date.now() - 1_000) };
    await db().update(customerBilling).set(over).where(eq(customerBilling.customerId, brand.customerId));
    expect((await forecast(ctxOf(brand), { mode: "live" })).period.subscription).toBe(false);
  });

  it("is none before there are fourteen days, and has no end on a plan without a limit", async () => {
    await used([{ at: new Date(Date.now() - 3 * 86_400_000).toISOString() }]);
    expect((await forecast(ctxOf(brand), { mode: "live" })).forecast).toBeNull();
    brand = await testBrand({ tokens: 0, plan: "enterprise" });
    const today = dateIn("UTC", Date.now());
    await used(Array.from({ length: 16 }, (_, i) => ({ at: `${shiftDate(today, i - 17)}T11:00:00Z` })));
    const { forecast: ahead, unlimited } = await forecast(ctxOf(brand), { mode: "live" });
    expect(unlimited).toBe(true);
    expect(ahead).toMatchObject({ runsOut: { on: null }, missing: { expected: 0 }, packsCents: 0 });
  });
});
