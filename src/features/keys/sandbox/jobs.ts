import { and, eq, gt, isNull, notExists, or, sql } from "drizzle-orm";
import { apiKeys } from "@/db/schema/keys";
import { grantIntents } from "@/db/schema/metering";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { mintCustomerId } from "@/lib/ids";
import { sandboxMonth } from "./rules";
import { fillSandbox } from "./service";

/** Fills the sandboxes of all brands that have a test key in force and have not had this month's test tokens. */
export async function fillSandboxes(deps: ReconcileDeps, now = new Date()): Promise<void> {
  const { month } = sandboxMonth(now);
  const had = deps.db
    .select({ id: grantIntents.id })
    .from(grantIntents)
    .where(eq(grantIntents.businessKey, sql`'sandbox:' || ${apiKeys.customerId} || ':' || ${month}`));
  const due = await deps.db
    .selectDistinct({ customerId: apiKeys.customerId })
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.mode, "test"),
        isNull(apiKeys.revokedAt),
        or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`now()`)),
        notExists(had),
      ),
    );
  for (const { customerId } of due) {
    const actor = { type: "system", id: "sandbox" } as const;
    await fillSandbox({ db: deps.db, customerId: mintCustomerId(customerId), actor }, deps, now);
  }
}
