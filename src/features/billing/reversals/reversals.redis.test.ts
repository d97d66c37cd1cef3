import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { tokenPurchases } from "@/db/schema/billing";
import { applyIntents } from "@/features/metering/intents/service";
import { metering } from "@/rest/internal/metering";
import { checkedAfterEach, consumeWith, drain, holdWith, type TestBrand, testBrand } from "@/test/meter";
import { control, inbox, newEvents, payAt, payerOf, tellAll } from "@/test/stripe";
import { checkout } from "../checkout/service";
import { adjustTokens, proposeAdjustment, proposeRefund, refundPurchase } from "../corrections/service";
import { receive, retryFailed } from "../inbox/service";
import { purchasesOf } from "../purchases/queries";
import { overview } from "../queries";
import { reconcileBrand } from "../reconcile/service";
import { statement } from "../statement/queries";
import { stripe } from "../stripe/service";

/** Money that goes back: tokens go back with it as far as they are unspent, and the rest is owed. */

beforeAll(() => control("reset"));
afterAll(closeDb);
checkedAfterEach();

/** A brand with a pack of 1,000 for 3,900 cents, of which it has spent some, and its payment. */
async function withPack(spent: number) {
  const brand = await testBrand({ tokens: 0, apps: ["cai-001"] });
  const ctx = payerOf(brand.customerId);
  await newEvents();
  await payAt((await checkout(ctx, { packId: "pack-1k" })).url);
  await tellAll();
  if (spent > 0) await spend(brand, spent);
  const [row] = await db().select().from(tokenPurchases).where(eq(tokenPurchases.customerId, brand.customerId));
  return { brand, ctx, payment: row?.stripePaymentIntentId ?? "", purchaseId: row?.id ?? "" };
}
const spend = (brand: TestBrand, tokens: number) =>
  consumeWith(brand.secretKey.secret, { body: { app_id: "cai-001", tokens_consumed: tokens } });
/** What has been told is in the ledger, and what was put off is dealt with. */
async function settled(brand: TestBrand): Promise<void> {
  await tellAll();
  await applyIntents(metering(), brand.account);
  await drain(brand);
  await retryFailed(inbox(), new Date(Date.now() + 7_200_000));
  await drain(brand);
}
const standsAs = async (brand: TestBrand) => {
  const ctx = payerOf(brand.customerId);
  const { balance, tokensOwed } = await overview(ctx, metering());
  const [purchase] = (await purchasesOf(ctx, {})).purchases;
  return { balance, tokensOwed, status: purchase?.status, cents: purchase?.refundedCents };
};

describe("a refund", () => {
  it("of everything takes back what is unspent, and the rest is owed", async () => {
    const { brand, payment } = await withPack(300);
    await stripe().refunds.create({ payment_intent: payment });
    await settled(brand);
    expect(await standsAs(brand)).toEqual({ balance: 0, tokensOwed: 300, status: "refunded", cents: 3_900 });
    expect((await spend(brand, 1)).status).toBe(402);
    expect((await reconcileBrand(metering(), stripe(), brand.customerId)).findings).toEqual([]);
  });

  it("of a part takes back its part out of that grant alone, once for each part", async () => {
    const { brand, ctx, payment } = await withPack(0);
    const { confirmation } = await proposeAdjustment(ctx, { tokens: 50, reason: "another grant" });
    await adjustTokens(ctx, metering(), { tokens: 50, reason: "another grant", confirmation });
    await stripe().refunds.create({ payment_intent: payment, amount: 1_300 });
    await settled(brand);
    expect(await standsAs(brand)).toEqual({ balance: 50 + 667, tokensOwed: 0, status: "completed", cents: 1_300 });
    await spend(brand, 600);
    await stripe().refunds.create({ payment_intent: payment, amount: 1_300 });
    await settled(brand);
    // 333 more are revoked; 67 and what the other grant did not pay for are left of the pack.
    const { balance, tokensOwed } = await standsAs(brand);
    expect(balance).toBe(50);
    expect(tokensOwed).toBe(600 + 666 - 1_000);
  });

  it("takes back at its return what a reservation holds", async () => {
    const { brand, payment } = await withPack(0);
    const held = await holdWith(brand.secretKey.secret, { body: { app_id: "cai-001", tokens_reserved: 100 } });
    expect(held.status).toBe(201);
    await stripe().refunds.create({ payment_intent: payment });
    await settled(brand);
    expect((await standsAs(brand)).balance).toBe(0);
  });
});

describe("a dispute", () => {
  const open = (payment: string) => control("dispute", { payment_intent: payment }) as Promise<{ id: string }>;

  it("takes back like a refund, and gives back exactly that when it is won", async () => {
    const { brand, payment } = await withPack(300);
    const { id } = await open(payment);
    await settled(brand);
    expect(await standsAs(brand)).toMatchObject({ balance: 0, tokensOwed: 300, status: "completed" });
    expect(await statement(payerOf(brand.customerId), {})).toMatchObject({ refundedCents: 0, chargedBackCents: 3_900 });
    await control("close-dispute", { dispute: id, status: "won" });
    await settled(brand);
    expect(await standsAs(brand)).toMatchObject({ balance: 700, tokensOwed: 0 });
    expect(await statement(payerOf(brand.customerId), {})).toMatchObject({ refundedCents: 0, chargedBackCents: 0 });
    await settled(brand);
    expect((await standsAs(brand)).balance).toBe(700);
  });

  it("that is won before anybody told of it changes nothing, in whatever order it is told", async () => {
    const { brand, payment } = await withPack(0);
    const { id } = await open(payment);
    await control("close-dispute", { dispute: id, status: "won" });
    for (const event of (await newEvents()).toReversed()) await receive(inbox(), event);
    await settled(brand);
    expect(await standsAs(brand)).toMatchObject({ balance: 1_000, tokensOwed: 0 });
  });

  it("told before its payment waits for it", async () => {
    const brand = await testBrand({ tokens: 0, apps: [] });
    const ctx = payerOf(brand.customerId);
    await newEvents();
    await payAt((await checkout(ctx, { packId: "pack-1k" })).url);
    const paid = await newEvents();
    const payment = paid.find(({ type }) => type === "payment_intent.succeeded")?.data.object as { id: string };
    await open(payment.id);
    const outcomes: string[] = [];
    for (const event of await newEvents()) outcomes.push(await receive(inbox(), event));
    expect(outcomes).toContain("failed");
    for (const event of paid) await receive(inbox(), event);
    await settled(brand);
    expect(await standsAs(brand)).toMatchObject({ balance: 0, tokensOwed: 0 });
  });
});

describe("an operator", () => {
  it("gives money back only by the word of a proposal that still holds", async () => {
    const { brand, ctx, purchaseId } = await withPack(0);
    const input = { purchaseId, cents: 1_950, reason: "half of it was no use" };
    const { what, confirmation } = await proposeRefund(ctx, input);
    expect(what).toContain("1950 of 3900 cents");
    const refund = (word: string, cents = 1_950) =>
      refundPurchase(ctx, metering(), { ...input, cents, confirmation: word });
    await expect(refund("wrong")).rejects.toMatchObject({ code: "amount_changed" });
    await expect(refund(confirmation, 1_951)).rejects.toMatchObject({ code: "amount_changed" });
    expect((await refund(confirmation)).refundId).toMatch(/^re_/);
    // Said twice, it is another refund: the first has changed what it rests on.
    await expect(refund(confirmation)).rejects.toMatchObject({ code: "amount_changed" });
    await settled(brand);
    expect(await standsAs(brand)).toMatchObject({ balance: 500, cents: 1_950 });
    await expect(proposeRefund(ctx, { ...input, cents: 1_951 })).rejects.toMatchObject({ code: "invalid_request" });
    await expect(proposeRefund(ctx, { ...input, reason: "no" })).rejects.toMatchObject({ code: "invalid_request" });
  });

  it("finds no purchase of another brand", async () => {
    const { purchaseId } = await withPack(0);
    const other = await testBrand({ tokens: 0, apps: [] });
    const input = { purchaseId, cents: null, reason: "not theirs at all" };
    await expect(proposeRefund(payerOf(other.customerId), input)).rejects.toMatchObject({ code: "not_found" });
  });

  it("corrects a balance once for each proposal", async () => {
    const { brand, ctx } = await withPack(0);
    const input = { tokens: -100, reason: "counted twice in the shop" };
    const { confirmation } = await proposeAdjustment(ctx, input);
    const correct = () => adjustTokens(ctx, metering(), { ...input, confirmation });
    await expect(adjustTokens(ctx, metering(), { ...input, confirmation: "" })).rejects.toMatchObject({
      code: "amount_changed",
    });
    expect(await correct()).toBe("applied");
    await expect(correct()).rejects.toMatchObject({ code: "amount_changed" });
    await settled(brand);
    expect((await standsAs(brand)).balance).toBe(900);
  });
});
