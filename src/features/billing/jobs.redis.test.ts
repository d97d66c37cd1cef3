import { randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import { Stripe } from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { billingReports, stripeCustomers } from "@/db/schema/billing";
import { outgoingMails } from "@/db/schema/mail";
import { customerBilling } from "@/db/schema/plans";
import { coverageOf } from "@/features/plans/queries";
import { addPerson } from "@/features/team/service";
import { blindIndexes, decrypt, encrypt, keyRing } from "@/lib/encryption";
import { uuidv7 } from "@/lib/ids";
import { metering } from "@/rest/internal/metering";
import { checkedAfterEach, consumeWith, drain, type TestBrand, testBrand } from "@/test/meter";
import { control, inbox, newEvents, payerOf, saveCard, tellAll } from "@/test/stripe";
import { stripeIdOf } from "./customers/queries";
import { ensureStripeCustomer, rotateEncryption } from "./customers/service";
import { receive } from "./inbox/service";
import { alertAll, reconcileDaily } from "./jobs";
import { tellExpiringCard } from "./methods/jobs";
import { buyPack } from "./packs/service";
import { overview } from "./queries";
import { reconcileBrand } from "./reconcile/service";
import { endGrace, settle } from "./settlement/service";
import { stripe } from "./stripe/service";
import { previewChange } from "./subscriptions/queries";
import { changePlan, subscribe } from "./subscriptions/service";
import { topUp } from "./top-up/jobs";
import { setOverage } from "./top-up/service";

beforeAll(() => control("reset"));
afterAll(closeDb);
checkedAfterEach();

/** Somebody who is told about money. */
const withPayer = async (brand: TestBrand) => {
  const email = `payer@${brand.customerId}.example`;
  await addPerson(payerOf(brand.customerId), { email, name: "Ada", passwordHash: "no password", role: "admin" });
};
const mailsOf = async (brand: TestBrand) =>
  (await db().select().from(outgoingMails).where(eq(outgoingMails.customerId, brand.customerId))).map(
    ({ kind }) => kind,
  );

describe("a renewal that is refused", () => {
  it("leaves everything on for the grace, then ends what has no limit, and mends at once when it is paid", async () => {
    const brand = await testBrand({ tokens: 0, apps: ["pdc-001"] });
    const ctx = payerOf(brand.customerId);
    await withPayer(brand);
    await ensureStripeCustomer(ctx);
    await newEvents();
    await subscribe(ctx, metering(), { plan_id: "enterprise", payment_method_id: "pm_card_visa" });
    const use = async () => (await consumeWith(brand.secretKey.secret, { body: { app_id: "pdc-001" } })).status;
    expect(await use()).toBe(200);
    const customer = (await stripeIdOf(ctx)) ?? "";
    const bad = await saveCard(ctx, "pm_card_chargeCustomerFail");
    const [subscription] = (await stripe().subscriptions.list({ customer })).data;
    await stripe().subscriptions.update(subscription?.id ?? "", { default_payment_method: bad });
    await control("advance", { seconds: 31 * 86_400 });
    await tellAll();
    const late = await overview(ctx, metering());
    expect(late).toMatchObject({ status: "past_due", unlimited: true, openInvoice: { amountCents: 99_900 } });
    expect(late.graceUntil).not.toBeNull();
    expect(await use()).toBe(200);
    expect(await mailsOf(brand)).toContain("billing.payment_failed");
    await db()
      .update(customerBilling)
      .set({ graceUntil: new Date(Date.now() - 1) })
      .where(eq(customerBilling.customerId, brand.customerId));
    expect((await coverageOf(db(), brand.customerId)).inForce).toBe(false);
    await endGrace(db(), new Date());
    await settle(metering(), brand.customerId);
    expect(await use()).toBe(402);
    const good = await saveCard(ctx);
    const [open] = (await stripe().invoices.list({ customer, status: "open" })).data;
    await stripe().invoices.pay(open?.id ?? "", { payment_method: good });
    await tellAll();
    expect(await overview(ctx, metering())).toMatchObject({ status: "active", unlimited: true, graceUntil: null });
    expect(await use()).toBe(200);
    await drain(brand);
  });
});

it("a plan does not go up over a payment that is late: the period that is not paid would be credited", async () => {
  const brand = await testBrand({ tokens: 0, apps: [] });
  const ctx = payerOf(brand.customerId);
  await ensureStripeCustomer(ctx);
  await newEvents();
  await subscribe(ctx, metering(), { plan_id: "starter", payment_method_id: "pm_card_visa" });
  const customer = (await stripeIdOf(ctx)) ?? "";
  const bad = await saveCard(ctx, "pm_card_chargeCustomerFail");
  const [subscription] = (await stripe().subscriptions.list({ customer })).data;
  const pays = (card: string) =>
    stripe().subscriptions.update(subscription?.id ?? "", { default_payment_method: card });
  await pays(bad);
  await control("advance", { seconds: 31 * 86_400 + 7_200 });
  await tellAll();
  expect(await overview(ctx, metering())).toMatchObject({ status: "past_due" });
  const good = await saveCard(ctx);
  await pays(good);
  const up = { planId: "professional", prorationDate: null, expectedCents: null };
  await expect(previewChange(ctx, { planId: "professional" })).rejects.toMatchObject({ code: "payment_failed" });
  await expect(changePlan(ctx, metering(), up)).rejects.toMatchObject({ code: "payment_failed" });
  const paid = await stripe().invoices.list({ customer, status: "paid" });
  expect(paid.data.map(({ amount_paid }) => amount_paid)).toEqual([2_900]);
  const [open] = (await stripe().invoices.list({ customer, status: "open" })).data;
  await stripe().invoices.pay(open?.id ?? "", { payment_method: good });
  await tellAll();
  expect(await changePlan(ctx, metering(), up)).toMatchObject({ kind: "upgrade" });
  await tellAll();
  await drain(brand);
  expect((await reconcileBrand(metering(), stripe(), brand.customerId)).findings).toEqual([]);
});

it("what was bought with the card on file is told with its receipt and its card", async () => {
  const brand = await testBrand({ tokens: 0, apps: [] });
  const ctx = payerOf(brand.customerId);
  await withPayer(brand);
  await ensureStripeCustomer(ctx);
  await saveCard(ctx);
  await newEvents();
  expect(await buyPack(ctx, metering(), { packId: "pack-1k", attempt: uuidv7() })).toMatchObject({
    status: "completed",
  });
  const topUpRule = { threshold: 1_000, packId: "pack-1k", monthlyLimitCents: 10_000, cooldownMinutes: 5 };
  const none = { lowBalanceTokens: null, alertDailyTokens: null, alertMonthlyTokens: null };
  await setOverage(ctx, { mode: "top_up", topUp: topUpRule, ...none });
  await drain(brand);
  expect(await topUp(metering(), brand.customerId)).toBe("completed");
  await tellAll();
  await drain(brand);
  const mails = await db().select().from(outgoingMails).where(eq(outgoingMails.customerId, brand.customerId));
  const url = expect.stringMatching(/^https?:.*receipts/);
  const card = { brand: "visa", last4: "4242" };
  expect(mails.map(({ kind, facts }) => [kind, facts])).toEqual([
    ["billing.receipt", expect.objectContaining({ invoice_url: url, card })],
    ["billing.top_up_done", expect.objectContaining({ receipt_url: url, card })],
  ]);
});

it("a first payment that is refused is not told as a late one, where a plan was before", async () => {
  const brand = await testBrand({ tokens: 0, apps: [] });
  const ctx = payerOf(brand.customerId);
  await withPayer(brand);
  await ensureStripeCustomer(ctx);
  await newEvents();
  await subscribe(ctx, metering(), { plan_id: "starter", payment_method_id: "pm_card_visa" });
  const customer = (await stripeIdOf(ctx)) ?? "";
  const [before] = (await stripe().subscriptions.list({ customer })).data;
  await stripe().subscriptions.cancel(before?.id ?? "");
  await tellAll();
  expect(await overview(ctx, metering())).toMatchObject({ status: "canceled" });
  const bad = await saveCard(ctx, "pm_card_chargeCustomerFail");
  const price = before?.items.data[0]?.price.id ?? "";
  const again = { customer, items: [{ price }], default_payment_method: bad };
  await stripe().subscriptions.create({ ...again, payment_behavior: "allow_incomplete" });
  const events = await newEvents();
  expect(events.map(({ type }) => type)).toContain("invoice.payment_failed");
  for (const event of events) await receive(inbox(), event);
  expect(await mailsOf(brand)).not.toContain("billing.payment_failed");
  await drain(brand);
});

it("people are told of a low balance, that it is used up, and of much use, once a day each", async () => {
  const brand = await testBrand({ tokens: 60, apps: ["pdc-001", "cai-001"] });
  const ctx = payerOf(brand.customerId);
  await withPayer(brand);
  await setOverage(ctx, {
    mode: "stop",
    topUp: null,
    lowBalanceTokens: 59,
    alertDailyTokens: 2,
    alertMonthlyTokens: 50,
  });
  await consumeWith(brand.secretKey.secret, { body: { app_id: "pdc-001" } });
  await drain(brand);
  await alertAll(metering());
  expect(await mailsOf(brand)).toEqual(["billing.low_balance"]);
  await consumeWith(brand.secretKey.secret, { body: { app_id: "pdc-001" } });
  await drain(brand);
  await alertAll(metering());
  await alertAll(metering());
  expect((await mailsOf(brand)).toSorted()).toEqual(["billing.low_balance", "billing.use_reached"]);
  await consumeWith(brand.secretKey.secret, { body: { app_id: "cai-001", tokens_consumed: 58 } });
  await drain(brand);
  await alertAll(metering());
  await alertAll(metering());
  const low = (await mailsOf(brand)).filter((kind) => kind === "billing.low_balance");
  expect(low).toHaveLength(2);
});

it("a low balance is told without promising a pack that the month's limit does not allow", async () => {
  const brand = await testBrand({ tokens: 50, apps: [] });
  const ctx = payerOf(brand.customerId);
  await withPayer(brand);
  const rule = { threshold: 20, packId: "pack-1k", cooldownMinutes: 5 };
  const none = { alertDailyTokens: null, alertMonthlyTokens: null };
  const saved = (monthlyLimitCents: number) =>
    setOverage(ctx, { mode: "top_up", topUp: { ...rule, monthlyLimitCents }, lowBalanceTokens: 60, ...none });
  await drain(brand);
  await saved(3_899);
  await alertAll(metering(), new Date("2026-03-01T00:00:00Z"));
  await saved(3_900);
  await alertAll(metering(), new Date("2026-03-02T00:00:00Z"));
  const mails = await db().select().from(outgoingMails).where(eq(outgoingMails.customerId, brand.customerId));
  expect(mails.map(({ facts }) => facts.top_up)).toEqual([false, true]);
});

it("a customer that is gone at Stripe is a finding, and keeps no other brand from being looked at", async () => {
  const brand = await testBrand({ tokens: 0, apps: [] });
  const ctx = payerOf(brand.customerId);
  await ensureStripeCustomer(ctx);
  const ring = keyRing(process.env.ENCRYPTION_KEYS ?? "");
  const own = eq(stripeCustomers.customerId, brand.customerId);
  await db()
    .update(stripeCustomers)
    .set({ encryptedId: encrypt(ring, "cus_gone", brand.customerId), blindIndex: blindIndexes(ring, "cus_gone")[0] })
    .where(own);
  const gone = new Stripe.errors.StripeInvalidRequestError({
    type: "invalid_request_error",
    code: "resource_missing",
    message: "No such customer: 'cus_gone'",
  });
  const refusing = Object.assign(Object.create(stripe()) as Stripe, {
    paymentIntents: {
      list: () => {
        throw gone;
      },
    },
  });
  const { findings } = await reconcileBrand(metering(), refusing, brand.customerId);
  expect(findings.map(({ what }) => what)).toEqual(["has a customer in our books that Stripe knows nothing of"]);
  const subscribed = { status: "active", stripeSubscriptionId: "sub_gone" } as const;
  await db()
    .insert(customerBilling)
    .values({ id: uuidv7(), customerId: brand.customerId, planId: "starter", ...subscribed });
  await tellExpiringCard(metering(), brand.customerId);
  await db().delete(customerBilling).where(eq(customerBilling.customerId, brand.customerId));
  await db().delete(stripeCustomers).where(own);
});

it("a brand that cannot be compared keeps no other from its daily look, and is looked at again", async () => {
  const brands: TestBrand[] = [];
  const day = 86_400_000;
  const own = (brand?: TestBrand) => eq(stripeCustomers.customerId, brand?.customerId ?? "");
  const encryptedId = `lost.${randomBytes(16).toString("base64")}`;
  for (let i = 0; i < 3; i++) {
    const brand = await testBrand({ tokens: 0, apps: [] });
    brands.push(brand);
    await ensureStripeCustomer(payerOf(brand.customerId));
    const since = { createdAt: new Date(Date.now() - 2 * day) };
    await db()
      .update(stripeCustomers)
      .set(i === 1 ? { ...since, encryptedId } : since)
      .where(own(brand));
  }
  const [first, lost, last] = brands;
  const looks = async (brand?: TestBrand) =>
    (
      await db()
        .select()
        .from(billingReports)
        .where(eq(billingReports.customerId, brand?.customerId ?? ""))
    ).length;
  await db()
    .update(billingReports)
    .set({ checkedAt: new Date(Date.now() - 2 * day) });
  await expect(reconcileDaily(metering())).rejects.toThrow();
  expect([await looks(first), await looks(lost), await looks(last)]).toEqual([1, 0, 1]);
  await db()
    .update(stripeCustomers)
    .set({ encryptedId: encrypt(keyRing(process.env.ENCRYPTION_KEYS ?? ""), "cus_gone", lost?.customerId ?? "") })
    .where(own(lost));
  await reconcileDaily(metering());
  expect([await looks(first), await looks(lost), await looks(last)]).toEqual([1, 1, 1]);
  await db().delete(stripeCustomers).where(own(lost));
});

it("ids are written anew under another key, and found by it", async () => {
  const brand = await testBrand({ tokens: 0, apps: [] });
  const ctx = payerOf(brand.customerId);
  const id = await ensureStripeCustomer(ctx);
  const old = process.env.ENCRYPTION_KEYS ?? "";
  const added = `new:${randomBytes(32).toString("base64")}`;
  const ring = keyRing(`${added},${old}`);
  expect(await rotateEncryption(db(), ring)).toBeGreaterThan(0);
  const [row] = await db().select().from(stripeCustomers).where(eq(stripeCustomers.customerId, brand.customerId));
  expect(row?.encryptedId).toMatch(/^new\./);
  expect(decrypt(ring, row?.encryptedId ?? "", brand.customerId)).toBe(id);
  expect(row?.blindIndex).toBe(blindIndexes(ring, id)[0]);
  expect(await rotateEncryption(db(), ring)).toBe(0);
  // Back, for the rest of this run's tests.
  expect(await rotateEncryption(db(), keyRing(`${old},${added}`))).toBeGreaterThan(0);
});
