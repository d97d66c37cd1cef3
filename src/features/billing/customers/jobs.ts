import { and, eq, isNotNull, isNull, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { stripeCustomers } from "@/db/schema/billing";
import { recordAudit } from "@/features/audit/service";
import { decrypt } from "@/lib/encryption";
import { Refusal } from "@/lib/errors";
import { mintCustomerId } from "@/lib/ids";
import { ask } from "../stripe/service";
import { ring } from "./queries";

/** The customers at Stripe of brands that were erased here, and that Stripe still has. */
export async function customersToForget(db: Db): Promise<(typeof stripeCustomers.$inferSelect)[]> {
  return db
    .select()
    .from(stripeCustomers)
    .where(and(isNotNull(stripeCustomers.forgetSince), isNull(stripeCustomers.forgottenAt)))
    .limit(100);
}

/**
 * Has Stripe forget a brand that was erased here: name, addresses and VAT ids are emptied, then the customer is deleted, and
 * its cards with it. What the law has Stripe keep (paid invoices, charges) stays there, and a refund or dispute of them is
 * still found. Done wholly or tried again: each step may be repeated.
 * @throws where Stripe is away
 */
export async function forgetCustomer(db: Db, row: typeof stripeCustomers.$inferSelect): Promise<void> {
  const customerId = mintCustomerId(row.customerId);
  await forgetAtStripe(decrypt(ring(), row.encryptedId, customerId));
  await db.transaction(async (tx) => {
    const [done] = await tx
      .update(stripeCustomers)
      .set({ forgottenAt: sql`now()` })
      .where(and(eq(stripeCustomers.customerId, customerId), isNull(stripeCustomers.forgottenAt)))
      .returning({ customerId: stripeCustomers.customerId });
    const scope = { customerId, actor: { type: "system", id: "billing" } } as const;
    if (done) await recordAudit(tx, scope, { action: "billing.customer_forgotten", subject: customerId });
  });
}

async function forgetAtStripe(id: string): Promise<void> {
  try {
    const there = await ask((stripe) => stripe.customers.retrieve(id, { expand: ["tax_ids"] }));
    if (there.deleted) return;
    await ask((stripe) =>
      stripe.customers.update(id, { name: "Erased brand", email: "", phone: "", description: "", address: "" }),
    );
    for (const taxId of there.tax_ids?.data ?? []) await ask((stripe) => stripe.customers.deleteTaxId(id, taxId.id));
    await ask((stripe) => stripe.customers.del(id));
  } catch (error) {
    // Somebody has deleted it there before, or between two steps of ours.
    if (!(error instanceof Refusal && error.code === "not_found")) throw error;
  }
}
