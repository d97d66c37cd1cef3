import type Stripe from "stripe";
import type { Reader } from "@/db/client";
import type { Ctx } from "@/db/context";
import { appsAbove, appsOpenedBy, findPlan, isUnlimited, subscriptionOf } from "@/features/plans/queries";
import { rankOf } from "@/features/plans/rules";
import { Refusal } from "@/lib/errors";
import type { PlanInput, PreviewOutput } from "../contract";
import { priceUnder } from "../prices/queries";
import { periodTokensLeft } from "../purchases/queries";
import { creditFor, type InvoiceSums, planViewOf, receiptOf } from "../rules";
import { ask, idOf, momentOf } from "../stripe/service";

/** A subscription that goes on, as we have it and as it is at Stripe now. */
export interface Running {
  readonly id: string;
  readonly itemId: string;
  readonly planId: string;
  readonly pendingPlanId: string | null;
  readonly cancelAtPeriodEnd: boolean;
  readonly periodEnd: Date;
  /** The present period is not paid: to go up would credit what nobody has paid. */
  readonly late: boolean;
  /** A higher plan's price that waits for a person to confirm its payment, and the invoice that asks for it. */
  readonly waiting: { readonly price: string | null; readonly invoice: string | null; readonly until: Date } | null;
}

/** The brand's subscription, asked for at Stripe; null where it has none that goes on. */
export async function runningOf(ctx: Pick<Ctx, "customerId"> & { readonly db: Reader }): Promise<Running | null> {
  const row = await subscriptionOf(ctx);
  if (!row?.stripeSubscriptionId || row.status === "canceled") return null;
  const id = row.stripeSubscriptionId;
  const theirs = await ask((stripe) => stripe.subscriptions.retrieve(id));
  const [item] = theirs.items.data;
  if (!item || theirs.status === "canceled") return null;
  return {
    id,
    itemId: item.id,
    planId: row.planId,
    pendingPlanId: row.pendingPlanId,
    cancelAtPeriodEnd: theirs.cancel_at_period_end,
    periodEnd: momentOf(item.current_period_end),
    late: theirs.status === "past_due" || theirs.status === "unpaid",
    waiting: theirs.pending_update && {
      price: theirs.pending_update.subscription_items?.[0]?.price.id ?? null,
      invoice: idOf(theirs.latest_invoice),
      until: momentOf(theirs.pending_update.expires_at),
    },
  };
}

/** Why a plan whose present period is not paid does not go up. */
export const lateFirst = (): Refusal =>
  new Refusal("payment_failed", "A payment is late. Pay the open invoice first, then upgrade.");

/** What a change to a plan would be. */
export function changeOf(
  running: Pick<Running, "planId" | "pendingPlanId">,
  planId: string,
  rank: (planId: string) => number,
): "upgrade" | "downgrade" | "keep" | "same" {
  if (planId === running.planId) return running.pendingPlanId === null ? "same" : "keep";
  if (planId === running.pendingPlanId) return "same";
  return rank(planId) > rank(running.planId) ? "upgrade" : "downgrade";
}

/**
 * The invoice that an upgrade would make, reckoned for a moment, or for this one by Stripe's clock: the same moment gives
 * the same amount.
 */
export const upgradePreview = (
  running: Running,
  price: string,
  prorationDate: number | null,
): Promise<Stripe.Invoice> =>
  ask((stripe) =>
    stripe.invoices.createPreview({
      subscription: running.id,
      subscription_details: {
        items: [{ id: running.itemId, price }],
        billing_cycle_anchor: { type: "now" },
        proration_behavior: "always_invoice",
        // As the change itself will: a plan that was to end has no invoice to come otherwise.
        cancel_at_period_end: false,
        ...(prorationDate === null ? {} : { proration_date: prorationDate }),
      },
    }),
  );

/**
 * What a change of plan costs, gives and takes, at this moment. Stripe reckons the amounts, so that what is shown is what
 * is charged.
 * @throws Refusal `not_found`, `payment_failed` for a higher plan while a payment is late, `billing_unavailable`
 */
export async function previewChange(ctx: Ctx, input: PlanInput): Promise<PreviewOutput> {
  const plan = await findPlan(ctx.db, input.planId);
  if (!plan?.isActive || !plan.stripePriceId) throw new Refusal("not_found", "There is no plan with this id.");
  const row = await subscriptionOf(ctx);
  const running = await runningOf(ctx);
  const present = row && row.status !== "canceled" ? row.planId : null;
  const now = new Date();
  const common = {
    plan: planViewOf(plan),
    appsToPause: await appsAbove(ctx.db, ctx.customerId, plan.id),
    appsOpened: await appsOpenedBy(ctx.db, plan.id, present),
    nextCents: plan.priceCents,
  };
  const tokensOfPlan = isUnlimited(plan) ? null : plan.tokensPerMonth;
  const nothing = { dueNowCents: 0, lines: [], prorationDate: null, tokensNow: 0, tokensEnding: 0 };
  if (!running) {
    return {
      ...common,
      kind: "subscribe",
      at: now.toISOString(),
      dueNowCents: plan.priceCents,
      lines: [{ description: `${plan.name}, the first month`, amountCents: plan.priceCents }],
      prorationDate: null,
      nextAt: null,
      tokensNow: tokensOfPlan,
      tokensEnding: 0,
    };
  }
  const kind = changeOf(running, plan.id, rankOf);
  const nextAt = running.periodEnd.toISOString();
  if (kind !== "upgrade") {
    const at = kind === "downgrade" ? nextAt : now.toISOString();
    return { ...common, ...nothing, kind, at, nextAt };
  }
  if (running.late) throw lateFirst();
  const invoice = await upgradePreview(running, await priceUnder(plan.stripePriceId), null);
  const ends = Math.max(...invoice.lines.data.map((line) => line.period.end));
  const receipt = receiptOf(await asCharged(ctx, invoice, running, row?.billingCycleStart ?? null));
  return {
    ...common,
    kind,
    at: now.toISOString(),
    dueNowCents: receipt.total,
    lines: [...receipt.lines, ...(receipt.tax === 0 ? [] : [{ description: "Tax", amount: receipt.tax }])].map(
      ({ description, amount }) => ({ description, amountCents: amount }),
    ),
    prorationDate: invoice.parent?.subscription_details?.subscription_proration_date ?? null,
    nextAt: momentOf(ends).toISOString(),
    tokensNow: tokensOfPlan,
    tokensEnding: await periodTokensLeft(ctx, running.id),
  };
}

/**
 * An upgrade's invoice as it will be paid. Where a lower plan waits, Stripe previews a credit at that one's price; the change
 * puts the present one's back first, so that its price is credited.
 */
async function asCharged(
  ctx: Ctx,
  invoice: Stripe.Invoice,
  running: Running,
  periodStart: Date | null,
): Promise<InvoiceSums> {
  const present = running.pendingPlanId === null ? undefined : await findPlan(ctx.db, running.planId);
  let more = 0;
  const data = invoice.lines.data.map((line) => {
    if (!present || !periodStart || line.amount >= 0) return line;
    const amount = creditFor(present.priceCents, line.period, periodStart.getTime() / 1_000);
    more += amount - line.amount;
    return { description: `Unused time on ${present.name}`, amount };
  });
  const { total_discount_amounts, total_taxes } = invoice;
  const paid = Math.max(0, invoice.amount_due + more);
  return { total_discount_amounts, total_taxes, lines: { data }, total: invoice.total + more, amount_paid: paid };
}
