import { and, asc, eq } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import type { Ctx } from "@/db/context";
import { apps } from "@/db/schema/catalog";
import { meteringAccounts, spendCaps } from "@/db/schema/metering";
import { recordAudit } from "@/features/audit/service";
import { Refusal } from "@/lib/errors";
import { accountOf } from "@/lib/ids";
import { hydrateAccount, type ReconcileDeps } from "../reconcile/service";
import type { CapInput } from "./contract";

/**
 * Sets a brand's own cap on what an account may spend, over all apps or on one; without limits it is taken away. What was
 * spent today and this month before counts, open reservations included, so the account is opened anew from the ledger.
 * @throws Refusal app_not_found
 * @returns whether it is in force now; where Redis cannot be told, it is as soon as it can
 */
export async function setCap(ctx: Ctx, deps: ReconcileDeps, input: CapInput): Promise<{ readonly inForce: boolean }> {
  const account = accountOf(ctx.customerId, input.mode);
  const { scope, daily, monthly } = input;
  await ctx.db.transaction(async (tx) => {
    const [app] = scope === "*" ? [true] : await tx.select().from(apps).where(eq(apps.catalogId, scope));
    if (!app) throw new Refusal("app_not_found", "There is no app with this id.");
    // The row lock that hydrates take too; the mark has the account closed and opened anew.
    await tx
      .select({ epoch: meteringAccounts.epoch })
      .from(meteringAccounts)
      .where(ofAccount(meteringAccounts, account))
      .for("update");
    const own = and(ofAccount(spendCaps, account), eq(spendCaps.scope, scope));
    if (daily === null && monthly === null) {
      await tx.delete(spendCaps).where(own);
    } else {
      await tx
        .insert(spendCaps)
        .values({ customerId: ctx.customerId, mode: input.mode, scope, daily, monthly })
        .onConflictDoUpdate({
          target: [spendCaps.customerId, spendCaps.mode, spendCaps.scope],
          set: { daily, monthly, updatedAt: new Date() },
        });
    }
    await tx.update(meteringAccounts).set({ retire: true }).where(ofAccount(meteringAccounts, account));
    await recordAudit(tx, ctx, {
      action: "caps.changed",
      subject: scope,
      details: { mode: input.mode, daily, monthly },
    });
  });
  try {
    await hydrateAccount(deps, account, "change");
    return { inForce: true };
  } catch {
    return { inForce: false };
  }
}

/** A brand's caps on one account. */
export async function capsOf(ctx: Ctx, input: Pick<CapInput, "mode">) {
  const rows = await ctx.db
    .select()
    .from(spendCaps)
    .where(ofAccount(spendCaps, accountOf(ctx.customerId, input.mode)))
    .orderBy(asc(spendCaps.scope));
  return { caps: rows.map(({ scope, daily, monthly }) => ({ scope, daily, monthly })) };
}
