import { eq, isNull, sql } from "drizzle-orm";
import type Stripe from "stripe";
import type { Ctx } from "@/db/context";
import { billingReports, stripeCustomers, tokenPurchases } from "@/db/schema/billing";
import { BalanceUnavailable, liveAccount } from "@/features/metering/queries";
import { checkLedger } from "@/features/metering/reconcile/queries";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { subscriptionOf } from "@/features/plans/queries";
import { decrypt } from "@/lib/encryption";
import { type CustomerId, mintCustomerId, uuidv7 } from "@/lib/ids";
import { ring } from "../customers/queries";
import { isRefusedByStripe } from "../stripe/service";

/** One thing that does not agree: about what, and how. */
export interface Finding {
  readonly subject: string;
  readonly what: string;
}

export interface Report {
  readonly customerId: CustomerId;
  readonly purchases: number;
  readonly paidCents: number;
  readonly tokensBought: number;
  readonly tokensGranted: number;
  readonly balance: number;
  readonly findings: Finding[];
}

/** What Stripe has been paid by a customer, by payment, and the subscriptions that go on. */
async function paidAtStripe(stripe: Stripe, customer: string) {
  const packs = new Map<string, Stripe.PaymentIntent>();
  for await (const intent of stripe.paymentIntents.list({ customer, limit: 100 })) {
    if (intent.status === "succeeded" && intent.metadata.pack) packs.set(intent.id, intent);
  }
  const invoices = new Map<string, Stripe.Invoice>();
  for await (const invoice of stripe.invoices.list({ customer, status: "paid", limit: 100 })) {
    if (invoice.id && invoice.parent?.subscription_details) invoices.set(invoice.id, invoice);
  }
  const subscriptions: Stripe.Subscription[] = [];
  for await (const one of stripe.subscriptions.list({ customer, status: "all", limit: 100 })) subscriptions.push(one);
  return { packs, invoices, subscriptions };
}

/** One brand whose customer is gone there must not keep the others from being compared. */
function unknownThere(error: unknown): null {
  if (isRefusedByStripe(error) && error.code === "resource_missing") return null;
  throw error;
}

/**
 * Compares, for one brand, what Stripe was paid with what the books say was bought, that with what the ledger granted,
 * and the ledger with the meter. Changes nothing but to write the report down.
 */
export async function reconcileBrand(deps: ReconcileDeps, stripe: Stripe, customerId: CustomerId): Promise<Report> {
  const ctx: Ctx = { db: deps.db, customerId, actor: { type: "system", id: "reconcile" } };
  const findings: Finding[] = [];
  const [known] = await deps.db.select().from(stripeCustomers).where(eq(stripeCustomers.customerId, customerId));
  const bought = await deps.db.select().from(tokenPurchases).where(eq(tokenPurchases.customerId, customerId));
  const done = bought.filter(({ status }) => status === "completed" || status === "refunded");
  const theirs =
    known && (await paidAtStripe(stripe, decrypt(ring(), known.encryptedId, customerId)).catch(unknownThere));
  if (known && !theirs) {
    findings.push({ subject: customerId, what: "has a customer in our books that Stripe knows nothing of" });
  }
  if (theirs) {
    for (const [id, intent] of theirs.packs) {
      const own = done.find((one) => one.stripePaymentIntentId === id);
      if (!own)
        findings.push({ subject: id, what: `paid ${intent.amount_received} cents, and nothing was granted for it` });
      else if (own.priceCents !== intent.amount_received) {
        findings.push({ subject: id, what: `paid ${intent.amount_received} cents, our books say ${own.priceCents}` });
      }
    }
    for (const [id, invoice] of theirs.invoices) {
      const own = done.filter((one) => one.stripeInvoiceId === id);
      const cents = own.reduce((sum, one) => sum + one.priceCents, 0);
      if (own.length === 0)
        findings.push({ subject: id, what: `paid ${invoice.amount_paid} cents, and no period was granted` });
      else if (cents !== invoice.amount_paid) {
        findings.push({ subject: id, what: `paid ${invoice.amount_paid} cents, our books say ${cents}` });
      }
    }
    const owing = done.filter(
      (one) => one.origin === "surplus" && one.refundedCents + one.disputedCents < one.priceCents,
    );
    for (const one of owing) {
      findings.push({
        subject: one.id,
        what: `paid a second subscription, and ${one.priceCents} cents are to come back`,
      });
    }
    for (const one of done) {
      const there =
        one.kind === "pack"
          ? theirs.packs.has(one.stripePaymentIntentId ?? "")
          : theirs.invoices.has(one.stripeInvoiceId ?? "");
      if (!there) findings.push({ subject: one.id, what: "is in our books as paid, and Stripe knows no such payment" });
    }
    findings.push(...(await standingFindings(ctx, theirs.subscriptions)));
  }
  const granted = await deps.db.execute<{ id: string; bought: number; granted: number | null }>(sql`
    select p.id, p.tokens_purchased::float8 as bought, l.tokens::float8 as granted
    from token_purchases p
    left join ledger_entries l on l.customer_id = p.customer_id and l.mode = 'live' and l.operation_id = 'grant:' || p.grant_id
    where p.customer_id = ${customerId} and p.status in ('completed', 'refunded') and p.tokens_purchased > 0`);
  for (const { id, bought: meant, granted: there } of granted) {
    if (there !== meant)
      findings.push({ subject: id, what: `bought ${meant} tokens, the ledger granted ${there ?? 0}` });
  }
  for (const finding of await checkLedger(deps, [customerId])) {
    for (const breach of finding.breaches) findings.push({ subject: `invariant ${finding.invariant}`, what: breach });
  }
  const balance = await liveAccount(ctx, deps, { mode: "live" }).then(
    (account) => account.balance,
    (error: unknown) => {
      if (!(error instanceof BalanceUnavailable)) throw error;
      findings.push({ subject: "meter", what: "cannot be asked for the balance" });
      return 0;
    },
  );
  const report = {
    customerId,
    purchases: done.length,
    paidCents: done.reduce((sum, one) => sum + one.priceCents, 0),
    tokensBought: done.reduce((sum, one) => sum + one.tokensPurchased, 0),
    tokensGranted: granted.reduce((sum, one) => sum + (one.granted ?? 0), 0),
    balance,
    findings,
  };
  await deps.db.insert(billingReports).values({ id: uuidv7(), ...report });
  return report;
}

/** Whether our subscription stands as Stripe's does, and whether there is one too many. */
async function standingFindings(ctx: Ctx, theirs: readonly Stripe.Subscription[]): Promise<Finding[]> {
  const row = await subscriptionOf(ctx);
  const live = theirs.filter(({ status }) => status === "active" || status === "past_due" || status === "unpaid");
  const own = theirs.find(({ id }) => id === row?.stripeSubscriptionId);
  const findings: Finding[] = [];
  for (const surplus of live.filter(({ id }) => id !== row?.stripeSubscriptionId)) {
    findings.push({
      subject: surplus.id,
      what: "is a subscription beside the one that counts, and is being cancelled",
    });
  }
  if (own && row && own.status !== row.status && !(own.status === "trialing" && row.status === "active")) {
    findings.push({ subject: own.id, what: `is ${own.status} at Stripe, ${row.status} in our books` });
  }
  const [item] = own?.items.data ?? [];
  if (own && row && item && row.billingCycleEnd && item.current_period_end * 1_000 !== row.billingCycleEnd.getTime()) {
    findings.push({ subject: own.id, what: "has another period at Stripe than in our books" });
  }
  return findings;
}

/** Compares every brand that has money with us. @returns the reports, those with findings first */
export async function reconcileAll(deps: ReconcileDeps, stripe: Stripe): Promise<Report[]> {
  const brands = await deps.db
    .select({ id: stripeCustomers.customerId })
    .from(stripeCustomers)
    // Of an erased brand Stripe has no customer to compare with.
    .where(isNull(stripeCustomers.forgetSince));
  const reports: Report[] = [];
  for (const { id } of brands) reports.push(await reconcileBrand(deps, stripe, mintCustomerId(id)));
  return reports.toSorted((a, b) => b.findings.length - a.findings.length);
}
