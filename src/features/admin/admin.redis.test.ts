import { and, desc, eq, like, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import type { StaffCtx } from "@/db/context";
import { auditLog } from "@/db/schema/audit";
import { tokenPurchases } from "@/db/schema/billing";
import { notifications } from "@/db/schema/notifications";
import { customers } from "@/db/schema/people";
import { billingPlans, customerBilling } from "@/db/schema/plans";
import { platformBanners, supportViews } from "@/db/schema/platform";
import { seedCatalog } from "@/db/seed/catalog";
import { createKeyInput } from "@/features/keys/contract";
import { createKey } from "@/features/keys/service";
import { checkLedger } from "@/features/metering/reconcile/queries";
import type { Role } from "@/features/team/rules";
import { addPerson } from "@/features/team/service";
import { uuidv7 } from "@/lib/ids";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { makeBrand } from "@/test/brands";
import { consumeWith, drain, type TestBrand, testBrand } from "@/test/meter";
import { makeStaff } from "@/test/staff";
import { bannersNow } from "./banners/queries";
import { putUp, takeDown } from "./banners/service";
import { customersOf } from "./customers/queries";
import { figuresOf } from "./figures/queries";
import { setStaff } from "./staff/service";
import { supportView } from "./support/queries";
import { correctTokens, openSupport, proposeTokens, revokeLeaked } from "./support/service";
import { systemState } from "./system/queries";

const OPERATOR = { type: "system", id: "test" } as const;
const REASON = "Asked about a missing pack";
let brand: TestBrand;
let staff: StaffCtx;
let other: StaffCtx;

const ctxOf = (): Promise<StaffCtx> => makeStaff(db());
const logOf = (customerId: string) =>
  db().select().from(auditLog).where(eq(auditLog.customerId, customerId)).orderBy(desc(auditLog.id));

beforeAll(async () => {
  await seedCatalog(db());
  brand = await testBrand({ tokens: 100 });
  [staff, other] = [await ctxOf(), await ctxOf()];
});
afterAll(async () => {
  await db().delete(platformBanners);
  await closeDb();
});

describe("a support view", () => {
  it("shows a name and nothing else until it is said why, and then to nobody else", async () => {
    const input = { customerId: brand.customerId };
    expect(await supportView(staff, redis(), input)).toMatchObject({ state: "closed" });
    expect(Object.keys(await supportView(staff, redis(), input))).toEqual(["state", "brand"]);
    await expect(proposeTokens(staff, { ...input, tokens: 5, reason: REASON })).rejects.toMatchObject({
      code: "forbidden",
    });
    await openSupport(staff, { ...input, reason: REASON });
    expect((await logOf(brand.customerId))[0]).toMatchObject({
      action: "support.opened",
      actorType: "user",
      actorId: staff.staffId,
      details: { reason: REASON, minutes: 60 },
    });
    expect(await supportView(staff, redis(), input)).toMatchObject({
      state: "open",
      reason: REASON,
      balance: { tokens: 100, unlimited: false },
    });
    expect(await supportView(other, redis(), input)).toMatchObject({ state: "closed" });
  });

  it("holds nothing that opens a door", async () => {
    const shown = JSON.stringify(await supportView(staff, redis(), { customerId: brand.customerId }));
    expect(shown).not.toMatch(/hmac|argon2|password/i);
    expect(shown).not.toContain(brand.secretKey.secret);
  });

  it("is over after its hour, for reading and for writing", async () => {
    const own = await ctxOf();
    const input = { customerId: brand.customerId };
    await openSupport(own, { ...input, reason: REASON });
    await db()
      .update(supportViews)
      .set({ expiresAt: sql`now() - interval '1 second'` })
      .where(and(eq(supportViews.staffId, own.staffId), eq(supportViews.customerId, brand.customerId)));
    expect(await supportView(own, redis(), input)).toMatchObject({ state: "closed" });
    await expect(revokeLeaked(own, { ...input, keyId: "x", reason: REASON })).rejects.toMatchObject({
      code: "forbidden",
    });
  });

  it("of a brand that is not there is not found, and leaves no line", async () => {
    const customerId = "0197a3c0-0000-7000-8000-0000000000ff";
    await expect(openSupport(staff, { customerId, reason: REASON })).rejects.toMatchObject({ code: "not_found" });
    await expect(supportView(staff, redis(), { customerId })).rejects.toMatchObject({ code: "not_found" });
    expect(await logOf(customerId)).toEqual([]);
  });

  it("revokes a leaked key at once, with the reason in the brand's log; of another brand's key it knows nothing", async () => {
    const foreign = await testBrand({ tokens: 10 });
    await openSupport(staff, { customerId: brand.customerId, reason: REASON });
    const join = (role: Role) =>
      addPerson(
        { db: db(), customerId: brand.customerId, actor: OPERATOR },
        { email: `${role}@${brand.customerId}.example`, name: role, passwordHash: "none", role },
      );
    const [manager] = [await join("manager"), await join("viewer")];
    const made = await createKey(
      { db: db(), customerId: brand.customerId, actor: OPERATOR },
      createKeyInput.parse({ name: "Leaked", kind: "sk", mode: "live", scopes: ["tokens:consume"] }),
    );
    expect((await consumeWith(made.secret)).status).toBe(200);
    await drain(brand);
    await revokeLeaked(staff, { customerId: brand.customerId, keyId: made.key.keyId, reason: "Found on GitHub" });
    expect((await consumeWith(made.secret)).status).toBe(401);
    const lines = (await logOf(brand.customerId)).slice(0, 2).map(({ action, actorId }) => [action, actorId]);
    expect(lines).toEqual([
      ["key.revoked", staff.staffId],
      ["support.key_revoking", staff.staffId],
    ]);
    // Their shop stands still until they make a new one: who can is told, once, and who cannot is not.
    await revokeLeaked(staff, { customerId: brand.customerId, keyId: made.key.keyId, reason: "Found on GitHub" });
    const told = await db().select().from(notifications).where(eq(notifications.customerId, brand.customerId));
    expect(told.map(({ userId }) => userId)).toEqual([manager.userId]);
    expect(told[0]).toMatchObject({
      kind: "key_revoked",
      title: "We revoked your key Leaked",
      body: expect.stringContaining("Found on GitHub"),
    });
    await expect(
      revokeLeaked(staff, { customerId: brand.customerId, keyId: foreign.secretKey.key.keyId, reason: REASON }),
    ).rejects.toMatchObject({ code: "not_found" });
    expect((await consumeWith(foreign.secretKey.secret)).status).toBe(200);
    await drain(foreign);
  });

  it("corrects tokens once for each proposal, and the books hold", async () => {
    const own = await testBrand({ tokens: 20 });
    await openSupport(staff, { customerId: own.customerId, reason: REASON });
    const asked = { customerId: own.customerId, tokens: 30, reason: "Lost in a failed import" };
    const { confirmation } = await proposeTokens(staff, asked);
    await expect(correctTokens(staff, metering(), { ...asked, tokens: 300, confirmation })).rejects.toMatchObject({
      code: "amount_changed",
    });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 4 }, () => correctTokens(staff, metering(), { ...asked, confirmation })),
    );
    await drain(own);
    const view = await supportView(staff, redis(), { customerId: own.customerId });
    expect(outcomes.some(({ status }) => status === "fulfilled")).toBe(true);
    expect(view).toMatchObject({ balance: { tokens: 50 } });
    expect((await checkLedger(metering(), [own.customerId])).flatMap(({ breaches }) => breaches)).toEqual([]);
  });
});

describe("the list of brands", () => {
  it("finds by name, slug, id and a member's address, and takes % for itself", async () => {
    const own = await makeBrand(db());
    for (const q of [own.customerId, `test-${own.customerId}`, own.people.viewer.email]) {
      expect((await customersOf(staff, { q })).customers.map(({ id }) => id)).toEqual([own.customerId]);
    }
    expect((await customersOf(staff, { q: "%" })).customers).toEqual([]);
    expect((await customersOf(staff, { q: "_".repeat(40) })).customers).toEqual([]);
  });

  it("goes through all of them page by page, each once", async () => {
    await Promise.all(Array.from({ length: 35 }, () => makeBrand(db())));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof customersOf>> = await customersOf(staff, { q: "", cursor });
      seen.push(...page.customers.map(({ id }) => id));
      cursor = page.nextCursor;
      if (!cursor) expect(seen).toHaveLength(page.total);
    } while (cursor);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("tells what a brand has and used as the ledger has it", async () => {
    const own = await testBrand({ tokens: 50 });
    await consumeWith(own.secretKey.secret);
    await drain(own);
    const [row] = (await customersOf(staff, { q: own.customerId })).customers;
    expect(row).toMatchObject({ balance: 45, tokens30: 5, plan: null, status: null });
  });
});

it("the figures are sums over the same books", async () => {
  const before = await figuresOf(staff);
  const own = await testBrand({ tokens: 500 });
  for (let i = 0; i < 3; i++) await consumeWith(own.secretKey.secret);
  await drain(own);
  const after = await figuresOf(staff);
  const owed = (figures: typeof after) => figures.liability.sources.reduce((sum, { tokens }) => sum + tokens, 0);
  expect(owed(after) - owed(before)).toBe(485);
  expect(after.customers - before.customers).toBe(1);
  const vto = (figures: typeof after) => figures.adoption.apps.find(({ appId }) => appId === "vto-001");
  expect((vto(after)?.tokens30 ?? 0) - (vto(before)?.tokens30 ?? 0)).toBe(15);
  expect((vto(after)?.customers ?? 0) - (vto(before)?.customers ?? 0)).toBe(1);
  for (const [i, { brands }] of after.funnel.entries())
    expect(brands).toBeLessThanOrEqual(after.funnel[i - 1]?.brands ?? brands);
  const [total] = await db().execute(
    // Nobody is owed what an erased brand has left, and other tests erase some.
    sql`select coalesce(sum(remaining), 0) as left from grants g join customers c on c.id = g.customer_id
      where mode = 'live' and (expires_at is null or expires_at > now()) and c.slug not like 'erased-%'`,
  );
  expect(owed(after)).toBe(Number(total?.left));
});

it("thirty days are those of each brand's own clock", async () => {
  const { customerId } = await makeBrand(db());
  // Wherever it is another day now than by UTC.
  const timeZone = new Date().getUTCHours() < 11 ? "Etc/GMT+12" : "Pacific/Kiritimati";
  await db().update(customers).set({ timeZone }).where(eq(customers.id, customerId));
  const vto = async () =>
    (await figuresOf(staff)).adoption.apps.find(({ appId }) => appId === "vto-001")?.tokens30 ?? 0;
  const before = await vto();
  await db().execute(sql`
    insert into usage_days (customer_id, mode, date, app_id, tokens, uses, took_ms, timed)
    select ${customerId}, 'live', (now() at time zone ${timeZone})::date - back, a.id, tokens, 1, 0, 0
    from apps a cross join (values (30, 100), (29, 7), (0, 1)) v(back, tokens) where a.catalog_id = 'vto-001'`);
  const after = await vto();
  await db().execute(sql`delete from usage_days where customer_id = ${customerId}`);
  expect(after - before).toBe(8);
});

it("recurring revenue is what a month brings, and the month that is not over closes with it", async () => {
  const before = await figuresOf(staff);
  const yearly = { id: `yearly-${Date.now()}`, name: "Yearly", tokensPerMonth: -1, priceCents: 120_000 };
  await db()
    .insert(billingPlans)
    .values({ ...yearly, billingCycle: "yearly", isActive: false });
  const day = (days: number) => new Date(Date.now() + days * 86_400_000);
  for (const [planId, status, money, start, end] of [
    [yearly.id, "active", "completed", -1, 364],
    // The next period has begun, and its payment is on its way.
    ["starter", "active", "completed", -31, -0.01],
    ["starter", "active", "refunded", -1, 29],
    // Ended at once, and late.
    ["starter", "canceled", "completed", -1, 29],
    ["starter", "past_due", "completed", -31, -1],
  ] as const) {
    const { customerId } = await makeBrand(db());
    const own = { customerId, planId, stripeSubscriptionId: `sub_test_${customerId}` };
    await db()
      .insert(customerBilling)
      .values({ ...own, id: uuidv7(), status });
    const period = { periodStart: day(start), periodEnd: day(end) };
    const paid = {
      kind: "plan",
      origin: "subscription",
      tokensPurchased: 0,
      priceCents: 2_900,
      status: money,
    } as const;
    await db()
      .insert(tokenPurchases)
      .values({ ...own, ...period, ...paid, id: uuidv7(), completedAt: day(start) });
  }
  const after = await figuresOf(staff);
  const closing = ({ mrr }: typeof after) => mrr.movements.at(-1)?.closing ?? 0;
  // Nobody else's books are to find what nobody bought.
  for (const table of [tokenPurchases, customerBilling])
    await db().delete(table).where(like(table.stripeSubscriptionId, "sub_test_%"));
  await db().delete(billingPlans).where(eq(billingPlans.id, yearly.id));
  expect(after.mrr.cents - before.mrr.cents).toBe(10_000 + 2 * 2_900);
  expect(closing(after) - closing(before)).toBe(10_000 + 2 * 2_900);
});

it("the state of the machinery counts what waits", async () => {
  const own = await testBrand({ tokens: 50 });
  const before = await systemState(staff, redis());
  await consumeWith(own.secretKey.secret);
  const during = await systemState(staff, redis());
  expect((during.backlog?.events ?? 0) - (before.backlog?.events ?? 0)).toBe(1);
  await drain(own);
  expect((await systemState(staff, redis())).backlog?.events).toBe(before.backlog?.events);
});

it("a banner is seen in its time only, and can be taken down", async () => {
  const at = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
  const seen = async () => (await bannersNow(other)).map(({ text }) => text);
  const { id } = await putUp(staff, { text: "Maintenance tonight", kind: "soon", startsAt: at(-1), endsAt: at(60) });
  const { id: later } = await putUp(staff, { text: "Next week", kind: "info", startsAt: at(60), endsAt: at(120) });
  expect(await seen()).toEqual(["Maintenance tonight"]);
  await takeDown(staff, { id });
  expect(await seen()).toEqual([]);
  await expect(takeDown(staff, { id })).rejects.toMatchObject({ code: "not_found" });
  await takeDown(staff, { id: later });
  expect((await logOf(staff.customerId)).map(({ action }) => action)).toContain("banner.taken_down");
});

it("whoever is dismissed is staff no more, and nobody without an account becomes it", async () => {
  const home = await makeBrand(db());
  const { email } = home.people.viewer;
  expect(await setStaff(db(), OPERATOR, { email, staff: true })).toBe(true);
  expect(await setStaff(db(), OPERATOR, { email: email.toUpperCase(), staff: true })).toBe(false);
  expect(await setStaff(db(), OPERATOR, { email, staff: false })).toBe(true);
  await expect(setStaff(db(), OPERATOR, { email: "nobody@nowhere.example", staff: true })).rejects.toMatchObject({
    code: "not_found",
  });
});
