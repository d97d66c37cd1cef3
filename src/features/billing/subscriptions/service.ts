import type Stripe from "stripe";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { recordAudit } from "@/features/audit/service";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { findPlan, subscriptionOf } from "@/features/plans/queries";
import { rankOf } from "@/features/plans/rules";
import { Refusal } from "@/lib/errors";
import type { ChangePlanInput, ChangePlanOutput, SubscriptionStep } from "../contract";
import { alone, ensureStripeCustomer } from "../customers/service";
import type { SubscribeBody, SubscribeResponse } from "../http/contract";
import { readInvoice, recordPaidInvoice } from "../periods/service";
import { priceUnder } from "../prices/queries";
import { afterCommit } from "../settlement/service";
import { recordStanding } from "../standing/service";
import { ask, idOf, momentOf, refusalOf, stripe, wantsPerson } from "../stripe/service";
import { changeOf, lateFirst, type Running, runningOf, upgradePreview } from "./queries";

const needed = (): Refusal =>
  new Refusal("subscription_needed", "This brand has no subscription. Choose a plan and subscribe first.");

/** The plan by its id, as far as it is sold. */
async function planToSell(tx: Tx | Ctx["db"], planId: string) {
  const plan = await findPlan(tx, planId);
  if (!plan?.isActive || !plan.stripePriceId) throw new Refusal("not_found", "There is no plan with this id.");
  return { ...plan, stripePriceId: await priceUnder(plan.stripePriceId) };
}

/** Writes down what a change of a subscription has come to, with the invoice that it made. */
async function record(tx: Tx, ctx: Ctx, subscription: Stripe.Subscription): Promise<Stripe.Invoice | null> {
  const invoiceId = idOf(subscription.latest_invoice);
  const priced = invoiceId ? await ask((stripe) => readInvoice(stripe, invoiceId)) : null;
  if (priced) await recordPaidInvoice(tx, ctx, priced, subscription);
  await recordStanding(tx, ctx, subscription);
  return priced?.invoice ?? null;
}

/**
 * Subscribes a brand that has no subscription with a card that its page has made at Stripe. Nothing is begun where the
 * card is refused.
 * @throws Refusal `not_found` for a plan that is not sold, `subscription_exists`, `payment_failed`, `billing_unavailable`
 */
export async function subscribe(ctx: Ctx, deps: ReconcileDeps, input: SubscribeBody): Promise<SubscribeResponse> {
  const plan = await planToSell(ctx.db, input.plan_id);
  const customer = await ensureStripeCustomer(ctx);
  const answer = await alone(ctx, async (tx) => {
    const before = await subscriptionOf({ db: tx, customerId: ctx.customerId });
    if (before?.stripeSubscriptionId && before.status !== "canceled") {
      throw new Refusal("subscription_exists", "This brand has a subscription. Change its plan on the billing page.");
    }
    const begun = await unknownYet(customer);
    if (begun && begun.items.data[0]?.price.id !== plan.stripePriceId) {
      throw new Refusal(
        "subscription_exists",
        "A subscription to another plan was begun just now. Look again shortly.",
      );
    }
    const subscription =
      begun ?? (await create({ ...input, customer, price: plan.stripePriceId, brand: ctx.customerId }));
    await record(tx, ctx, subscription);
    const [item] = subscription.items.data;
    return {
      success: true as const,
      plan_id: plan.id,
      status: "active" as const,
      current_period_start: momentOf(item?.current_period_start ?? subscription.start_date).toISOString(),
      current_period_end: momentOf(item?.current_period_end ?? subscription.start_date).toISOString(),
    };
  });
  await afterCommit(deps, ctx.customerId);
  return answer;
}

/** A subscription that Stripe has and we were not told of: its answer was lost, and to make another would charge twice. */
async function unknownYet(customer: string): Promise<Stripe.Subscription | undefined> {
  const { data } = await ask((stripe) => stripe.subscriptions.list({ customer, limit: 10 }));
  return data.find(({ status }) => status === "active" || status === "past_due" || status === "unpaid");
}

async function create(input: SubscribeBody & { customer: string; price: string; brand: string }) {
  const { customer, price, brand, payment_method_id: method } = input;
  const before = await ask((stripe) => stripe.paymentMethods.list({ customer, limit: 100 }));
  const card = await ask((stripe) => stripe.paymentMethods.attach(method, { customer }));
  try {
    return await ask((stripe) =>
      stripe.subscriptions.create({
        customer,
        items: [{ price }],
        default_payment_method: card.id,
        // A card that is refused begins nothing; what is left incomplete would have to be cleaned up.
        payment_behavior: "error_if_incomplete",
        metadata: { brand },
      }),
    );
  } catch (error) {
    const refused = error instanceof Refusal && error.code === "payment_failed";
    // Left on file, it would be the newest card, and the one that packs and top-ups ask next.
    if (refused && !before.data.some(({ id }) => id === card.id)) {
      await ask((stripe) => stripe.paymentMethods.detach(card.id)).catch(() => undefined);
    }
    throw error;
  }
}

/** The brand's subscription as it is at Stripe now. */
async function requireRunning(tx: Tx, ctx: Ctx): Promise<Running> {
  const running = await runningOf({ db: tx, customerId: ctx.customerId });
  if (!running) throw needed();
  return running;
}

/**
 * Changes the plan. Up: at once, a new period begins, what is left of the present one is credited, and the card is
 * charged; where it is refused, or an earlier payment is late, nothing changes. Down: with the next period. To the plan in force while a change waits:
 * the change is taken back.
 * @throws Refusal `subscription_needed`, `not_found`, `amount_changed` where something else than shown would be charged,
 * `payment_failed`, `billing_unavailable`
 */
export async function changePlan(ctx: Ctx, deps: ReconcileDeps, input: ChangePlanInput): Promise<ChangePlanOutput> {
  const plan = await planToSell(ctx.db, input.planId);
  if (!(await subscriptionOf(ctx))?.stripeSubscriptionId) throw needed();
  const answer = await alone(ctx, async (tx): Promise<ChangePlanOutput> => {
    const running = await requireRunning(tx, ctx);
    const kind = changeOf(running, plan.id, rankOf);
    const at = running.periodEnd.toISOString();
    const none = { chargedCents: 0, confirmAt: null };
    if (kind === "same") return { ...none, kind, at: new Date().toISOString() };
    if (running.waiting) {
      const confirmAt = await stillWaiting(running.waiting, plan.stripePriceId);
      return { ...none, kind, at: new Date().toISOString(), confirmAt };
    }
    if (kind !== "upgrade") {
      // Only what the next invoice asks for changes; the present period was paid as it was.
      const subscription = await ask((stripe) =>
        stripe.subscriptions.update(running.id, {
          items: [{ id: running.itemId, price: plan.stripePriceId }],
          proration_behavior: "none",
          cancel_at_period_end: false,
        }),
      );
      await recordStanding(tx, ctx, subscription);
      return { ...none, kind, at: kind === "keep" ? new Date().toISOString() : at };
    }
    if (running.late) throw lateFirst();
    await setPrice(tx, running, running.pendingPlanId && running.planId);
    const subscription = await upgrade(running, plan.stripePriceId, input).catch(async (error: unknown) => {
      // Refused for certain: then what was planned for the period's end is planned again.
      if (error instanceof Refusal && error.code !== "billing_unavailable") {
        await setPrice(tx, running, running.pendingPlanId);
      }
      throw error;
    });
    const invoice = await record(tx, ctx, subscription);
    const confirmAt = subscription.pending_update ? (invoice?.hosted_invoice_url ?? null) : null;
    if (confirmAt) {
      await recordAudit(tx, ctx, {
        action: "subscription.confirmation_asked",
        subject: running.id,
        details: { planId: plan.id, cents: invoice?.amount_remaining ?? 0 },
      });
    }
    return { kind, chargedCents: invoice?.amount_paid ?? 0, at: new Date().toISOString(), confirmAt };
  });
  await afterCommit(deps, ctx.customerId);
  return answer;
}

/**
 * Charges the card for a higher plan and has it begin. A refusal changes nothing. Where the bank wants a person, the change
 * waits at Stripe for its invoice to be confirmed, and the present plan goes on until then.
 * @throws Refusal `amount_changed`; `payment_failed`, also where what is planned for the period's end would be lost by waiting
 */
async function upgrade(running: Running, price: string, input: ChangePlanInput): Promise<Stripe.Subscription> {
  const { expectedCents, prorationDate } = input;
  if (expectedCents !== null && (await upgradePreview(running, price, prorationDate)).amount_due !== expectedCents) {
    throw new Refusal("amount_changed", "What would be charged has changed since it was shown. Look at it again.");
  }
  const update = (how: Stripe.SubscriptionUpdateParams) =>
    stripe().subscriptions.update(running.id, {
      items: [{ id: running.itemId, price }],
      billing_cycle_anchor: { type: "now" },
      proration_behavior: "always_invoice",
      ...(prorationDate === null ? {} : { proration_date: prorationDate }),
      ...how,
    });
  try {
    return await update({ payment_behavior: "error_if_incomplete", cancel_at_period_end: false });
  } catch (error) {
    if (!wantsPerson(error)) throw refusalOf(error);
    if (running.cancelAtPeriodEnd || running.pendingPlanId !== null) {
      throw new Refusal(
        "payment_failed",
        "Your bank wants this payment confirmed, and what you have planned for the end of the period would be lost meanwhile. Take that back first, then upgrade.",
      );
    }
    return ask(() => update({ payment_behavior: "pending_if_incomplete" }));
  }
}

/** Where what is asked for waits already, its page once more. @throws Refusal where another change would overtake it */
async function stillWaiting(waiting: NonNullable<Running["waiting"]>, price: string): Promise<string | null> {
  const { invoice } = waiting;
  if (waiting.price !== price || !invoice) {
    throw new Refusal(
      "subscription_exists",
      "A change of plan waits for its payment to be confirmed. Confirm it on the billing page, or wait until it has lapsed.",
    );
  }
  return (await ask((provider) => provider.invoices.retrieve(invoice))).hosted_invoice_url ?? null;
}

/**
 * Has the next invoice ask for another plan's price, and nothing now. Where a lower plan waits, Stripe would credit that one's
 * price on the way up: first it is put back to what was paid.
 */
async function setPrice(tx: Tx, running: Running, planId: string | null): Promise<void> {
  if (planId === null) return;
  const { stripePriceId: price } = await planToSell(tx, planId);
  await ask((stripe) =>
    stripe.subscriptions.update(running.id, { items: [{ id: running.itemId, price }], proration_behavior: "none" }),
  );
}

const ending =
  (cancelAtPeriodEnd: boolean) =>
  async (ctx: Ctx, deps: ReconcileDeps): Promise<SubscriptionStep> => {
    // A brand that Stripe does not know has nothing to end, and no row to lock.
    if (!(await subscriptionOf(ctx))?.stripeSubscriptionId) throw needed();
    const answer = await alone(ctx, async (tx) => {
      const running = await requireRunning(tx, ctx);
      const subscription = await ask((stripe) =>
        stripe.subscriptions.update(running.id, { cancel_at_period_end: cancelAtPeriodEnd }),
      );
      await recordStanding(tx, ctx, subscription);
      return { cancelAtPeriodEnd, at: cancelAtPeriodEnd ? running.periodEnd.toISOString() : null };
    });
    await afterCommit(deps, ctx.customerId);
    return answer;
  };

/**
 * Has the subscription end with its period; until then everything goes on. Again, the same.
 * @throws Refusal `subscription_needed`, `billing_unavailable`
 */
export const cancelSubscription = ending(true);

/**
 * Takes a cancellation back, as long as the period lasts.
 * @throws Refusal `subscription_needed` where it has ended, `billing_unavailable`
 */
export const resumeSubscription = ending(false);
