import type Stripe from "stripe";
import { z } from "zod";
import { closeDispute } from "../disputes";
import { invalid } from "../failure";
import { expand, int, mergedMetadata, metadata, paging, retrieving, takes, text } from "../params";
import { refund } from "../refunds";
import { page, route } from "../route";
import { idOf } from "../store";

const refunding = takes<Stripe.RefundCreateParams>()({
  charge: text.optional(),
  payment_intent: text.optional(),
  amount: int.optional(),
  reason: z.enum(["duplicate", "fraudulent", "requested_by_customer"]).optional(),
  metadata: metadata.optional(),
  expand,
});
const byPayment = { ...paging, charge: text.optional(), payment_intent: text.optional() };
const updating = z.strictObject({ metadata: metadata.optional(), expand });

export const moneyRoutes = [
  route(
    "GET /v1/charges",
    "ChargeListParams",
    takes<Stripe.ChargeListParams>()({ ...paging, customer: text.optional(), payment_intent: text.optional() }),
    (world, given) =>
      page(
        world.store
          .all("charge")
          .filter((one) => given.customer === undefined || one.customer === given.customer)
          .filter((one) => given.payment_intent === undefined || one.payment_intent === given.payment_intent),
        given,
        "/v1/charges",
      ),
  ),
  route("GET /v1/charges/:id", "ChargeRetrieveParams", retrieving, (world, _, id = "") =>
    world.store.get("charge", id),
  ),
  route("POST /v1/refunds", "RefundCreateParams", refunding, (world, given) => {
    const intent = given.payment_intent
      ? world.store.get("payment_intent", given.payment_intent, "payment_intent")
      : undefined;
    const id = given.charge ?? idOf(intent?.latest_charge);
    if (!id)
      throw invalid("One of the following params should be provided for this request: payment_intent or charge.");
    return refund(world, world.store.get("charge", id, "charge"), {
      amount: given.amount,
      reason: given.reason,
      metadata: mergedMetadata({}, given.metadata),
    });
  }),
  route("GET /v1/refunds", "RefundListParams", takes<Stripe.RefundListParams>()(byPayment), (world, given) =>
    page(
      world.store
        .all("refund")
        .filter((one) => given.charge === undefined || one.charge === given.charge)
        .filter((one) => given.payment_intent === undefined || one.payment_intent === given.payment_intent),
      given,
      "/v1/refunds",
    ),
  ),
  route("GET /v1/refunds/:id", "RefundRetrieveParams", retrieving, (world, _, id = "") =>
    world.store.get("refund", id),
  ),
  route("POST /v1/refunds/:id", "RefundUpdateParams", updating, (world, given, id = "") => {
    const one = world.store.get("refund", id);
    return world.change(one, { metadata: mergedMetadata(one.metadata ?? {}, given.metadata) }, "refund.updated");
  }),
  route("GET /v1/disputes", "DisputeListParams", takes<Stripe.DisputeListParams>()(byPayment), (world, given) =>
    page(
      world.store
        .all("dispute")
        .filter((one) => given.charge === undefined || one.charge === given.charge)
        .filter((one) => given.payment_intent === undefined || one.payment_intent === given.payment_intent),
      given,
      "/v1/disputes",
    ),
  ),
  route("GET /v1/disputes/:id", "DisputeRetrieveParams", retrieving, (world, _, id = "") =>
    world.store.get("dispute", id),
  ),
  route("POST /v1/disputes/:id/close", "DisputeCloseParams", retrieving, (world, _, id = "") =>
    closeDispute(world, world.store.get("dispute", id), "lost"),
  ),
];
