import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { tokenPurchases } from "@/db/schema/billing";
import { unpackEvent } from "@/features/metering/ledger/rules";
import { outboxKey } from "@/features/metering/rules";
import { redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { checkedAfterEach, consumeWith, drain, type TestBrand, testBrand } from "@/test/meter";
import { control, payerOf, saveCard, tellAll } from "@/test/stripe";
import { ensureStripeCustomer } from "../customers/service";
import { charge } from "../packs/service";
import { stripe } from "../stripe/service";
import { brandsInNeed, topUp } from "./jobs";
import { overageOf, overagePreview } from "./queries";
import { setOverage } from "./service";

/** Packs that are bought by themselves: one for each need, never two, and none after a decline. */

beforeAll(() => control("reset"));
afterAll(closeDb);
checkedAfterEach();

const RULE = { threshold: 100, packId: "pack-1k", monthlyLimitCents: 10_000, cooldownMinutes: 60 };
const NONE = { lowBalanceTokens: null, alertDailyTokens: null, alertMonthlyTokens: null };

/** A brand that is at its threshold, with a card. */
async function atThreshold(card = "pm_card_visa", rule: Partial<typeof RULE> = {}) {
  const brand = await testBrand({ tokens: 105, apps: ["cai-001"] });
  const ctx = payerOf(brand.customerId);
  await ensureStripeCustomer(ctx);
  await saveCard(ctx, card);
  await setOverage(ctx, { mode: "top_up", topUp: { ...RULE, ...rule }, ...NONE });
  await spend(brand, 5);
  return { brand, ctx };
}
const spend = async (brand: TestBrand, tokens: number) => {
  await consumeWith(brand.secretKey.secret, { body: { app_id: "cai-001", tokens_consumed: tokens } });
  await drain(brand);
};
const topUpsOf = (brand: TestBrand) =>
  db()
    .select()
    .from(tokenPurchases)
    .where(and(eq(tokenPurchases.customerId, brand.customerId), eq(tokenPurchases.origin, "top_up")));
const paymentsOf = async (brand: TestBrand) => {
  const all = await stripe().paymentIntents.list({ limit: 100 });
  return all.data.filter(({ metadata, status }) => metadata.brand === brand.customerId && status === "succeeded");
};
const look = (brand: TestBrand, at?: Date) => topUp(metering(), brand.customerId, at);
const later = (minutes: number) => new Date(Date.now() + minutes * 60_000);

describe("an automatic top-up", () => {
  it("is made at the threshold, not above it, and only where it was asked for", async () => {
    const brand = await testBrand({ tokens: 105, apps: ["cai-001"] });
    expect(await look(brand)).toBe("off");
    const { brand: other } = await atThreshold();
    expect(await brandsInNeed(db())).toContain(other.customerId);
    expect(await look(other)).toBe("completed");
    expect(await brandsInNeed(db())).not.toContain(brand.customerId);
    await drain(other);
    expect(await look(other, later(120))).toBe("enough");
    expect(await topUpsOf(other)).toMatchObject([{ status: "completed", tokensPurchased: 1_000 }]);
  });

  it("is one, however many look at the same need at once", async () => {
    const { brand, ctx } = await atThreshold();
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => look(brand)));
    expect(outcomes).toContain("completed");
    await tellAll();
    await drain(brand);
    expect(await topUpsOf(brand)).toHaveLength(1);
    expect(await paymentsOf(brand)).toHaveLength(1);
    expect((await overageOf(ctx)).thisMonthCents).toBe(3_900);
  });

  it("is one where the answer to its payment was lost, and is found again", async () => {
    const { brand } = await atThreshold();
    await control("faults", { fault: "dropped_after", times: 3, only: "POST /v1/payment_intents" });
    await expect(look(brand)).rejects.toMatchObject({ code: "billing_unavailable" });
    expect(await topUpsOf(brand)).toMatchObject([{ status: "pending" }]);
    expect(await look(brand)).toBe("completed");
    await drain(brand);
    expect(await topUpsOf(brand)).toMatchObject([{ status: "completed" }]);
    expect(await paymentsOf(brand)).toHaveLength(1);
  });

  it("waits for the tokens of the last one before it looks at the balance again", async () => {
    const { brand } = await atThreshold("pm_card_visa", { cooldownMinutes: 5 });
    expect(await look(brand)).toBe("completed");
    // Its tokens are in Redis, and not in the ledger: until then the need counts as met.
    expect(await look(brand, later(10))).toBe("arriving");
    await drain(brand);
    expect(await look(brand, later(10))).toBe("enough");
    expect(await topUpsOf(brand)).toHaveLength(1);
  });

  it("keeps to its cooldown and its monthly limit", async () => {
    const { brand } = await atThreshold("pm_card_visa", { monthlyLimitCents: 8_000 });
    expect(await look(brand)).toBe("completed");
    await drain(brand);
    await spend(brand, 1_000);
    expect(await look(brand)).toBe("cooldown");
    expect(await look(brand, later(61))).toBe("completed");
    await drain(brand);
    await spend(brand, 1_000);
    expect(await look(brand, later(200))).toBe("limit");
    expect(await topUpsOf(brand)).toHaveLength(2);
  });

  it("stops after a decline, until somebody saves the settings again", async () => {
    const { brand, ctx } = await atThreshold("pm_card_chargeCustomerFail");
    expect(await look(brand)).toBe("failed");
    await tellAll();
    expect(await look(brand, later(120))).toBe("off");
    expect(await brandsInNeed(db())).not.toContain(brand.customerId);
    expect((await overageOf(ctx)).stopped?.reason).toMatch(/declined/);
    expect(await topUpsOf(brand)).toMatchObject([{ status: "failed" }]);
    await saveCard(ctx);
    await setOverage(ctx, { mode: "top_up", topUp: RULE, ...NONE });
    expect(await look(brand, later(120))).toBe("completed");
    await drain(brand);
  });

  it("stops after a decline, also where whoever asked the card came no further", async () => {
    const { brand, ctx } = await atThreshold("pm_card_chargeCustomerFail");
    await control("faults", { fault: "dropped_before", times: 3, only: "POST /v1/payment_intents" });
    await expect(look(brand)).rejects.toMatchObject({ code: "billing_unavailable" });
    const [begun] = await topUpsOf(brand);
    const customer = await ensureStripeCustomer(ctx);
    const asked = { customer, purchaseId: begun?.id ?? "", present: false };
    expect(await charge(ctx, metering(), asked)).toMatchObject({ state: "failed" });
    await tellAll();
    expect(await look(brand, later(120))).toBe("off");
    expect((await overageOf(ctx)).stopped?.reason).toMatch(/declined/);
    expect(await topUpsOf(brand)).toHaveLength(1);
  });
});

it("a month without uses tells nothing of what settings would have done", async () => {
  const { ctx } = await atThreshold();
  expect(await overagePreview(ctx, { mode: "top_up", topUp: RULE, ...NONE })).toMatchObject({
    nothingKnown: true,
    topUps: 0,
    stoppedAt: null,
  });
});

it("a month played again buys as often as it would have, within an hour too", async () => {
  const brand = await testBrand({ tokens: 3_600, apps: ["cai-001"] });
  await drain(brand);
  const body = { app_id: "cai-001", tokens_consumed: 900 };
  for (let i = 0; i < 4; i++) await consumeWith(brand.secretKey.secret, { body });
  const outbox = outboxKey(brand.partition);
  const uses = (await redis().xrange(outbox, "-", "+")) as unknown as [string, string[]][];
  // They happened in one hour of March, ten minutes apart.
  for (const [i, [id, flat]] of uses.entries()) {
    const pairs = Array.from({ length: flat.length / 2 }, (_, at) => [flat[2 * at], flat[2 * at + 1]]);
    const at = String(Date.parse("2026-03-10T10:00:00Z") + i * 600_000);
    await redis().xdel(outbox, id);
    await redis().xadd(outbox, "*", { ...unpackEvent(Object.fromEntries(pairs)), n: at });
  }
  await drain(brand);
  const often = { ...RULE, threshold: 400, monthlyLimitCents: 100_000, cooldownMinutes: 5 };
  const asked = { mode: "top_up", topUp: often, ...NONE } as const;
  expect(await overagePreview(payerOf(brand.customerId), asked, new Date("2026-04-10T00:00:00Z"))).toMatchObject({
    ...{ tokensUsed: 3_600, topUps: 4, costCents: 4 * 3_900, stoppedAt: null, tokensRefused: 0 },
  });
});

it("what was used without a limit would have been neither bought for nor refused", async () => {
  const brand = await testBrand({ tokens: 0, apps: ["cai-001"], plan: "enterprise" });
  await spend(brand, 500);
  const now = new Date();
  const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 2));
  for (const [mode, topUp] of [["stop", null] as const, ["top_up", RULE] as const]) {
    expect(await overagePreview(payerOf(brand.customerId), { mode, topUp, ...NONE }, next)).toMatchObject({
      ...{ tokensUsed: 500, topUps: 0, stoppedAt: null, tokensRefused: 0, nothingKnown: false },
    });
  }
});
