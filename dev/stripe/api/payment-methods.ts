import type Stripe from "stripe";
import { z } from "zod";
import { StripeFailure } from "../failure";
import { attach, detach, resolveMethod } from "../methods";
import {
  address,
  expand,
  int,
  mergedMetadata,
  metadata,
  orEmpty,
  plainPaging,
  retrieving,
  takes,
  text,
  wholeAddress,
} from "../params";
import { page, route } from "../route";

const updating = takes<Stripe.PaymentMethodUpdateParams>()({
  billing_details: z
    .strictObject({
      address: orEmpty(address).optional(),
      email: text.optional(),
      name: text.optional(),
      phone: text.optional(),
    })
    .optional(),
  card: z.strictObject({ exp_month: int.optional(), exp_year: int.optional() }).optional(),
  metadata: metadata.optional(),
  expand,
});
// Numbers of cards are for Stripe's own pages: no request from the product may ever hold one.
const creating = z.strictObject({
  type: z.literal("card"),
  card: z.strictObject({ token: text.optional(), number: text.optional() }).catchall(text),
  expand,
});

export const paymentMethodRoutes = [
  route("POST /v1/payment_methods", "PaymentMethodCreateParams", creating, (world, given) => {
    const token = /^tok_(\w+)$/.exec(given.card.token ?? "")?.[1];
    if (!token)
      throw new StripeFailure(
        402,
        "card_error",
        "Sending credit card numbers directly to the Stripe API is generally unsafe. We suggest you use test tokens that map to the test card you are using, see https://stripe.com/docs/testing.",
      );
    return resolveMethod(world, `pm_card_${token}`, "card[token]");
  }),
  route(
    "GET /v1/payment_methods",
    "PaymentMethodListParams",
    takes<Stripe.PaymentMethodListParams>()({ ...plainPaging, customer: text, type: text.optional() }),
    (world, given) =>
      page(
        world.store.all("payment_method").filter((one) => one.customer === given.customer),
        given,
        "/v1/payment_methods",
      ),
  ),
  route("GET /v1/payment_methods/:id", "PaymentMethodRetrieveParams", retrieving, (world, _, id = "") =>
    resolveMethod(world, id),
  ),
  route("POST /v1/payment_methods/:id", "PaymentMethodUpdateParams", updating, (world, given, id = "") => {
    const method = world.store.get("payment_method", id);
    const { address: at, ...billing } = given.billing_details ?? {};
    return world.change(
      method,
      {
        ...(given.billing_details && {
          billing_details: {
            ...method.billing_details,
            ...Object.fromEntries(Object.entries(billing).map(([name, value]) => [name, value || null])),
            ...(at !== undefined && { address: wholeAddress(at || {}) }),
          },
        }),
        ...(given.card &&
          method.card && {
            card: {
              ...method.card,
              exp_month: given.card.exp_month ?? method.card.exp_month,
              exp_year: given.card.exp_year ?? method.card.exp_year,
            },
          }),
        metadata: mergedMetadata(method.metadata ?? {}, given.metadata),
      },
      "payment_method.updated",
    );
  }),
  route(
    "POST /v1/payment_methods/:id/attach",
    "PaymentMethodAttachParams",
    takes<Stripe.PaymentMethodAttachParams>()({ customer: text, expand }),
    (world, given, id = "") => attach(world, resolveMethod(world, id), given.customer),
  ),
  route("POST /v1/payment_methods/:id/detach", "PaymentMethodDetachParams", retrieving, (world, _, id = "") =>
    detach(world, world.store.get("payment_method", id)),
  ),
];
