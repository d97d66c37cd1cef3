import type { PlanView } from "./contract";

/** A pack's tokens last this long, in days. */
export const PACK_EXPIRY_DAYS = 365;
const DAY_MS = 86_400_000;

/** When the tokens of a pack that was paid at a moment expire. */
export const packExpiry = (paidAt: Date): Date => new Date(paidAt.getTime() + PACK_EXPIRY_DAYS * DAY_MS);

/** For so long after a payment was first late everything goes on as before. */
export const GRACE_DAYS = 14;
export const graceEnd = (lateSince: Date): Date => new Date(lateSince.getTime() + GRACE_DAYS * DAY_MS);

/** How long an event that was dealt with is remembered, days; Stripe sends one again for three, a person there for thirty. */
export const EVENTS_KEPT_DAYS = 90;

/**
 * Tokens that refunds and disputes of so many cents take back of a purchase: all of them where all is given back, else
 * their share, rounded in the brand's favour.
 */
export function revokedTokens(purchase: { tokens: number; priceCents: number }, reversedCents: number): number {
  if (reversedCents <= 0) return 0;
  if (reversedCents >= purchase.priceCents) return purchase.tokens;
  return Number((BigInt(purchase.tokens) * BigInt(reversedCents)) / BigInt(purchase.priceCents));
}

/**
 * How long a period's tokens outlast it, s. Stripe writes a renewal's invoice at the period's end and charges it about an hour
 * later; without these hours a brand on a plan alone would stand without tokens meanwhile, each month.
 */
export const RENEWAL_GAP_S = 3 * 3_600;

/** Tokens of a plan for a part of a period that cost so much of its price, rounded in the brand's favour. */
export function shareOfPlan(plan: { tokens: number; priceCents: number }, paidCents: number): number {
  if (plan.priceCents === 0 || paidCents >= plan.priceCents) return plan.tokens;
  const price = BigInt(plan.priceCents);
  return Number((BigInt(plan.tokens) * BigInt(paidCents) + price - 1n) / price);
}

/** What is credited for the rest of a period that cost so much, as Stripe reckons it: to the second, rounded to the cent. */
export const creditFor = (priceCents: number, rest: { start: number; end: number }, periodStart: number): number =>
  -Math.round((priceCents * (rest.end - rest.start)) / (rest.end - periodStart));

/** An invoice of Stripe's as far as its receipt tells of it. */
export interface InvoiceSums {
  readonly lines: { readonly data: readonly { readonly description: string | null; readonly amount: number }[] };
  readonly total: number;
  readonly amount_paid: number;
  readonly total_discount_amounts: readonly { readonly amount: number }[] | null;
  readonly total_taxes: readonly { readonly amount: number; readonly tax_behavior: string }[] | null;
}

/**
 * What a receipt tells of a paid invoice: lines and tax that add up to what was paid with it. Tax that stands in the prices
 * is in their lines already; what a credit has covered was not paid now.
 */
export function receiptOf(invoice: InvoiceSums) {
  const sum = (amounts: readonly { readonly amount: number }[] | null | undefined) =>
    (amounts ?? []).reduce((all, { amount }) => all + amount, 0);
  const balance = invoice.amount_paid - invoice.total;
  const left =
    balance < 0 ? "Paid from your credit" : invoice.total < 0 ? "Credited to your next invoice" : "Open from before";
  const more = [
    { description: "Discount", amount: -sum(invoice.total_discount_amounts) },
    { description: left, amount: balance },
  ];
  return {
    lines: [
      ...invoice.lines.data.map(({ description, amount }) => ({
        description: (description ?? "Subscription").slice(0, 300),
        amount,
      })),
      ...more.filter(({ amount }) => amount !== 0),
    ],
    tax: sum((invoice.total_taxes ?? []).filter((tax) => tax.tax_behavior === "exclusive")),
    total: invoice.amount_paid,
  };
}

/** What a subscription of Stripe's is to us; null for one that has not begun, or never did. */
export function statusOf(theirs: string): "active" | "past_due" | "unpaid" | "canceled" | null {
  switch (theirs) {
    case "active":
    case "trialing":
      return "active";
    case "past_due":
      return "past_due";
    case "unpaid":
    case "paused":
      return "unpaid";
    case "canceled":
      return "canceled";
    default:
      // `incomplete` and `incomplete_expired`: the first payment never came.
      return null;
  }
}

/** A subscription as far as it decides which plan is in force. */
export interface PlanFacts {
  readonly planId: string;
  readonly status: "active" | "past_due" | "unpaid" | "canceled";
  readonly periodStart: Date;
}

/**
 * Which plan is in force, and which takes over with the next period. Stripe shows only the price to be charged next: a
 * lower one is not in force before its period begins, a higher one as soon as it is paid.
 */
export function planInForce(
  before: { readonly planId: string; readonly periodEnd: Date | null; readonly sameSubscription: boolean } | null,
  now: PlanFacts,
  rank: (planId: string) => number,
): { readonly planId: string; readonly pendingPlanId: string | null } {
  if (!before?.sameSubscription || before.planId === now.planId) return { planId: now.planId, pendingPlanId: null };
  const begun = before.periodEnd !== null && now.periodStart >= before.periodEnd;
  const up = rank(now.planId) > rank(before.planId) && now.status === "active";
  return begun || up
    ? { planId: now.planId, pendingPlanId: null }
    : { planId: before.planId, pendingPlanId: now.planId };
}

/** A plan as people see it. */
export const planViewOf = (plan: {
  readonly id: string;
  readonly name: string;
  readonly tokensPerMonth: number;
  readonly priceCents: number;
  readonly billingCycle: "monthly" | "yearly";
  readonly features: readonly string[];
}): PlanView => ({
  id: plan.id,
  name: plan.name,
  tokensPerMonth: plan.tokensPerMonth === -1 ? null : plan.tokensPerMonth,
  priceCents: plan.priceCents,
  billingCycle: plan.billingCycle,
  features: [...plan.features],
});
