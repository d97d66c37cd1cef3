import { eq } from "drizzle-orm";
import type { Ctx } from "@/db/context";
import { customerBilling } from "@/db/schema/plans";
import type { BillingStatus } from "../contract";

/** How the subscription stands, from our own books alone: every page asks, so nobody else is. */
export async function standingOf(ctx: Ctx): Promise<{ status: BillingStatus }> {
  const [row] = await ctx.db
    .select({ status: customerBilling.status })
    .from(customerBilling)
    .where(eq(customerBilling.customerId, ctx.customerId));
  return { status: row?.status ?? "none" };
}
