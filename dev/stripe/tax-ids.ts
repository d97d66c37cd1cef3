import type Stripe from "stripe";
import { newId } from "./store";
import type { World } from "./world";

/** Gives a customer a tax id. Stripe checks European and British ones with their registers; here they stay pending. */
export function addTaxId(world: World, customer: string, type: string, value: string): Stripe.TaxId {
  const country = /^([a-z]{2})_/.exec(type)?.[1];
  const taxId: Stripe.TaxId = {
    id: newId("tax_id"),
    object: "tax_id",
    country: type === "eu_vat" ? value.slice(0, 2).toUpperCase() : (country?.toUpperCase() ?? null),
    created: world.nowFor(customer),
    customer,
    customer_account: null,
    livemode: false,
    owner: { customer, customer_account: null, type: "customer" },
    type: type as Stripe.TaxId.Type,
    value,
    verification:
      type === "eu_vat" || type === "gb_vat"
        ? { status: "pending", verified_address: null, verified_name: null }
        : null,
  };
  world.store.add("tax_id", taxId);
  world.emit("customer.tax_id.created", taxId);
  return taxId;
}

export const taxIdsOf = (world: World, customer: string): Stripe.TaxId[] =>
  world.store.all("tax_id").filter((taxId) => taxId.customer === customer);
