import { Stripe } from "stripe";
import { z } from "zod";
import { invalid } from "../failure";
import { expand, flag, int, mergedMetadata, metadata, paging, retrieving, takes, text } from "../params";
import { page, route } from "../route";
import { newId } from "../store";
import type { World } from "../world";

const recurring = z.strictObject({
  interval: z.enum(["day", "week", "month", "year"]),
  interval_count: int.optional(),
  usage_type: z.literal("licensed").optional(),
});

const creatingProduct = takes<Stripe.ProductCreateParams>()({
  id: text.optional(),
  name: text,
  active: flag.optional(),
  description: text.optional(),
  metadata: metadata.optional(),
  expand,
});
const updatingProduct = takes<Stripe.ProductUpdateParams>()({
  name: text.optional(),
  active: flag.optional(),
  description: text.optional(),
  default_price: text.optional(),
  metadata: metadata.optional(),
  expand,
});
const listingProducts = takes<Stripe.ProductListParams>()({
  ...paging,
  active: flag.optional(),
  ids: z.array(text).optional(),
});
const creatingPrice = takes<Stripe.PriceCreateParams>()({
  currency: z.literal("usd"),
  product: text,
  unit_amount: int,
  active: flag.optional(),
  lookup_key: text.optional(),
  transfer_lookup_key: flag.optional(),
  nickname: text.optional(),
  recurring: recurring.optional(),
  tax_behavior: z.enum(["exclusive", "inclusive", "unspecified"]).optional(),
  metadata: metadata.optional(),
  expand,
});
const updatingPrice = takes<Stripe.PriceUpdateParams>()({
  active: flag.optional(),
  lookup_key: text.optional(),
  transfer_lookup_key: flag.optional(),
  nickname: text.optional(),
  metadata: metadata.optional(),
  expand,
});
const listingPrices = takes<Stripe.PriceListParams>()({
  ...paging,
  active: flag.optional(),
  lookup_keys: z.array(text).optional(),
  product: text.optional(),
  type: z.enum(["one_time", "recurring"]).optional(),
});

/** A lookup key names one active price; another takes it over only where the request says so. */
function claimLookupKey(world: World, key: string, transfer: boolean): void {
  const owner = world.store.all("price").find((price) => price.lookup_key === key);
  if (!owner) return;
  if (!transfer)
    throw invalid(
      `A price (\`${owner.id}\`) already uses that lookup key. To transfer it, set \`transfer_lookup_key\` to true.`,
      "lookup_key",
    );
  world.change(owner, { lookup_key: null }, "price.updated");
}

export const catalogRoutes = [
  route("POST /v1/products", "ProductCreateParams", creatingProduct, (world, given) => {
    if (given.id && world.store.find("product", given.id))
      throw invalid(`Product already exists.`, "id", "resource_already_exists");
    const now = world.now();
    const product = world.store.add("product", {
      id: given.id ?? newId("product"),
      object: "product",
      active: given.active ?? true,
      created: now,
      default_price: null,
      description: given.description ?? null,
      images: [],
      livemode: false,
      marketing_features: [],
      metadata: mergedMetadata({}, given.metadata),
      name: given.name,
      package_dimensions: null,
      shippable: null,
      statement_descriptor: null,
      tax_code: null,
      tax_details: null,
      type: "service",
      unit_label: null,
      updated: now,
      url: null,
    });
    world.emit("product.created", product);
    return product;
  }),
  route("GET /v1/products", "ProductListParams", listingProducts, (world, given) =>
    page(
      world.store
        .all("product")
        .filter((one) => given.active === undefined || one.active === given.active)
        .filter((one) => given.ids?.includes(one.id) ?? true),
      given,
      "/v1/products",
    ),
  ),
  route("GET /v1/products/:id", "ProductRetrieveParams", retrieving, (world, _, id = "") =>
    world.store.get("product", id),
  ),
  route("POST /v1/products/:id", "ProductUpdateParams", updatingProduct, (world, given, id = "") => {
    const product = world.store.get("product", id);
    return world.change(
      product,
      {
        ...(given.name !== undefined && { name: given.name }),
        ...(given.active !== undefined && { active: given.active }),
        ...(given.description !== undefined && { description: given.description || null }),
        ...(given.default_price && {
          default_price: world.store.get("price", given.default_price, "default_price").id,
        }),
        metadata: mergedMetadata(product.metadata, given.metadata),
        updated: world.now(),
      },
      "product.updated",
    );
  }),
  route("POST /v1/prices", "PriceCreateParams", creatingPrice, (world, given) => {
    const product = world.store.get("product", given.product, "product");
    if (given.lookup_key) claimLookupKey(world, given.lookup_key, given.transfer_lookup_key ?? false);
    const price = world.store.add("price", {
      id: newId("price"),
      object: "price",
      active: given.active ?? true,
      billing_scheme: "per_unit",
      created: world.now(),
      currency: given.currency,
      custom_unit_amount: null,
      livemode: false,
      lookup_key: given.lookup_key ?? null,
      metadata: mergedMetadata({}, given.metadata),
      nickname: given.nickname ?? null,
      product: product.id,
      recurring: given.recurring
        ? {
            interval: given.recurring.interval,
            interval_count: given.recurring.interval_count ?? 1,
            meter: null,
            trial_period_days: null,
            usage_type: "licensed",
          }
        : null,
      tax_behavior: given.tax_behavior ?? "unspecified",
      tiers_mode: null,
      transform_quantity: null,
      type: given.recurring ? "recurring" : "one_time",
      unit_amount: given.unit_amount,
      unit_amount_decimal: Stripe.Decimal.from(given.unit_amount),
    });
    world.emit("price.created", price);
    return price;
  }),
  route("GET /v1/prices", "PriceListParams", listingPrices, (world, given) =>
    page(
      world.store
        .all("price")
        .filter((one) => given.active === undefined || one.active === given.active)
        .filter((one) => given.product === undefined || one.product === given.product)
        .filter((one) => given.type === undefined || one.type === given.type)
        .filter((one) => given.lookup_keys?.includes(one.lookup_key ?? "") ?? true),
      given,
      "/v1/prices",
    ),
  ),
  route("GET /v1/prices/:id", "PriceRetrieveParams", retrieving, (world, _, id = "") => world.store.get("price", id)),
  route("POST /v1/prices/:id", "PriceUpdateParams", updatingPrice, (world, given, id = "") => {
    const price = world.store.get("price", id);
    if (given.lookup_key && given.lookup_key !== price.lookup_key)
      claimLookupKey(world, given.lookup_key, given.transfer_lookup_key ?? false);
    return world.change(
      price,
      {
        ...(given.active !== undefined && { active: given.active }),
        ...(given.lookup_key !== undefined && { lookup_key: given.lookup_key || null }),
        ...(given.nickname !== undefined && { nickname: given.nickname || null }),
        metadata: mergedMetadata(price.metadata, given.metadata),
      },
      "price.updated",
    );
  }),
];
