import { eq, sql } from "drizzle-orm";
import type { Ctx, StaffCtx } from "@/db/context";
import { apiKeys } from "@/db/schema/keys";
import { customers } from "@/db/schema/people";
import { supportViews } from "@/db/schema/platform";
import { recordAudit } from "@/features/audit/service";
import { adjustTokens, type Proposal, proposeAdjustment } from "@/features/billing/corrections/service";
import { revokeKey } from "@/features/keys/service";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { tell } from "@/features/notifications/service";
import { Refusal } from "@/lib/errors";
import { mintCustomerId } from "@/lib/ids";
import {
  type AdjustInput,
  type ConfirmAdjustInput,
  type CustomerInput,
  OPEN_MINUTES,
  type OpenSupportInput,
  type RevokeInput,
} from "./contract";
import { underView } from "./queries";

/**
 * Opens a brand to one member of staff for an hour. The brand's audit log has who, when and why before anything is shown.
 * @throws Refusal `not_found`
 */
export async function openSupport(ctx: StaffCtx, input: OpenSupportInput): Promise<{ expiresAt: string }> {
  return ctx.db.transaction(async (tx) => {
    const [brand] = await tx.select({ id: customers.id }).from(customers).where(eq(customers.id, input.customerId));
    if (!brand) throw new Refusal("not_found", "There is no such brand.");
    const customerId = mintCustomerId(brand.id);
    const until = sql`now() + make_interval(mins => ${OPEN_MINUTES})`;
    const [view] = await tx
      .insert(supportViews)
      .values({ staffId: ctx.staffId, customerId, reason: input.reason, expiresAt: until })
      .onConflictDoUpdate({
        target: [supportViews.staffId, supportViews.customerId],
        set: { reason: input.reason, openedAt: sql`now()`, expiresAt: until },
      })
      .returning();
    if (!view) throw new Error("The view was not written");
    await recordAudit(
      tx,
      { customerId, actor: ctx.actor },
      { action: "support.opened", subject: customerId, details: { reason: input.reason, minutes: OPEN_MINUTES } },
    );
    return { expiresAt: view.expiresAt.toISOString() };
  });
}

/** The brand as this member of staff may act for it. @throws Refusal `forbidden` without an open view */
export async function opened(ctx: StaffCtx, input: CustomerInput): Promise<Ctx> {
  const view = await underView(ctx, input);
  if (!view) throw new Refusal("forbidden", "Say first why you look into this brand; an opening lasts an hour.");
  return view.ctx;
}

/**
 * Revokes a brand's key, such as one that was found in public. Why stands in the brand's audit log beside it, and whoever may
 * make a new one is told at once: their shop or server is refused from now on. A second call tells nobody twice, and makes up
 * for a first one that ended between the two.
 * @throws Refusal `forbidden` without an open view, `not_found`
 */
export async function revokeLeaked(ctx: StaffCtx, input: RevokeInput) {
  const brand = await opened(ctx, input);
  // First, so that a key is never revoked without the reason; what was meant and failed stands there too.
  await brand.db.transaction((tx) =>
    recordAudit(tx, brand, { action: "support.key_revoking", subject: input.keyId, details: { reason: input.reason } }),
  );
  const revoked = await revokeKey(brand, { keyId: input.keyId });
  await brand.db.transaction(async (tx) => {
    const [key] = await tx.select({ name: apiKeys.name }).from(apiKeys).where(eq(apiKeys.keyId, input.keyId));
    await tell(brand.db, tx, brand.customerId, {
      key: `key_revoked:${input.keyId}`,
      kind: "key_revoked",
      tone: "stopped",
      title: `We revoked your key ${key?.name ?? input.keyId}`,
      body: `“${input.reason}”. Whatever uses it is refused from now on: make a new key and put it in its place. Usage shows what was spent with it.`,
      href: "/keys",
      action: "Open API keys",
      figures: [["Key", input.keyId]],
      roles: ["manager", "admin"],
      digestAt: new Date(revoked.revokedAt),
    });
  });
  return revoked;
}

/** What a correction of a brand's tokens would be. @throws Refusal `forbidden`, `invalid_request` */
export async function proposeTokens(ctx: StaffCtx, input: AdjustInput): Promise<Proposal> {
  return proposeAdjustment(await opened(ctx, input), input);
}

/** Does what was proposed, once. @throws Refusal `forbidden`, `invalid_request`, `amount_changed` */
export async function correctTokens(ctx: StaffCtx, deps: ReconcileDeps, input: ConfirmAdjustInput) {
  return { outcome: await adjustTokens(await opened(ctx, input), deps, input) };
}
