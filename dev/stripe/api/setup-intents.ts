import type Stripe from "stripe";
import { z } from "zod";
import { EXPIRED } from "../cards";
import { invalid, StripeFailure } from "../failure";
import { attach, cardOf, hasExpired, resolveMethod } from "../methods";
import { expand, flag, mergedMetadata, metadata, paging, retrieving, takes, text } from "../params";
import { page, route } from "../route";
import { idOf, letters, newId } from "../store";
import type { World } from "../world";

const creating = takes<Stripe.SetupIntentCreateParams>()({
  customer: text.optional(),
  payment_method: text.optional(),
  confirm: flag.optional(),
  usage: z.enum(["off_session", "on_session"]).optional(),
  return_url: text.optional(),
  description: text.optional(),
  metadata: metadata.optional(),
  allowed_payment_method_types: z.array(z.literal("card")).optional(),
  expand,
});
const confirming = takes<Stripe.SetupIntentConfirmParams>()({
  payment_method: text.optional(),
  return_url: text.optional(),
  expand,
});

/** Saves the card for payments without its owner, asking them first where the card wants that. */
export function confirmSetup(
  world: World,
  intent: Stripe.SetupIntent,
  given: { payment_method?: string | undefined; return_url?: string | undefined; authenticated?: boolean },
): Stripe.SetupIntent {
  if (intent.status === "succeeded" || intent.status === "canceled")
    throw invalid(
      `You cannot confirm this SetupIntent because it has a status of ${intent.status}.`,
      undefined,
      "setup_intent_unexpected_state",
    );
  const id = given.payment_method ?? idOf(intent.payment_method);
  if (!id)
    throw invalid("You cannot confirm this SetupIntent because it's missing a payment method.", "payment_method");
  const method = resolveMethod(world, id);
  const card = cardOf(world, method);
  const refused = hasExpired(method, world.nowFor(intent.customer))
    ? EXPIRED
    : card.refusedAtOnce
      ? card.declines
      : undefined;
  if (refused) {
    world.change(intent, {
      status: "requires_payment_method",
      payment_method: null,
      next_action: null,
      last_setup_error: {
        code: refused.code as Stripe.SetupIntent.LastSetupError.Code,
        decline_code: refused.decline_code,
        message: refused.message,
        payment_method: method,
        type: "card_error",
      },
    });
    world.emit("setup_intent.setup_failed", intent);
    throw new StripeFailure(402, "card_error", refused.message, { ...refused, setup_intent: intent });
  }
  const asks = card.authentication === "always" || card.authentication === "unless_set_up";
  if (asks && !given.authenticated) {
    world.change(intent, {
      status: "requires_action",
      payment_method: method.id,
      next_action: given.return_url
        ? {
            type: "redirect_to_url",
            redirect_to_url: { return_url: given.return_url, url: `${world.url}/authenticate/${intent.id}` },
          }
        : { type: "use_stripe_sdk", use_stripe_sdk: {} },
    });
    world.emit("setup_intent.requires_action", intent);
    return intent;
  }
  const customer = idOf(intent.customer);
  if (customer) attach(world, method, customer);
  if (intent.usage === "off_session") world.store.notes.setUp[method.id] = true;
  world.change(intent, { status: "succeeded", payment_method: method.id, next_action: null, last_setup_error: null });
  world.emit("setup_intent.succeeded", intent);
  return intent;
}

export const setupIntentRoutes = [
  route("POST /v1/setup_intents", "SetupIntentCreateParams", creating, (world, given) => {
    const id = newId("setup_intent");
    const customer = given.customer ? world.store.get("customer", given.customer, "customer").id : null;
    const method = given.payment_method ? resolveMethod(world, given.payment_method) : undefined;
    const intent = world.store.add("setup_intent", {
      id,
      object: "setup_intent",
      allowed_payment_method_types: given.allowed_payment_method_types ?? null,
      application: null,
      automatic_payment_methods: null,
      cancellation_reason: null,
      client_secret: `${id}_secret_${letters(24)}`,
      created: world.nowFor(customer),
      customer,
      description: given.description ?? null,
      excluded_payment_method_types: null,
      last_setup_error: null,
      latest_attempt: null,
      livemode: false,
      mandate: null,
      metadata: mergedMetadata({}, given.metadata),
      next_action: null,
      on_behalf_of: null,
      payment_method: method?.id ?? null,
      payment_method_configuration_details: null,
      payment_method_options: { card: { mandate_options: null, network: null, request_three_d_secure: "automatic" } },
      payment_method_types: ["card"],
      single_use_mandate: null,
      status: method ? "requires_confirmation" : "requires_payment_method",
      usage: given.usage ?? "off_session",
    });
    world.emit("setup_intent.created", intent);
    return given.confirm ? confirmSetup(world, intent, { return_url: given.return_url }) : intent;
  }),
  route(
    "GET /v1/setup_intents",
    "SetupIntentListParams",
    takes<Stripe.SetupIntentListParams>()({ ...paging, customer: text.optional() }),
    (world, given) =>
      page(
        world.store
          .all("setup_intent")
          .filter((one) => given.customer === undefined || one.customer === given.customer),
        given,
        "/v1/setup_intents",
      ),
  ),
  route("GET /v1/setup_intents/:id", "SetupIntentRetrieveParams", retrieving, (world, _, id = "") =>
    world.store.get("setup_intent", id),
  ),
  route("POST /v1/setup_intents/:id/confirm", "SetupIntentConfirmParams", confirming, (world, given, id = "") =>
    confirmSetup(world, world.store.get("setup_intent", id), given),
  ),
  route("POST /v1/setup_intents/:id/cancel", "SetupIntentCancelParams", retrieving, (world, _, id = "") => {
    const intent = world.store.get("setup_intent", id);
    if (intent.status === "succeeded" || intent.status === "canceled")
      throw invalid(
        `You cannot cancel this SetupIntent because it has a status of ${intent.status}.`,
        undefined,
        "setup_intent_unexpected_state",
      );
    world.change(intent, { status: "canceled", next_action: null }, "setup_intent.canceled");
    return intent;
  }),
];
