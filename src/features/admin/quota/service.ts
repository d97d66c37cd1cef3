import { eq, sql } from "drizzle-orm";
import type { StaffCtx } from "@/db/context";
import { grantIntents } from "@/db/schema/metering";
import { recordAudit } from "@/features/audit/service";
import { applyIntents, oweIn } from "@/features/metering/intents/service";
import { drainPartition } from "@/features/metering/outbox/service";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { Refusal } from "@/lib/errors";
import { accountOf } from "@/lib/ids";
import { partitionOf } from "@/lib/partition";
import type { CustomerInput } from "../support/contract";
import { opened } from "../support/service";
import type { Quota, ResetQuotaInput } from "./contract";
import { quotaOf, resetKey } from "./queries";

/** What a reset of a brand's quota would do. @throws Refusal `forbidden`, `invalid_request` */
export async function proposeReset(ctx: StaffCtx, input: CustomerInput): Promise<Quota> {
  const brand = await opened(ctx, input);
  return quotaOf(brand.db, brand.customerId);
}

/**
 * Gives back what a brand has used of its plan's tokens, until the period ends, once for each proposal. The uses stay in
 * the ledger; what is given is a grant of its own, with the reason.
 * @throws Refusal `forbidden`, `invalid_request`, `amount_changed` where it was done meanwhile, or less is used than was
 *         to be given
 */
export async function resetQuota(
  ctx: StaffCtx,
  deps: ReconcileDeps,
  input: ResetQuotaInput,
): Promise<{ outcome: "applied" | "pending" }> {
  const brand = await opened(ctx, input);
  const { customerId } = brand;
  const id = await brand.db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('quota'), hashtext(${customerId}))`);
    const quota = await quotaOf(tx, customerId);
    if (quota.confirmation !== input.confirmation || input.tokens > quota.tokens) {
      throw new Refusal("amount_changed", "What this rests on has changed. Look at it again.");
    }
    const { tokens, reason } = input;
    await recordAudit(tx, brand, {
      action: "support.quota_reset",
      subject: customerId,
      details: { plan: quota.plan, quota: quota.quota, used: quota.used, tokens, until: quota.expiresAt, reason },
    });
    return oweIn(tx, brand, {
      mode: "live",
      source: "adjustment",
      tokens,
      reason,
      expiresAt: new Date(quota.expiresAt),
      businessKey: `${resetKey(customerId, quota.expiresAt)}${quota.confirmation}`,
    });
  });
  try {
    await applyIntents(deps, accountOf(customerId, "live"));
    await drainPartition(deps, partitionOf(customerId));
  } catch {
    // What is written down is carried out once the stores are back.
  }
  const [now] = await brand.db.select().from(grantIntents).where(eq(grantIntents.id, id));
  return { outcome: now?.appliedAt ? "applied" : "pending" };
}
