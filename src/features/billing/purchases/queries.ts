import { and, desc, eq, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import type { Ctx } from "@/db/context";
import { tokenPurchases } from "@/db/schema/billing";
import { grantIntents } from "@/db/schema/metering";
import { billingPlans } from "@/db/schema/plans";
import type { CustomerId } from "@/lib/ids";
import { isUuid } from "@/lib/ids";
import type { PageInput, PurchasesOutput } from "../contract";

const PAGE = 25;

/** Tokens of packs that are left, as the ledger has them. */
export async function packTokensLeft(db: Reader, customerId: CustomerId): Promise<number> {
  const [row] = await db.execute<{ left: number }>(sql`
    select coalesce(sum(remaining), 0)::float8 as left from grants
    where customer_id = ${customerId} and mode = 'live' and source = 'pack' and (expires_at is null or expires_at > now())`);
  return row?.left ?? 0;
}

/** Tokens that are left of a subscription's paid periods, as the ledger has them. */
export async function periodTokensLeft(ctx: Pick<Ctx, "db" | "customerId">, subscriptionId: string): Promise<number> {
  const [row] = await ctx.db.execute<{ left: number }>(sql`
    select coalesce(sum(g.remaining), 0)::float8 as left from grants g
    join token_purchases p on p.grant_id = g.id and p.customer_id = g.customer_id
    where p.customer_id = ${ctx.customerId} and p.stripe_subscription_id = ${subscriptionId} and g.mode = 'live'
      and (g.expires_at is null or g.expires_at > now())`);
  return row?.left ?? 0;
}

/**
 * Tokens that were spent of purchases which were then given back, by purchase. What is revoked and unspent is taken out
 * of the grant; the rest is owed.
 */
export async function owedByPurchase(ctx: Pick<Ctx, "db" | "customerId">): Promise<Map<string, number>> {
  const rows = await ctx.db.execute<{ id: string; owed: number }>(sql`
    select p.id, greatest(0, p.tokens_revoked + coalesce(s.spent, 0) - p.tokens_purchased)::float8 as owed
    from token_purchases p
    left join (
      -- What uses took of a grant, less what came back; what expired or was taken back was not spent.
      select (part->>0)::uuid as grant_id, -sum((part->>1)::bigint) as spent
      from ledger_entries l, jsonb_array_elements(l.grant_parts) as part
      where l.customer_id = ${ctx.customerId} and l.mode = 'live' and l.kind not in ('grant', 'expiry')
      group by 1
    ) s on s.grant_id = p.grant_id
    where p.customer_id = ${ctx.customerId} and p.tokens_revoked > 0`);
  return new Map(rows.map((row) => [row.id, row.owed]));
}

/** What was bought, newest first. */
export async function purchasesOf(ctx: Ctx, input: PageInput): Promise<PurchasesOutput> {
  // By when they were begun: the id of one that was bought with a card is its page's own, and tells nothing of time.
  const before =
    input.cursor !== undefined && isUuid(input.cursor)
      ? sql`(${tokenPurchases.createdAt}, ${tokenPurchases.id}) < (select p.created_at, p.id from token_purchases p
          where p.customer_id = ${ctx.customerId} and p.id = ${input.cursor})`
      : undefined;
  const rows = await ctx.db
    .select({ purchase: tokenPurchases, plan: billingPlans.name, arrivedAt: grantIntents.appliedAt })
    .from(tokenPurchases)
    .leftJoin(billingPlans, eq(billingPlans.id, tokenPurchases.planId))
    .leftJoin(grantIntents, eq(grantIntents.id, tokenPurchases.grantId))
    .where(and(eq(tokenPurchases.customerId, ctx.customerId), before))
    .orderBy(desc(tokenPurchases.createdAt), desc(tokenPurchases.id))
    .limit(PAGE + 1);
  const owed = await owedByPurchase(ctx);
  const shown = rows.slice(0, PAGE);
  return {
    purchases: shown.map(({ purchase, plan, arrivedAt }) => {
      const { periodStart, periodEnd, tokensPurchased, grantId } = purchase;
      return {
        id: purchase.id,
        kind: purchase.kind,
        origin: purchase.origin,
        label: labelOf(purchase.kind, plan, tokensPurchased),
        tokens: unlimitedPeriod(purchase) ? null : tokensPurchased,
        priceCents: purchase.priceCents,
        status: purchase.status,
        refundedCents: purchase.refundedCents,
        disputed: purchase.disputedCents > 0,
        tokensOwed: owed.get(purchase.id) ?? 0,
        failure: purchase.failure,
        arrived: arrivedAt !== null || (grantId === null && purchase.status === "completed"),
        period: periodStart && periodEnd ? { start: periodStart.toISOString(), end: periodEnd.toISOString() } : null,
        createdAt: purchase.createdAt.toISOString(),
      };
    }),
    nextCursor: rows.length > PAGE ? (shown.at(-1)?.purchase.id ?? null) : null,
  };
}

/** A period without a limit has no tokens of its own; a subscription too many has none at all. */
const unlimitedPeriod = ({ kind, origin, tokensPurchased }: typeof tokenPurchases.$inferSelect): boolean =>
  kind === "plan" && origin !== "surplus" && tokensPurchased === 0;

/** What a purchase is called. */
export const labelOf = (kind: "plan" | "pack", plan: string | null, tokens: number): string =>
  kind === "plan" ? (plan ?? "Plan") : `Pack of ${tokens.toLocaleString("en-US")}`;

/** The purchase that a payment has made, and whether its tokens have arrived. */
export async function purchaseOfPayment(ctx: Ctx, paymentIntentId: string) {
  const [row] = await ctx.db
    .select({ purchase: tokenPurchases, arrivedAt: grantIntents.appliedAt })
    .from(tokenPurchases)
    .leftJoin(grantIntents, eq(grantIntents.id, tokenPurchases.grantId))
    .where(
      and(eq(tokenPurchases.customerId, ctx.customerId), eq(tokenPurchases.stripePaymentIntentId, paymentIntentId)),
    );
  return row;
}

/** The newest paid period of a subscription, and whether its tokens have arrived. */
export async function latestPeriod(ctx: Ctx, subscriptionId: string) {
  const [row] = await ctx.db
    .select({ purchase: tokenPurchases, arrivedAt: grantIntents.appliedAt })
    .from(tokenPurchases)
    .leftJoin(grantIntents, eq(grantIntents.id, tokenPurchases.grantId))
    .where(
      and(
        eq(tokenPurchases.customerId, ctx.customerId),
        eq(tokenPurchases.stripeSubscriptionId, subscriptionId),
        eq(tokenPurchases.kind, "plan"),
      ),
    )
    .orderBy(desc(tokenPurchases.periodStart))
    .limit(1);
  return row;
}
