import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { outgoingMails } from "@/db/schema/mail";
import { addPerson } from "@/features/team/service";
import { metering } from "@/rest/internal/metering";
import { checkedAfterEach, drain, testBrand } from "@/test/meter";
import { CARDS, control, newEvents, payAt, payerOf, saveCard, tellAll } from "@/test/stripe";
import { stripeIdOf } from "../customers/queries";
import { ensureStripeCustomer } from "../customers/service";
import { standingOf } from "../notices/queries";
import { overview } from "../queries";
import { reconcileBrand } from "../reconcile/service";
import { RENEWAL_GAP_S } from "../rules";
import { stripe } from "../stripe/service";
import { previewChange } from "./queries";
import { cancelSubscription, changePlan, subscribe } from "./service";

/** An upgrade whose payment the bank wants confirmed: it waits, says where, and begins once, or lapses. */

beforeAll(() => control("reset"));
afterAll(closeDb);
checkedAfterEach();

/** A brand on Starter whose card asks for 3-D Secure from now on. */
async function onStarter() {
  const brand = await testBrand({ tokens: 0, apps: ["pdc-001"] });
  const ctx = payerOf(brand.customerId);
  await addPerson(ctx, { email: `payer@${brand.customerId}.example`, name: "Ada", passwordHash: null, role: "admin" });
  await ensureStripeCustomer(ctx);
  await newEvents();
  await subscribe(ctx, metering(), { plan_id: "starter", payment_method_id: "pm_card_visa" });
  const asking = await saveCard(ctx, "pm_card_authenticationRequired");
  const [subscription] = (await stripe().subscriptions.list({ customer: (await stripeIdOf(ctx)) ?? "" })).data;
  await stripe().subscriptions.update(subscription?.id ?? "", { default_payment_method: asking });
  await tellAll();
  await drain(brand);
  const upgrade = async () => {
    const { prorationDate, dueNowCents } = await previewChange(ctx, { planId: "professional" });
    return changePlan(ctx, metering(), { planId: "professional", prorationDate, expectedCents: dueNowCents });
  };
  const mails = async (kind: string) =>
    db()
      .select()
      .from(outgoingMails)
      .where(and(eq(outgoingMails.customerId, brand.customerId), eq(outgoingMails.kind, `billing.${kind}`)));
  return { brand, ctx, upgrade, mails };
}

describe("an upgrade that the bank wants confirmed", () => {
  it("waits and says where, then begins with the payment, once", async () => {
    const { brand, ctx, upgrade, mails } = await onStarter();
    const asked = await upgrade();
    expect(asked).toMatchObject({
      kind: "upgrade",
      chargedCents: 0,
      confirmAt: expect.stringContaining("/invoices/in_"),
    });
    await tellAll();
    const waiting = await overview(ctx, metering());
    expect(waiting).toMatchObject({
      status: "active",
      plan: { id: "starter" },
      balance: 1_000,
      confirming: { plan: { id: "professional" }, url: asked.confirmAt },
    });
    expect(waiting.confirming?.amountCents).toBeGreaterThan(15_000);
    expect(await standingOf(ctx)).toEqual({ status: "active", confirming: "Professional" });
    expect([(await mails("confirm_payment")).length, (await mails("payment_failed")).length]).toEqual([1, 0]);
    // Asked for again it is the same invoice; another change would overtake it.
    expect(await upgrade()).toMatchObject({ confirmAt: asked.confirmAt });
    await expect(
      changePlan(ctx, metering(), { planId: "enterprise", prorationDate: null, expectedCents: null }),
    ).rejects.toMatchObject({ code: "subscription_exists" });

    await control("advance", { seconds: 7_200 });
    expect(await payAt(asked.confirmAt ?? "", CARDS.good)).toBe(303);
    await tellAll();
    await drain(brand);
    const after = await overview(ctx, metering());
    expect(after).toMatchObject({ plan: { id: "professional" }, balance: 10_000, confirming: null });
    // Its tokens last as long as the period that was begun with the confirmation.
    expect(after.grants).toMatchObject([
      {
        source: "plan",
        expiresAt: new Date(Date.parse(after.period?.end ?? "") + RENEWAL_GAP_S * 1_000).toISOString(),
      },
    ]);
    expect(await standingOf(ctx)).toEqual({ status: "active", confirming: null });
    expect((await reconcileBrand(metering(), stripe(), brand.customerId)).findings).toEqual([]);
  });

  it("lapses where nobody does, and nothing has changed", async () => {
    const { brand, ctx, upgrade } = await onStarter();
    await upgrade();
    await control("advance", { seconds: 24 * 3_600 });
    await tellAll();
    await drain(brand);
    const after = await overview(ctx, metering());
    expect(after).toMatchObject({ status: "active", plan: { id: "starter" }, balance: 1_000, confirming: null });
    expect(await standingOf(ctx)).toEqual({ status: "active", confirming: null });
    expect(await reconcileBrand(metering(), stripe(), brand.customerId)).toMatchObject({
      findings: [],
      paidCents: 2_900,
    });
  });

  it("is refused where what is planned for the period's end would be lost, and that stays planned", async () => {
    const { ctx, upgrade } = await onStarter();
    await cancelSubscription(ctx, metering());
    await expect(upgrade()).rejects.toMatchObject({ code: "payment_failed" });
    await tellAll();
    expect(await overview(ctx, metering())).toMatchObject({ cancelAtPeriodEnd: true, confirming: null });
  });
});

it("a lower plan that waits goes on waiting where the card is refused for a higher one", async () => {
  const brand = await testBrand({ tokens: 0, apps: ["pdc-001"] });
  const ctx = payerOf(brand.customerId);
  await ensureStripeCustomer(ctx);
  await subscribe(ctx, metering(), { plan_id: "professional", payment_method_id: "pm_card_visa" });
  const change = (planId: string) => changePlan(ctx, metering(), { planId, prorationDate: null, expectedCents: null });
  await change("starter");
  const bad = await saveCard(ctx, "pm_card_chargeCustomerFail");
  const [subscription] = (await stripe().subscriptions.list({ customer: (await stripeIdOf(ctx)) ?? "" })).data;
  await stripe().subscriptions.update(subscription?.id ?? "", { default_payment_method: bad });
  await expect(change("enterprise")).rejects.toMatchObject({ code: "payment_failed" });
  await tellAll();
  expect(await overview(ctx, metering())).toMatchObject({
    plan: { id: "professional" },
    pending: { plan: { id: "starter" } },
  });
  await drain(brand);
});
