import { type KeyCaller, requireSecretKey } from "@/auth/key-gate";
import { checkout, portal } from "@/features/billing/checkout/service";
import { CURRENCY } from "@/features/billing/contract";
import { handleStripeWebhook } from "@/features/billing/handler";
import { checkoutBody, invoicesQuery, portalBody, subscribeBody } from "@/features/billing/http/contract";
import { invoicesOf, onSale } from "@/features/billing/queries";
import { subscribe } from "@/features/billing/subscriptions/service";
import { Refusal } from "@/lib/errors";
import { json, requestIdOf } from "@/lib/problem";
import { readBody } from "../body";
import { metering } from "../internal/metering";
import { limit } from "../limits";
import { readQuery } from "../query";
import { respond, type Told } from "../respond";

/** The key gate, then the brand's bucket. A test key acts on the sandbox, where there is no money. */
async function admit(request: Request, told: Told, writes: boolean): Promise<KeyCaller> {
  const caller = await requireSecretKey(request, "billing:manage");
  await limit("billing", { scope: "customer", id: caller.ctx.customerId }, told);
  if (writes && caller.mode === "test") {
    throw new Refusal("forbidden", "A test key acts on the sandbox and never on money. Use a live key.");
  }
  return caller;
}

/** `GET /api/v1/customer/billing/plans` */
export const getPlans = (request: Request): Promise<Response> =>
  respond(request, async (told) => {
    const { ctx } = await admit(request, told, false);
    const { plans, packs } = await onSale(ctx.db);
    return {
      plans: plans.map((plan) => ({
        id: plan.id,
        name: plan.name,
        tokens_per_month: plan.tokensPerMonth,
        price_cents: plan.priceCents,
        currency: CURRENCY,
        billing_cycle: plan.billingCycle,
        features: plan.features,
        stripe_price_id: plan.stripePriceId,
      })),
      token_packs: packs.map((pack) => ({
        id: pack.id,
        tokens: pack.tokens,
        price_cents: pack.priceCents,
        currency: CURRENCY,
        stripe_price_id: pack.stripePriceId,
      })),
    };
  });

/** `POST /api/v1/customer/billing/subscribe` */
export const postSubscribe = (request: Request): Promise<Response> =>
  respond(request, async (told) => {
    const body = await readBody(request, subscribeBody);
    const { ctx } = await admit(request, told, true);
    return json(await subscribe(ctx, metering(), body), 201, requestIdOf(request));
  });

/** `POST /api/v1/customer/billing/checkout` */
export const postCheckout = (request: Request): Promise<Response> =>
  respond(request, async (told) => {
    const { plan_id, pack_id } = await readBody(request, checkoutBody);
    const { ctx } = await admit(request, told, true);
    return checkout(ctx, plan_id === undefined ? { packId: pack_id } : { planId: plan_id });
  });

/** `POST /api/v1/customer/billing/portal` */
export const postPortal = (request: Request): Promise<Response> =>
  respond(request, async (told) => {
    await readBody(request, portalBody);
    const { ctx } = await admit(request, told, true);
    return portal(ctx, { flow: "home" });
  });

/** `GET /api/v1/customer/billing/invoices` */
export const getInvoices = (request: Request): Promise<Response> =>
  respond(request, async (told) => {
    const { ctx } = await admit(request, told, false);
    const { invoices, nextCursor } = await invoicesOf(ctx, readQuery(request, invoicesQuery));
    return {
      invoices: invoices.map((invoice) => ({
        id: invoice.id,
        number: invoice.number,
        status: invoice.status,
        description: invoice.description,
        amount_cents: invoice.amountCents,
        paid_cents: invoice.paidCents,
        currency: invoice.currency,
        created_at: invoice.createdAt,
        period_start: invoice.periodStart,
        period_end: invoice.periodEnd,
        hosted_url: invoice.hostedUrl,
        pdf_url: invoice.pdfUrl,
      })),
      next_cursor: nextCursor,
    };
  });

/** `POST /api/webhooks/stripe` */
export const postStripeWebhook = (request: Request): Promise<Response> =>
  handleStripeWebhook(request, { metering: metering() });
