import { and, eq, sql } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { meteringAccounts } from "@/db/schema/metering";
import { customerBilling } from "@/db/schema/plans";
import { pause } from "@/features/activations/service";
import { applyIntents } from "@/features/metering/intents/service";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { changeLimit } from "@/features/metering/service";
import { appsAbove, coverageOf, findPlan, isUnlimited } from "@/features/plans/queries";
import type { Actor } from "@/lib/context";
import { accountOf, type CustomerId } from "@/lib/ids";
import { logger } from "@/lib/logger";

const actor: Actor = { type: "system", id: "billing" };

/**
 * Brings the meter and the apps to what the brand's subscription says: whether tokens run out, and which apps the plan
 * covers. Compares and changes only what differs, so that it can be repeated after any failure; the row is marked until
 * it has gone through.
 * @throws where a store is away; the job comes back to it
 */
export async function settle(deps: ReconcileDeps, customerId: CustomerId): Promise<void> {
  const ctx: Ctx = { db: deps.db, customerId, actor };
  const own = eq(customerBilling.customerId, customerId);
  const [row] = await deps.db.select().from(customerBilling).where(own);
  if (!row?.unsettled) return;
  const plan = await findPlan(deps.db, row.planId);
  const { inForce } = await coverageOf(deps.db, customerId);
  const unlimited = inForce && plan !== undefined && isUnlimited(plan);
  for (const mode of ["live", "test"] as const) {
    const [account] = await deps.db
      .select({ unlimited: meteringAccounts.unlimited })
      .from(meteringAccounts)
      .where(ofAccount(meteringAccounts, accountOf(customerId, mode)));
    if (account && account.unlimited !== unlimited) await changeLimit(ctx, deps, { mode, unlimited });
  }
  if (row.status === "active" || row.status === "past_due") {
    for (const app of await appsAbove(deps.db, customerId, row.planId)) await pause(ctx, deps, { appId: app.id });
  }
  // Whatever changed the row meanwhile marked it anew, under another time.
  await deps.db
    .update(customerBilling)
    .set({ unsettled: false })
    .where(and(own, sql`${customerBilling.updatedAt} = ${row.updatedAt.toISOString()}::timestamptz`));
}

/** Marks a brand's subscription as changed, in the transaction of the change. */
export const unsettle = { unsettled: true, updatedAt: sql`date_trunc('milliseconds', clock_timestamp())` } as const;

/** Marks every brand whose grace is over, so that it is settled. */
export async function endGrace(tx: Tx | Ctx["db"], now: Date): Promise<void> {
  await tx
    .update(customerBilling)
    .set({ ...unsettle, graceUntil: null })
    .where(and(eq(customerBilling.status, "past_due"), sql`${customerBilling.graceUntil} < ${now.toISOString()}`));
}

/**
 * Carries out at once what a commit has promised: tokens on their way, the plan in force. What cannot be done now, the
 * worker does.
 */
export async function afterCommit(deps: ReconcileDeps, customerId: CustomerId): Promise<void> {
  const steps = [() => applyIntents(deps, accountOf(customerId, "live")), () => settle(deps, customerId)];
  for (const step of steps) {
    await step().catch((error: unknown) =>
      logger.warn({ err: error }, "the worker will finish what billing has begun"),
    );
  }
}
