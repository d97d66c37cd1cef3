import type Stripe from "stripe";
import { invalid } from "./failure";
import { paymentsOf } from "./invoices";
import type { Page } from "./route";
import { confirmationOf } from "./subscriptions";
import { taxIdsOf } from "./tax-ids";
import type { World } from "./world";

type Fields = Record<string, unknown>;

const asList = (data: unknown[], url: string): Page<never> =>
  ({ object: "list", data, has_more: false, url }) as unknown as Page<never>;

/** What is in an answer only when it is asked for, by kind and name. */
const INCLUDABLE: Record<string, (world: World, id: string) => unknown> = {
  "checkout.session.line_items": (world, id) =>
    asList(world.store.notes.sessions[id]?.lines ?? [], `/v1/checkout/sessions/${id}/line_items`),
  "customer.subscriptions": (world, id) =>
    asList(
      world.store.all("subscription").filter((one) => one.customer === id && one.status !== "canceled"),
      `/v1/customers/${id}/subscriptions`,
    ),
  "customer.tax_ids": (world, id) => asList(taxIdsOf(world, id), `/v1/customers/${id}/tax_ids`),
  "charge.refunds": (world, id) =>
    asList(
      world.store.all("refund").filter((one) => one.charge === id),
      `/v1/charges/${id}/refunds`,
    ),
  "invoice.payments": (world, id) => asList(paymentsOf(world, id), `/v1/invoices/${id}/payments`),
  "invoice.confirmation_secret": (world, id) => confirmationOf(world, world.store.get("invoice", id)),
};

const copyOf = (thing: unknown): Fields => JSON.parse(JSON.stringify(thing)) as Fields;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A copy of an answer with the named fields holding the things themselves instead of their ids. */
export function expanded(world: World, answer: unknown, paths: readonly string[] = []): unknown {
  const copy = copyOf(answer);
  for (const path of paths) {
    if (path.split(".").length > 4) throw invalid("You cannot expand more than 4 levels of a property.", "expand");
    expandOne(world, copy, path.split("."), path);
  }
  return copy;
}

function expandOne(world: World, at: unknown, [name = "", ...rest]: string[], whole: string): void {
  if (Array.isArray(at)) {
    for (const each of at) expandOne(world, each, [name, ...rest], whole);
    return;
  }
  if (!isFields(at)) return;
  const value = fieldOf(world, at, name, whole);
  at[name] = value;
  if (value === null || value === undefined) return;
  if (Array.isArray(value) && typeof value[0] === "string")
    at[name] = value.map((id) => (typeof id === "string" ? thingOf(world, id) : id));
  if (rest.length > 0) expandOne(world, at[name], rest, whole);
}

function fieldOf(world: World, at: Fields, name: string, whole: string): unknown {
  const include = INCLUDABLE[`${String(at.object)}.${name}`];
  if (include && typeof at.id === "string" && at[name] === undefined)
    return JSON.parse(JSON.stringify(include(world, at.id) ?? null)) as unknown;
  const value = at[name];
  if (value === undefined && !(name in at)) throw notExpandable(whole);
  if (typeof value !== "string") return value;
  const thing = thingOf(world, value);
  if (!thing) throw notExpandable(whole);
  return thing;
}

function thingOf(world: World, id: string): Fields | undefined {
  const thing = world.store.any(id);
  if (thing) return copyOf(thing);
  if (world.store.notes.gone[id] === "customer")
    return { id, object: "customer", deleted: true } satisfies Stripe.DeletedCustomer as unknown as Fields;
  return undefined;
}

const notExpandable = (path: string) =>
  invalid(`This property cannot be expanded (${path}).`, "expand", "property_cannot_be_expanded");
