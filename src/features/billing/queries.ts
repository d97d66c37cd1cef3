import { and, eq, sql } from "drizzle-orm";
import type Stripe from "stripe";
import type { Ctx } from "@/db/context";
import { tokenPurchases } from "@/db/schema/billing";
import { grantIntents, grants } from "@/db/schema/metering";
import { billingPlans, tokenPacks } from "@/db/schema/plans";
import { BalanceUnavailable, balance, liveAccount } from "@/features/metering/queries";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { appsAbove, findPlan, subscriptionOf } from "@/features/plans/queries";
import { Refusal } from "@/lib/errors";
import { logger } from "@/lib/logger";
import type { InvoicesOutput, OverviewOutput, PageInput, PlansOutput } from "./contract";
import { stripeIdOf } from "./customers/queries";
import { paymentMethodsOf } from "./methods/queries";
import { labelOf, owedByPurchase } from "./purchases/queries";
import { PACK_EXPIRY_DAYS, planViewOf } from "./rules";
import { ask, isConfigured, isoOf, isRefusedByStripe, momentOf } from "./stripe/service";
import { monthStart } from "./top-up/rules";

/** What is on sale, the cheapest first, and what the brand has. */
export async function plansFor(ctx: Ctx): Promise<PlansOutput> {
  const { plans, packs } = await onSale(ctx.db);
  const row = await subscriptionOf(ctx);
  return {
    configured: isConfigured(),
    plans: plans.map(planViewOf),
    packs: packs.map(({ id, tokens, priceCents }) => ({ id, tokens, priceCents })),
    currentPlanId: row && row.status !== "canceled" ? row.planId : null,
    pendingPlanId: row?.pendingPlanId ?? null,
    packExpiryDays: PACK_EXPIRY_DAYS,
  };
}

/** The plans and packs that are sold, with their prices at Stripe. */
export async function onSale(db: Ctx["db"]) {
  const plans = await db
    .select()
    .from(billingPlans)
    .where(eq(billingPlans.isActive, true))
    .orderBy(billingPlans.priceCents);
  const packs = await db.select().from(tokenPacks).where(eq(tokenPacks.isActive, true)).orderBy(tokenPacks.tokens);
  return { plans, packs };
}

/** What only Stripe knows; where it is away, nothing of it is known, and said to be so. */
async function fromStripe(ctx: Ctx, now: Date) {
  const unknown = { paymentMethods: [], nextInvoice: null, confirming: null, openInvoice: null };
  if (!isConfigured()) return { ...unknown, away: false };
  const customer = await stripeIdOf(ctx);
  if (!customer) return { ...unknown, away: false };
  try {
    const row = await subscriptionOf(ctx);
    const subscription = row && row.status !== "canceled" ? row.stripeSubscriptionId : null;
    const late = row?.status === "past_due" || row?.status === "unpaid";
    const asked = Promise.all([
      paymentMethodsOf(ctx, customer, now),
      subscription && row?.billingCycleEnd && !row.cancelAtPeriodEnd ? nextOf(subscription, row.billingCycleEnd) : null,
      subscription && row?.confirmingPlanId ? confirmingOf(ctx, subscription, row.confirmingPlanId) : null,
      late && subscription ? openOf(subscription) : null,
    ]);
    const [paymentMethods, nextInvoice, confirming, openInvoice] = await soon(asked);
    return { paymentMethods, nextInvoice, confirming, openInvoice, away: false };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    logger.warn({ err: error }, "the billing page is shown without what only Stripe knows");
    return { ...unknown, away: true };
  }
}

/** How long the page waits for Stripe before it is shown without, ms: all else on it is our own. */
const PAGE_WAITS_MS = 4_000;

/** @throws Refusal `billing_unavailable` where the answer does not come soon; what comes later is let go of */
async function soon<T>(answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, refuse) => {
    timer = setTimeout(
      () => refuse(new Refusal("billing_unavailable", "The payment provider takes too long.")),
      PAGE_WAITS_MS,
    );
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

const nextOf = async (subscription: string, at: Date) => {
  const invoice = await ask((stripe) => stripe.invoices.createPreview({ subscription }));
  return { amountCents: invoice.amount_due, at: at.toISOString() };
};

async function confirmingOf(ctx: Ctx, subscription: string, planId: string): Promise<OverviewOutput["confirming"]> {
  const theirs = await ask((stripe) => stripe.subscriptions.retrieve(subscription, { expand: ["latest_invoice"] }));
  const { pending_update: waiting, latest_invoice: invoice } = theirs;
  const plan = await findPlan(ctx.db, planId);
  if (!waiting || !plan || !invoice || typeof invoice === "string" || !invoice.hosted_invoice_url) return null;
  return {
    plan: planViewOf(plan),
    amountCents: invoice.amount_remaining,
    url: invoice.hosted_invoice_url,
    until: momentOf(waiting.expires_at).toISOString(),
  };
}

const openOf = async (subscription: string) => {
  const open = await ask((stripe) => stripe.invoices.list({ subscription, status: "open", limit: 1 }));
  const [invoice] = open.data;
  return invoice?.hosted_invoice_url
    ? {
        amountCents: invoice.amount_remaining,
        url: invoice.hosted_invoice_url,
        nextAttemptAt: isoOf(invoice.next_payment_attempt),
      }
    : null;
};

/** The grants of the live account in the order in which they burn, with what they were for. */
async function grantsOf(ctx: Ctx, deps: ReconcileDeps): Promise<OverviewOutput["grants"]> {
  const named = await ctx.db
    .select({ intent: grantIntents, purchase: tokenPurchases, plan: billingPlans.name, grantedAt: grants.grantedAt })
    .from(grantIntents)
    .leftJoin(grants, eq(grants.id, grantIntents.id))
    .leftJoin(tokenPurchases, eq(tokenPurchases.grantId, grantIntents.id))
    .leftJoin(billingPlans, eq(billingPlans.id, tokenPurchases.planId))
    .where(
      and(
        eq(grantIntents.customerId, ctx.customerId),
        eq(grantIntents.mode, "live"),
        sql`(${grantIntents.expiresAt} is null or ${grantIntents.expiresAt} > now())`,
      ),
    );
  const live = await liveAccount(ctx, deps, { mode: "live" });
  return live.grants.map(({ grant_id, source, tokens, remaining, expires_at }) => {
    const known = named.find(({ intent }) => intent.id === grant_id);
    const grantedAt = known?.grantedAt ?? known?.intent.createdAt ?? new Date();
    return {
      grantId: grant_id,
      source,
      label: known?.purchase
        ? labelOf(known.purchase.kind, known.plan, known.purchase.tokensPurchased)
        : { plan: "Plan", pack: "Pack", refund: "Refund", adjustment: "Adjustment" }[source],
      tokens,
      remaining,
      grantedAt: grantedAt.toISOString(),
      expiresAt: expires_at,
    };
  });
}

/** What the billing page opens with. */
export async function overview(ctx: Ctx, deps: ReconcileDeps, now = new Date()): Promise<OverviewOutput> {
  const row = await subscriptionOf(ctx);
  const theirs = await fromStripe(ctx, now);
  const has = row && row.status !== "canceled";
  const plan = has ? await findPlan(ctx.db, row.planId) : undefined;
  const pendingPlan = row?.pendingPlanId ? await findPlan(ctx.db, row.pendingPlanId) : undefined;
  const ends = row?.billingCycleEnd?.toISOString();
  const { balance: left, unlimited } = await balance(ctx, deps.redis, { mode: "live" });
  const shown = await grantsOf(ctx, deps).catch((error: unknown) => {
    if (error instanceof BalanceUnavailable) return [];
    throw error;
  });
  const from = monthStart(now);
  const [spent] = await ctx.db.execute<{ tokens: number; cents: number }>(sql`
    select
      (select coalesce(sum(tokens_consumed), 0)::float8 from usage_analytics_daily
        where customer_id = ${ctx.customerId} and mode = 'live' and date >= ${from.toISOString().slice(0, 10)}::date) as tokens,
      (select coalesce(sum(price_cents), 0)::float8 from token_purchases
        where customer_id = ${ctx.customerId} and status in ('completed', 'refunded')
          and completed_at >= ${from.toISOString()}::timestamptz) as cents`);
  const owed = await owedByPurchase(ctx);
  const { away, ...known } = theirs;
  return {
    configured: isConfigured(),
    status: row?.status ?? "none",
    plan: plan ? planViewOf(plan) : null,
    period: row?.billingCycleStart && ends ? { start: row.billingCycleStart.toISOString(), end: ends } : null,
    subscribed: Boolean(has && row.stripeSubscriptionId),
    cancelAtPeriodEnd: row?.cancelAtPeriodEnd ?? false,
    pending:
      pendingPlan && ends
        ? {
            plan: planViewOf(pendingPlan),
            at: ends,
            appsToPause: await appsAbove(ctx.db, ctx.customerId, pendingPlan.id),
          }
        : null,
    graceUntil: row?.status === "past_due" ? (row.graceUntil?.toISOString() ?? null) : null,
    ...known,
    balance: left,
    unlimited,
    grants: shown,
    spend: {
      from: from.toISOString(),
      to: now.toISOString(),
      tokensUsed: spent?.tokens ?? 0,
      paidCents: spent?.cents ?? 0,
    },
    tokensOwed: [...owed.values()].reduce((sum, tokens) => sum + tokens, 0),
    providerAway: away,
  };
}

const STATUSES = ["draft", "open", "paid", "void", "uncollectible"] as const;
const statusOf = (status: Stripe.Invoice["status"]): (typeof STATUSES)[number] =>
  STATUSES.find((known) => known === status) ?? "draft";
const INVOICES_A_PAGE = 20;

/** The brand's invoices at Stripe, newest first. @throws Refusal `billing_unavailable`, `invalid_request` for a cursor that none gave */
export async function invoicesOf(ctx: Ctx, input: PageInput): Promise<InvoicesOutput> {
  const customer = isConfigured() ? await stripeIdOf(ctx) : null;
  if (!customer) return { invoices: [], nextCursor: null };
  const after = /^in_\w+$/.test(input.cursor ?? "") ? input.cursor : undefined;
  const page = await ask((stripe) =>
    stripe.invoices
      .list({ customer, limit: INVOICES_A_PAGE, ...(after ? { starting_after: after } : {}) })
      .catch((error: unknown) => {
        if (!isRefusedByStripe(error) || error.param !== "starting_after") throw error;
        throw new Refusal("invalid_request", "cursor: must be a next_cursor as an answer gave it");
      }),
  );
  return {
    invoices: page.data.map((invoice) => {
      const lines = invoice.lines.data;
      const period = lines.at(-1)?.period;
      return {
        id: invoice.id ?? "",
        number: invoice.number,
        status: statusOf(invoice.status),
        description: lines.at(-1)?.description ?? invoice.description ?? "Invoice",
        amountCents: invoice.total,
        paidCents: invoice.amount_paid,
        currency: invoice.currency,
        createdAt: momentOf(invoice.created).toISOString(),
        periodStart: isoOf(period?.start),
        periodEnd: isoOf(period?.end),
        hostedUrl: invoice.hosted_invoice_url ?? null,
        pdfUrl: invoice.invoice_pdf ?? null,
      };
    }),
    nextCursor: page.has_more ? (page.data.at(-1)?.id ?? null) : null,
  };
}
