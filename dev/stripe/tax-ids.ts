import type Stripe from "stripe";
import { invalid } from "./failure";
import { newId } from "./store";
import type { World } from "./world";

const UNION = "AT BE BG CY CZ DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI".replaceAll(" ", "|");
/** The shapes of those that begin with their country's letters. */
const SHAPES: Readonly<Record<string, RegExp>> = {
  eu_vat: new RegExp(`^(?:DE[0-9]{9}|(?:${UNION})[0-9A-Z]{2,12})$`),
  gb_vat: /^GB[0-9]{9}(?:[0-9]{3})?$/,
  ch_vat: /^CHE-[0-9]{3}\.[0-9]{3}\.[0-9]{3} (?:MWST|TVA|IVA)$/,
};

/** @throws StripeFailure for a value that is none of its kind */
export function checkTaxId(type: string, value: string): void {
  if (SHAPES[type]?.test(value) === false) throw invalid(`Invalid value for ${type}.`, "value", "tax_id_invalid");
}

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
