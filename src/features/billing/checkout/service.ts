import type { Ctx } from "@/db/context";
import { findPack, findPlan, subscriptionOf } from "@/features/plans/queries";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import type { CheckoutInput, PortalInput, UrlOutput } from "../contract";
import { ensureStripeCustomer } from "../customers/service";
import type { PackMetadata } from "../payments/service";
import { priceUnder } from "../prices/queries";
import { ask } from "../stripe/service";

const page = (query: string): string => `${env().AUTH_URL}/billing?${query}`;
const url = (session: { readonly url: string | null }): UrlOutput => {
  if (!session.url) throw new Refusal("billing_unavailable", "The checkout could not be opened. Try again.");
  return { url: session.url };
};

/**
 * Opens a checkout at Stripe for a plan or a pack. Nothing is bought before its payment is told.
 * @throws Refusal `not_found`, `subscription_exists` for a plan where the brand has one, `billing_unavailable`
 */
export async function checkout(ctx: Ctx, input: CheckoutInput): Promise<UrlOutput> {
  return input.planId === undefined ? packCheckout(ctx, input.packId ?? "") : planCheckout(ctx, input.planId);
}

async function common(ctx: Ctx) {
  return {
    customer: await ensureStripeCustomer(ctx),
    client_reference_id: ctx.customerId,
    success_url: page("checkout={CHECKOUT_SESSION_ID}"),
    cancel_url: page("checkout=cancelled"),
    // What stands on the invoice is taken over from what people type there.
    billing_address_collection: "auto",
    tax_id_collection: { enabled: true },
    customer_update: { address: "auto", name: "auto" },
  } as const;
}

async function planCheckout(ctx: Ctx, planId: string): Promise<UrlOutput> {
  const plan = await findPlan(ctx.db, planId);
  const key = plan?.stripePriceId;
  if (!plan?.isActive || !key) throw new Refusal("not_found", "There is no plan with this id.");
  const before = await subscriptionOf(ctx);
  if (before?.stripeSubscriptionId && before.status !== "canceled") {
    throw new Refusal(
      "subscription_exists",
      "This brand has a subscription. Change its plan in place of buying another.",
    );
  }
  const shared = await common(ctx);
  const price = await priceUnder(key);
  // Two open checkouts could both be paid: the one for this plan is used again, others are closed.
  const open = await ask((stripe) =>
    stripe.checkout.sessions.list({ customer: shared.customer, status: "open", limit: 10 }),
  );
  for (const session of open.data.filter(({ mode }) => mode === "subscription")) {
    if (session.metadata?.plan === plan.id && session.url) return { url: session.url };
    // It may have been paid or have ended just now; then there is nothing to close.
    await ask((stripe) => stripe.checkout.sessions.expire(session.id)).catch(() => undefined);
  }
  const session = await ask((stripe) =>
    stripe.checkout.sessions.create({
      ...shared,
      mode: "subscription",
      line_items: [{ price, quantity: 1 }],
      metadata: { plan: plan.id },
      subscription_data: { metadata: { brand: ctx.customerId } },
    }),
  );
  return url(session);
}

async function packCheckout(ctx: Ctx, packId: string): Promise<UrlOutput> {
  const pack = await findPack(ctx.db, packId);
  const key = pack?.stripePriceId;
  if (!pack?.isActive || !key) throw new Refusal("not_found", "There is no pack with this id.");
  const metadata: PackMetadata = {
    brand: ctx.customerId,
    pack: pack.id,
    tokens: String(pack.tokens),
    origin: "checkout",
    purchase: "",
  };
  const shared = await common(ctx);
  const price = await priceUnder(key);
  const session = await ask((stripe) =>
    stripe.checkout.sessions.create({
      ...shared,
      mode: "payment",
      line_items: [{ price, quantity: 1 }],
      invoice_creation: { enabled: true },
      // The next pack can be bought with one click.
      payment_intent_data: { metadata, setup_future_usage: "off_session" },
    }),
  );
  return url(session);
}

/**
 * Opens Stripe's own pages for cards, invoices and the end of the subscription.
 * @throws Refusal `subscription_needed` for the way to cancel where nothing can be, `billing_unavailable`
 */
export async function portal(ctx: Ctx, input: PortalInput): Promise<UrlOutput> {
  const customer = await ensureStripeCustomer(ctx);
  const returnUrl = `${env().AUTH_URL}/billing`;
  if (input.flow === "cancel") {
    const row = await subscriptionOf(ctx);
    const subscription = row && row.status !== "canceled" ? row.stripeSubscriptionId : null;
    if (!subscription) throw new Refusal("subscription_needed", "There is no subscription to cancel.");
    return ask((stripe) =>
      stripe.billingPortal.sessions.create({
        customer,
        return_url: returnUrl,
        flow_data: { type: "subscription_cancel", subscription_cancel: { subscription } },
      }),
    ).then(({ url: there }) => ({ url: there }));
  }
  const { url: there } = await ask((stripe) =>
    stripe.billingPortal.sessions.create({
      customer,
      return_url: returnUrl,
      ...(input.flow === "payment_method" ? { flow_data: { type: "payment_method_update" } as const } : {}),
    }),
  );
  return { url: there };
}
