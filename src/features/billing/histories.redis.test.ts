import { eq } from "drizzle-orm";
import fc from "fast-check";
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { purchaseReversals, stripeEvents, tokenPurchases } from "@/db/schema/billing";
import { applyIntents } from "@/features/metering/intents/service";
import { subscriptionOf } from "@/features/plans/queries";
import { metering } from "@/rest/internal/metering";
import { consumeWith, drain, expectSound, type TestBrand, testBrand } from "@/test/meter";
import { control, inbox, newEvents, payAt, payerOf, saveCard } from "@/test/stripe";
import { checkout } from "./checkout/service";
import { stripeIdOf } from "./customers/queries";
import { type InboxDeps, receive, retryFailed } from "./inbox/service";
import { owedByPurchase } from "./purchases/queries";
import { reconcileBrand } from "./reconcile/service";
import { revokedTokens } from "./rules";
import { stripe } from "./stripe/service";
import { giveBackSurplus, surplusPurchases } from "./surplus/service";

/**
 * Random histories of what happens at Stripe, told in any order, any number of times, late, and with a crash between any
 * two steps of ours. Whatever the history: tokens granted equal what was bought, per purchase; what is refunded or
 * disputed is taken back as far as it is unspent, and the rest is owed; every invariant of the ledger holds.
 */

beforeAll(() => control("reset"));
afterAll(closeDb);

class Crash extends Error {}
const POINTS = ["read", "kept", "applied", "committed"] as const;

/** Crashes at the n-th step it comes to; a process that has crashed keeps nothing, so Stripe's delivery is simply lost. */
function crashing(at: number): InboxDeps {
  let steps = 0;
  return {
    ...inbox(),
    between: () => {
      if (steps++ === at) throw new Crash(`crashed at ${POINTS[at % POINTS.length]}`);
    },
  };
}

type Step = "pack" | "plan" | "twice" | "renew" | "upgrade" | "spend" | "refund" | "part" | "dispute" | "won" | "lost";
const step = fc.constantFrom<Step>(
  "pack",
  "plan",
  "twice",
  "renew",
  "upgrade",
  "spend",
  "refund",
  "part",
  "dispute",
  "won",
  "lost",
);

/** A payment of a pack as a checkout leaves it. */
async function payPack(brand: TestBrand): Promise<void> {
  const ctx = payerOf(brand.customerId);
  const { url } = await checkout(ctx, { packId: "pack-1k" });
  expect(await payAt(url)).toBe(303);
}

/** Does one thing at Stripe, as far as the history so far allows it. */
async function happen(brand: TestBrand, what: Step): Promise<void> {
  const ctx = payerOf(brand.customerId);
  const customer = (await stripeIdOf(ctx)) ?? "";
  const paid = async () =>
    (await stripe().paymentIntents.list({ customer, limit: 100 })).data.filter(({ status }) => status === "succeeded");
  const running = async () => (await stripe().subscriptions.list({ customer, limit: 1 })).data[0];
  switch (what) {
    case "pack":
      return payPack(brand);
    case "plan": {
      if (await running()) return;
      const { url } = await checkout(ctx, { planId: "starter" }).catch(() => ({ url: null }));
      if (url) await payAt(url);
      return;
    }
    case "twice": {
      // A second checkout that was open at the same moment, and is paid as well.
      if (!(await running())) return;
      const [price] = (await stripe().prices.list({ lookup_keys: ["price_starter_monthly"] })).data;
      const at = "http://localhost:3000/billing";
      const { url } = await stripe().checkout.sessions.create({
        customer,
        mode: "subscription",
        line_items: [{ price: price?.id ?? "", quantity: 1 }],
        success_url: at,
        cancel_url: at,
      });
      if (url) await payAt(url);
      return;
    }
    case "renew":
      if (await running()) await control("advance", { seconds: 31 * 86_400 });
      return;
    case "upgrade": {
      const subscription = await running();
      const [item] = subscription?.items.data ?? [];
      if (!subscription || !item || item.price.lookup_key !== "price_starter_monthly") return;
      const [price] = (await stripe().prices.list({ lookup_keys: ["price_pro_monthly"] })).data;
      await stripe().subscriptions.update(subscription.id, {
        items: [{ id: item.id, price: price?.id ?? "" }],
        billing_cycle_anchor: { type: "now" },
        proration_behavior: "always_invoice",
      });
      return;
    }
    case "spend":
      for (let i = 0; i < 3; i++) {
        await consumeWith(brand.secretKey.secret, { body: { app_id: "cai-001", tokens_consumed: 250 } });
      }
      return;
    case "refund":
    case "part": {
      const [payment] = await paid();
      if (!payment) return;
      // What was given back before cannot be given back again: Stripe refuses it.
      const amount = what === "part" ? 1_300 : undefined;
      await stripe()
        .refunds.create({ payment_intent: payment.id, ...(amount ? { amount } : {}) })
        .catch(() => undefined);
      return;
    }
    case "dispute": {
      const payment = (await paid()).at(-1);
      if (payment) await control("dispute", { payment_intent: payment.id }).catch(() => undefined);
      return;
    }
    case "won":
    case "lost": {
      const payment = (await paid()).at(-1);
      if (!payment) return;
      const [open] = (await stripe().disputes.list({ payment_intent: payment.id })).data;
      if (open?.status === "needs_response") await control("close-dispute", { dispute: open.id, status: what });
    }
  }
}

/** Tells events in an order and as often as the history says, each with a crash or without. */
async function tell(events: readonly Stripe.Event[], dice: fc.GeneratorValue): Promise<void> {
  const copies = events.flatMap((event) => Array.from({ length: dice(fc.nat, { max: 2 }) + 1 }, () => event));
  while (copies.length > 0) {
    const [event] = copies.splice(dice(fc.nat, { max: copies.length - 1 }), 1);
    if (event) await receive(dice(fc.boolean) ? crashing(dice(fc.nat, { max: 5 })) : inbox(), event);
  }
}

/** The same without luck: all that has failed or was never told is dealt with in the end, as the job and Stripe do. */
async function tellTheRest(events: readonly Stripe.Event[]): Promise<void> {
  for (const event of events) await receive(inbox(), event);
  for (let round = 0; round < 6; round++) {
    const { tried } = await retryFailed(inbox(), new Date(Date.now() + 7_200_000));
    if (tried === 0) return;
    await arrive();
  }
}
let current: TestBrand | undefined;
/** Ends what still runs: the clock is everybody's, and brands of earlier histories would renew, and be told of, in each later one. */
async function moveOut(ctx: Ctx): Promise<void> {
  const customer = (await stripeIdOf(ctx)) ?? "";
  for (const { id } of (await stripe().subscriptions.list({ customer, limit: 100 })).data) {
    await stripe().subscriptions.cancel(id);
  }
  await tellTheRest(await newEvents());
}

/** What is owed reaches the ledger: a step that gives back what another took waits for that. */
async function arrive(): Promise<void> {
  if (!current) return;
  await applyIntents(metering(), current.account);
  await drain(current);
}

describe("a history of payments", () => {
  const runs = Number(process.env.HISTORIES ?? 5);
  it("ends with what was bought, whatever order it is told in", { timeout: runs * 24_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 9 }), fc.gen(), async (steps, dice) => {
        const brand = await testBrand({ tokens: 0, apps: ["cai-001"] });
        current = brand;
        const ctx = payerOf(brand.customerId);
        await newEvents();
        await payPack(brand);
        const waiting: Stripe.Event[] = [];
        const all: Stripe.Event[] = [];
        for (const one of steps) {
          await happen(brand, one);
          const fresh = await newEvents();
          all.push(...fresh);
          waiting.push(...fresh);
          // Some is told at once, some days later.
          if (dice(fc.boolean)) await tell(waiting.splice(0), dice);
        }
        await tell(waiting, dice);
        await tellTheRest(all);
        // What the job does, and what Stripe then tells of it.
        for (const surplus of await surplusPurchases(db())) await giveBackSurplus(db(), surplus);
        await tellTheRest([...all, ...(await newEvents())]);
        await arrive();
        const failed = await db().select().from(stripeEvents).where(eq(stripeEvents.status, "failed"));
        expect(failed.map(({ type, error }) => `${type}: ${error}`)).toEqual([]);
        const report = await reconcileBrand(metering(), stripe(), brand.customerId);
        expect(report.findings).toEqual([]);
        expect(report.tokensGranted).toBe(report.tokensBought);
        await expectReversed(brand, await owedByPurchase(ctx));
        await expectSound();
        await moveOut(ctx);
      }),
      { numRuns: runs },
    );
  });
});

/** Each purchase stands as Stripe's refunds and disputes of it say now, and what is owed is what could not be taken back. */
async function expectReversed(brand: TestBrand, owed: ReadonlyMap<string, number>): Promise<void> {
  const bought = await db().select().from(tokenPurchases).where(eq(tokenPurchases.customerId, brand.customerId));
  for (const one of bought) {
    if (!one.stripePaymentIntentId) continue;
    const refunds = (await stripe().refunds.list({ payment_intent: one.stripePaymentIntentId })).data;
    const disputes = (await stripe().disputes.list({ payment_intent: one.stripePaymentIntentId })).data;
    const back = refunds.filter(({ status }) => status === "succeeded").reduce((sum, { amount }) => sum + amount, 0);
    const held = disputes.filter(({ status }) => status !== "won").reduce((sum, { amount }) => sum + amount, 0);
    expect([one.refundedCents, one.disputedCents]).toEqual([back, held]);
    const price = { tokens: one.tokensPurchased, priceCents: one.priceCents };
    expect(one.tokensRevoked).toBe(revokedTokens(price, back + held));
    expect(owed.get(one.id) ?? 0).toBeLessThanOrEqual(one.tokensRevoked);
    const known = await db().select().from(purchaseReversals).where(eq(purchaseReversals.purchaseId, one.id));
    expect(known).toHaveLength(refunds.length + disputes.length);
  }
}

it("an answer that was asked for earlier never overwrites one that was asked for later", async () => {
  const brand = await testBrand({ tokens: 0, apps: [] });
  const ctx = payerOf(brand.customerId);
  await newEvents();
  const { url } = await checkout(ctx, { planId: "starter" });
  await payAt(url);
  for (const event of await newEvents()) await receive(inbox(), event);
  const [subscription] = (await stripe().subscriptions.list({ customer: (await stripeIdOf(ctx)) ?? "" })).data;
  const cancel = (cancel_at_period_end: boolean) =>
    stripe().subscriptions.update(subscription?.id ?? "", { cancel_at_period_end });
  await cancel(true);
  const [first] = await newEvents();
  let done = false;
  // The first telling has asked Stripe; before it writes, the cancellation is taken back, told, and written.
  const slow: InboxDeps = {
    ...inbox(),
    between: async (point) => {
      if (point !== "read" || done) return;
      done = true;
      await cancel(false);
      for (const event of await newEvents()) await receive(inbox(), event);
    },
  };
  if (first) expect(await receive(slow, first)).toBe("done");
  expect((await subscriptionOf(ctx))?.cancelAtPeriodEnd).toBe(false);
  await expectSound();
});

it("one event told fifty times at once is dealt with once", async () => {
  const brand = await testBrand({ tokens: 0, apps: [] });
  await newEvents();
  await payPack(brand);
  const events = await newEvents();
  const paid = events.find(({ type }) => type === "payment_intent.succeeded");
  if (!paid) throw new Error("nothing was paid");
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => receive(inbox(), paid)));
  expect(outcomes.filter((outcome) => outcome === "done")).toHaveLength(1);
  await saveCard(payerOf(brand.customerId));
  for (const event of events) await receive(inbox(), event);
  await drain(brand);
  const report = await reconcileBrand(metering(), stripe(), brand.customerId);
  expect(report).toMatchObject({ findings: [], tokensGranted: 1_000, balance: 1_000 });
});
