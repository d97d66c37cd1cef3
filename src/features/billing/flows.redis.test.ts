import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { stripeCustomers, tokenPurchases } from "@/db/schema/billing";
import { customerApps } from "@/db/schema/catalog";
import { uuidv7 } from "@/lib/ids";
import { metering } from "@/rest/internal/metering";
import { checkedAfterEach, consumeWith, drain, type TestBrand, testBrand } from "@/test/meter";
import { CARDS, control, payAt, payerOf, saveCard, tellAll } from "@/test/stripe";
import { checkoutState } from "./checkout/queries";
import { checkout, portal } from "./checkout/service";
import { detailsOf, stripeIdOf } from "./customers/queries";
import { ensureStripeCustomer, setDetails } from "./customers/service";
import { buyPack } from "./packs/service";
import { purchasesOf } from "./purchases/queries";
import { invoicesOf, overview } from "./queries";
import { reconcileBrand } from "./reconcile/service";
import { RENEWAL_GAP_S } from "./rules";
import { statement } from "./statement/queries";
import { stripe } from "./stripe/service";
import { previewChange } from "./subscriptions/queries";
import { cancelSubscription, changePlan, resumeSubscription, subscribe } from "./subscriptions/service";

/** The whole way of money on the Stripe stand-in: what a brand does, what Stripe tells, what is then in the books. */

beforeAll(() => control("reset"));
afterAll(closeDb);
checkedAfterEach();

const balanceOf = async (brand: TestBrand) => {
  await drain(brand);
  return (await overview(payerOf(brand.customerId), metering())).balance;
};
const sessionOf = (url: string) => /cs_[A-Za-z0-9_]+/.exec(url)?.[0] ?? "";
/** A brand on a plan that was bought through the checkout. */
/** A period's tokens last until the next period's have been paid. */
const afterRenewal = (end = "") => new Date(Date.parse(end) + RENEWAL_GAP_S * 1_000).toISOString();
async function onPlan(planId: string, options: Parameters<typeof testBrand>[0] = {}) {
  const brand = await testBrand({ tokens: 0, ...options });
  const ctx = payerOf(brand.customerId);
  const { url } = await checkout(ctx, { planId });
  expect(await payAt(url)).toBe(303);
  await tellAll();
  return { brand, ctx, session: sessionOf(url) };
}
const agrees = async (brand: TestBrand) => {
  await drain(brand);
  const report = await reconcileBrand(metering(), stripe(), brand.customerId);
  expect(report.findings).toEqual([]);
  return report;
};

describe("a plan", () => {
  it("is bought at the checkout, and its tokens are there once Stripe has told", async () => {
    const { brand, ctx, session } = await onPlan("starter");
    await drain(brand);
    expect(await checkoutState(ctx, { session })).toEqual({ state: "arrived", tokens: 1_000 });
    const shown = await overview(ctx, metering());
    expect(shown).toMatchObject({ status: "active", plan: { id: "starter" }, balance: 1_000, providerAway: false });
    expect(shown.grants).toMatchObject([
      { source: "plan", label: "Starter", tokens: 1_000, expiresAt: afterRenewal(shown.period?.end) },
    ]);
    expect(shown.paymentMethods).toMatchObject([{ last4: "4242", isDefault: true }]);
    expect(shown.nextInvoice).toMatchObject({ amountCents: 2_900 });
    expect((await invoicesOf(ctx, {})).invoices).toMatchObject([{ status: "paid", paidCents: 2_900, currency: "usd" }]);
    await expect(invoicesOf(ctx, { cursor: "in_nobody" })).rejects.toMatchObject({ code: "invalid_request" });
    expect(await agrees(brand)).toMatchObject({
      purchases: 1,
      paidCents: 2_900,
      tokensBought: 1_000,
      tokensGranted: 1_000,
    });
  });

  it("is not bought with a card that is refused, nor twice", async () => {
    const brand = await testBrand({ tokens: 0 });
    const ctx = payerOf(brand.customerId);
    const { url } = await checkout(ctx, { planId: "starter" });
    expect(await payAt(url, CARDS.declined)).toBe(402);
    await tellAll();
    expect(await overview(ctx, metering())).toMatchObject({ status: "none", balance: 0 });
    // The same checkout again, not a second one that could be paid too.
    expect((await checkout(ctx, { planId: "starter" })).url).toBe(url);
    expect(await payAt(url)).toBe(303);
    await tellAll();
    await expect(checkout(ctx, { planId: "professional" })).rejects.toMatchObject({ code: "subscription_exists" });
    await agrees(brand);
  });

  it("goes up at once for what the preview said, and what is left of the old one ends", async () => {
    const { brand, ctx } = await onPlan("starter");
    expect((await consumeWith(brand.secretKey.secret, { body: { app_id: "pdc-001" } })).status).toBe(200);
    // The app above the plan was turned on while the brand had none.
    expect((await consumeWith(brand.secretKey.secret)).status).toBe(403);
    await control("advance", { seconds: 5 * 86_400 });
    await drain(brand);
    const preview = await previewChange(ctx, { planId: "professional" });
    expect(preview).toMatchObject({ kind: "upgrade", tokensNow: 10_000, tokensEnding: 999, nextCents: 19_900 });
    expect(preview.dueNowCents).toBeGreaterThan(17_000);
    expect(preview.dueNowCents).toBeLessThan(19_900);
    expect(preview.lines.reduce((sum, { amountCents }) => sum + amountCents, 0)).toBe(preview.dueNowCents);
    const { prorationDate, dueNowCents } = preview;
    await expect(
      changePlan(ctx, metering(), { planId: "professional", prorationDate, expectedCents: dueNowCents - 1 }),
    ).rejects.toMatchObject({ code: "amount_changed" });
    expect(
      await changePlan(ctx, metering(), { planId: "professional", prorationDate, expectedCents: dueNowCents }),
    ).toMatchObject({ kind: "upgrade", chargedCents: dueNowCents });
    expect(await balanceOf(brand)).toBe(10_000);
    await tellAll();
    expect(await balanceOf(brand)).toBe(10_000);
    expect(await overview(ctx, metering())).toMatchObject({ plan: { id: "professional" }, pending: null });
    expect(await agrees(brand)).toMatchObject({ paidCents: 2_900 + dueNowCents, tokensBought: 11_000 });
  });

  it("goes up for what a credit leaves to be paid, and says so line by line", async () => {
    const { brand, ctx } = await onPlan("starter");
    await stripe().customers.update((await stripeIdOf(ctx)) ?? "", { balance: -5_000 });
    const { lines, prorationDate, dueNowCents } = await previewChange(ctx, { planId: "professional" });
    expect(lines).toContainEqual({ description: "Paid from your credit", amountCents: -5_000 });
    expect(lines.reduce((sum, { amountCents }) => sum + amountCents, 0)).toBe(dueNowCents);
    const changed = await changePlan(ctx, metering(), {
      planId: "professional",
      prorationDate,
      expectedCents: dueNowCents,
    });
    expect(changed).toMatchObject({ kind: "upgrade", chargedCents: dueNowCents });
    await tellAll();
    await agrees(brand);
  });

  it("goes down with the next period, and the apps above it pause then", async () => {
    const { brand, ctx } = await onPlan("professional", { apps: ["vto-001", "pdc-001"] });
    const preview = await previewChange(ctx, { planId: "starter" });
    expect(preview).toMatchObject({ kind: "downgrade", dueNowCents: 0, tokensNow: 0 });
    expect(preview.appsToPause).not.toEqual([]);
    await changePlan(ctx, metering(), { planId: "starter", prorationDate: null, expectedCents: null });
    await tellAll();
    expect(await overview(ctx, metering())).toMatchObject({
      plan: { id: "professional" },
      pending: { plan: { id: "starter" }, appsToPause: preview.appsToPause },
    });
    expect((await previewChange(ctx, { planId: "professional" })).kind).toBe("keep");
    await changePlan(ctx, metering(), { planId: "professional", prorationDate: null, expectedCents: null });
    expect((await overview(ctx, metering())).pending).toBeNull();
    await changePlan(ctx, metering(), { planId: "starter", prorationDate: null, expectedCents: null });
    await control("advance", { seconds: 32 * 86_400 });
    await tellAll();
    expect(await overview(ctx, metering())).toMatchObject({ plan: { id: "starter" }, pending: null, status: "active" });
    const paused = await db()
      .select()
      .from(customerApps)
      .where(and(eq(customerApps.customerId, brand.customerId), eq(customerApps.status, "paused")));
    expect(paused).toHaveLength(preview.appsToPause.length);
    expect(await agrees(brand)).toMatchObject({ paidCents: 19_900 + 2_900, tokensBought: 11_000 });
  });

  it("goes up while a lower plan waits, and is credited what it really cost", async () => {
    const { brand, ctx } = await onPlan("professional");
    await changePlan(ctx, metering(), { planId: "starter", prorationDate: null, expectedCents: null });
    await control("advance", { seconds: 7 * 86_400 });
    const preview = await previewChange(ctx, { planId: "enterprise" });
    // Three quarters of what Professional cost come back, not of what Starter would.
    expect(preview.dueNowCents).toBeLessThan(99_900 - 14_000);
    const { prorationDate, dueNowCents } = preview;
    const changed = await changePlan(ctx, metering(), {
      planId: "enterprise",
      prorationDate,
      expectedCents: dueNowCents,
    });
    expect(changed).toMatchObject({ kind: "upgrade", chargedCents: dueNowCents });
    await tellAll();
    expect(await overview(ctx, metering())).toMatchObject({
      plan: { id: "enterprise" },
      pending: null,
      unlimited: true,
    });
    await agrees(brand);
  });

  it("that was to end goes up at once and goes on", async () => {
    const { brand, ctx } = await onPlan("starter");
    await cancelSubscription(ctx, metering());
    const { prorationDate, dueNowCents } = await previewChange(ctx, { planId: "professional" });
    await changePlan(ctx, metering(), { planId: "professional", prorationDate, expectedCents: dueNowCents });
    await tellAll();
    expect(await overview(ctx, metering())).toMatchObject({ plan: { id: "professional" }, cancelAtPeriodEnd: false });
    await agrees(brand);
  });

  it("ends with its period when it is cancelled, and goes on when that is taken back", async () => {
    const { brand, ctx } = await onPlan("enterprise");
    expect(await overview(ctx, metering())).toMatchObject({ unlimited: true, balance: null });
    expect((await consumeWith(brand.secretKey.secret)).status).toBe(200);
    expect(await cancelSubscription(ctx, metering())).toMatchObject({ cancelAtPeriodEnd: true });
    expect(await resumeSubscription(ctx, metering())).toEqual({ cancelAtPeriodEnd: false, at: null });
    await cancelSubscription(ctx, metering());
    await control("advance", { seconds: 32 * 86_400 });
    await tellAll();
    expect(await overview(ctx, metering())).toMatchObject({
      status: "canceled",
      plan: null,
      unlimited: false,
      balance: 0,
    });
    expect((await consumeWith(brand.secretKey.secret)).status).toBe(402);
    await expect(resumeSubscription(ctx, metering())).rejects.toMatchObject({ code: "subscription_needed" });
    await expect(portal(ctx, { flow: "cancel" })).rejects.toMatchObject({ code: "subscription_needed" });
    await agrees(brand);
  });

  it("is subscribed to with a card from a page, unless the card is refused", async () => {
    const brand = await testBrand({ tokens: 0 });
    const ctx = payerOf(brand.customerId);
    const attempt = (card: string) => subscribe(ctx, metering(), { plan_id: "starter", payment_method_id: card });
    await expect(attempt("pm_card_chargeDeclined")).rejects.toMatchObject({ code: "payment_failed" });
    await expect(attempt("pm_card_chargeCustomerFail")).rejects.toMatchObject({ code: "payment_failed" });
    // A card that was refused is not the one that packs and top-ups ask next.
    expect((await overview(ctx, metering())).paymentMethods).toEqual([]);
    expect(await attempt("pm_card_visa")).toMatchObject({ success: true, status: "active" });
    await expect(attempt("pm_card_visa")).rejects.toMatchObject({ code: "subscription_exists" });
    expect(await balanceOf(brand)).toBe(1_000);
    await tellAll();
    expect(await balanceOf(brand)).toBe(1_000);
    await agrees(brand);
  });
});

it("a subscription whose answer was lost is found again by trying again, and there is one", async () => {
  const brand = await testBrand({ tokens: 0 });
  const ctx = payerOf(brand.customerId);
  const customer = await ensureStripeCustomer(ctx);
  // As often as the client sends it by itself.
  await control("faults", { fault: "dropped_after", times: 3, only: "^POST /v1/subscriptions$" });
  const body = { plan_id: "starter", payment_method_id: "pm_card_visa" };
  await expect(subscribe(ctx, metering(), body)).rejects.toMatchObject({ code: "billing_unavailable" });
  expect(await subscribe(ctx, metering(), body)).toMatchObject({ plan_id: "starter", status: "active" });
  const { data } = await stripe().subscriptions.list({ customer, status: "all" });
  expect(data).toHaveLength(1);
  await tellAll();
  expect(await agrees(brand)).toMatchObject({ paidCents: 2_900, tokensBought: 1_000, tokensGranted: 1_000 });
});

describe("a pack", () => {
  it("is bought at the checkout, and again with one click, each attempt once", async () => {
    const brand = await testBrand({ tokens: 0 });
    const ctx = payerOf(brand.customerId);
    const { url } = await checkout(ctx, { packId: "pack-1k" });
    expect(await payAt(url)).toBe(303);
    await tellAll();
    expect(await balanceOf(brand)).toBe(1_000);
    // A page makes it up: it tells nothing of when.
    const attempt = `00000000${uuidv7().slice(8)}`;
    const twice = await Promise.all([1, 2].map(() => buyPack(ctx, metering(), { packId: "pack-5k", attempt })));
    for (const bought of twice) expect(bought).toMatchObject({ purchaseId: attempt, status: "completed" });
    await tellAll();
    expect(await balanceOf(brand)).toBe(6_000);
    expect((await purchasesOf(ctx, {})).purchases).toMatchObject([
      { origin: "card", tokens: 5_000, status: "completed", arrived: true },
      { origin: "checkout", tokens: 1_000, status: "completed", arrived: true },
    ]);
    expect(await agrees(brand)).toMatchObject({ purchases: 2, paidCents: 3_900 + 17_900, tokensGranted: 6_000 });
  });

  it("is not bought where the card is refused, and says so", async () => {
    const brand = await testBrand({ tokens: 0 });
    const ctx = payerOf(brand.customerId);
    await ensureStripeCustomer(ctx);
    const none = await buyPack(ctx, metering(), { packId: "pack-1k", attempt: uuidv7() });
    expect(none).toMatchObject({ status: "failed", failure: expect.stringContaining("no card") });
    await saveCard(ctx, "pm_card_chargeCustomerFail");
    const attempt = uuidv7();
    const refused = await buyPack(ctx, metering(), { packId: "pack-1k", attempt });
    expect(refused).toMatchObject({ status: "failed", failure: expect.stringMatching(/declined/) });
    await tellAll();
    expect(await buyPack(ctx, metering(), { packId: "pack-1k", attempt })).toMatchObject({ status: "failed" });
    expect(await balanceOf(brand)).toBe(0);
    await agrees(brand);
  });
});

describe("a brand's customer at Stripe", () => {
  it("is made once for fifty checkouts at once, and lies encrypted", async () => {
    const brand = await testBrand({ tokens: 0 });
    const ctx = payerOf(brand.customerId);
    const ids = await Promise.all(Array.from({ length: 50 }, () => ensureStripeCustomer(ctx)));
    expect(new Set(ids).size).toBe(1);
    const [row] = await db().select().from(stripeCustomers).where(eq(stripeCustomers.customerId, brand.customerId));
    expect(JSON.stringify(row)).not.toContain(ids[0]);
    expect(await stripeIdOf(ctx)).toBe(ids[0]);
  });

  it("has the details that a person has given", async () => {
    const brand = await testBrand({ tokens: 0 });
    const ctx = payerOf(brand.customerId);
    expect(await detailsOf(ctx)).toEqual({ details: null });
    const address = { line1: "Weg 1", line2: "", city: "Kiel", state: "", postalCode: "24103", country: "DE" };
    const details = { name: "Brille GmbH", email: "geld@brille.example", address, vatId: "DE123456789" };
    await setDetails(ctx, details);
    expect(await detailsOf(ctx)).toEqual({ details });
    await setDetails(ctx, { ...details, vatId: null });
    expect((await detailsOf(ctx)).details?.vatId).toBeNull();
  });

  it("keeps the tax ids that were given at the checkout, and takes VAT ids from beyond the Union", async () => {
    const brand = await testBrand({ tokens: 0 });
    const ctx = payerOf(brand.customerId);
    const customer = await ensureStripeCustomer(ctx);
    await stripe().customers.createTaxId(customer, { type: "us_ein", value: "12-3456789" });
    await stripe().customers.createTaxId(customer, { type: "gb_vat", value: "GB123456789" });
    const idsThere = async () =>
      (await stripe().customers.listTaxIds(customer)).data.map(({ type, value }) => `${type} ${value}`).toSorted();
    expect((await detailsOf(ctx)).details?.vatId).toBe("GB123456789");
    const address = { line1: "Quay 1", line2: "", city: "Leeds", state: "", postalCode: "LS1 1AA", country: "GB" };
    const details = { name: "Specs Ltd", email: "", address, vatId: "GB123456789" };
    await setDetails(ctx, details);
    expect(await idsThere()).toEqual(["gb_vat GB123456789", "us_ein 12-3456789"]);
    await setDetails(ctx, { ...details, vatId: "CHE123456789MWST" });
    expect(await detailsOf(ctx)).toEqual({ details: { ...details, vatId: "CHE123456789MWST" } });
    expect(await idsThere()).toEqual(["ch_vat CHE-123.456.789 MWST", "us_ein 12-3456789"]);
    const moved = { ...details, address: { ...address, city: "York" } };
    for (const vatId of ["ZZ123", "DE12"]) {
      await expect(setDetails(ctx, { ...moved, vatId })).rejects.toMatchObject({ code: "invalid_request" });
    }
    expect((await detailsOf(ctx)).details?.address.city).toBe("Leeds");
    await setDetails(ctx, { ...details, vatId: null });
    expect(await idsThere()).toEqual(["us_ein 12-3456789"]);
  });
});

it("a month's statement adds up to the token and the cent", async () => {
  const { brand, ctx } = await onPlan("starter");
  for (let i = 0; i < 3; i++) await consumeWith(brand.secretKey.secret, { body: { app_id: "pdc-001" } });
  await drain(brand);
  const month = await statement(ctx, {});
  expect(month).toMatchObject({
    opening: 0,
    granted: 1_000,
    used: 3,
    closing: 997,
    paidCents: 2_900,
    refundedCents: 0,
  });
  expect(month.days.at(-1)?.closing).toBe(997);
  const [row] = await db().select().from(tokenPurchases).where(eq(tokenPurchases.customerId, brand.customerId));
  expect(row).toMatchObject({ status: "completed", priceCents: 2_900 });
});
