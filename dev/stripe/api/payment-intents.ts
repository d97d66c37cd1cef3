import type Stripe from "stripe";
import { z } from "zod";
import { cardFailure, charge, newIntent } from "../charging";
import { invalid, StripeFailure } from "../failure";
import { attach, resolveMethod } from "../methods";
import { expand, flag, int, mergedMetadata, metadata, paging, retrieving, takes, text } from "../params";
import { settleIntent } from "../paying";
import { page, route } from "../route";
import { idOf } from "../store";
import type { World } from "../world";

const future = z.enum(["off_session", "on_session"]);
const creating = takes<Stripe.PaymentIntentCreateParams>()({
  amount: int,
  currency: z.literal("usd"),
  customer: text.optional(),
  confirm: flag.optional(),
  description: text.optional(),
  metadata: metadata.optional(),
  off_session: flag.optional(),
  payment_method: text.optional(),
  allowed_payment_method_types: z.array(z.literal("card")).optional(),
  automatic_payment_methods: z
    .strictObject({ enabled: flag, allow_redirects: z.enum(["always", "never"]).optional() })
    .optional(),
  receipt_email: text.optional(),
  return_url: text.optional(),
  setup_future_usage: future.optional(),
  error_on_requires_action: flag.optional(),
  expand,
});
const updating = takes<Stripe.PaymentIntentUpdateParams>()({
  amount: int.optional(),
  description: text.optional(),
  metadata: metadata.optional(),
  receipt_email: text.optional(),
  payment_method: text.optional(),
  expand,
});
const confirming = takes<Stripe.PaymentIntentConfirmParams>()({
  payment_method: text.optional(),
  off_session: flag.optional(),
  return_url: text.optional(),
  error_on_requires_action: flag.optional(),
  expand,
});
const canceling = takes<Stripe.PaymentIntentCancelParams>()({
  cancellation_reason: z.enum(["abandoned", "duplicate", "fraudulent", "requested_by_customer"]).optional(),
  expand,
});

/** Charges the intent's card. A refusal is a 402 with the intent in it, as Stripe answers. */
function confirm(world: World, intent: Stripe.PaymentIntent, given: z.output<typeof confirming>): Stripe.PaymentIntent {
  if (intent.status === "succeeded" || intent.status === "canceled")
    throw invalid(
      `You cannot confirm this PaymentIntent because it has already ${intent.status === "succeeded" ? "succeeded after being previously confirmed" : "been canceled"}.`,
      undefined,
      "payment_intent_unexpected_state",
    );
  const wanted = given.payment_method ?? idOf(intent.payment_method);
  if (!wanted)
    throw invalid(
      "You cannot confirm this PaymentIntent because it's missing a payment method.",
      undefined,
      "payment_intent_unexpected_state",
    );
  const method = resolveMethod(world, wanted);
  const customer = idOf(intent.customer);
  if (method.customer && method.customer !== customer)
    throw invalid("The provided PaymentMethod belongs to another customer.", "payment_method");
  if (given.off_session && intent.amount > 0 && customer && method.customer !== customer)
    throw invalid("A PaymentMethod that is not attached cannot be charged off session.", "payment_method");
  const outcome = charge(world, intent, {
    method,
    offSession: given.off_session ?? false,
    returnUrl: given.return_url,
  });
  if (outcome.status === "declined") throw cardFailure(intent, outcome);
  if (outcome.status === "requires_action" && given.error_on_requires_action) {
    world.change(intent, { status: "requires_payment_method", next_action: null });
    throw new StripeFailure(402, "card_error", "This payment required an authentication action to complete.", {
      code: "authentication_required",
      payment_intent: intent,
    });
  }
  if (outcome.status === "succeeded") {
    if (customer && intent.setup_future_usage && !method.customer) attach(world, method, customer);
    settleIntent(world, intent);
  }
  return intent;
}

export const paymentIntentRoutes = [
  route("POST /v1/payment_intents", "PaymentIntentCreateParams", creating, (world, given) => {
    if (given.amount < 50) throw invalid("Amount must be at least 50 cents.", "amount", "amount_too_small");
    if (given.off_session && !given.confirm)
      throw invalid("`off_session` can only be set when `confirm` is true.", "off_session");
    const customer = given.customer ? world.store.get("customer", given.customer, "customer").id : null;
    const method = given.payment_method ? resolveMethod(world, given.payment_method) : undefined;
    const intent = newIntent(world, {
      amount: given.amount,
      currency: given.currency,
      customer,
      description: given.description ?? null,
      metadata: mergedMetadata({}, given.metadata),
      receiptEmail: given.receipt_email ?? null,
      setupFutureUsage: given.setup_future_usage ?? null,
    });
    if (given.automatic_payment_methods)
      intent.automatic_payment_methods = { allow_redirects: "always", ...given.automatic_payment_methods };
    if (method) world.change(intent, { payment_method: method.id, status: "requires_confirmation" });
    return given.confirm
      ? confirm(world, intent, {
          off_session: given.off_session,
          return_url: given.return_url,
          error_on_requires_action: given.error_on_requires_action,
        })
      : intent;
  }),
  route(
    "GET /v1/payment_intents",
    "PaymentIntentListParams",
    takes<Stripe.PaymentIntentListParams>()({ ...paging, customer: text.optional() }),
    (world, given) =>
      page(
        world.store
          .all("payment_intent")
          .filter((one) => given.customer === undefined || one.customer === given.customer),
        given,
        "/v1/payment_intents",
      ),
  ),
  route("GET /v1/payment_intents/:id", "PaymentIntentRetrieveParams", retrieving, (world, _, id = "") =>
    world.store.get("payment_intent", id, "intent"),
  ),
  route("POST /v1/payment_intents/:id", "PaymentIntentUpdateParams", updating, (world, given, id = "") => {
    const intent = world.store.get("payment_intent", id, "intent");
    return world.change(intent, {
      ...(given.amount !== undefined && { amount: given.amount }),
      ...(given.description !== undefined && { description: given.description || null }),
      ...(given.receipt_email !== undefined && { receipt_email: given.receipt_email || null }),
      ...(given.payment_method && {
        payment_method: resolveMethod(world, given.payment_method).id,
        status: "requires_confirmation",
      }),
      metadata: mergedMetadata(intent.metadata, given.metadata),
    });
  }),
  route("POST /v1/payment_intents/:id/confirm", "PaymentIntentConfirmParams", confirming, (world, given, id = "") =>
    confirm(world, world.store.get("payment_intent", id, "intent"), given),
  ),
  route("POST /v1/payment_intents/:id/cancel", "PaymentIntentCancelParams", canceling, (world, given, id = "") => {
    const intent = world.store.get("payment_intent", id, "intent");
    if (intent.status === "succeeded" || intent.status === "canceled")
      throw invalid(
        `You cannot cancel this PaymentIntent because it has a status of ${intent.status}.`,
        undefined,
        "payment_intent_unexpected_state",
      );
    world.change(intent, {
      status: "canceled",
      canceled_at: world.nowFor(intent.customer),
      cancellation_reason: given.cancellation_reason ?? null,
      next_action: null,
    });
    world.emit("payment_intent.canceled", intent);
    return intent;
  }),
];
