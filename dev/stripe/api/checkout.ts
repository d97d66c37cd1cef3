import type Stripe from "stripe";
import { z } from "zod";
import { addSession, expireSession } from "../checkout";
import { creatingSession } from "../checkout-params";
import { expand, mergedMetadata, metadata, paging, plainPaging, retrieving, takes, text } from "../params";
import { page, route } from "../route";

const listing = takes<Stripe.Checkout.SessionListParams>()({
  ...paging,
  customer: text.optional(),
  payment_intent: text.optional(),
  subscription: text.optional(),
  status: z.enum(["complete", "expired", "open"]).optional(),
});

export const checkoutRoutes = [
  route("POST /v1/checkout/sessions", "Checkout.SessionCreateParams", creatingSession, addSession),
  route("GET /v1/checkout/sessions", "Checkout.SessionListParams", listing, (world, given) =>
    page(
      world.store
        .all("checkout.session")
        .filter((one) => given.customer === undefined || one.customer === given.customer)
        .filter((one) => given.payment_intent === undefined || one.payment_intent === given.payment_intent)
        .filter((one) => given.subscription === undefined || one.subscription === given.subscription)
        .filter((one) => given.status === undefined || one.status === given.status),
      given,
      "/v1/checkout/sessions",
    ),
  ),
  route("GET /v1/checkout/sessions/:id", "Checkout.SessionRetrieveParams", retrieving, (world, _, id = "") =>
    world.store.get("checkout.session", id),
  ),
  route(
    "POST /v1/checkout/sessions/:id",
    "Checkout.SessionUpdateParams",
    z.strictObject({ metadata: metadata.optional(), expand }),
    (world, given, id = "") => {
      const session = world.store.get("checkout.session", id);
      return world.change(session, { metadata: mergedMetadata(session.metadata ?? {}, given.metadata) });
    },
  ),
  route("POST /v1/checkout/sessions/:id/expire", "Checkout.SessionExpireParams", retrieving, (world, _, id = "") =>
    expireSession(world, world.store.get("checkout.session", id)),
  ),
  route(
    "GET /v1/checkout/sessions/:id/line_items",
    "Checkout.SessionListLineItemsParams",
    z.strictObject(plainPaging),
    (world, given, id = "") => {
      world.store.get("checkout.session", id);
      return page(
        (world.store.notes.sessions[id]?.lines ?? []).toReversed(),
        given,
        `/v1/checkout/sessions/${id}/line_items`,
      );
    },
  ),
];
