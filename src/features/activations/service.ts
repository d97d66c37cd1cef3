import { eq } from "drizzle-orm";
import type { Ctx } from "@/db/context";
import { apps, customerApps } from "@/db/schema/catalog";
import { recordAudit } from "@/features/audit/service";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { configureAccounts } from "@/features/metering/service";
import { Refusal } from "@/lib/errors";
import { uuidv7 } from "@/lib/ids";

/**
 * Turns an app on for a brand; consumption starts at once.
 * @throws Refusal `app_not_found` where there is no such app, `app_not_active` where it is no longer offered
 */
export async function activate(
  ctx: Ctx,
  edge: Pick<ReconcileDeps, "redis" | "budgetMs">,
  input: { appId: string },
): Promise<{ activationId: string }> {
  return configureAccounts({ db: ctx.db, ...edge }, ctx.customerId, { modes: ["live", "test"] }, async (tx) => {
    const [app] = await tx.select().from(apps).where(eq(apps.catalogId, input.appId));
    if (!app) throw new Refusal("app_not_found", `There is no app ${input.appId}.`);
    if (app.status === "disabled") throw new Refusal("app_not_active", `${app.name} is no longer offered.`);
    const [row] = await tx
      .insert(customerApps)
      .values({ id: uuidv7(), customerId: ctx.customerId, appId: app.id, status: "active" })
      .onConflictDoUpdate({ target: [customerApps.customerId, customerApps.appId], set: { status: "active" } })
      .returning({ id: customerApps.id });
    await recordAudit(tx, ctx, { action: "app.activated", subject: app.catalogId });
    return { result: { activationId: row?.id ?? "" }, fields: { [`app:${app.catalogId}`]: "1" } };
  });
}
