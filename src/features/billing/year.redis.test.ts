import { afterAll, beforeAll, expect, it } from "vitest";
import { closeDb } from "@/db/client";
import type { Ctx } from "@/db/context";
import { subscriptionOf } from "@/features/plans/queries";
import { Refusal } from "@/lib/errors";
import { uuidv7 } from "@/lib/ids";
import { metering } from "@/rest/internal/metering";
import { consumeWith, drain, expectSound, type TestBrand, testBrand } from "@/test/meter";
import { control, inbox, newEvents, payerOf, saveCard } from "@/test/stripe";
import { adjustTokens, proposeAdjustment, proposeRefund, refundPurchase } from "./corrections/service";
import { stripeIdOf } from "./customers/queries";
import { ensureStripeCustomer } from "./customers/service";
import { receive, retryFailed } from "./inbox/service";
import { buyPack } from "./packs/service";
import { owedByPurchase, purchasesOf } from "./purchases/queries";
import { reconcileBrand } from "./reconcile/service";
import { statement } from "./statement/queries";
import { stripe } from "./stripe/service";
import { cancelSubscription, changePlan, resumeSubscription, subscribe } from "./subscriptions/service";
import { topUp } from "./top-up/jobs";
import { setOverage } from "./top-up/service";

/**
 * Customers live for months on Stripe's clock: they renew, go up and down, cancel and come back, have cards refused, buy
 * packs by hand and by themselves, are given money back. In the end what Stripe was paid, what the books say, what the
 * ledger granted and what the statement adds up to are the same, to the cent and the token.
 */

const WHOLE = process.env.YEAR === "whole";
const [CUSTOMERS, MONTHS] = WHOLE ? [20, 12] : [5, 4];

beforeAll(() => control("reset"));
afterAll(closeDb);

/** Always the same numbers: a year that fails can be lived again. */
function diceOf(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const PLANS = ["starter", "professional", "enterprise"];
const RULE = { threshold: 400, packId: "pack-1k", monthlyLimitCents: 100_000, cooldownMinutes: 5 };
const NONE = { lowBalanceTokens: null, alertDailyTokens: null, alertMonthlyTokens: null };

/** A refusal is an answer, too; anything else is a defect. */
const may = (work: Promise<unknown>): Promise<unknown> =>
  work.catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
    return error.code;
  });

/** What one customer does in a month. */
async function live(brand: TestBrand, ctx: Ctx, dice: (sides: number) => number): Promise<void> {
  const row = await subscriptionOf(ctx);
  const change = (planId: string) =>
    may(changePlan(ctx, metering(), { planId, prorationDate: null, expectedCents: null }));
  if (!row?.stripeSubscriptionId || row.status === "canceled") {
    const plan_id = PLANS[dice(2)] ?? "starter";
    await may(subscribe(ctx, metering(), { plan_id, payment_method_id: "pm_card_visa" }));
  }
  for (let i = dice(4); i > 0; i--) {
    await consumeWith(brand.secretKey.secret, { body: { app_id: "cai-001", tokens_consumed: 1 + dice(400) } });
  }
  await drain(brand);
  switch (dice(9)) {
    case 0:
    case 1:
      return void (await change(PLANS[dice(3)] ?? "starter"));
    case 2:
      return void (await may(cancelSubscription(ctx, metering())));
    case 3:
      return void (await may(resumeSubscription(ctx, metering())));
    case 4:
      return void (await may(buyPack(ctx, metering(), { packId: "pack-5k", attempt: uuidv7() })));
    case 5: {
      // The next renewal will be refused, and the one after that paid.
      await saveCard(ctx, dice(2) === 0 ? "pm_card_chargeCustomerFail" : "pm_card_visa");
      return;
    }
    case 6: {
      const { purchases } = await purchasesOf(ctx, {});
      const purchase = purchases[dice(Math.max(1, purchases.length))];
      if (!purchase) return;
      const input = { purchaseId: purchase.id, cents: dice(2) === 0 ? null : 700, reason: "a year's worth of test" };
      const proposal = await proposeRefund(ctx, input).catch(() => null);
      if (proposal) await may(refundPurchase(ctx, metering(), { ...input, confirmation: proposal.confirmation }));
      return;
    }
    case 7: {
      await setOverage(ctx, { mode: "top_up", topUp: RULE, ...NONE });
      await topUp(metering(), brand.customerId, new Date(Date.now() + dice(100) * 60_000));
      return;
    }
    default: {
      const input = { tokens: 50 - dice(100) || 1, reason: "a correction of the test" };
      const { confirmation } = await proposeAdjustment(ctx, input);
      await adjustTokens(ctx, metering(), { ...input, confirmation });
    }
  }
}

async function hearAll(): Promise<void> {
  for (const event of await newEvents()) await receive(inbox(), event);
  await retryFailed(inbox(), new Date(Date.now() + 7_200_000));
}

/** What Stripe was paid by a customer and gave back, in cents. */
async function atStripe(ctx: Ctx): Promise<{ paid: number; refunded: number }> {
  const customer = (await stripeIdOf(ctx)) ?? "";
  const charges = await stripe().charges.list({ customer, limit: 100 }).autoPagingToArray({ limit: 1_000 });
  const good = charges.filter(({ status }) => status === "succeeded");
  return {
    paid: good.reduce((sum, { amount }) => sum + amount, 0),
    refunded: good.reduce((sum, { amount_refunded }) => sum + amount_refunded, 0),
  };
}

it(`${CUSTOMERS} customers live ${MONTHS} months, and every cent and token is accounted for`, {
  timeout: WHOLE ? 600_000 : 120_000,
}, async () => {
  const dice = diceOf(Number(process.env.YEAR_SEED ?? 2_026));
  const people: { brand: TestBrand; ctx: Ctx }[] = [];
  for (let i = 0; i < CUSTOMERS; i++) {
    const brand = await testBrand({ tokens: 0, apps: ["cai-001"] });
    const ctx = payerOf(brand.customerId);
    await ensureStripeCustomer(ctx);
    await saveCard(ctx);
    people.push({ brand, ctx });
  }
  for (let month = 0; month < MONTHS; month++) {
    for (const { brand, ctx } of people) await live(brand, ctx, dice);
    await hearAll();
    await control("advance", { seconds: 31 * 86_400 });
    await hearAll();
    for (const { brand } of people) await drain(brand);
  }
  let all = 0;
  for (const { brand, ctx } of people) {
    await drain(brand);
    const report = await reconcileBrand(metering(), stripe(), brand.customerId);
    expect(report.findings).toEqual([]);
    expect(report.tokensGranted).toBe(report.tokensBought);
    const books = await statement(ctx, {});
    const theirs = await atStripe(ctx);
    expect({ paid: books.paidCents, refunded: books.refundedCents }).toEqual(theirs);
    expect(books.granted).toBe(report.tokensBought);
    expect(books.closing).toBe(report.balance);
    for (const tokens of (await owedByPurchase(ctx)).values()) expect(tokens).toBeGreaterThanOrEqual(0);
    all += books.paidCents;
  }
  expect(all).toBeGreaterThan(CUSTOMERS * 2_900);
  await expectSound();
});
