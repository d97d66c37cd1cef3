import { and, desc, eq, isNull, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { billingReports, stripeCustomers } from "@/db/schema/billing";
import { type CustomerId, mintCustomerId } from "@/lib/ids";
import type { ReconciliationOutput } from "../contract";

/** The newest comparison of what was paid, granted and metered for a brand. */
export async function latestReconciliation(ctx: Ctx): Promise<ReconciliationOutput> {
  const [row] = await ctx.db
    .select()
    .from(billingReports)
    .where(eq(billingReports.customerId, ctx.customerId))
    .orderBy(desc(billingReports.checkedAt))
    .limit(1);
  return {
    checkedAt: row?.checkedAt.toISOString() ?? null,
    purchases: row?.purchases ?? 0,
    paidCents: row?.paidCents ?? 0,
    tokensBought: row?.tokensBought ?? 0,
    tokensGranted: row?.tokensGranted ?? 0,
    balance: row?.balance ?? 0,
    findings: row?.findings ?? [],
  };
}

/** The brands whose money was not compared for a day; a new one's first payment is given an hour to arrive. */
export async function brandsToCompare(db: Db): Promise<CustomerId[]> {
  const rows = await db
    .select({ id: stripeCustomers.customerId })
    .from(stripeCustomers)
    .where(
      and(
        isNull(stripeCustomers.forgetSince),
        sql`${stripeCustomers.createdAt} < now() - interval '1 hour'`,
        sql`not exists (select from ${billingReports} r where r.customer_id = ${stripeCustomers.customerId}
          and r.checked_at > now() - interval '1 day')`,
      ),
    );
  return rows.map(({ id }) => mintCustomerId(id));
}
