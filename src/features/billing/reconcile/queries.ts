import { desc, eq } from "drizzle-orm";
import type { Ctx } from "@/db/context";
import { billingReports } from "@/db/schema/billing";
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
