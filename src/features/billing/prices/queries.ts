import type Stripe from "stripe";
import type { Reader } from "@/db/client";
import { findPlan, planOfPrice } from "@/features/plans/queries";
import { Refusal } from "@/lib/errors";
import { ask, idOf } from "../stripe/service";

/**
 * Our plans and packs name their prices by Stripe's lookup keys: an id is made by Stripe, is another in each account and
 * mode, and a new amount is a new price that takes the key over.
 */

const REMEMBERED_MS = 60_000;
const byKey = new Map<string, { readonly id: string; readonly until: number }>();
const byId = new Map<string, Stripe.Price>();

/** The price that is sold under a lookup key now. @throws Refusal `billing_unavailable` where there is none */
export async function priceUnder(key: string, now = Date.now()): Promise<string> {
  const known = byKey.get(key);
  if (known && known.until > now) return known.id;
  const found = await ask((stripe) => stripe.prices.list({ lookup_keys: [key], active: true, limit: 1 }));
  const [price] = found.data;
  if (!price) throw new Refusal("billing_unavailable", "This is not on sale at the payment provider yet.");
  byKey.set(key, { id: price.id, until: now + REMEMBERED_MS });
  return price.id;
}

/** Prices by their ids, old ones too. What a price is for never changes, so it is asked once. */
export async function pricesOf(stripe: Stripe, ids: readonly string[]): Promise<ReadonlyMap<string, Stripe.Price>> {
  for (const id of new Set(ids)) if (!byId.has(id)) byId.set(id, await stripe.prices.retrieve(id));
  return byId;
}

/** The plan that a price is for: by what stands on it, else by its lookup key or id. Undefined for none of ours. */
export async function planFor(db: Reader, price: Stripe.Price | undefined) {
  if (!price) return undefined;
  const named = price.metadata.plan_id ? await findPlan(db, price.metadata.plan_id) : undefined;
  return named ?? (await planOfPrice(db, [price.lookup_key, price.id]));
}

/** An invoice with the prices of its lines. */
export interface PricedInvoice {
  readonly invoice: Stripe.Invoice;
  readonly prices: ReadonlyMap<string, Stripe.Price>;
}

export const priceIdOf = (line: Stripe.InvoiceLineItem): string | null => idOf(line.pricing?.price_details?.price);
