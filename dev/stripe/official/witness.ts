import { dereference, type OutputUnit, validate } from "@cfworker/json-schema";
import type Stripe from "stripe";
import { ROUTES, type Witness } from "../api";
import { EVENT_TYPES } from "../event-types";
import type { Route } from "../route";
import { cachedSchemas, type Schemas } from "./schemas";

/** What each kind of answer is called in the SDK, by its `object`. */
const ANSWERS: Record<string, string> = {
  "billing_portal.configuration": "BillingPortal.Configuration",
  "billing_portal.session": "BillingPortal.Session",
  charge: "Charge",
  "checkout.session": "Checkout.Session",
  customer: "Customer",
  dispute: "Dispute",
  invoice: "Invoice",
  invoice_payment: "InvoicePayment",
  invoiceitem: "InvoiceItem",
  item: "LineItem",
  line_item: "InvoiceLineItem",
  payment_intent: "PaymentIntent",
  payment_method: "PaymentMethod",
  price: "Price",
  product: "Product",
  refund: "Refund",
  setup_intent: "SetupIntent",
  subscription: "Subscription",
  tax_id: "TaxId",
  "test_helpers.test_clock": "TestHelpers.TestClock",
  webhook_endpoint: "WebhookEndpoint",
};
const DELETED: Record<string, string> = {
  customer: "DeletedCustomer",
  invoiceitem: "DeletedInvoiceItem",
  tax_id: "DeletedTaxId",
  "test_helpers.test_clock": "TestHelpers.DeletedTestClock",
  webhook_endpoint: "DeletedWebhookEndpoint",
};

/** A request, an answer or an event that Stripe's own types do not allow. */
export class NotOfficial extends Error {}

const roots = (): Record<string, string> =>
  Object.fromEntries([
    ...Object.values(ANSWERS).map((name) => [name, `Stripe.${name}`]),
    ...Object.values(DELETED).map((name) => [name, `Stripe.${name}`]),
    ...ROUTES.map(({ type }) => [type, `Stripe.${type}`]),
    ...EVENT_TYPES.map((type) => [type, `Extract<Stripe.Event, { type: "${type}" }>`]),
  ]);

/** Holds every request, answer and event against the types of Stripe's SDK. The schemas are read on first use. */
export class OfficialTypes implements Witness {
  #schemas: Schemas | undefined;
  #lookup: ReturnType<typeof dereference> | undefined;

  /** Has the schemas ready, which takes seconds where this machine has not made them yet. */
  prepare(): Schemas {
    this.#schemas ??= cachedSchemas(roots());
    return this.#schemas;
  }

  asked(route: Route, input: unknown): void {
    this.#hold(`${route.method} ${route.path}: request`, route.type, input);
  }

  answered(route: Route, answer: unknown): void {
    const where = `${route.method} ${route.path}: answer`;
    const list = answer as { object?: string; data?: unknown[] };
    for (const each of list.object === "list" ? (list.data ?? []) : [answer]) this.hold(where, each);
  }

  sent(event: Stripe.Event): void {
    this.hold(`event ${event.type}`, event);
  }

  /** @throws NotOfficial that names what is wrong with a thing Stripe might have sent */
  hold(where: string, thing: unknown): void {
    const { object = "", deleted, type = "" } = thing as { object?: string; deleted?: boolean; type?: string };
    const name = object === "event" ? type : deleted ? DELETED[object] : ANSWERS[object];
    if (name === undefined) throw new NotOfficial(`${where}: nobody said what type "${object}" is of`);
    this.#hold(where, name, thing);
  }

  #hold(where: string, name: string, value: unknown): void {
    const { $defs, roots: named } = this.prepare();
    const root = named[name];
    if (root === undefined) throw new NotOfficial(`${where}: there is no schema for ${name}`);
    this.#lookup ??= dereference({ $defs });
    // As it goes over the wire: without what is undefined, decimals as texts.
    const sent: unknown = JSON.parse(JSON.stringify(value));
    const result = validate(sent, $defs[root] ?? {}, "2020-12", this.#lookup, false);
    if (!result.valid) throw new NotOfficial(`${where} is no Stripe.${name}: ${telling(result.errors)}`);
  }
}

/** The error that lies deepest says most; those of the alternatives around it only repeat it. */
function telling(errors: readonly OutputUnit[]): string {
  const depth = ({ instanceLocation }: OutputUnit): number => instanceLocation.split("/").length;
  const plain = errors.filter(({ keyword }) => !["$ref", "anyOf", "properties", "items"].includes(keyword));
  const deepest = Math.max(...plain.map(depth));
  return plain
    .filter((error) => depth(error) === deepest)
    .slice(0, 4)
    .map(({ instanceLocation, error }) => `${instanceLocation} ${error}`)
    .join("; ");
}
