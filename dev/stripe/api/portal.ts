import type Stripe from "stripe";
import { z } from "zod";
import { invalid } from "../failure";
import { expand, flag, mergedMetadata, metadata, plainPaging, retrieving, takes, text } from "../params";
import { addConfiguration, defaultConfiguration } from "../portal";
import { page, route } from "../route";
import { newId } from "../store";

const completion = z
  .strictObject({
    type: z.enum(["hosted_confirmation", "portal_homepage", "redirect"]),
    redirect: z.strictObject({ return_url: text }).optional(),
    hosted_confirmation: z.strictObject({ custom_message: text.optional() }).optional(),
  })
  .optional();
const creating = takes<Stripe.BillingPortal.SessionCreateParams>()({
  customer: text,
  configuration: text.optional(),
  return_url: text.optional(),
  flow_data: z
    .strictObject({
      type: z.enum(["payment_method_update", "subscription_cancel", "subscription_update"]),
      subscription_cancel: z.strictObject({ subscription: text }).optional(),
      subscription_update: z.strictObject({ subscription: text }).optional(),
      after_completion: completion,
    })
    .optional(),
  expand,
});
const proration = z.enum(["always_invoice", "create_prorations", "none"]);
const configuring = takes<Stripe.BillingPortal.ConfigurationCreateParams>()({
  features: z.strictObject({
    customer_update: z
      .strictObject({
        enabled: flag,
        allowed_updates: z.array(z.enum(["address", "email", "name", "tax_id"])).optional(),
      })
      .optional(),
    invoice_history: z.strictObject({ enabled: flag }).optional(),
    payment_method_update: z.strictObject({ enabled: flag }).optional(),
    subscription_cancel: z
      .strictObject({
        enabled: flag,
        mode: z.enum(["at_period_end", "immediately"]).optional(),
        proration_behavior: z.literal("none").optional(),
      })
      .optional(),
    subscription_update: z
      .strictObject({
        enabled: flag,
        default_allowed_updates: z.array(z.literal("price")).optional(),
        products: z.array(z.strictObject({ product: text, prices: z.array(text) })).optional(),
        proration_behavior: proration.optional(),
        billing_cycle_anchor: z.enum(["now", "unchanged"]).optional(),
      })
      .optional(),
  }),
  business_profile: z.strictObject({ headline: text.optional() }).optional(),
  default_return_url: text.optional(),
  name: text.optional(),
  metadata: metadata.optional(),
  expand,
});

export const portalRoutes = [
  route("POST /v1/billing_portal/sessions", "BillingPortal.SessionCreateParams", creating, (world, given) => {
    world.store.get("customer", given.customer, "customer");
    const configuration = given.configuration
      ? world.store.get("billing_portal.configuration", given.configuration, "configuration")
      : defaultConfiguration(world);
    const flow = given.flow_data;
    const subscription = flow?.subscription_cancel?.subscription ?? flow?.subscription_update?.subscription;
    if (flow && flow.type !== "payment_method_update") {
      const param = `flow_data[${flow.type}][subscription]`;
      if (!subscription) throw invalid(`Missing required param: ${param}.`, param, "parameter_missing");
      const one = world.store.get("subscription", subscription, param);
      if (one.customer !== given.customer)
        throw invalid(`The subscription ${subscription} does not belong to the customer.`, param);
      if (flow.type === "subscription_cancel" && (one.cancel_at_period_end || one.status === "canceled"))
        throw invalid("The subscription is already set to be canceled.", param);
      if (!configuration.features[flow.type].enabled)
        throw invalid(`This flow is disabled in your portal settings: ${flow.type}.`, "flow_data[type]");
    }
    const id = newId("billing_portal.session");
    const after = flow?.after_completion;
    const session = world.store.add("billing_portal.session", {
      id,
      object: "billing_portal.session",
      configuration: configuration.id,
      created: world.nowFor(given.customer),
      customer: given.customer,
      customer_account: null,
      flow: flow
        ? {
            after_completion: {
              hosted_confirmation: after?.hosted_confirmation
                ? { custom_message: after.hosted_confirmation.custom_message ?? null }
                : null,
              redirect: after?.redirect ?? null,
              type: after?.type ?? "portal_homepage",
            },
            customer_update: null,
            subscription_cancel: flow.subscription_cancel ? { ...flow.subscription_cancel, retention: null } : null,
            subscription_pause: null,
            subscription_update: flow.subscription_update ?? null,
            subscription_update_confirm: null,
            type: flow.type,
          }
        : null,
      livemode: false,
      locale: null,
      on_behalf_of: null,
      return_url: given.return_url ?? configuration.default_return_url,
      url: `${world.url}/portal/${id}`,
    });
    world.emit("billing_portal.session.created", session);
    return session;
  }),
  route(
    "POST /v1/billing_portal/configurations",
    "BillingPortal.ConfigurationCreateParams",
    configuring,
    (world, given) => {
      const standard = defaultConfiguration(world).features;
      const { subscription_update: update, subscription_cancel: cancel } = given.features;
      const configuration = addConfiguration(
        world,
        {
          customer_update: { allowed_updates: [], ...(given.features.customer_update ?? { enabled: false }) },
          invoice_history: given.features.invoice_history ?? { enabled: false },
          payment_method_update: {
            enabled: given.features.payment_method_update?.enabled ?? false,
            payment_method_configuration: null,
          },
          subscription_cancel: {
            ...standard.subscription_cancel,
            enabled: cancel?.enabled ?? false,
            mode: cancel?.mode ?? "at_period_end",
          },
          subscription_update: {
            ...standard.subscription_update,
            enabled: update?.enabled ?? false,
            default_allowed_updates: update?.default_allowed_updates ?? [],
            proration_behavior: update?.proration_behavior ?? "none",
            billing_cycle_anchor: update?.billing_cycle_anchor ?? null,
            products: (update?.products ?? []).map((one) => ({
              ...one,
              adjustable_quantity: { enabled: false, maximum: null, minimum: 1 },
            })),
          },
        },
        {
          business_profile: {
            headline: given.business_profile?.headline ?? null,
            privacy_policy_url: null,
            terms_of_service_url: null,
          },
          default_return_url: given.default_return_url || null,
          name: given.name || null,
          metadata: mergedMetadata({}, given.metadata),
        },
      );
      world.emit("billing_portal.configuration.created", configuration);
      return configuration;
    },
  ),
  route(
    "GET /v1/billing_portal/configurations",
    "BillingPortal.ConfigurationListParams",
    takes<Stripe.BillingPortal.ConfigurationListParams>()({
      ...plainPaging,
      active: flag.optional(),
      is_default: flag.optional(),
    }),
    (world, given) => {
      defaultConfiguration(world);
      return page(
        world.store
          .all("billing_portal.configuration")
          .filter((one) => given.active === undefined || one.active === given.active)
          .filter((one) => given.is_default === undefined || one.is_default === given.is_default),
        given,
        "/v1/billing_portal/configurations",
      );
    },
  ),
  route(
    "GET /v1/billing_portal/configurations/:id",
    "BillingPortal.ConfigurationRetrieveParams",
    retrieving,
    (world, _, id = "") => world.store.get("billing_portal.configuration", id),
  ),
];
