import { Stripe } from "stripe";
import { z } from "zod";
import { invalid } from "../failure";
import { expand, int, mergedMetadata, metadata, paging, retrieving, takes, text } from "../params";
import { page, route } from "../route";
import { idOf, newId } from "../store";

const creating = takes<Stripe.InvoiceItemCreateParams>()({
  customer: text,
  amount: int.optional(),
  currency: z.literal("usd").optional(),
  description: text.optional(),
  metadata: metadata.optional(),
  pricing: z.strictObject({ price: text }).optional(),
  quantity: int.optional(),
  subscription: text.optional(),
  expand,
});
const listing = takes<Stripe.InvoiceItemListParams>()({
  ...paging,
  customer: text.optional(),
  invoice: text.optional(),
});

export const invoiceItemRoutes = [
  route("POST /v1/invoiceitems", "InvoiceItemCreateParams", creating, (world, given) => {
    const customer = world.store.get("customer", given.customer, "customer");
    const price = given.pricing ? world.store.get("price", given.pricing.price, "pricing[price]") : undefined;
    if (price?.recurring)
      throw invalid(
        "The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.",
        "pricing[price]",
      );
    if (given.amount === undefined && !price)
      throw invalid("You must pass either `amount` or `pricing[price]`.", "amount", "parameter_missing");
    const subscription = given.subscription
      ? world.store.get("subscription", given.subscription, "subscription").id
      : undefined;
    const now = world.nowFor(customer.id);
    const quantity = given.quantity ?? 1;
    const item = world.store.add("invoiceitem", {
      id: newId("invoiceitem"),
      object: "invoiceitem",
      amount: given.amount ?? (price?.unit_amount ?? 0) * quantity,
      currency: "usd",
      customer: customer.id,
      customer_account: null,
      date: now,
      description: given.description ?? world.store.find("product", idOf(price?.product) ?? "")?.name ?? null,
      discountable: true,
      discounts: [],
      invoice: null,
      livemode: false,
      metadata: mergedMetadata({}, given.metadata),
      parent: subscription ? { subscription_details: { subscription }, type: "subscription_details" } : null,
      period: { start: now, end: now },
      pricing: price
        ? {
            price_details: { price: price.id, product: idOf(price.product) ?? "" },
            type: "price_details",
            unit_amount_decimal: price.unit_amount_decimal,
          }
        : null,
      proration: false,
      quantity,
      quantity_decimal: Stripe.Decimal.from(quantity),
      tax_rates: [],
      test_clock: customer.test_clock ?? null,
    });
    world.emit("invoiceitem.created", item);
    return item;
  }),
  route("GET /v1/invoiceitems", "InvoiceItemListParams", listing, (world, given) =>
    page(
      world.store
        .all("invoiceitem")
        .filter((one) => given.customer === undefined || one.customer === given.customer)
        .filter((one) => given.invoice === undefined || one.invoice === given.invoice),
      given,
      "/v1/invoiceitems",
    ),
  ),
  route("GET /v1/invoiceitems/:id", "InvoiceItemRetrieveParams", retrieving, (world, _, id = "") =>
    world.store.get("invoiceitem", id),
  ),
  route("DELETE /v1/invoiceitems/:id", "InvoiceItemDeleteParams", z.strictObject({}), (world, _, id = "") => {
    const item = world.store.get("invoiceitem", id);
    if (item.invoice !== null) throw invalid("This invoice item is attached to an invoice and cannot be deleted.");
    world.emit("invoiceitem.deleted", item);
    world.store.remove("invoiceitem", id);
    return { id, object: "invoiceitem", deleted: true };
  }),
];
