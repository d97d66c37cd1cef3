import { eq, inArray } from "drizzle-orm";
import type { Reader } from "@/db/client";
import type { Ctx } from "@/db/context";
import { stripeCustomers } from "@/db/schema/billing";
import { blindIndexes, decrypt, type KeyRing, keyRing } from "@/lib/encryption";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import { type CustomerId, mintCustomerId } from "@/lib/ids";
import type { DetailsOutput } from "../contract";
import { ask } from "../stripe/service";
import { isVat, plainVatId } from "./rules";

let read: KeyRing | undefined;

/** The keys under which Stripe's ids lie in the database. */
export function ring(): KeyRing {
  const { ENCRYPTION_KEYS: keys } = env();
  if (!keys) throw new Refusal("billing_unavailable", "Payments are not set up here: there are no ENCRYPTION_KEYS.");
  read ??= keyRing(keys);
  return read;
}

/** The brand's customer id at Stripe; null where it has none yet. */
export async function stripeIdOf(ctx: Pick<Ctx, "customerId"> & { readonly db: Reader }): Promise<string | null> {
  const [row] = await ctx.db.select().from(stripeCustomers).where(eq(stripeCustomers.customerId, ctx.customerId));
  return row ? decrypt(ring(), row.encryptedId, row.customerId) : null;
}

/**
 * Whose a customer of Stripe's is, and at which revision. Only the inbox asks, for events that Stripe has signed.
 * @returns null where we made no such customer
 */
export async function brandOf(
  db: Reader,
  stripeCustomerId: string,
): Promise<{ readonly customerId: CustomerId; readonly revision: number } | null> {
  const [row] = await db
    .select()
    .from(stripeCustomers)
    .where(inArray(stripeCustomers.blindIndex, blindIndexes(ring(), stripeCustomerId)));
  return row ? { customerId: mintCustomerId(row.customerId), revision: row.revision } : null;
}

/** Name, address and VAT id as Stripe has them; null where nothing was given yet. */
export async function detailsOf(ctx: Ctx): Promise<DetailsOutput> {
  const id = await stripeIdOf(ctx);
  if (!id) return { details: null };
  const customer = await ask((stripe) => stripe.customers.retrieve(id, { expand: ["tax_ids"] }));
  if (customer.deleted) return { details: null };
  const { address } = customer;
  const vatId = customer.tax_ids?.data.find(({ type }) => isVat(type));
  return {
    details: {
      name: customer.name ?? "",
      email: customer.email ?? "",
      address: {
        line1: address?.line1 ?? "",
        line2: address?.line2 ?? "",
        city: address?.city ?? "",
        state: address?.state ?? "",
        postalCode: address?.postal_code ?? "",
        country: address?.country ?? "US",
      },
      vatId: vatId ? plainVatId(vatId.value) : null,
    },
  };
}
