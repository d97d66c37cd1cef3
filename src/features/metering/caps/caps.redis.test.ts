import { and, desc, eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { bent, ctxOf, forget, hashOf, headOf, lettersOf, reportsOf, timedOut, use } from "@/test/ledger";
import {
  accountState,
  batchWith,
  checkedAfterEach,
  consumeWith,
  drain,
  holdWith,
  releaseWith,
  settleWith,
  type TestBrand,
  testBrand,
} from "@/test/meter";
import { CALENDAR, FLAGS } from "../edge/lua/common";
import { sweepDue } from "../jobs";
import { refundUsage } from "../refunds/service";
import { accountKey, accountName, catalogKey, dayOf, dueKey, holdsKey, monthOf } from "../rules";
import { retireMarked } from "../service";
import { type CapInput, capInput } from "./contract";
import { capsOf, setCap } from "./service";

let brand: TestBrand;
beforeEach(async () => {
  brand = await testBrand({ tokens: 1000, apps: ["vto-001", "pdc-001", "cai-001"] });
});
checkedAfterEach();

const sk = () => brand.secretKey.secret;
const balance = async () => Number((await accountState(brand)).b);
const cap = (scope: string, daily: number | null, monthly: number | null = null) =>
  setCap(ctxOf(brand), metering(), { mode: "live", scope, daily, monthly });
const spend = (tokens: number) => use(brand, { app_id: "cai-001", tokens_consumed: tokens });
const vto = () => use(brand);
const pdc = () => use(brand, { app_id: "pdc-001" });
/** A use that a cap refuses: what the answer says, and that nothing but the rate was counted. */
const capped = async (answer: () => Promise<Response>) => {
  const before = await accountState(brand);
  const response = await answer();
  expect([response.status, response.headers.get("content-type")]).toEqual([402, "application/problem+json"]);
  const body = await response.json();
  expect(body.code).toBe("spend_cap_reached");
  expect(await accountState(brand)).toEqual(before);
  return body.detail as string;
};
/** The `cap` field as Redis holds it: scope, limits, day, spent, month, spent, for each. */
const counters = async () => {
  const flat = await hashOf(accountKey(brand.account));
  const at = flat.indexOf("cap");
  return at < 0
    ? []
    : (flat[at + 1] ?? "")
        .split(";")
        .filter(Boolean)
        .map((one) => one.split(","));
};
const spent = async () => (await counters()).map(([scope, , , , day, , month]) => [scope, Number(day), Number(month)]);
const setCounters = (caps: readonly (readonly (string | number | undefined)[])[]) =>
  redis().hset(accountKey(brand.account), { cap: caps.map((one) => `${one.join(",")};`).join("") });

describe("a brand's own cap", () => {
  it("by day on one app refuses what would pass it, to the token, and leaves other apps alone", async () => {
    expect(await cap("vto-001", 10)).toEqual({ inForce: true });
    expect([await vto(), await vto()]).toEqual([200, 200]);
    const detail = await capped(() => consumeWith(sk()));
    expect(detail).toContain("10 tokens a day for this app");
    expect(await pdc()).toBe(200);
    expect(await spent()).toEqual([["vto-001", 10, 10]]);
    await drain(brand);
  });

  it("by month does likewise", async () => {
    await cap("vto-001", null, 9);
    expect(await vto()).toBe(200);
    expect(await capped(() => consumeWith(sk()))).toContain("9 tokens a month for this app");
    expect(await pdc()).toBe(200);
  });

  it("over all apps counts all of them", async () => {
    await cap("*", 7);
    expect([await vto(), await pdc(), await pdc()]).toEqual([200, 200, 200]);
    expect(await capped(() => consumeWith(sk(), { body: { app_id: "pdc-001" } }))).toContain(
      "7 tokens a day for all apps",
    );
    expect(await spent()).toEqual([["*", 7, 7]]);
  });

  it.each([
    ["the app's own", 5, 100, "this app"],
    ["that over all", 100, 5, "all apps"],
  ])("is reached where %s is, of two", async (_, own, all, whose) => {
    await cap("vto-001", own);
    await cap("*", all);
    expect(await vto()).toBe(200);
    expect(await capped(() => consumeWith(sk()))).toContain(whose);
    expect((await spent()).map(([, day]) => day)).toEqual([5, 5]);
  });

  it("of nothing refuses everything, and the day's is named before the month's", async () => {
    await cap("*", 0, 0);
    expect(await capped(() => consumeWith(sk()))).toContain("0 tokens a day");
    await cap("*", null, 0);
    expect(await capped(() => consumeWith(sk()))).toContain("0 tokens a month");
  });

  it("comes before the balance, and after app and amount", async () => {
    brand = await testBrand({ tokens: 1 });
    await cap("*", 0);
    await capped(() => consumeWith(sk()));
    expect(await use(brand, { app_id: "nix-001" })).toBe(404);
    expect(await use(brand, { app_id: "vto-001", tokens_consumed: 4 })).toBe(422);
    await cap("*", null);
    const response = await consumeWith(sk());
    expect([response.status, (await response.json()).code]).toEqual([402, "insufficient_tokens"]);
  });

  it("holds where the plan has no limit, and a refused use is counted against the rate", async () => {
    brand = await testBrand({ tokens: 0, plan: "enterprise", rate: 3 });
    await cap("*", 5);
    expect(await vto()).toBe(200);
    await capped(() => consumeWith(sk()));
    await capped(() => consumeWith(sk()));
    expect(await vto()).toBe(429);
  });

  it("holds for each record of a batch, and for a storm", async () => {
    await cap("*", 50);
    const records = ["a", "b", "c"].map((idempotency_key) => ({
      app_id: "cai-001",
      tokens_consumed: 15,
      idempotency_key,
    }));
    const { results } = await (await batchWith(sk(), [...records, { ...records[0], idempotency_key: "d" }])).json();
    expect(results.map(({ status }: { status: number }) => status)).toEqual([200, 200, 200, 402]);
    const statuses = await Promise.all(Array.from({ length: 30 }, pdc));
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(await balance()).toBe(950);
  });

  it("refuses a reservation, of which nothing is held then", async () => {
    await cap("cai-001", 20);
    const body = { app_id: "cai-001", tokens_reserved: 15 };
    expect((await holdWith(sk(), { body })).status).toBe(201);
    expect(await capped(() => holdWith(sk(), { body }))).toContain("20 tokens a day");
    expect(await redis().zcard(holdsKey(brand.account))).toBe(1);
    expect(await balance()).toBe(985);
  });

  it("replays what was done before it was reached", async () => {
    await cap("*", 5);
    const first = await (await consumeWith(sk(), { idempotencyKey: "k" })).text();
    await capped(() => consumeWith(sk()));
    expect(await (await consumeWith(sk(), { idempotencyKey: "k" })).text()).toBe(first);
  });
});

describe("what counts against a cap", () => {
  it("is what was spent before it was set, open reservations with it", async () => {
    expect([await vto(), await pdc()]).toEqual([200, 200]);
    expect((await holdWith(sk())).status).toBe(201);
    await cap("*", 20);
    await cap("vto-001", 15);
    expect(await spent()).toEqual([
      ["*", 16, 16],
      ["vto-001", 15, 15],
    ]);
    await capped(() => consumeWith(sk()));
    expect(await spend(4)).toBe(200);
    await capped(() => consumeWith(sk(), { body: { app_id: "pdc-001" } }));
  });

  it("is what a reservation holds, then what it came to", async () => {
    await cap("*", 30, 40);
    const hold = async () => (await (await holdWith(sk())).json()).reservation_id;
    const [one, two, three] = [await hold(), await hold(), await hold()];
    expect(await spent()).toEqual([["*", 30, 30]]);
    await capped(() => consumeWith(sk()));
    await settleWith(sk(), one, 4);
    expect(await spent()).toEqual([["*", 24, 24]]);
    await releaseWith(sk(), two);
    expect(await spent()).toEqual([["*", 14, 14]]);
    await settleWith(sk(), three, 0);
    expect(await spent()).toEqual([["*", 4, 4]]);
    await forget(brand);
    expect(await vto()).toBe(200);
    expect(await spent()).toEqual([["*", 9, 9]]);
  });

  it("is no longer a reservation that has released itself", async () => {
    await cap("*", 12);
    const { reservation_id: id } = await (await holdWith(sk())).json();
    await capped(() => consumeWith(sk()));
    const past = String(Date.now() - 1000);
    const key = accountKey(brand.account);
    const record = (await redis().hget<string>(key, `h:${id}`)) ?? "";
    await redis().hset(key, { [`h:${id}`]: record.replace(/^([^|]+\|\d+\|)\d+/, `$1${past}`), x: past });
    await redis().zadd(holdsKey(brand.account), { score: Number(past), member: id });
    await redis().zadd(dueKey(brand.partition), { score: Number(past), member: accountName(brand.account) });
    // By the use that comes next, before any sweep.
    expect(await vto()).toBe(200);
    expect(await spent()).toEqual([["*", 5, 5]]);
    await sweepDue(metering());
    expect(await spent()).toEqual([["*", 5, 5]]);
  });

  it("is no longer a use that was given back", async () => {
    await cap("*", 10);
    const { usage_id: usageId } = await (await consumeWith(sk())).json();
    expect(await vto()).toBe(200);
    await capped(() => consumeWith(sk()));
    await refundUsage(ctxOf(brand), metering(), { mode: "live", usageId });
    expect(await spent()).toEqual([["*", 5, 5]]);
    expect(await vto()).toBe(200);
    await capped(() => consumeWith(sk()));
  });

  it("is also a use whose entry is a dead letter", async () => {
    const app = "xyz-999";
    await redis().hset(catalogKey(brand.partition), { [`app:${app}`]: `${app}|5|available|0` });
    await redis().hset(accountKey(brand.account), { [`app:${app}`]: "1" });
    expect(await use(brand, { app_id: app })).toBe(200);
    await redis().hdel(catalogKey(brand.partition), `app:${app}`);
    await drain(brand);
    expect(await lettersOf(brand)).toHaveLength(1);
    await cap("*", 100);
    expect(await spent()).toEqual([["*", 5, 5]]);
  });

  it("is none of another brand's, nor of the other mode's", async () => {
    const other = await testBrand({ tokens: 100 });
    expect(await use(other)).toBe(200);
    await cap("*", 100);
    expect(await spent()).toEqual([["*", 0, 0]]);
    await setCap(ctxOf(brand), metering(), { mode: "test", scope: "*", daily: 0, monthly: null });
    expect(await vto()).toBe(200);
  });
});

describe("the days and months of a cap", () => {
  /** Has what was counted be of another day and month. */
  const shift = async (days: number, months: number) => {
    const [own] = await counters();
    if (!own) throw new Error("There is no cap");
    await setCounters([[...own.slice(0, 3), Number(own[3]) + days, own[4], Number(own[5]) + months, own[6]]]);
  };

  it("end: yesterday's spending is forgotten, this month's is not", async () => {
    await cap("*", 5, 12);
    expect(await vto()).toBe(200);
    await capped(() => consumeWith(sk()));
    await shift(-1, 0);
    expect(await vto()).toBe(200);
    expect(await spent()).toEqual([["*", 5, 10]]);
    await shift(-1, 0);
    expect(await capped(() => consumeWith(sk()))).toContain("12 tokens a month");
    await shift(0, -1);
    expect(await vto()).toBe(200);
    expect(await spent()).toEqual([["*", 5, 5]]);
    const [own] = await counters();
    expect([Number(own?.[3]), Number(own?.[5])]).toEqual([dayOf(Date.now()), monthOf(Date.now())]);
  });

  it("do not begin again where the clock was set back", async () => {
    await cap("*", 5, 5);
    expect(await vto()).toBe(200);
    await shift(1, 1);
    await capped(() => consumeWith(sk()));
    await cap("*", null);
    await cap("*", 15, 15);
    await shift(1, 1);
    expect(await vto()).toBe(200);
    expect(await spent()).toEqual([["*", 10, 10]]);
  });

  it("of a use that is given back are those on which it was", async () => {
    await cap("*", 100, 100);
    const { usage_id: usageId } = await (await consumeWith(sk())).json();
    await drain(brand);
    // It was today; what is counted is of tomorrow, and of the same month, where 7 were spent since.
    const [own] = await counters();
    await setCounters([["*", "100", "100", Number(own?.[3]) + 1, 7, own?.[5], 12]]);
    await refundUsage(ctxOf(brand), metering(), { mode: "live", usageId });
    expect(await spent()).toEqual([["*", 7, 7]]);
    // Nor does anything go below nothing.
    const { usage_id: next } = await (await consumeWith(sk())).json();
    await setCounters([["*", "100", "100", own?.[3], 1, Number(own?.[5]) + 1, 3]]);
    await refundUsage(ctxOf(brand), metering(), { mode: "live", usageId: next });
    expect(await spent()).toEqual([["*", 0, 3]]);
  });

  it("are those of the calendar, in the script as elsewhere", async () => {
    // Every day from 1970 to 2105, a leap century among them, at its first and its last moment.
    const script = `${FLAGS}local function text(n) return string.format('%.0f', n) end\n${CALENDAR}
      local out = {}
      for ms = tonumber(ARGV[1]), tonumber(ARGV[2]), 86400000 do
        out[#out + 1] = text(day_of(ms)) .. ',' .. text(month_of(ms)) .. ',' .. text(month_of(ms + 86399999))
      end
      return table.concat(out, ';')`;
    const until = Date.UTC(2105, 0, 1);
    const said = String(await redis().eval(script, [], ["0", String(until)])).split(";");
    const expected: string[] = [];
    for (let ms = 0; ms <= until; ms += 86_400_000) {
      expected.push(`${dayOf(ms)},${monthOf(ms)},${monthOf(ms + 86_399_999)}`);
    }
    expect(said.filter((line, i) => line !== expected[i])).toEqual([]);
    expect(said).toHaveLength(expected.length);
  });
});

describe("setting a cap", () => {
  it("changes the one that is there, and without limits takes it away; each with its line in the audit log", async () => {
    const list = () => capsOf(ctxOf(brand), { mode: "live" });
    await cap("*", 5);
    await cap("vto-001", null, 50);
    await cap("*", 6, 60);
    expect(await list()).toEqual({
      caps: [
        { scope: "*", daily: 6, monthly: 60 },
        { scope: "vto-001", daily: null, monthly: 50 },
      ],
    });
    expect((await counters()).map((one) => one.slice(0, 3))).toEqual([
      ["*", "6", "60"],
      ["vto-001", "-", "50"],
    ]);
    await cap("*", null);
    await cap("vto-001", null);
    expect(await list()).toEqual({ caps: [] });
    expect(await counters()).toEqual([]);
    expect([await vto(), await vto()]).toEqual([200, 200]);
    const rows = await db()
      .select()
      .from(auditLog)
      .where(and(eq(auditLog.customerId, brand.customerId), eq(auditLog.action, "caps.changed")))
      .orderBy(desc(auditLog.id));
    expect(rows.map(({ subject, details }) => [subject, details.daily, details.monthly])).toEqual([
      ["vto-001", null, null],
      ["*", null, null],
      ["*", 6, 60],
      ["vto-001", null, 50],
      ["*", 5, null],
    ]);
  });

  it("opens the account anew without losing a token, a use on its way or a report of loss", async () => {
    expect(await vto()).toBe(200);
    await cap("*", 100);
    expect(await accountState(brand)).toMatchObject({ e: "2", b: "995" });
    expect(await reportsOf(brand)).toHaveLength(0);
    expect(await headOf(brand)).toMatchObject({ retire: false, lookUpUntil: null });
  });

  it("under traffic lets no use past it and loses none", async () => {
    const statuses: number[] = [];
    const traffic = (async () => {
      while (statuses.filter((status) => status === 402).length < 10 && statuses.length < 990)
        statuses.push(await pdc());
    })();
    await cap("*", 400);
    await traffic;
    const served = statuses.filter((status) => status === 200).length;
    expect(statuses.filter((status) => status !== 200 && status !== 402)).toEqual([]);
    expect(await balance()).toBe(1000 - served);
    expect(served).toBe(400);
  });

  it("that Redis cannot be told is in force as soon as it can", async () => {
    const away = bent(
      () => true,
      async () => {
        throw timedOut();
      },
    );
    const input: CapInput = { mode: "live", scope: "*", daily: 0, monthly: null };
    expect(await setCap(ctxOf(brand), { ...metering(), redis: away }, input)).toEqual({ inForce: false });
    expect((await headOf(brand))?.retire).toBe(true);
    expect(await vto()).toBe(200);
    // What the worker does twice a second.
    await retireMarked(metering());
    expect(await vto()).toBe(402);
    await capped(() => consumeWith(sk()));
    expect((await headOf(brand))?.retire).toBe(false);
  });

  it.each([
    [{ scope: "" }],
    [{ scope: "vto 001" }],
    [{ scope: "x,1,1" }],
    [{ scope: "x".repeat(21) }],
    [{ daily: -1 }],
    [{ daily: 1.5 }],
    [{ monthly: 1e15 }],
    [{ mode: "demo" }],
    [{ more: 1 }],
  ])("is refused with %o", (wrong) => {
    const right = { mode: "live", scope: "*", daily: 1, monthly: null };
    expect(capInput.safeParse(right).success).toBe(true);
    expect(capInput.safeParse({ ...right, ...wrong }).success).toBe(false);
  });
});
