import { eq } from "drizzle-orm";
import type Stripe from "stripe";
import type { Tx } from "@/db/client";
import { customerBilling } from "@/db/schema/plans";
import { recordAudit } from "@/features/audit/service";
import { emit } from "@/features/notifications/webhooks/service";
import { appsAbove, findPlan } from "@/features/plans/queries";
import { rankOf } from "@/features/plans/rules";
import type { Scope } from "@/lib/context";
import { uuidv7 } from "@/lib/ids";
import { queueBillingMail } from "../mail/service";
import { planFor } from "../prices/queries";
import { packTokensLeft } from "../purchases/queries";
import { graceEnd, planInForce, statusOf } from "../rules";
import { unsettle } from "../settlement/service";
import { momentOf } from "../stripe/service";
import { wasSurplus } from "../surplus/service";

type Row = typeof customerBilling.$inferSelect;

/**
 * Writes down how a subscription stands, as Stripe said when it was asked just now. The caller holds the brand's row and
 * has made sure that nobody was told anything newer since the question: an older answer must not overwrite a newer one.
 */
export async function recordStanding(tx: Tx, scope: Scope, theirs: Stripe.Subscription): Promise<void> {
  const status = statusOf(theirs.status);
  const [item] = theirs.items.data;
  if (status === null || !item) return;
  const plan = await planFor(tx, item.price);
  // A price that is none of our plans: nothing is opened by it, and the report names it.
  if (!plan) throw new Error(`The subscription ${theirs.id} is for a price that is no plan of ours: ${item.price.id}`);
  const own = eq(customerBilling.customerId, scope.customerId);
  const [before] = await tx.select().from(customerBilling).where(own).for("update");
  const same = before?.stripeSubscriptionId === theirs.id;
  // Of two subscriptions the first counts until it has ended; what was paid for the other is given back.
  if (before?.stripeSubscriptionId && !same && (before.status !== "canceled" || status === "canceled")) return;
  if (!same && (await wasSurplus(tx, scope, theirs.id))) return;
  const now = { planId: plan.id, status, periodStart: momentOf(item.current_period_start) };
  const inForce = planInForce(
    before ? { planId: before.planId, periodEnd: before.billingCycleEnd, sameSubscription: same } : null,
    now,
    rankOf,
  );
  const late = status === "past_due";
  const waiting = status === "canceled" ? null : theirs.pending_update;
  const wished = waiting ? await planFor(tx, waiting.subscription_items?.[0]?.price) : undefined;
  const next = {
    ...inForce,
    // Stripe drops the change itself where nobody confirms it in time.
    confirmingPlanId: wished?.id ?? null,
    confirmingUntil: waiting && wished ? momentOf(waiting.expires_at) : null,
    stripeSubscriptionId: theirs.id,
    status,
    cancelAtPeriodEnd: status !== "canceled" && (theirs.cancel_at_period_end || theirs.cancel_at !== null),
    graceUntil: late ? graceOf(before, same) : null,
    billingCycleStart: now.periodStart,
    billingCycleEnd: momentOf(item.current_period_end),
    updatedAt: unsettle.updatedAt,
    // What an operator has given a brand beyond its plan stays until the plan itself changes.
    unsettled: before?.unsettled !== false || !same || before.planId !== inForce.planId || before.status !== status,
  };
  if (before) await tx.update(customerBilling).set(next).where(own);
  else await tx.insert(customerBilling).values({ id: uuidv7(), customerId: scope.customerId, ...next });
  await tell(tx, scope, same ? before : undefined, { ...next, id: theirs.id, endedAt: theirs.ended_at });
}

/** Grace is counted from when the payment was first late, and is not begun anew by being told again. */
function graceOf(before: Row | undefined, same: boolean): Date {
  if (same && before?.status === "past_due") return before.graceUntil ?? new Date();
  return graceEnd(new Date());
}

interface Standing {
  readonly id: string;
  readonly planId: string;
  readonly pendingPlanId: string | null;
  readonly status: Row["status"];
  readonly cancelAtPeriodEnd: boolean;
  readonly billingCycleStart: Date;
  readonly billingCycleEnd: Date;
  readonly endedAt: number | null;
}

/** The audit line of what changed, and the mail where people have to know. */
async function tell(tx: Tx, scope: Scope, before: Row | undefined, now: Standing): Promise<void> {
  const changed =
    before?.planId !== now.planId ||
    before.pendingPlanId !== now.pendingPlanId ||
    before.status !== now.status ||
    before.cancelAtPeriodEnd !== now.cancelAtPeriodEnd;
  if (!changed) return;
  const { planId, pendingPlanId, status, cancelAtPeriodEnd } = now;
  await recordAudit(tx, scope, {
    action: "subscription.changed",
    subject: now.id,
    details: { planId, pendingPlanId, status, cancelAtPeriodEnd },
  });
  const plans = { plan_id: planId, previous_plan_id: before?.planId ?? null, pending_plan_id: pendingPlanId };
  const ends = { cancel_at_period_end: cancelAtPeriodEnd, period_end: now.billingCycleEnd.toISOString() };
  await emit(tx, scope.customerId, "plan.changed", { ...plans, status, ...ends });
  const plan = await findPlan(tx, now.planId);
  if (!plan || !before) return;
  const period = now.billingCycleEnd.toISOString();
  const ended = now.status === "canceled" && before.status !== "canceled";
  if (ended || (now.cancelAtPeriodEnd && !before.cancelAtPeriodEnd)) {
    await queueBillingMail(tx, scope.customerId, `${now.id}:${ended ? "ended" : period}`, {
      kind: "cancelled",
      plan: plan.name,
      timing: ended ? "ended" : "scheduled",
      ends_at: ended && now.endedAt ? momentOf(now.endedAt).toISOString() : period,
      pack_tokens: await packTokensLeft(tx, scope.customerId),
      paused_apps: [],
    });
    return;
  }
  const to = now.pendingPlanId && now.pendingPlanId !== before.pendingPlanId ? now.pendingPlanId : null;
  const target = to ? await findPlan(tx, to) : now.planId === before.planId ? undefined : plan;
  if (!target) return;
  const from = await findPlan(tx, before.planId);
  const scheduled = to !== null;
  await queueBillingMail(tx, scope.customerId, `${now.id}:${target.id}:${now.billingCycleStart.toISOString()}`, {
    kind: "plan_changed",
    from: from?.name ?? null,
    to: target.name,
    timing: scheduled ? "scheduled" : "now",
    effective_at: scheduled ? period : now.billingCycleStart.toISOString(),
    price: target.priceCents,
    cycle: target.billingCycle,
    currency: "usd",
    tokens_per_month: target.tokensPerMonth === -1 ? null : target.tokensPerMonth,
    charged: null,
    granted: null,
    paused_apps: (await appsAbove(tx, scope.customerId, target.id)).map((app) => app.name),
  });
}
