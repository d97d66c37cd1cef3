import type Stripe from "stripe";
import { z } from "zod";
import { newCustomer } from "../customers";
import { invalid, missing } from "../failure";
import { attach, resolveMethod } from "../methods";
import {
  address,
  expand,
  int,
  mergedMetadata,
  metadata,
  orEmpty,
  paging,
  plainPaging,
  retrieving,
  takes,
  text,
  wholeAddress,
} from "../params";
import { page, route } from "../route";
import { cancelNow } from "../subscriptions";
import { addTaxId, checkTaxId, taxIdsOf } from "../tax-ids";
import type { World } from "../world";

const shared = {
  address: orEmpty(address).optional(),
  description: text.optional(),
  email: text.optional(),
  name: text.optional(),
  phone: text.optional(),
  metadata: metadata.optional(),
  preferred_locales: z.array(text).optional(),
  tax_exempt: z.enum(["", "exempt", "none", "reverse"]).optional(),
  invoice_settings: z.strictObject({ default_payment_method: text.optional(), footer: text.optional() }).optional(),
  balance: int.optional(),
  expand,
};
const taxIdData = z.strictObject({ type: text, value: text });
const creating = takes<Stripe.CustomerCreateParams>()({
  ...shared,
  payment_method: text.optional(),
  test_clock: text.optional(),
  tax_id_data: z.array(taxIdData).optional(),
});
const updating = takes<Stripe.CustomerUpdateParams>()(shared);
const listing = takes<Stripe.CustomerListParams>()({ ...paging, email: text.optional(), test_clock: text.optional() });

type Given = z.output<typeof updating>;

/** The fields a request changes. */
function changesOf(world: World, customer: Stripe.Customer, given: Given): Partial<Stripe.Customer> {
  const set: Partial<Stripe.Customer> = { metadata: mergedMetadata(customer.metadata, given.metadata) };
  if (given.address !== undefined) set.address = given.address === "" ? null : wholeAddress(given.address);
  if (given.balance !== undefined) set.balance = given.balance;
  if (given.description !== undefined) set.description = given.description || null;
  if (given.email !== undefined) set.email = given.email || null;
  if (given.name !== undefined) set.name = given.name || null;
  if (given.phone !== undefined) set.phone = given.phone || null;
  if (given.preferred_locales) set.preferred_locales = given.preferred_locales;
  if (given.tax_exempt !== undefined) set.tax_exempt = given.tax_exempt || "none";
  if (given.invoice_settings) {
    const { default_payment_method: method, footer } = given.invoice_settings;
    if (method && world.store.get("payment_method", method).customer !== customer.id)
      throw invalid(
        "The customer does not have a payment method with that ID.",
        "invoice_settings[default_payment_method]",
        "resource_missing",
      );
    set.invoice_settings = {
      ...customer.invoice_settings,
      ...(method !== undefined && { default_payment_method: method || null }),
      ...(footer !== undefined && { footer: footer || null }),
    };
  }
  return set;
}

function retrieve(world: World, id: string): Stripe.Customer | Stripe.DeletedCustomer {
  if (world.store.notes.gone[id] === "customer") return { id, object: "customer", deleted: true };
  return world.store.get("customer", id);
}

function taxIdOf(world: World, customer: string, id: string): Stripe.TaxId {
  const taxId = world.store.get("tax_id", id);
  if (taxId.customer !== customer) throw missing("tax_id", id);
  return taxId;
}

const creatingTaxId = takes<Stripe.CustomerCreateTaxIdParams>()({ type: text, value: text, expand });

export const customerRoutes = [
  route("POST /v1/customers", "CustomerCreateParams", creating, (world, given) => {
    const clock = given.test_clock
      ? world.store.get("test_helpers.test_clock", given.test_clock, "test_clock").id
      : null;
    const { payment_method: method, invoice_settings, ...rest } = given;
    const customer = newCustomer(world, clock);
    Object.assign(customer, changesOf(world, customer, rest));
    world.store.add("customer", customer);
    if (method) attach(world, resolveMethod(world, method), customer.id);
    if (invoice_settings) Object.assign(customer, changesOf(world, customer, { invoice_settings }));
    world.emit("customer.created", customer);
    for (const { type, value } of given.tax_id_data ?? []) addTaxId(world, customer.id, type, value);
    return customer;
  }),
  route("GET /v1/customers", "CustomerListParams", listing, (world, given) => {
    const all = world.store
      .all("customer")
      .filter((one) => given.email === undefined || one.email === given.email)
      .filter((one) => (given.test_clock ?? null) === (one.test_clock ?? null));
    return page(all, given, "/v1/customers");
  }),
  route("GET /v1/customers/:id", "CustomerRetrieveParams", retrieving, (world, _, id = "") => retrieve(world, id)),
  route("POST /v1/customers/:id", "CustomerUpdateParams", updating, (world, given, id = "") => {
    const customer = world.store.get("customer", id);
    return world.change(customer, changesOf(world, customer, given), "customer.updated");
  }),
  route("DELETE /v1/customers/:id", "CustomerDeleteParams", z.strictObject({}), (world, _, id = "") => {
    const customer = world.store.get("customer", id);
    for (const one of world.store.all("subscription"))
      if (one.customer === id && one.status !== "canceled") cancelNow(world, one);
    world.emit("customer.deleted", customer);
    world.store.remove("customer", id);
    return { id, object: "customer", deleted: true };
  }),
  route(
    "GET /v1/customers/:id/payment_methods",
    "CustomerListPaymentMethodsParams",
    takes<Stripe.CustomerListPaymentMethodsParams>()({ ...plainPaging, type: text.optional() }),
    (world, given, id = "") => {
      world.store.get("customer", id);
      const all = world.store.all("payment_method").filter((one) => one.customer === id);
      return page(all, given, `/v1/customers/${id}/payment_methods`);
    },
  ),
  route("POST /v1/customers/:id/tax_ids", "CustomerCreateTaxIdParams", creatingTaxId, (world, given, id = "") => {
    world.store.get("customer", id);
    checkTaxId(given.type, given.value);
    return addTaxId(world, id, given.type, given.value);
  }),
  route(
    "GET /v1/customers/:id/tax_ids",
    "CustomerListTaxIdsParams",
    z.strictObject(plainPaging),
    (world, given, id = "") => {
      world.store.get("customer", id);
      return page(taxIdsOf(world, id), given, `/v1/customers/${id}/tax_ids`);
    },
  ),
  route(
    "GET /v1/customers/:id/tax_ids/:tax",
    "CustomerRetrieveTaxIdParams",
    retrieving,
    (world, _, id = "", tax = "") => taxIdOf(world, id, tax),
  ),
  route(
    "DELETE /v1/customers/:id/tax_ids/:tax",
    "CustomerDeleteTaxIdParams",
    z.strictObject({}),
    (world, _, id = "", tax = "") => {
      const taxId = taxIdOf(world, id, tax);
      world.store.remove("tax_id", tax);
      world.emit("customer.tax_id.deleted", taxId);
      return { id: tax, object: "tax_id", deleted: true };
    },
  ),
];
