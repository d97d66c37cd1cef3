import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { tokenPurchases } from "@/db/schema/billing";
import { recordAudit } from "@/features/audit/service";
import { endGrantIn, oweIn } from "@/features/metering/intents/service";
import type { Scope } from "@/lib/context";
import { mintCustomerId, uuidv7 } from "@/lib/ids";

export type Purchase = typeof tokenPurchases.$inferSelect;

/** What was paid, as Stripe says it now. */
export interface Paid {
  readonly kind: "pack" | "plan";
  readonly origin: Purchase["origin"];
  /** The plan's or the pack's id. */
  readonly of: string;
  /** 0 for a period of a plan without a limit. */
  readonly tokens: number;
  readonly priceCents: number;
  /** What credit is unique on: the payment of a pack, the period of a subscription. */
  readonly businessKey: string;
  readonly expiresAt: Date | null;
  readonly paymentIntentId: string | null;
  /** The row that was written before the card was asked, where there is one. */
  readonly begunAs?: string | null;
  readonly invoiceId?: string | null;
  readonly subscriptionId?: string | null;
  readonly period?: { readonly start: Date; readonly end: Date } | null;
}

/**
 * Writes down that something was paid and what is owed for it, once, whatever tells of it how often and in which order.
 * The caller holds the brand's row (`stripe_customers`), so that two who tell of the same payment follow each other.
 * @returns the purchase, and whether this made it complete
 */
export async function completePurchase(
  tx: Tx,
  scope: Scope,
  paid: Paid,
): Promise<{ readonly purchase: Purchase; readonly made: boolean }> {
  const own = eq(tokenPurchases.customerId, scope.customerId);
  const [there] = await tx
    .select()
    .from(tokenPurchases)
    .where(and(own, eq(tokenPurchases.businessKey, paid.businessKey)));
  if (there && there.status !== "pending" && there.status !== "failed") return { purchase: there, made: false };
  const begun = there ?? (paid.begunAs ? await begunPurchase(tx, scope, paid.begunAs) : undefined);
  const { kind, origin, of, tokens, priceCents, businessKey, expiresAt } = paid;
  const grantId =
    tokens > 0 ? await oweIn(tx, scope, { mode: "live", source: kind, tokens, expiresAt, businessKey }) : null;
  const facts = {
    kind,
    origin: begun?.origin ?? origin,
    planId: kind === "plan" ? of : null,
    packId: kind === "pack" ? of : null,
    tokensPurchased: tokens,
    priceCents,
    businessKey,
    status: "completed",
    stripePaymentIntentId: paid.paymentIntentId,
    stripeInvoiceId: paid.invoiceId ?? null,
    stripeSubscriptionId: paid.subscriptionId ?? null,
    periodStart: paid.period?.start ?? null,
    periodEnd: paid.period?.end ?? null,
    grantId,
    failure: null,
    completedAt: new Date(),
  } as const;
  const [purchase] = begun
    ? await tx
        .update(tokenPurchases)
        .set(facts)
        .where(and(own, eq(tokenPurchases.id, begun.id)))
        .returning()
    : await tx
        .insert(tokenPurchases)
        .values({ id: uuidv7(), customerId: scope.customerId, ...facts })
        .returning();
  if (!purchase) throw new Error("The purchase was not written");
  await recordAudit(tx, scope, {
    action: "purchase.completed",
    subject: purchase.id,
    details: { kind, of, tokens, cents: priceCents, for: businessKey },
  });
  return { purchase, made: true };
}

/** A purchase that was begun with a card and has not ended yet, or ended with a decline that was mended. */
async function begunPurchase(tx: Tx, scope: Scope, id: string): Promise<Purchase | undefined> {
  const [row] = await tx
    .select()
    .from(tokenPurchases)
    .where(and(eq(tokenPurchases.customerId, scope.customerId), eq(tokenPurchases.id, id)));
  return row && (row.status === "pending" || row.status === "failed") ? row : undefined;
}

/** Writes down that a purchase begun with a card came to nothing. A payment that succeeds after all undoes it. */
export async function failPurchase(tx: Tx, scope: Scope, id: string, failure: string): Promise<boolean> {
  const [row] = await tx
    .update(tokenPurchases)
    .set({ status: "failed", failure: failure.slice(0, 300) })
    .where(
      and(
        eq(tokenPurchases.customerId, scope.customerId),
        eq(tokenPurchases.id, id),
        eq(tokenPurchases.status, "pending"),
      ),
    )
    .returning();
  if (row) {
    await recordAudit(tx, scope, {
      action: "purchase.failed",
      subject: id,
      details: { reason: failure.slice(0, 300) },
    });
  }
  return row !== undefined;
}

/** After this long a purchase that was begun with a card, and never ended, counts as failed. */
const ABANDONED_HOURS = 24;

/** Ends purchases that nobody came back to. A payment that is told after all completes them nevertheless. */
export async function endAbandoned(db: Db): Promise<void> {
  const rows = await db
    .select({ id: tokenPurchases.id, customerId: tokenPurchases.customerId })
    .from(tokenPurchases)
    .where(
      and(
        eq(tokenPurchases.status, "pending"),
        eq(tokenPurchases.origin, "card"),
        sql`${tokenPurchases.createdAt} < now() - make_interval(hours => ${ABANDONED_HOURS})`,
      ),
    );
  for (const { id, customerId } of rows) {
    const scope: Scope = { customerId: mintCustomerId(customerId), actor: { type: "system", id: "billing" } };
    await db.transaction((tx) => failPurchase(tx, scope, id, "It was never completed."));
  }
}

/**
 * Ends what is left of each period of a subscription that a later one has replaced before its end: its unused time was
 * credited when the plan went up. Whatever order the payments were told in, the last to be told ends what it must.
 */
export async function endReplaced(tx: Tx, scope: Scope, subscriptionId: string): Promise<void> {
  const periods = await tx
    .select()
    .from(tokenPurchases)
    .where(
      and(
        eq(tokenPurchases.customerId, scope.customerId),
        eq(tokenPurchases.stripeSubscriptionId, subscriptionId),
        inArray(tokenPurchases.status, ["completed", "refunded"]),
      ),
    )
    .orderBy(asc(tokenPurchases.periodStart));
  for (const [i, one] of periods.entries()) {
    const { grantId, periodEnd } = one;
    if (!grantId || !periodEnd) continue;
    const next = periods.slice(i + 1).find((later) => later.periodStart && later.periodStart < periodEnd);
    if (!next) continue;
    await endGrantIn(tx, scope, {
      mode: "live",
      grantId,
      reason: `replaced by ${next.planId}`,
      businessKey: `end:${grantId}`,
    });
  }
}
