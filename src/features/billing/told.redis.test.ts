import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import type { EventName } from "@/features/notifications/webhook-catalogue/contract";
import { deliverDue, deliveriesAtRest } from "@/features/notifications/webhooks/jobs";
import { createEndpoint } from "@/features/notifications/webhooks/service";
import { uuidv7 } from "@/lib/ids";
import { metering } from "@/rest/internal/metering";
import { checkedAfterEach, consumeWith, drain, testBrand } from "@/test/meter";
import { Receiver } from "@/test/receivers";
import { control, newEvents, payAt, payerOf, saveCard, tellAll } from "@/test/stripe";
import { checkout } from "./checkout/service";
import { stripeIdOf } from "./customers/queries";
import { ensureStripeCustomer } from "./customers/service";
import { buyPack } from "./packs/service";
import { stripe } from "./stripe/service";
import { cancelSubscription, changePlan, subscribe } from "./subscriptions/service";
import { topUp } from "./top-up/jobs";
import { setOverage } from "./top-up/service";

/** What a brand's own systems are told of money, as it arrives at their receiver: each for its cause, and for no other. */

beforeAll(() => control("reset"));
afterAll(closeDb);
checkedAfterEach();

const MONEY = ["plan.changed", "invoice.paid", "payment.failed", "pack.purchased"] as const satisfies EventName[];

async function listening() {
  const brand = await testBrand({ tokens: 0, apps: ["cai-001"] });
  const ctx = payerOf(brand.customerId);
  await ensureStripeCustomer(ctx);
  await newEvents();
  const receiver = await Receiver.start();
  const { secret, endpoint } = await createEndpoint(ctx, { url: receiver.url, description: "", events: [...MONEY] });
  /** What has arrived since this was asked last, each signed; everything Stripe has to tell was told before, twice. */
  const told = async () => {
    const before = receiver.got.length;
    await tellAll();
    await drain(brand);
    for (let round = 0; round < 3; round++) {
      await deliverDue({ db: db() });
      await deliveriesAtRest();
    }
    const fresh = receiver.verified(secret).slice(before);
    return fresh.map(({ type, data }) => [type, data] as const).toSorted(([a], [b]) => a.localeCompare(b));
  };
  const rest = async () => {
    await db().execute(sql`update webhook_endpoints set enabled = false where id = ${endpoint.id}`);
    await receiver.close();
  };
  return { brand, ctx, told, rest };
}

describe("a receiver is told", () => {
  it("of a plan that was bought, planned lower, and cancelled, and of its invoice", async () => {
    const { ctx, told, rest } = await listening();
    const { url } = await checkout(ctx, { planId: "professional" });
    expect(await told()).toEqual([]);
    await payAt(url);
    expect(await told()).toEqual([
      ["invoice.paid", expect.objectContaining({ amount_cents: 19_900, currency: "usd", tokens: 10_000 })],
      ["plan.changed", expect.objectContaining({ plan_id: "professional", previous_plan_id: null, status: "active" })],
    ]);
    await changePlan(ctx, metering(), { planId: "starter", prorationDate: null, expectedCents: null });
    expect(await told()).toEqual([
      ["plan.changed", expect.objectContaining({ plan_id: "professional", pending_plan_id: "starter" })],
    ]);
    await cancelSubscription(ctx, metering());
    await cancelSubscription(ctx, metering());
    expect(await told()).toEqual([["plan.changed", expect.objectContaining({ cancel_at_period_end: true })]]);
    await rest();
  });

  it("of a pack, by whomever it was bought, and of no invoice or plan with it", async () => {
    const { ctx, told, rest } = await listening();
    await payAt((await checkout(ctx, { packId: "pack-1k" })).url);
    expect(await told()).toEqual([
      [
        "pack.purchased",
        expect.objectContaining({ pack_id: "pack-1k", tokens: 1_000, amount_cents: 3_900, automatic: false }),
      ],
    ]);
    await setOverage(ctx, {
      mode: "top_up",
      topUp: { threshold: 1_000, packId: "pack-5k", monthlyLimitCents: 100_000, cooldownMinutes: 5 },
      lowBalanceTokens: null,
      alertDailyTokens: null,
      alertMonthlyTokens: null,
    });
    expect(await topUp(metering(), ctx.customerId)).toBe("completed");
    expect(await told()).toEqual([
      ["pack.purchased", expect.objectContaining({ pack_id: "pack-5k", automatic: true })],
    ]);
    await rest();
  });

  it("of a payment that failed: of a renewal and of a top-up, and not of a card that a person was refused at once", async () => {
    const { brand, ctx, told, rest } = await listening();
    await subscribe(ctx, metering(), { plan_id: "starter", payment_method_id: "pm_card_visa" });
    const bad = await saveCard(ctx, "pm_card_chargeCustomerFail");
    await told();
    const refused = await buyPack(ctx, metering(), { packId: "pack-1k", attempt: uuidv7() });
    expect(refused.status).toBe("failed");
    expect(await told()).toEqual([]);
    await setOverage(ctx, {
      mode: "top_up",
      topUp: { threshold: 1_000, packId: "pack-1k", monthlyLimitCents: 100_000, cooldownMinutes: 5 },
      lowBalanceTokens: null,
      alertDailyTokens: null,
      alertMonthlyTokens: null,
    });
    await consumeWith(brand.secretKey.secret, { body: { app_id: "cai-001", tokens_consumed: 5 } });
    await drain(brand);
    expect(await topUp(metering(), ctx.customerId)).toBe("failed");
    expect(await told()).toEqual([
      ["payment.failed", expect.objectContaining({ for: "top_up", amount_cents: 3_900, next_attempt_at: null })],
    ]);
    const [subscription] = (await stripe().subscriptions.list({ customer: (await stripeIdOf(ctx)) ?? "" })).data;
    await stripe().subscriptions.update(subscription?.id ?? "", { default_payment_method: bad });
    await told();
    await control("advance", { seconds: 31 * 86_400 + 7_200 });
    expect(await told()).toEqual([
      ["payment.failed", expect.objectContaining({ for: "subscription", amount_cents: 2_900 })],
      ["plan.changed", expect.objectContaining({ status: "past_due" })],
    ]);
    await rest();
  });
});
