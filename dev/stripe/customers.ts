import type Stripe from "stripe";
import { newId } from "./store";
import type { World } from "./world";

/** A customer with nothing known of it. */
export function newCustomer(world: World, clock: string | null): Stripe.Customer {
  return {
    id: newId("customer"),
    object: "customer",
    address: null,
    balance: 0,
    created: world.now(clock),
    currency: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_prefix: `T${String(world.store.count("invoice_prefix")).padStart(7, "0")}`,
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: "none",
    test_clock: clock,
  };
}
