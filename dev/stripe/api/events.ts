import type Stripe from "stripe";
import { z } from "zod";
import { expand, mergedMetadata, metadata, paging, plainPaging, retrieving, takes, text } from "../params";
import { page, route } from "../route";
import { letters, newId } from "../store";

const matches = (pattern: string, type: string): boolean =>
  pattern === "*" || pattern === type || (pattern.endsWith("*") && type.startsWith(pattern.slice(0, -1)));

const creating = takes<Stripe.WebhookEndpointCreateParams>()({
  url: text,
  enabled_events: z.array(text),
  description: text.optional(),
  api_version: text.optional(),
  metadata: metadata.optional(),
  expand,
});

export const eventRoutes = [
  route(
    "GET /v1/events",
    "EventListParams",
    takes<Stripe.EventListParams>()({ ...paging, type: text.optional(), types: z.array(text).optional() }),
    (world, given) =>
      page(
        world.store
          .all("event")
          .filter((one) => given.type === undefined || matches(given.type, one.type))
          .filter((one) => given.types?.some((type) => matches(type, one.type)) ?? true),
        given,
        "/v1/events",
      ),
  ),
  route("GET /v1/events/:id", "EventRetrieveParams", retrieving, (world, _, id = "") => world.store.get("event", id)),
  route("POST /v1/webhook_endpoints", "WebhookEndpointCreateParams", creating, (world, given) => {
    const made = world.store.add("webhook_endpoint", {
      id: newId("webhook_endpoint"),
      object: "webhook_endpoint",
      api_version: given.api_version ?? null,
      application: null,
      created: world.now(),
      description: given.description ?? null,
      enabled_events: given.enabled_events,
      livemode: false,
      metadata: mergedMetadata({}, given.metadata),
      secret: `whsec_${letters(32)}`,
      status: "enabled",
      url: given.url,
    });
    return { ...made };
  }),
  route("GET /v1/webhook_endpoints", "WebhookEndpointListParams", z.strictObject(plainPaging), (world, given) =>
    page(
      // The secret is shown once, when the endpoint is made.
      world.store.all("webhook_endpoint").map(({ secret: _, ...rest }) => rest),
      given,
      "/v1/webhook_endpoints",
    ),
  ),
  route("DELETE /v1/webhook_endpoints/:id", "WebhookEndpointDeleteParams", z.strictObject({}), (world, _, id = "") => {
    world.store.get("webhook_endpoint", id);
    world.store.remove("webhook_endpoint", id);
    return { id, object: "webhook_endpoint", deleted: true };
  }),
];

/** True where an endpoint asked for events of that type. */
export const wantsEvent = (endpoint: Pick<Stripe.WebhookEndpoint, "enabled_events">, type: string): boolean =>
  endpoint.enabled_events.some((pattern) => matches(pattern, type));
