import { randomBytes } from "node:crypto";
import type Stripe from "stripe";
import { invalid, missing } from "./failure";

/** What there is, by the name it has in its `object`. */
export interface Kinds {
  "billing_portal.configuration": Stripe.BillingPortal.Configuration;
  "billing_portal.session": Stripe.BillingPortal.Session;
  charge: Stripe.Charge;
  "checkout.session": Stripe.Checkout.Session;
  customer: Stripe.Customer;
  dispute: Stripe.Dispute;
  event: Stripe.Event;
  invoice: Stripe.Invoice;
  invoice_payment: Stripe.InvoicePayment;
  invoiceitem: Stripe.InvoiceItem;
  payment_intent: Stripe.PaymentIntent;
  payment_method: Stripe.PaymentMethod;
  price: Stripe.Price;
  product: Stripe.Product;
  refund: Stripe.Refund;
  setup_intent: Stripe.SetupIntent;
  subscription: Stripe.Subscription;
  tax_id: Stripe.TaxId;
  "test_helpers.test_clock": Stripe.TestHelpers.TestClock;
  webhook_endpoint: Stripe.WebhookEndpoint;
}
export type Kind = keyof Kinds;
export type Thing = Kinds[Kind];

const PREFIX: Record<Kind, string> = {
  "billing_portal.configuration": "bpc_",
  "billing_portal.session": "bps_",
  charge: "ch_",
  "checkout.session": "cs_test_",
  customer: "cus_",
  dispute: "du_",
  event: "evt_",
  invoice: "in_",
  invoice_payment: "inpay_",
  invoiceitem: "ii_",
  payment_intent: "pi_",
  payment_method: "pm_",
  price: "price_",
  product: "prod_",
  refund: "re_",
  setup_intent: "seti_",
  subscription: "sub_",
  tax_id: "txi_",
  "test_helpers.test_clock": "clock_",
  webhook_endpoint: "we_",
};

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Random letters and digits. */
export const letters = (length: number): string =>
  Array.from(randomBytes(length), (byte) => LETTERS[byte % LETTERS.length]).join("");

/** A new id, with the prefix Stripe gives that kind. */
export const newId = (kind: Kind): string =>
  PREFIX[kind] + letters(kind === "customer" || kind === "product" ? 14 : 24);

/** What is known of things beside what Stripe shows of them. */
export interface Notes {
  /** Which test card a payment method stands for. The number itself is never kept. */
  cards: Record<string, string>;
  /** Cards whose owner has authenticated them for later payments. */
  setUp: Record<string, boolean>;
  /** The invoice a payment intent pays. */
  paysInvoice: Record<string, string>;
  /** What a Checkout session was asked to do beside what it shows. */
  sessions: Record<string, SessionNotes>;
  /** Changes of a subscription that wait for their invoice to be paid. */
  pendingChanges: Record<string, { price: string; quantity: number; anchorNow: boolean; invoice: string }>;
  /** Subscriptions whose coming invoice was announced, with the period's end it was announced for. */
  announced: Record<string, number>;
  /** Ids of what was deleted. */
  gone: Record<string, Kind>;
}

export interface SessionNotes {
  items: { price: string; quantity: number }[];
  subscriptionMetadata: Record<string, string>;
  subscriptionDescription: string | null;
  intentMetadata: Record<string, string>;
  intentDescription: string | null;
  receiptEmail: string | null;
  offSession: boolean;
  updatesAddress: boolean;
  updatesName: boolean;
  lines: Stripe.LineItem[];
}

const noNotes = (): Notes => ({
  cards: {},
  setUp: {},
  paysInvoice: {},
  sessions: {},
  pendingChanges: {},
  announced: {},
  gone: {},
});

interface Saved {
  readonly things: Thing[];
  readonly notes: Notes;
  readonly offset: number;
  readonly counters: Record<string, number>;
}

/** Everything the stand-in knows, in memory, in the order it was made. */
export class Store {
  readonly #things = new Map<string, Thing>();
  readonly #kinds = new Map<Kind, Map<string, Thing>>();
  notes: Notes = noNotes();
  counters: Record<string, number> = {};
  /** By how many seconds the clock of those without a test clock is ahead. */
  offset = 0;
  /** Told of each change, so that it can be kept. */
  onChange: () => void = () => {};

  add<K extends Kind>(kind: K, thing: Kinds[K]): Kinds[K] {
    this.#things.set(thing.id, thing);
    const same = this.#kinds.get(kind) ?? new Map<string, Thing>();
    same.set(thing.id, thing);
    this.#kinds.set(kind, same);
    this.onChange();
    return thing;
  }

  /** @throws StripeFailure 404 where there is none; `param` says which part of the request named it */
  get<K extends Kind>(kind: K, id: string, param?: string): Kinds[K] {
    const found = this.find(kind, id);
    if (found) return found;
    const named = kind === "price" ? this.all("price").find((price) => price.lookup_key === id) : undefined;
    // A mistake that only shows on a real account otherwise: there, nobody can choose a price's id.
    if (named)
      throw invalid(`No such price: '${id}'; a price has that lookup_key, find it by that.`, param, "resource_missing");
    throw missing(kind, id, param);
  }

  find<K extends Kind>(kind: K, id: string): Kinds[K] | undefined {
    return this.#kinds.get(kind)?.get(id) as Kinds[K] | undefined;
  }

  any(id: string): Thing | undefined {
    return this.#things.get(id);
  }

  /** The oldest first. */
  all<K extends Kind>(kind: K): Kinds[K][] {
    return [...(this.#kinds.get(kind)?.values() ?? [])] as Kinds[K][];
  }

  remove(kind: Kind, id: string): void {
    this.#things.delete(id);
    this.#kinds.get(kind)?.delete(id);
    this.notes.gone[id] = kind;
    this.onChange();
  }

  forgetOldest(kind: Kind, most: number): void {
    const same = this.#kinds.get(kind);
    for (const id of same?.keys() ?? []) {
      if (!same || same.size <= most) return;
      same.delete(id);
      this.#things.delete(id);
    }
  }

  /** One more of something, from 1. */
  count(name: string): number {
    const next = (this.counters[name] ?? 0) + 1;
    this.counters[name] = next;
    return next;
  }

  saved(): Saved {
    return { things: [...this.#things.values()], notes: this.notes, offset: this.offset, counters: this.counters };
  }

  /** Takes over what `saved` gave. Decimals come back as texts, which is what is sent of them anyway. */
  restore(saved: Partial<Saved>): void {
    for (const thing of saved.things ?? []) this.add(thing.object as Kind, thing as never);
    this.notes = { ...noNotes(), ...saved.notes };
    this.offset = saved.offset ?? 0;
    this.counters = saved.counters ?? {};
  }

  clear(): void {
    this.#things.clear();
    this.#kinds.clear();
    this.notes = noNotes();
    this.counters = {};
    this.offset = 0;
    this.onChange();
  }
}

/** The id, whether a field holds it or the thing itself. */
export const idOf = (value: string | { id: string } | null | undefined): string | undefined =>
  value === null || value === undefined ? undefined : typeof value === "string" ? value : value.id;
