import { and, eq, sql } from "drizzle-orm";
import { extractText, getDocumentProxy } from "unpdf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { auditLog } from "@/db/schema/audit";
import { apps } from "@/db/schema/catalog";
import { insightReaders, insightReports, widgetEvents } from "@/db/schema/insights";
import { outgoingMails } from "@/db/schema/mail";
import { ledgerEntries } from "@/db/schema/metering";
import { customers } from "@/db/schema/people";
import { pause, resume } from "@/features/activations/service";
import { operationHash } from "@/features/metering/edge/rules";
import { refundUsage } from "@/features/metering/refunds/service";
import { operationKey } from "@/features/metering/rules";
import { renderMail } from "@/features/notifications/emails/layout";
import { newProduct } from "@/features/products/contract";
import { putProduct } from "@/features/products/service";
import { addPerson } from "@/features/team/service";
import type { Refusal } from "@/lib/errors";
import { uuidv7 } from "@/lib/ids";
import { metering } from "@/rest/internal/metering";
import { accountState, checkedAfterEach, consumeWith, drain, type TestBrand, testBrand } from "@/test/meter";
import { dashboard } from "../dashboard/queries";
import { shiftDate } from "../dashboard/rules";
import { type InsightFigures, reportFacts } from "./contract";
import { insightsContent } from "./emails/report";
import { finishReports, forgetOldEvents, makeMonthlyReports } from "./jobs";
import { insights } from "./queries";
import { monthBefore, paidFor } from "./rules";
import { makeReport, recordEvents, sendReport, subscribe } from "./service";

/** The figures are sums of stored rows, and a report is paid for, made and mailed once. */

const ZONE = "Pacific/Auckland";
const DAYS = { from: "2026-05-01", to: "2026-05-31" };
let brand: TestBrand;
let stranger: TestBrand;
let ctx: Ctx;
checkedAfterEach();
afterAll(closeDb);

const asPerson = (of: TestBrand, userId: string): Ctx => ({
  db: db(),
  customerId: of.customerId,
  actor: { type: "user", id: userId },
});
const person = async (of: TestBrand, role: "manager" | "viewer"): Promise<string> => {
  const scope = { db: db(), customerId: of.customerId, actor: { type: "system", id: "test" } } as const;
  const tag = uuidv7();
  return (await addPerson(scope, { email: `${role}-${tag}@brand.example`, name: role, passwordHash: "none", role }))
    .userId;
};
const session = (of: TestBrand, appId: string, at: string) => {
  const openedAt = new Date(at);
  return { customerId: of.customerId, usageId: uuidv7(openedAt.getTime()), appId, openedAt };
};
const figures = async (of: Ctx, days = DAYS): Promise<InsightFigures> => {
  const answer = await insights(of, days);
  return answer.active ? answer.figures : expect.fail("not active");
};
const reportsRows = (of = brand) =>
  db().select().from(insightReports).where(eq(insightReports.customerId, of.customerId));
const mails = (of = brand) => db().select().from(outgoingMails).where(eq(outgoingMails.customerId, of.customerId));
const uses = (of = brand) =>
  db()
    .select()
    .from(ledgerEntries)
    .where(and(eq(ledgerEntries.customerId, of.customerId), eq(ledgerEntries.kind, "usage")));
const refusalOf = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "made",
    (error: Refusal) => error.code,
  );

beforeAll(async () => {
  const all = ["vto-001", "frf-001", "adv-001"];
  [brand, stranger] = await Promise.all([testBrand({ apps: all, tokens: 100 }), testBrand({ apps: all, tokens: 5 })]);
  await db().update(customers).set({ timeZone: ZONE }).where(eq(customers.id, brand.customerId));
  ctx = asPerson(brand, await person(brand, "manager"));
  for (const sku of ["A", "B"]) await putProduct(ctx, newProduct.parse({ sku, name: `Frame ${sku}` }));
  // Chance from a seed: any way of counting rows must come to the same.
  let seed = 7;
  const chance = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  for (let i = 0; i < 60; i++) {
    const day = String(1 + Math.floor(chance() * 28)).padStart(2, "0");
    const month = chance() < 0.25 ? "04" : "05";
    const one = session(
      brand,
      chance() < 0.6 ? "vto-001" : "frf-001",
      `2026-${month}-${day}T${i % 2 ? "03" : "20"}:00:00Z`,
    );
    await recordEvents(db(), one, [
      ...(chance() < 0.6 ? [{ kind: "result" } as const] : []),
      ...["A", "B"].filter(() => chance() < 0.5).map((sku) => ({ kind: "view", sku }) as const),
      ...(chance() < 0.3 ? [{ kind: "choose", sku: "A" } as const] : []),
      ...["A", "UNKNOWN"].filter(() => chance() < 0.2).map((sku) => ({ kind: "cart", sku }) as const),
    ]);
  }
  await recordEvents(db(), session(stranger, "vto-001", "2026-05-10T10:00:00Z"), [
    { kind: "result" },
    { kind: "cart", sku: "X" },
  ]);
});

describe("the figures", () => {
  it("each equals a sum over the stored rows, by the brand's own clock", async () => {
    const told = await figures(ctx);
    const names = new Map((await db().select().from(apps)).map(({ id, catalogId }) => [id, catalogId]));
    const zoned = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE, dateStyle: "short" });
    const stored = (await db().select().from(widgetEvents).where(eq(widgetEvents.customerId, brand.customerId))).map(
      (row) => ({ ...row, app: names.get(row.appId), day: zoned.format(row.openedAt) }),
    );
    const stepsOf = (some: typeof stored) => ({
      opened: some.filter(({ kind }) => kind === "open").length,
      results: some.filter(({ kind }) => kind === "result").length,
      carted: new Set(some.filter(({ kind }) => kind === "cart").map(({ usageId }) => usageId)).size,
    });
    const within = (from: string, to: string) => stored.filter(({ day }) => day >= from && day <= to);
    const now = within(DAYS.from, DAYS.to);
    const then = within("2026-03-31", "2026-04-30");
    expect(stepsOf(now).opened + stepsOf(then).opened).toBe(60);
    expect(told.totals).toEqual(stepsOf(now));
    expect(told.totalsBefore).toEqual(stepsOf(then));
    // All of these days are over; of today's, whatever it has, nothing is compared.
    const { totals, totalsBefore } = told;
    expect(told.compared).toEqual({ ...DAYS, before: told.before, totals, totalsBefore });
    const open = await figures(ctx, { from: "2026-05-01", to: told.today });
    const yesterday = shiftDate(told.today, -1);
    expect(open.compared).toMatchObject({
      from: "2026-05-01",
      to: yesterday,
      totals: stepsOf(within("2026-05-01", yesterday)),
    });
    expect(open.compared?.before).toEqual({ from: open.before.from, to: shiftDate(open.before.to, -1) });
    expect((await figures(ctx, { from: told.today, to: told.today })).compared).toBeNull();
    expect(told.days).toHaveLength(31);
    for (const [i, { date, before, ...day }] of told.days.entries()) {
      expect(day).toEqual(stepsOf(now.filter((row) => row.day === date)));
      const old = new Date(Date.UTC(2026, 2, 31 + i)).toISOString().slice(0, 10);
      expect(before).toBe(stepsOf(then.filter((row) => row.day === old)).opened);
    }
    for (const app of told.apps) {
      const { opened, results, carted } = app;
      expect({ opened, results, carted }).toEqual(stepsOf(now.filter((row) => row.app === app.appId)));
      expect(app.before).toEqual(stepsOf(then.filter((row) => row.app === app.appId)));
    }
    expect(told.apps.reduce((sum, { opened }) => sum + opened, 0)).toBe(told.totals.opened);
    const of = (sku: string, what: string) => now.filter((row) => row.sku === sku && row.kind === what).length;
    expect(told.framesInAll).toBe(new Set(now.map(({ sku }) => sku).filter(Boolean)).size);
    for (const { sku, name, seen, chosen, carted } of told.frames) {
      expect([seen, chosen, carted]).toEqual([of(sku, "view"), of(sku, "choose"), of(sku, "cart")]);
      expect(name).toBe(sku === "UNKNOWN" ? null : `Frame ${sku}`);
    }
  });

  it("are the brand's own: another sees none of them, nor does anybody while the app is off", async () => {
    const theirs = await figures(asPerson(stranger, uuidv7()));
    expect(theirs.totals).toEqual({ opened: 1, results: 1, carted: 1 });
    expect(theirs.frames.map(({ sku }) => sku)).toEqual(["X"]);
    await pause(ctx, metering(), { appId: "adv-001" });
    expect(await insights(ctx, DAYS)).toEqual({ active: false, paused: true });
    expect(await refusalOf(sendReport(ctx, metering(), DAYS))).toBe("app_not_active");
    expect(await uses()).toEqual([]);
    await resume(ctx, metering(), { appId: "adv-001" });
  });

  it("leave out what was given back, as the usage page does, whatever was told of it and when", async () => {
    const other = await testBrand({ apps: ["vto-001", "adv-001"], tokens: 100 });
    const theirs = asPerson(other, uuidv7());
    for (let n = 0; n < 2; n++) {
      expect((await consumeWith(other.secretKey.secret, { body: { app_id: "vto-001" } })).status).toBe(200);
    }
    await drain(other);
    const sessions = (await uses(other)).map(({ operationId, occurredAt }) => ({
      ...session(other, "vto-001", occurredAt.toISOString()),
      usageId: operationId,
    }));
    const [kept, back] = [sessions[0] ?? expect.fail(), sessions[1] ?? expect.fail()];
    const bought = [{ kind: "result" }, { kind: "cart", sku: "A" }] as const;
    for (const one of sessions) await recordEvents(db(), one, bought);
    const today = kept.openedAt.toISOString().slice(0, 10);
    const days = { from: shiftDate(today, -1), to: shiftDate(today, 1) };
    expect((await figures(theirs, days)).totals).toEqual({ opened: 2, results: 2, carted: 2 });
    await refundUsage(theirs, metering(), { mode: "live", usageId: back.usageId });
    await drain(other);
    await recordEvents(db(), back, [{ kind: "cart", sku: "B" }]);
    const told = await figures(theirs, days);
    expect(told.totals).toEqual({ opened: 1, results: 1, carted: 1 });
    expect(told.frames.map(({ sku, carted }) => [sku, carted])).toEqual([["A", 1]]);
    expect(told.framesInAll).toBe(1);
    const { totals } = await dashboard(theirs, { mode: "live", query: days });
    expect(totals.sessions).toBe(told.totals.opened);
  });

  it("are forgotten with the details of uses, and not before", async () => {
    const other = await testBrand({ apps: ["vto-001"] });
    for (const at of ["1990-01-01T00:00:00Z", new Date().toISOString()]) {
      await recordEvents(db(), session(other, "vto-001", at), [{ kind: "result" }]);
    }
    expect(await forgetOldEvents({ db: db() }, 240)).toBe(2);
    const left = await db().select().from(widgetEvents).where(eq(widgetEvents.customerId, other.customerId));
    expect(left).toHaveLength(2);
  });
});

describe("a report", () => {
  it("is one use of the app, one row and one mail, however many make it at once; asked again it is the same and free", async () => {
    const colleague = asPerson(brand, await person(brand, "manager"));
    const costs = await Promise.all(Array.from({ length: 4 }, () => sendReport(ctx, metering(), DAYS)));
    expect(costs.map(({ tokens }) => tokens).toSorted((a, b) => a - b)).toEqual([0, 0, 0, 10]);
    await drain(brand);
    expect((await uses()).map(({ tokens, appId }) => [tokens, appId])).toEqual([[10, "adv-001"]]);
    expect((await accountState(brand)).b).toBe("90");
    const [report, ...others] = await reportsRows();
    expect(others).toEqual([]);
    expect(report).toMatchObject({ status: "ready", tokens: 10, usageId: (await uses())[0]?.operationId });
    expect(await mails()).toHaveLength(1);
    const said = await db().select().from(auditLog).where(eq(auditLog.customerId, brand.customerId));
    expect(said.filter(({ action }) => action === "report.made").map(({ subject }) => subject)).toEqual([report?.id]);
    // What comes in later changes nothing of a report that was made.
    await recordEvents(db(), session(brand, "vto-001", "2026-05-20T10:00:00Z"), []);
    expect(await sendReport(colleague, metering(), DAYS)).toEqual({ tokens: 0 });
    const [first, second] = await mails();
    expect(second?.facts).toEqual(first?.facts);
    expect(second?.userId).toBe(colleague.actor.id);
    // Redis has forgotten the payment after a day, the ledger has not.
    await db().execute(sql`update insight_reports set status = 'waiting' where customer_id = ${brand.customerId}`);
    const paid = operationHash(brand.account, "inside", "consume", paidFor(DAYS));
    expect(await metering().redis.del(operationKey(brand.partition, paid))).toBe(1);
    expect(await sendReport(colleague, metering(), DAYS)).toEqual({ tokens: 10 });
    await drain(brand);
    expect(await uses()).toHaveLength(1);
  });

  it("says in its file what the figures say", async () => {
    const [mail] = await mails();
    const content = insightsContent(mail?.kind ?? "", mail?.facts ?? {}, {
      ...{ name: "Ada", brand: "Łódź Optyka", timeZone: ZONE, url: "https://apps.example" },
    });
    const { subject, text, files } = await renderMail(content ?? expect.fail());
    expect(subject).toContain("Łódź Optyka");
    expect(text).toContain("The whole report is attached.");
    const [file] = files ?? [];
    expect([file?.name, file?.type]).toEqual(["analytics-2026-05-01-2026-05-31.pdf", "application/pdf"]);
    const pdf = await extractText(await getDocumentProxy(new Uint8Array(file?.bytes ?? [])), { mergePages: true });
    const said = pdf.text.replace(/\s+/g, " ");
    const { figures: told } = reportFacts.parse(mail?.facts);
    for (const part of [
      "Łódź Optyka",
      "1 May 2026 – 31 May 2026",
      "From opened to basket",
      "Conversion by app",
      "Top frames",
    ]) {
      expect(said).toContain(part);
    }
    expect(said).toContain(`Opened ${told.totals.opened} `);
    const share = ((told.totals.carted / told.totals.opened) * 100).toFixed(1);
    expect(said).toContain(`Put a frame into the basket ${told.totals.carted} ${share} % of opened`);
    for (const { name, sku, seen, chosen, carted } of told.frames) {
      expect(said).toContain(`${name === null ? sku : `${name} (${sku})`} ${seen} ${chosen} ${carted}`);
    }
    for (const { name, opened, results, carted } of told.apps.filter((app) => app.opened > 0)) {
      expect(said).toContain(`${name} ${opened} ${results} ${carted} ${((carted / opened) * 100).toFixed(1)} %`);
    }
  });

  it("that the tokens do not cover is not made, not charged later unasked, and is made when asked again", async () => {
    const poor = asPerson(stranger, await person(stranger, "manager"));
    expect(await refusalOf(sendReport(poor, metering(), DAYS))).toBe("insufficient_tokens");
    const [row] = await reportsRows(stranger);
    expect(row).toMatchObject({ status: "waiting", askedBy: null, reason: "insufficient_tokens", usageId: null });
    await finishReports(metering());
    expect(await uses(stranger)).toEqual([]);
    expect(await mails(stranger)).toEqual([]);
    expect(await refusalOf(sendReport(poor, metering(), { from: "2026-01-01", to: "2199-01-01" }))).toBe(
      "invalid_request",
    );
  });

  it("that the meter could not be asked for is finished by the worker, and charged once", async () => {
    const days = { from: "2026-05-01", to: "2026-05-07" };
    const away = { ...metering(), redis: { ...metering().redis, evalsha: () => Promise.reject(new Error("reset")) } };
    const broken = new Proxy(metering().redis, {
      get: (target, name) => (name === "evalsha" ? away.redis.evalsha : Reflect.get(target, name)),
    });
    expect(await refusalOf(sendReport(ctx, { ...metering(), redis: broken } as never, days))).toBe(
      "metering_unavailable",
    );
    await db().execute(sql`update insight_reports set due_at = now() where customer_id = ${brand.customerId}`);
    await finishReports(metering());
    const made = (await reportsRows()).find(({ toDay }) => toDay === days.to);
    expect(made).toMatchObject({ status: "ready", tokens: 10 });
    expect((await mails()).filter(({ key }) => key.includes(made?.id ?? "-"))).toHaveLength(1);
  });
});

describe("each month's report", () => {
  it("goes once to those who asked for it while the month lasted and may spend, made by however many workers", async () => {
    const there = await testBrand({ apps: ["adv-001"], tokens: 100 });
    const [keen, late, viewer] = [
      await person(there, "manager"),
      await person(there, "manager"),
      await person(there, "viewer"),
    ];
    for (const userId of [keen, late]) await subscribe(asPerson(there, userId), { on: true });
    await db().insert(insightReaders).values({ customerId: there.customerId, userId: viewer });
    await db().execute(sql`
      update insight_readers set since = now() - interval '40 days'
      where customer_id = ${there.customerId} and user_id <> ${late}`);
    const month = { from: "2026-05-01", to: "2026-05-31" };
    const scope = { db: db(), customerId: there.customerId, actor: { type: "system", id: "reports" } } as const;
    const until = { readersUntil: new Date(Date.now() - 86_400_000) };
    await Promise.all(Array.from({ length: 3 }, () => makeReport(scope, metering(), month, until)));
    await drain(there);
    expect(await uses(there)).toHaveLength(1);
    expect((await mails(there)).map(({ userId }) => userId)).toEqual([keen]);
    // The job itself, by two workers at once: the month before this one, to who was there then, and once.
    // Not before the month's last uses are written down: what is kept of it is never reckoned again.
    await makeMonthlyReports(metering(), 31, 60_000);
    expect(await reportsRows(there)).toHaveLength(1);
    await Promise.all([makeMonthlyReports(metering(), 31, 0), makeMonthlyReports(metering(), 31, 0)]);
    await makeMonthlyReports(metering(), 31, 0);
    await makeMonthlyReports(metering(), 0, 0);
    await drain(there);
    const before = monthBefore(new Date().toISOString().slice(0, 10));
    const made = await reportsRows(there);
    expect(made.map(({ fromDay, toDay }) => [fromDay, toDay])).toContainEqual([before.from, before.to]);
    expect(made).toHaveLength(2);
    expect(await uses(there)).toHaveLength(2);
    expect((await mails(there)).map(({ userId }) => userId)).toEqual([keen, keen]);
    await subscribe(asPerson(there, keen), { on: false });
    await subscribe(asPerson(there, keen), { on: false });
  });

  it("of one brand that cannot be made keeps no other brand's from being made", async () => {
    const brands = await Promise.all(Array.from({ length: 3 }, () => testBrand({ apps: ["adv-001"], tokens: 100 })));
    const days = monthBefore(new Date().toISOString().slice(0, 10));
    const month = { fromDay: days.from, toDay: days.to };
    for (const one of brands) {
      await subscribe(asPerson(one, await person(one, "manager")), { on: true });
      await db()
        .update(insightReaders)
        .set({ since: sql`now() - interval '70 days'` })
        .where(eq(insightReaders.customerId, one.customerId));
    }
    // Two of them have a report that says it is ready and is not.
    const [broken, good, other] = brands as [TestBrand, TestBrand, TestBrand];
    const rows = [broken, other].map(({ customerId }) => ({
      id: uuidv7(),
      customerId,
      ...month,
      status: "ready" as const,
    }));
    await db().insert(insightReports).values(rows);
    await expect(makeMonthlyReports(metering(), 31, 0)).rejects.toThrow("could not be made");
    expect((await mails(good)).length).toBe(1);
    for (const one of brands) await db().delete(insightReaders).where(eq(insightReaders.customerId, one.customerId));
    await drain(good);
  });
});
