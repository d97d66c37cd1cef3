import type { Ctx } from "@/db/context";
import { Refusal } from "@/lib/errors";
import { type AccountId, accountOf, isUuid, type Mode } from "@/lib/ids";
import { partitionOf } from "@/lib/partition";
import { applyIntents, oweRefund } from "../intents/service";
import { drainPartition } from "../outbox/service";
import type { ReconcileDeps } from "../reconcile/service";
import type { RefundReport } from "./contract";
import { isWaiting, refundOf, usedParts } from "./queries";

const TRIES = 20;
const PAUSE_MS = 100;

/** Drains until something is there, for as long as another drain may still be at it. */
async function afterDrain<T>(
  deps: ReconcileDeps,
  account: AccountId,
  look: () => Promise<T | null>,
): Promise<T | null> {
  for (let attempt = 0; ; attempt++) {
    const there = await look();
    if (there !== null || attempt === TRIES) return there;
    const { busy } = await drainPartition(deps, partitionOf(account.customerId));
    // A drain of our own has read to the end: what is not there now is nowhere.
    if (!busy) return look();
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/**
 * Gives a use back, once: to each grant what it gave; what came from a grant whose time is over becomes a grant of 30
 * days. Unlimited usage is struck from the statistics. Works at once after the use, whose event is drained first.
 * @returns what the refund's entry in the ledger says, the same however often it is asked
 * @throws Refusal usage_not_found, app_not_permitted, or metering_unavailable where the ledger cannot tell yet
 */
export async function refundUsage(
  ctx: Ctx,
  deps: ReconcileDeps,
  input: {
    readonly mode: Mode;
    readonly usageId: string;
    readonly reason?: string;
    /** Catalog ids that the caller may speak of; null or absent for all. */
    readonly apps?: readonly string[] | null;
  },
): Promise<RefundReport & { readonly replayed: boolean }> {
  const account = accountOf(ctx.customerId, input.mode);
  const { usageId } = input;
  const use = isUuid(usageId) ? await afterDrain(deps, account, () => usedParts(deps.db, account, usageId)) : null;
  if (!use) {
    if (isUuid(usageId) && (await isWaiting(deps.db, account, usageId))) throw notYet();
    throw new Refusal("usage_not_found", "There is no use with this id.");
  }
  if (input.apps && !input.apps.includes(use.appId)) {
    throw new Refusal("app_not_permitted", "This key does not cover the app of this use. Add it to the key's apps.");
  }
  const before = await refundOf(deps.db, account, usageId);
  const { made } = await oweRefund(ctx, { mode: input.mode, use, ...(input.reason ? { reason: input.reason } : {}) });
  if (!before) await applyIntents(deps, account);
  const entry = before ?? (await afterDrain(deps, account, () => refundOf(deps.db, account, usageId)));
  if (!entry) throw notYet();
  return {
    usage_id: usageId,
    tokens_refunded: entry.tokens,
    tokens_remaining: use.parts.length === 0 ? null : entry.balanceAfter,
    replayed: !made,
  };
}

const notYet = (): Refusal =>
  new Refusal("metering_unavailable", "This use is still being recorded. Nothing was lost; try again in a moment.");
