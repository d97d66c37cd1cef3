import { eq } from "drizzle-orm";
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb, db } from "@/db/client";
import { tokenPurchases } from "@/db/schema/billing";
import { outgoingMails } from "@/db/schema/mail";
import { subscriptionOf } from "@/features/plans/queries";
import { addPerson } from "@/features/team/service";
import { metering } from "@/rest/internal/metering";
import { checkedAfterEach, drain, testBrand } from "@/test/meter";
import { control, inbox, newEvents, payAt, payerOf, tellAll } from "@/test/stripe";
import { checkoutState } from "../checkout/queries";
import { checkout } from "../checkout/service";
import { stripeIdOf } from "../customers/queries";
import { receive, retryFailed } from "../inbox/service";
import { BILLING_UPKEEP } from "../jobs";
import { purchasesOf } from "../purchases/queries";
import { overview } from "../queries";
import { reconcileBrand } from "../reconcile/service";
import { stripe } from "../stripe/service";
import { giveBackSurplus, surplusPurchases } from "./service";

/** Two checkouts for a plan, both paid: one subscription, its tokens once, and the other's money back. */

beforeAll(() => control("reset"));
afterAll(closeDb);
checkedAfterEach();

/** A brand that has paid two checkouts for a plan that were open at the same moment, and what Stripe tells of each. */
async function paidTwice(second: "price_starter_monthly" | "price_pro_monthly" = "price_starter_monthly") {
  const brand = await testBrand({ tokens: 0, apps: ["pdc-001"] });
  const ctx = payerOf(brand.customerId);
  await addPerson(ctx, { email: `payer@${brand.customerId}.example`, name: "Ada", passwordHash: null, role: "admin" });
  await newEvents();
  const { url } = await checkout(ctx, { planId: "starter" });
  const customer = (await stripeIdOf(ctx)) ?? "";
  const [price] = (await stripe().prices.list({ lookup_keys: [second] })).data;
  // As another process would make it, that has asked for what is open at the same moment.
  const other = await stripe().checkout.sessions.create({
    customer,
    mode: "subscription",
    line_items: [{ price: price?.id ?? "", quantity: 1 }],
    success_url: "http://localhost:3000/billing",
    cancel_url: "http://localhost:3000/billing",
    metadata: { plan: "starter" },
    subscription_data: { metadata: { brand: brand.customerId } },
  });
  const toldOf: Stripe.Event[][] = [];
  for (const each of [url, other.url ?? ""]) {
    expect(await payAt(each)).toBe(303);
    toldOf.push(await newEvents());
  }
  const session = /cs_[A-Za-z0-9_]+/.exec(url)?.[0] ?? "";
  const tell = async (events: readonly Stripe.Event[] = []) => {
    for (const event of events) await receive(inbox(), event);
  };
  return { brand, ctx, customer, tell, toldOf, sessions: [session, other.id] as const };
}
const live = async (customer: string) =>
  (await stripe().subscriptions.list({ customer })).data.filter(({ status }) => status === "active");
const runJob = () => BILLING_UPKEEP.find(({ name }) => name === "second subscriptions")?.run(metering());

describe("a second subscription", () => {
  it.each([
    ["first", [0, 1]],
    ["second", [1, 0]],
  ] as const)(
    "is cancelled and paid back, the tokens granted once, where the %s is told of first",
    async (_, order) => {
      const { brand, ctx, customer, tell, toldOf, sessions } = await paidTwice();
      for (const i of order) await tell(toldOf[i]);
      await drain(brand);
      const counts = (await subscriptionOf(ctx))?.stripeSubscriptionId;
      expect(await overview(ctx, metering())).toMatchObject({ status: "active", balance: 1_000 });
      expect(await live(customer)).toHaveLength(2);
      expect(await checkoutState(ctx, { session: sessions[order[1]] })).toEqual({ state: "twice", tokens: null });
      expect((await reconcileBrand(metering(), stripe(), brand.customerId)).findings).toHaveLength(2);

      await runJob();
      await runJob();
      await tellAll();
      await retryFailed(inbox(), new Date(Date.now() + 7_200_000));
      await tell(toldOf.flat());
      await drain(brand);
      expect((await live(customer)).map(({ id }) => id)).toEqual([counts]);
      expect(await overview(ctx, metering())).toMatchObject({ status: "active", balance: 1_000 });
      expect(
        (await purchasesOf(ctx, {})).purchases
          .map(({ origin, status, tokens, refundedCents }) => [origin, status, tokens, refundedCents])
          .toSorted(),
      ).toEqual([
        ["subscription", "completed", 1_000, 0],
        ["surplus", "refunded", 0, 2_900],
      ]);
      const charges = (await stripe().charges.list({ customer })).data;
      expect(charges.reduce((sum, one) => sum + one.amount - one.amount_refunded, 0)).toBe(2_900);
      expect(await reconcileBrand(metering(), stripe(), brand.customerId)).toMatchObject({
        findings: [],
        tokensBought: 1_000,
        tokensGranted: 1_000,
      });
      const mails = await db().select().from(outgoingMails).where(eq(outgoingMails.customerId, brand.customerId));
      expect(mails.map(({ kind }) => kind).toSorted()).toEqual(["billing.paid_twice", "billing.receipt"]);
    },
  );

  it("of another plan gives that plan to nobody", async () => {
    const { brand, ctx, tell, toldOf } = await paidTwice("price_pro_monthly");
    for (const events of toldOf) await tell(events);
    await runJob();
    await tellAll();
    await drain(brand);
    expect(await overview(ctx, metering())).toMatchObject({ plan: { id: "starter" }, balance: 1_000 });
    expect(await surplusPurchases(db())).toEqual([]);
  });

  it("is given back once where Stripe is lost half way, and where several are at it", async () => {
    const { brand, customer, tell, toldOf } = await paidTwice();
    for (const events of toldOf) await tell(events);
    const [purchase] = await surplusPurchases(db());
    if (!purchase) throw new Error("none was found");
    await control("faults", { fault: "dropped_after", times: 3, only: "^POST /v1/refunds$" });
    await expect(giveBackSurplus(db(), purchase)).rejects.toMatchObject({ code: "billing_unavailable" });
    await Promise.all([1, 2, 3].map(() => giveBackSurplus(db(), purchase)));
    const charges = (await stripe().charges.list({ customer })).data;
    expect(charges.map(({ amount_refunded }) => amount_refunded).toSorted()).toEqual([0, 2_900]);
    await tellAll();
    await drain(brand);
    const [row] = await db().select().from(tokenPurchases).where(eq(tokenPurchases.id, purchase.id));
    expect(row).toMatchObject({ status: "refunded", refundedCents: 2_900, grantId: null });
  });

  it("is not what was paid for one that ended before another began, however late it is told", async () => {
    const brand = await testBrand({ tokens: 0, apps: ["pdc-001"] });
    const ctx = payerOf(brand.customerId);
    await newEvents();
    await payAt((await checkout(ctx, { planId: "starter" })).url);
    const first = await newEvents();
    const [old] = await live((await stripeIdOf(ctx)) ?? "");
    await stripe().subscriptions.cancel(old?.id ?? "");
    await payAt((await checkout(ctx, { planId: "starter" })).url);
    await tellAll();
    for (const event of first) await receive(inbox(), event);
    await drain(brand);
    expect(await surplusPurchases(db())).toEqual([]);
    expect((await overview(ctx, metering())).balance).toBe(2_000);
  });
});
