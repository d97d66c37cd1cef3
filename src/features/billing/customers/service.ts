import { eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { stripeCustomers } from "@/db/schema/billing";
import { customers } from "@/db/schema/people";
import { recordAudit } from "@/features/audit/service";
import { sha256 } from "@/lib/digest";
import { blindIndexes, decrypt, encrypt, isCurrent } from "@/lib/encryption";
import { Refusal } from "@/lib/errors";
import type { CustomerId } from "@/lib/ids";
import type { DetailsInput, DetailsOutput } from "../contract";
import { ask, isRefusedByStripe } from "../stripe/service";
import { ring, stripeIdOf } from "./queries";
import { isVat, plainVatId, vatIdAtStripe } from "./rules";

/** Two that ask at once in one process share the answer; two processes share it by Stripe's idempotency key. */
const underWay = new Map<string, Promise<string>>();

/**
 * The brand's customer at Stripe, made on first need and once: whoever asks at the same moment gets the same.
 * @throws Refusal `billing_unavailable`
 */
export async function ensureStripeCustomer(ctx: Ctx): Promise<string> {
  const known = await stripeIdOf(ctx);
  if (known) return known;
  const there = underWay.get(ctx.customerId);
  if (there) return there;
  const making = makeStripeCustomer(ctx).finally(() => underWay.delete(ctx.customerId));
  underWay.set(ctx.customerId, making);
  return making;
}

async function makeStripeCustomer(ctx: Ctx): Promise<string> {
  const [brand] = await ctx.db.select().from(customers).where(eq(customers.id, ctx.customerId));
  if (!brand) throw new Error("The brand is not known");
  const params = { name: brand.name, metadata: { brand: ctx.customerId } };
  const made = await ask((stripe) =>
    // Under another name it would be another request, which Stripe refuses under the same key.
    stripe.customers.create(params, { idempotencyKey: `customer:${ctx.customerId}:${sha256(brand.name)}` }),
  );
  await ctx.db.transaction(async (tx) => {
    const [index = ""] = blindIndexes(ring(), made.id);
    const [row] = await tx
      .insert(stripeCustomers)
      .values({
        customerId: ctx.customerId,
        encryptedId: encrypt(ring(), made.id, ctx.customerId),
        blindIndex: index,
      })
      .onConflictDoNothing({ target: stripeCustomers.customerId })
      .returning({ customerId: stripeCustomers.customerId });
    if (row) await recordAudit(tx, ctx, { action: "billing.customer_made", subject: ctx.customerId });
  });
  const id = await stripeIdOf(ctx);
  if (!id) throw new Error("The customer was neither written nor found");
  return id;
}

/** Writes every id anew that is not under the ring's first key. @returns how many were */
export async function rotateEncryption(db: Ctx["db"], keys = ring()): Promise<number> {
  let rotated = 0;
  for (const row of await db.select().from(stripeCustomers)) {
    const [index = ""] = blindIndexes(keys, decrypt(keys, row.encryptedId, row.customerId));
    if (isCurrent(keys, row.encryptedId) && row.blindIndex === index) continue;
    const id = decrypt(keys, row.encryptedId, row.customerId);
    await db
      .update(stripeCustomers)
      .set({ encryptedId: encrypt(keys, id, row.customerId), blindIndex: index })
      .where(eq(stripeCustomers.customerId, row.customerId));
    rotated++;
  }
  return rotated;
}

/**
 * Sets what stands on invoices from now on.
 * @throws Refusal `invalid_request` for a VAT id that is none, and then nothing is changed; `billing_unavailable`
 */
export async function setDetails(ctx: Ctx, input: DetailsInput): Promise<DetailsOutput> {
  const id = await ensureStripeCustomer(ctx);
  const { name, email, address, vatId } = input;
  await setVatId(id, vatId);
  await ask((stripe) =>
    stripe.customers.update(id, {
      name,
      email,
      address: {
        line1: address.line1,
        line2: address.line2,
        city: address.city,
        state: address.state,
        postal_code: address.postalCode,
        country: address.country,
      },
    }),
  );
  await ctx.db.transaction((tx) =>
    // Whoever changed it is known; what it is now is personal and stays with Stripe.
    recordAudit(tx, ctx, { action: "billing.details_changed", subject: ctx.customerId }),
  );
  return { details: input };
}

/** Has a customer carry this VAT id and no other. Tax ids of other kinds, given at a checkout, stay. */
async function setVatId(id: string, vatId: string | null): Promise<void> {
  const meant = vatId === null ? null : vatIdAtStripe(vatId);
  if (vatId !== null && !meant) throw notAVatId("The VAT id must be of the European Union, of Britain or Switzerland.");
  const { data } = await ask((stripe) => stripe.customers.listTaxIds(id, { limit: 20 }));
  const there = data.filter(({ type }) => isVat(type));
  if (meant && !there.some(({ value }) => plainVatId(value) === plainVatId(meant.value))) {
    await ask((stripe) =>
      stripe.customers.createTaxId(id, meant).catch((error: unknown) => {
        if (!isRefusedByStripe(error) || error.code !== "tax_id_invalid") throw error;
        throw notAVatId("This is no VAT id of its country. Look at its letters and digits.");
      }),
    );
  }
  for (const old of there) {
    if (!meant || plainVatId(old.value) !== plainVatId(meant.value)) {
      await ask((stripe) => stripe.customers.deleteTaxId(id, old.id));
    }
  }
}

const notAVatId = (message: string): Refusal =>
  new Refusal("invalid_request", message, { fields: [{ path: "vatId", message }] });

/** Takes the brand's row, which orders everything that is done about its money, and tells its revision. */
export async function lockBrand(tx: Tx, customerId: CustomerId): Promise<number> {
  const [row] = await tx
    .select({ revision: stripeCustomers.revision })
    .from(stripeCustomers)
    .where(eq(stripeCustomers.customerId, customerId))
    .for("update");
  if (!row) throw new Error("The brand has no customer at Stripe");
  return row.revision;
}

/** Says that something was learnt from Stripe: whoever asked before must ask again. */
export const nextRevision = (tx: Tx, customerId: CustomerId) =>
  tx
    .update(stripeCustomers)
    .set({ revision: sql`${stripeCustomers.revision} + 1` })
    .where(eq(stripeCustomers.customerId, customerId));

/**
 * Does something about a brand's money while nobody else does: Stripe may be asked inside, and what it answers be written
 * down in the transaction. Whoever was told anything before that must ask again. Inside, only `tx` may be used: whoever
 * waits for the row holds a connection, and a second one for whoever has it might never come free.
 */
export const alone = <T>(ctx: Ctx, work: (tx: Tx) => Promise<T>): Promise<T> =>
  ctx.db.transaction(async (tx) => {
    await lockBrand(tx, ctx.customerId);
    const result = await work(tx);
    await nextRevision(tx, ctx.customerId);
    return result;
  });
