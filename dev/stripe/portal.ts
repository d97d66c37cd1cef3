import type Stripe from "stripe";
import { newId } from "./store";
import type { World } from "./world";

type Features = Stripe.BillingPortal.Configuration.Features;

/** What the portal offers by default: cards, address, invoices, the end of a subscription; no change of plan. */
const FEATURES: Features = {
  customer_update: { allowed_updates: ["address", "tax_id"], enabled: true },
  invoice_history: { enabled: true },
  payment_method_update: { enabled: true, payment_method_configuration: null },
  subscription_cancel: {
    cancellation_reason: { enabled: false, feedback_options: null, options: [] },
    enabled: true,
    mode: "at_period_end",
    proration_behavior: "none",
  },
  subscription_pause: { duration: { interval_options: [], type: "indefinite" }, enabled: false },
  subscription_update: {
    billing_cycle_anchor: null,
    default_allowed_updates: [],
    enabled: false,
    products: [],
    proration_behavior: "none",
    schedule_at_period_end: { conditions: [] },
    trial_update_behavior: "end_trial",
  },
};

export function addConfiguration(
  world: World,
  features: Partial<Features>,
  rest: Partial<Stripe.BillingPortal.Configuration> = {},
): Stripe.BillingPortal.Configuration {
  const now = world.now();
  return world.store.add("billing_portal.configuration", {
    id: newId("billing_portal.configuration"),
    object: "billing_portal.configuration",
    active: true,
    application: null,
    business_profile: { headline: null, privacy_policy_url: null, terms_of_service_url: null },
    created: now,
    default_return_url: null,
    features: { ...FEATURES, ...features },
    is_default: false,
    livemode: false,
    login_page: { enabled: false, url: null },
    metadata: {},
    name: null,
    updated: now,
    ...rest,
  });
}

/** What the account's owner has set in the dashboard; there is always one. */
export const defaultConfiguration = (world: World): Stripe.BillingPortal.Configuration =>
  world.store.all("billing_portal.configuration").find((one) => one.is_default) ??
  addConfiguration(world, {}, { is_default: true });
