import type Stripe from "stripe";
import { z } from "zod";
import { changeItem } from "../changes";
import { invalid } from "../failure";
import { resolveMethod } from "../methods";
import { expand, flag, int, mergedMetadata, metadata, paging, retrieving, takes, text } from "../params";
import { page, route } from "../route";
import { cancelAtPeriodEnd, cancelNow, createSubscription, onlyItem } from "../subscriptions";

const behavior = z.enum(["allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"]);
const proration = z.enum(["always_invoice", "create_prorations", "none"]);
const cancellation = z
  .strictObject({
    comment: text.optional(),
    feedback: z
      .enum([
        "customer_service",
        "low_quality",
        "missing_features",
        "other",
        "switched_service",
        "too_complex",
        "too_expensive",
        "unused",
      ])
      .optional(),
  })
  .optional();
const paymentSettings = z
  .strictObject({
    save_default_payment_method: z.enum(["off", "on_subscription"]).optional(),
    payment_method_types: z.array(z.literal("card")).optional(),
  })
  .optional();
// `flexible` bills otherwise in cases the product does not have; the stand-in has the classic way only.
const billingMode = z.strictObject({ type: z.literal("classic") }).optional();

const creating = takes<Stripe.SubscriptionCreateParams>()({
  customer: text,
  items: z.array(z.strictObject({ price: text, quantity: int.optional(), metadata: metadata.optional() })),
  billing_mode: billingMode,
  cancel_at_period_end: flag.optional(),
  collection_method: z.literal("charge_automatically").optional(),
  default_payment_method: text.optional(),
  description: text.optional(),
  metadata: metadata.optional(),
  off_session: flag.optional(),
  payment_behavior: behavior.optional(),
  payment_settings: paymentSettings,
  proration_behavior: proration.optional(),
  expand,
});
const updating = takes<Stripe.SubscriptionUpdateParams>()({
  items: z.array(z.strictObject({ id: text.optional(), price: text.optional(), quantity: int.optional() })).optional(),
  billing_cycle_anchor: z.strictObject({ type: z.enum(["now", "unchanged"]) }).optional(),
  cancel_at_period_end: flag.optional(),
  cancellation_details: cancellation,
  default_payment_method: text.optional(),
  description: text.optional(),
  metadata: metadata.optional(),
  off_session: flag.optional(),
  payment_behavior: behavior.optional(),
  payment_settings: paymentSettings,
  proration_behavior: proration.optional(),
  proration_date: int.optional(),
  expand,
});
const canceling = takes<Stripe.SubscriptionCancelParams>()({
  cancellation_details: cancellation,
  // Taking back what was paid for the rest of the period is a refund here, never a proration.
  invoice_now: z.literal("false").optional(),
  prorate: z.literal("false").optional(),
  expand,
});
const listing = takes<Stripe.SubscriptionListParams>()({
  ...paging,
  customer: text.optional(),
  price: text.optional(),
  status: text.optional(),
});

export const subscriptionRoutes = [
  route("POST /v1/subscriptions", "SubscriptionCreateParams", creating, (world, given) => {
    if (given.items.length !== 1) throw invalid("The stand-in sells one plan at a time.", "items");
    const customer = world.store.get("customer", given.customer, "customer");
    const method = given.default_payment_method
      ? resolveMethod(world, given.default_payment_method, "default_payment_method")
      : undefined;
    if (method && method.customer !== customer.id)
      throw invalid(
        "The customer does not have a payment method with that ID.",
        "default_payment_method",
        "resource_missing",
      );
    return createSubscription(world, {
      customer,
      items: given.items.map((item) => ({
        price: item.price,
        quantity: item.quantity ?? 1,
        metadata: mergedMetadata({}, item.metadata),
      })),
      method,
      behavior: given.payment_behavior ?? "allow_incomplete",
      metadata: mergedMetadata({}, given.metadata),
      description: given.description ?? null,
      cancelAtPeriodEnd: given.cancel_at_period_end ?? false,
      offSession: given.off_session ?? false,
      savesMethod: given.payment_settings?.save_default_payment_method === "on_subscription",
    });
  }),
  route("GET /v1/subscriptions", "SubscriptionListParams", listing, (world, given) =>
    page(
      world.store
        .all("subscription")
        .filter((one) => given.customer === undefined || one.customer === given.customer)
        .filter((one) => given.price === undefined || onlyItem(one).price.id === given.price)
        .filter((one) => {
          if (given.status === "all") return true;
          if (given.status === "ended") return one.status === "canceled" || one.status === "incomplete_expired";
          return given.status === undefined ? one.status !== "canceled" : one.status === given.status;
        }),
      given,
      "/v1/subscriptions",
    ),
  ),
  route("GET /v1/subscriptions/:id", "SubscriptionRetrieveParams", retrieving, (world, _, id = "") =>
    world.store.get("subscription", id),
  ),
  route("POST /v1/subscriptions/:id", "SubscriptionUpdateParams", updating, (world, given, id = "") => {
    const subscription = world.store.get("subscription", id);
    if (subscription.status === "canceled" || subscription.status === "incomplete_expired")
      throw invalid("A canceled subscription can only update its cancellation_details and metadata.");
    const [wanted, ...more] = given.items ?? [];
    if (more.length > 0) throw invalid("The stand-in sells one plan at a time.", "items");
    const item = onlyItem(subscription);
    if (wanted && wanted.id !== item.id)
      throw invalid(
        wanted.id
          ? `Invalid subscription_item id: ${wanted.id}`
          : "Name the item that is to change: a second plan is not sold.",
        "items[0][id]",
      );
    const before = subscription.default_payment_method;
    if (given.default_payment_method !== undefined) {
      const method = given.default_payment_method
        ? world.store.get("payment_method", given.default_payment_method, "default_payment_method")
        : null;
      if (method && method.customer !== subscription.customer)
        throw invalid(
          "The customer does not have a payment method with that ID.",
          "default_payment_method",
          "resource_missing",
        );
      subscription.default_payment_method = method?.id ?? null;
    }
    try {
      if (wanted || given.billing_cycle_anchor?.type === "now")
        changeItem(world, subscription, {
          price: wanted?.price ?? item.price.id,
          quantity: wanted?.quantity ?? item.quantity ?? 1,
          proration: given.proration_behavior ?? "create_prorations",
          prorationDate: given.proration_date,
          anchorNow: given.billing_cycle_anchor?.type === "now",
          behavior: given.payment_behavior ?? "allow_incomplete",
          offSession: given.off_session ?? false,
        });
    } catch (error) {
      // Refused: then nothing of the request has happened.
      subscription.default_payment_method = before;
      throw error;
    }
    if (subscription.default_payment_method !== before)
      world.emit("customer.subscription.updated", subscription, { default_payment_method: before });
    if (given.cancel_at_period_end !== undefined) cancelAtPeriodEnd(world, subscription, given.cancel_at_period_end);
    return world.change(
      subscription,
      {
        metadata: mergedMetadata(subscription.metadata, given.metadata),
        ...(given.description !== undefined && { description: given.description || null }),
        ...(given.cancellation_details && {
          cancellation_details: {
            feedback_option: null,
            reason: subscription.cancellation_details?.reason ?? null,
            comment: given.cancellation_details.comment ?? null,
            feedback: given.cancellation_details.feedback ?? null,
          },
        }),
      },
      "customer.subscription.updated",
    );
  }),
  route("DELETE /v1/subscriptions/:id", "SubscriptionCancelParams", canceling, (world, given, id = "") => {
    const subscription = world.store.get("subscription", id);
    if (subscription.status === "canceled") throw invalid(`No such subscription: '${id}'`, "id", "resource_missing");
    if (given.cancellation_details)
      subscription.cancellation_details = {
        feedback_option: null,
        reason: null,
        comment: given.cancellation_details.comment ?? null,
        feedback: given.cancellation_details.feedback ?? null,
      };
    return cancelNow(world, subscription);
  }),
];
