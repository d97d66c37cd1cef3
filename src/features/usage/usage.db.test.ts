import { eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { ledgerEntries } from "@/db/schema/metering";
import { customerBilling } from "@/db/schema/plans";
import { createKeyInput } from "@/features/keys/contract";
import { createKey } from "@/features/keys/service";
import { applyIntents, owe } from "@/features/metering/intents/service";
import { unpackEvent } from "@/features/metering/ledger/rules";
import { refundUsage } from "@/features/metering/refunds/service";
import { outboxKey } from "@/features/metering/rules";
import { accountOf } from "@/lib/ids";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { getUsage } from "@/rest/v1/usage";
import { ctxOf } from "@/test/ledger";
import { checkedAfterEach, consumeWith, drain, type TestBrand, testBrand } from "@/test/meter";
import { type UsageResponse, usageResponse } from "./contract";
import { usageByDay } from "./queries";

/** `GET /api/v1/customer/tokens/usage` against what the ledger holds, through the real consume and the real drain. */

const APPS = ["vto-001", "pdc-001", "cai-001"];
const DAY_MS = 86_400_000;

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 100, apps: APPS });
});
checkedAfterEach();
afterAll(closeDb);

const ask = (query: string, key = brand.secretKey.secret): Promise<Response> =>
  getUsage(
    new Request(`http://localhost/api/v1/customer/tokens/usage${query && `?${query}`}`, {
      headers: { authorization: `Bearer ${key}` },
    }),
  );

/** A usage report, after its shape has been compared with the contract's, field by field. */
async function report(query = "", key?: string): Promise<UsageResponse> {
  const response = await ask(query, key);
  const body = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(usageResponse.parse(body)).toEqual(body);
  return body;
}

async function refusal(query: string): Promise<{ status: number; code: string; detail: string }> {
  const response = await ask(query);
  const { code, detail } = await response.json();
  return { status: response.status, code, detail };
}

async function use(appId: string, options: { key?: string; tokens?: number } = {}): Promise<Date> {
  const response = await consumeWith(options.key ?? brand.secretKey.secret, {
    body: { app_id: appId, ...(options.tokens === undefined ? {} : { tokens_consumed: options.tokens }) },
  });
  expect(response.status).toBe(200);
  return new Date((await response.json()).created_at);
}

/** A use that happened at a given moment: a real one, whose event says another time before it is drained. */
async function usedAt(at: Date, appId: string, tokens?: number): Promise<void> {
  await drain(brand);
  await use(appId, tokens === undefined ? {} : { tokens });
  const outbox = outboxKey(brand.partition);
  const events = (await redis().xrange(outbox, "-", "+")) as unknown as [string, string[]][];
  expect(events).toHaveLength(1);
  for (const [id, flat] of events) {
    const pairs = Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
    await redis().xdel(outbox, id);
    await redis().xadd(outbox, "*", { ...unpackEvent(Object.fromEntries(pairs)), n: String(at.getTime()) });
  }
  await drain(brand);
}

/** What the ledger itself says of a brand's usage in a span, per app and UTC day. */
async function ledger(start: Date, end: Date, mode = "live") {
  const rows = await db().execute<{ app_id: string; date: string; tokens: number; uses: number }>(sql`
    select app_id, (occurred_at at time zone 'UTC')::date::text as date, sum(tokens)::int as tokens, count(*)::int as uses
    from ledger_entries
    where kind = 'usage' and customer_id = ${brand.customerId} and mode = ${mode}
      and occurred_at >= ${start.toISOString()} and occurred_at < ${end.toISOString()}
    group by 1, 2`);
  return {
    total: rows.reduce((sum, row) => sum + row.tokens, 0),
    uses: (app: string) => rows.reduce((sum, row) => sum + (row.app_id === app ? row.uses : 0), 0),
    app: (app: string) => rows.reduce((sum, row) => sum + (row.app_id === app ? row.tokens : 0), 0),
    day: (date: string) => rows.reduce((sum, row) => sum + (row.date === date ? row.tokens : 0), 0),
    days: [...new Set(rows.map((row) => row.date))].toSorted(),
    apps: [...new Set(rows.map((row) => row.app_id))].toSorted(),
  };
}

const setPeriod = (start: Date, end: Date) =>
  db()
    .update(customerBilling)
    .set({ billingCycleStart: start, billingCycleEnd: end })
    .where(eq(customerBilling.customerId, brand.customerId));
const day = (offset = 0, at = "00:00:00.000Z") =>
  new Date(`${new Date(Date.now() + offset * DAY_MS).toISOString().slice(0, 10)}T${at}`);
const date = (offset = 0) => day(offset).toISOString().slice(0, 10);
const shifted = (at: Date, ms: number) => new Date(at.getTime() + ms);
const used = async () => (await report()).current_period.tokens_used;

describe("the answer", () => {
  it("has the shape of the seed: the calendar month without a subscription, what is left, by app, by day", async () => {
    await use("vto-001");
    await use("vto-001");
    const at = await use("pdc-001");
    await drain(brand);
    const first = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1));
    const next = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1));
    expect(await report()).toEqual({
      current_period: {
        start_date: first.toISOString(),
        end_date: shifted(next, -1000).toISOString(),
        tokens_used: 11,
        tokens_remaining: 89,
        tokens_total: 100,
      },
      usage_by_app: [
        { app_id: "vto-001", app_name: "Virtual Try-On", tokens_consumed: 10, sessions: 2, avg_tokens_per_session: 5 },
        { app_id: "pdc-001", app_name: "PD Calculator", tokens_consumed: 1, sessions: 1, avg_tokens_per_session: 1 },
      ],
      daily_usage: Array.from({ length: at.getUTCDate() }, (_, i) => ({
        date: shifted(first, i * DAY_MS)
          .toISOString()
          .slice(0, 10),
        tokens: i === at.getUTCDate() - 1 ? 11 : 0,
      })),
    });
  });

  it("has that shape before anything is used", async () => {
    const { current_period, usage_by_app, daily_usage } = await report();
    expect(current_period).toMatchObject({ tokens_used: 0, tokens_remaining: 100, tokens_total: 100 });
    expect(usage_by_app).toEqual([]);
    expect(daily_usage.at(-1)).toEqual({ date: date(), tokens: 0 });
  });

  it("counts a replay once and a refusal not at all", async () => {
    for (let i = 0; i < 3; i++) await consumeWith(brand.secretKey.secret, { idempotencyKey: "once" });
    expect((await consumeWith(brand.secretKey.secret, { body: { app_id: "adv-001" } })).status).toBe(403);
    const tooMuch = { app_id: "cai-001", tokens_consumed: 96 };
    expect((await consumeWith(brand.secretKey.secret, { body: tooMuch })).status).toBe(402);
    await drain(brand);
    expect((await report()).current_period).toMatchObject({ tokens_used: 5, tokens_remaining: 95, tokens_total: 100 });
  });

  it("names each app once, the most used first, with the average of a session to the hundredth", async () => {
    for (const tokens of [1, 2, 4]) await use("cai-001", { tokens });
    await use("pdc-001");
    await use("vto-001");
    await drain(brand);
    expect((await report()).usage_by_app).toEqual([
      {
        app_id: "cai-001",
        app_name: "Conversational AI",
        tokens_consumed: 7,
        sessions: 3,
        avg_tokens_per_session: 2.33,
      },
      { app_id: "vto-001", app_name: "Virtual Try-On", tokens_consumed: 5, sessions: 1, avg_tokens_per_session: 5 },
      { app_id: "pdc-001", app_name: "PD Calculator", tokens_consumed: 1, sessions: 1, avg_tokens_per_session: 1 },
    ]);
  });

  it("has no total on Enterprise, and counts what is used all the same", async () => {
    brand = await testBrand({ tokens: 0, plan: "enterprise" });
    await use("vto-001");
    await drain(brand);
    const { current_period, usage_by_app } = await report();
    expect(current_period).toMatchObject({ tokens_used: 5, tokens_remaining: null, tokens_total: null });
    expect(usage_by_app).toMatchObject([{ app_id: "vto-001", tokens_consumed: 5, sessions: 1 }]);
  });
});

describe("a subscription's period", () => {
  beforeEach(async () => {
    brand = await testBrand({ tokens: 100, apps: APPS, plan: "professional" });
  });

  it("is the period, to the second before it ends", async () => {
    const [billing] = await db().select().from(customerBilling).where(eq(customerBilling.customerId, brand.customerId));
    if (!billing?.billingCycleStart || !billing.billingCycleEnd) throw new Error("no subscription");
    await use("vto-001");
    await drain(brand);
    const { current_period, daily_usage } = await report();
    expect(current_period).toEqual({
      start_date: billing.billingCycleStart.toISOString(),
      end_date: shifted(billing.billingCycleEnd, -1000).toISOString(),
      tokens_used: 5,
      tokens_remaining: 95,
      tokens_total: 100,
    });
    // It began when the brand was made, not with the month: only the days since are listed.
    expect(daily_usage).toEqual([{ date: date(), tokens: 5 }]);
  });

  it("leaves out what was given back, also on the day on which it begins", async () => {
    await use("vto-001");
    const given = await (await consumeWith(brand.secretKey.secret)).json();
    await refundUsage(ctxOf(brand), metering(), { mode: "live", usageId: given.usage_id });
    await drain(brand);
    const { current_period, usage_by_app } = await report();
    expect(current_period).toMatchObject({ tokens_used: 5, tokens_remaining: 95, tokens_total: 100 });
    expect(usage_by_app).toMatchObject([{ app_id: "vto-001", tokens_consumed: 5, sessions: 1 }]);
  });

  it("is exact to the entry on the day it begins", async () => {
    const start = day(-3, "12:00:00.500Z");
    await setPeriod(start, day(27));
    await usedAt(day(-4, "13:00:00.000Z"), "cai-001", 40);
    await usedAt(shifted(start, -1), "cai-001", 20);
    expect(await used()).toBe(0);
    await usedAt(start, "cai-001", 1);
    expect(await used()).toBe(1);
    await usedAt(shifted(start, 1), "cai-001", 2);
    await usedAt(day(-2), "cai-001", 4);
    await usedAt(day(-1, "23:59:59.999Z"), "cai-001", 8);
    const { current_period, usage_by_app, daily_usage } = await report();
    expect(current_period).toMatchObject({ tokens_used: 15, tokens_remaining: 25, tokens_total: 40 });
    expect(current_period.start_date).toBe(start.toISOString());
    expect(usage_by_app).toMatchObject([{ app_id: "cai-001", tokens_consumed: 15, sessions: 4 }]);
    expect(daily_usage).toEqual([
      { date: date(-3), tokens: 3 },
      { date: date(-2), tokens: 4 },
      { date: date(-1), tokens: 8 },
      { date: date(), tokens: 0 },
    ]);
    expect((await ledger(start, day(27))).total).toBe(15);
  });

  it("is exact to the entry on the day it ends, and where it begins and ends within one day", async () => {
    const end = day(-1, "12:00:00.000Z");
    await usedAt(shifted(end, -1), "cai-001", 1);
    await usedAt(end, "cai-001", 2);
    const within = (start: Date, before: Date) =>
      db().transaction(async (tx) => {
        const rows = await usageByDay(tx, ctxOf(brand), "live", { start, end: before });
        return rows.reduce((sum, row) => sum + row.tokens, 0);
      });
    expect(await within(day(-3), end)).toBe(1);
    expect(await within(shifted(end, -1), shifted(end, 1))).toBe(3);
    expect(await within(end, shifted(end, 1))).toBe(2);
    await setPeriod(shifted(end, 1), day(5));
    expect(await used()).toBe(0);
  });

  it("that is not filled in yet gives way to the calendar month", async () => {
    await db()
      .update(customerBilling)
      .set({ billingCycleStart: null, billingCycleEnd: null })
      .where(eq(customerBilling.customerId, brand.customerId));
    expect((await report()).current_period.start_date).toBe(`${date().slice(0, 7)}-01T00:00:00.000Z`);
  });

  it.each([
    ["once the subscription has ended", "canceled", day(-20), day(10)],
    ["once it is over, and no other has been told", "active", day(-70), day(-40)],
  ] as const)("gives way to the calendar month %s", async (_, status, start, end) => {
    await setPeriod(start, end);
    await db().update(customerBilling).set({ status }).where(eq(customerBilling.customerId, brand.customerId));
    await use("vto-001");
    await drain(brand);
    const { current_period, usage_by_app } = await report();
    expect(current_period).toMatchObject({ start_date: `${date().slice(0, 7)}-01T00:00:00.000Z`, tokens_used: 5 });
    expect(usage_by_app).toMatchObject([{ app_id: "vto-001", sessions: 1 }]);
  });
});

describe("sums", () => {
  it("equal those over the ledger, by app and by day, whatever days are asked for", async () => {
    for (const [offset, app, tokens] of [
      [-9, "vto-001"],
      [-6, "cai-001", 3],
      [-6, "pdc-001"],
      [-5, "cai-001", 7],
      [-1, "vto-001"],
      [-1, "pdc-001"],
    ] as const) {
      await usedAt(day(offset, "23:59:59.999Z"), app, tokens);
    }
    await use("pdc-001");
    await drain(brand);
    for (const [from, to] of [
      [-9, 0],
      [-6, -5],
      [-8, -7],
      [-1, -1],
      [-400 + 1, 0],
    ] as const) {
      const truth = await ledger(day(from), day(to + 1));
      const { usage_by_app, daily_usage } = await report(`from=${date(from)}&to=${date(to)}`);
      expect(usage_by_app.map((app) => app.app_id).toSorted()).toEqual(truth.apps);
      for (const app of usage_by_app) {
        expect(app.tokens_consumed).toBe(truth.app(app.app_id));
        expect(app.sessions).toBe(truth.uses(app.app_id));
      }
      expect(daily_usage.map((row) => row.date)).toEqual(
        Array.from({ length: to - from + 1 }, (_, i) => date(from + i)),
      );
      for (const row of daily_usage) expect(row.tokens).toBe(truth.day(row.date));
      expect(daily_usage.reduce((sum, row) => sum + row.tokens, 0)).toBe(truth.total);
    }
    // Were nothing there, all of it would agree too.
    expect((await ledger(day(-9), day(1))).total).toBe(23);
    const [{ rows } = { rows: 0 }] = await db()
      .select({ rows: sql<number>`count(*)::int` })
      .from(ledgerEntries)
      .where(eq(ledgerEntries.customerId, brand.customerId));
    expect(rows).toBe(8);
  });

  it("of the period stay the period's, whatever days or app are asked for", async () => {
    await use("vto-001");
    await use("pdc-001");
    await drain(brand);
    const { current_period } = await report();
    expect(current_period.tokens_used).toBe(6);
    for (const query of ["app_id=pdc-001", `from=${date(-40)}&to=${date(-39)}`, `to=${date(-50)}`]) {
      expect((await report(query)).current_period).toEqual(current_period);
    }
  });
});

describe("app_id", () => {
  it("takes the id or the slug, and leaves the other apps out of both lists", async () => {
    await use("vto-001");
    await use("pdc-001");
    await drain(brand);
    const byId = await report("app_id=pdc-001");
    expect(await report("app_id=pd-calculator")).toEqual(byId);
    expect(byId.usage_by_app.map((app) => app.app_id)).toEqual(["pdc-001"]);
    expect(byId.daily_usage.at(-1)).toEqual({ date: date(), tokens: 1 });
  });

  it("of an app that was not used is all zeros, of none there is a 404, of nonsense a 400", async () => {
    await use("vto-001");
    await drain(brand);
    const { usage_by_app, daily_usage } = await report("app_id=rec-001");
    expect(usage_by_app).toEqual([]);
    expect(new Set(daily_usage.map((row) => row.tokens))).toEqual(new Set([0]));
    for (const nobody of ["abc-999", "VTO-001", "no_such_app"]) {
      expect(await refusal(`app_id=${nobody}`)).toMatchObject({ status: 404, code: "app_not_found" });
    }
    for (const bad of ["", "%27%20or%201%3D1", "a".repeat(51)]) {
      const refused = await refusal(`app_id=${bad}`);
      expect(refused).toMatchObject({ status: 400, code: "invalid_request" });
      expect(refused.detail).toMatch(/^app_id: /);
    }
  });
});

describe("from and to", () => {
  it("one alone reaches to today, or thirty days back", async () => {
    const since = (await report(`from=${date(-2)}`)).daily_usage.map((row) => row.date);
    expect(since).toEqual([date(-2), date(-1), date()]);
    const until = (await report(`to=${date(-1)}`)).daily_usage.map((row) => row.date);
    expect(until).toHaveLength(30);
    expect([until[0], until.at(-1)]).toEqual([date(-30), date(-1)]);
  });

  it("may be times, for the UTC days they lie in", async () => {
    const { daily_usage } = await report("from=2026-03-01T23:59:59Z&to=2026-03-03T01:00:00%2B02:00");
    expect(daily_usage.map((row) => row.date)).toEqual(["2026-03-01", "2026-03-02"]);
  });

  it("hold at most 400 days", async () => {
    expect((await report("from=2025-01-01&to=2026-02-04")).daily_usage).toHaveLength(400);
    for (const query of ["from=2025-01-01&to=2026-02-05", "from=2020-01-01"]) {
      const refused = await refusal(query);
      expect(refused).toMatchObject({ status: 400, code: "invalid_request" });
      expect(refused.detail).toContain("400 days");
    }
  });

  it("must be dates", async () => {
    for (const name of ["from", "to"]) {
      for (const bad of [
        "",
        "yesterday",
        "2026-13-01",
        "2026-02-30",
        "2027-02-29",
        "2026-1-1",
        "2026-01-01T00:00",
        "2026-01-01T25:00:00Z",
      ]) {
        const refused = await refusal(`${name}=${bad}`);
        expect(refused, bad).toMatchObject({ status: 400, code: "invalid_request" });
        expect(refused.detail, bad).toMatch(new RegExp(`^${name}: `));
      }
    }
  });

  it("must be in order", async () => {
    const refused = await refusal("from=2026-03-02&to=2026-03-01");
    expect(refused).toMatchObject({ status: 400, code: "invalid_request" });
    expect(refused.detail).toMatch(/^from: /);
    expect((await report("from=2026-03-02&to=2026-03-02")).daily_usage).toEqual([{ date: "2026-03-02", tokens: 0 }]);
  });

  it("at either end of the calendar are answered or refused, never a failure of ours", async () => {
    const statuses: Record<string, number> = {};
    for (const query of [
      "from=0000-01-01&to=0000-01-02",
      "to=0000-01-01",
      "to=0001-01-05",
      "from=9999-12-31&to=9999-12-31",
    ]) {
      statuses[query] = (await ask(query)).status;
    }
    expect(Object.entries(statuses).filter(([, status]) => status !== 200 && status !== 400)).toEqual([]);
  });
});

describe("a query", () => {
  it.each(["customer_id", "mode", "group_by", "App_id", "constructor", "__proto__"])(
    "with the unknown field %s is refused by name",
    async (field) => {
      const refused = await refusal(`${field}=live&from=2026-03-01`);
      expect(refused).toMatchObject({ status: 400, code: "invalid_request" });
      expect(refused.detail).toContain(field);
    },
  );
});

describe("a test key", () => {
  it("sees the sandbox and nothing of the live account, and the other way round", async () => {
    const ctx = { db: db(), customerId: brand.customerId, actor: { type: "system", id: "test" } } as const;
    const input = { name: "Sandbox", kind: "sk", mode: "test", scopes: ["tokens:consume"], rateLimit: 1_000_000 };
    const { secret } = await createKey(ctx, createKeyInput.parse(input));
    await owe(ctx, { mode: "test", source: "adjustment", tokens: 30, businessKey: `sandbox:${brand.customerId}` });
    await applyIntents(metering(), accountOf(brand.customerId, "test"));
    await use("vto-001");
    await use("pdc-001", { key: secret });
    await use("pdc-001", { key: secret });
    await drain(brand);
    const sandbox = await report("", secret);
    expect(sandbox.current_period).toMatchObject({ tokens_used: 2, tokens_remaining: 28, tokens_total: 30 });
    expect(sandbox.usage_by_app).toMatchObject([{ app_id: "pdc-001", tokens_consumed: 2, sessions: 2 }]);
    expect(sandbox.usage_by_app).toHaveLength(1);
    expect(sandbox.daily_usage.at(-1)?.tokens).toBe(2);
    const live = await report();
    expect(live.current_period).toMatchObject({ tokens_used: 5, tokens_remaining: 95, tokens_total: 100 });
    expect(live.usage_by_app.map((app) => app.app_id)).toEqual(["vto-001"]);
    expect((await ledger(day(-1), day(1), "test")).total).toBe(2);
  });
});
