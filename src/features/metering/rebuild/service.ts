import { and, eq } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { meteringAccounts } from "@/db/schema/metering";
import { recordAudit } from "@/features/audit/service";
import type { Actor } from "@/lib/context";
import { Refusal } from "@/lib/errors";
import { type AccountId, accountOf, type Mode } from "@/lib/ids";
import { partitionOf } from "@/lib/partition";
import { hydrateAccount, NotLoaded, type ReconcileDeps } from "../reconcile/service";
import { accountName } from "../rules";

/** How often a rebuild of one account is tried where somebody else is at its partition, and how long apart, ms. */
const TRIES = 3;
const PAUSE_MS = 250;
/** How many accounts are rebuilt at a time, each of another partition: one partition's go one after the other. */
const AT_ONCE = 4;

const pauseFor = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Closes an account and opens it anew under the next epoch, computed from the ledger: with its mark in Postgres nothing
 * takes the old state for sound any more, and the hydrate that follows retires it, drains what came out of it, and posts
 * again what has lost its place. Somebody else's hydrate that is quicker does as well.
 * @param input.why for the audit log
 * @param input.when asked under the account's row lock, which an opening takes too: where it says no, nothing is done
 * @returns the epoch that is in force now
 * @throws Refusal `not_found` where there is no such account, NotLoaded where it could not be opened: it stays closed, and
 *         its next use tries again
 */
export async function reopenAccount(
  ctx: Ctx,
  deps: ReconcileDeps,
  input: { readonly mode: Mode; readonly why: string; readonly when?: (tx: Tx) => Promise<boolean> },
): Promise<number> {
  const account = accountOf(ctx.customerId, input.mode);
  const before = await ctx.db.transaction(async (tx) => {
    const [head] = await tx.select().from(meteringAccounts).where(ofAccount(meteringAccounts, account)).for("update");
    if (!head) throw new Refusal("not_found", `There is no account ${accountName(account)}.`);
    if (input.when && !(await input.when(tx))) return { epoch: head.epoch, closed: false };
    await tx.update(meteringAccounts).set({ retire: true }).where(ofAccount(meteringAccounts, account));
    await recordAudit(tx, ctx, {
      action: "account.reopened",
      subject: accountName(account),
      details: { mode: input.mode, epoch: head.epoch, why: input.why },
    });
    return { epoch: head.epoch, closed: true };
  });
  if (!before.closed) return before.epoch;
  for (let attempt = 1; ; attempt++) {
    try {
      await hydrateAccount(deps, account, "change");
      break;
    } catch (error) {
      if (!(error instanceof NotLoaded) || attempt === TRIES) throw error;
      await pauseFor(PAUSE_MS);
    }
  }
  const [after] = await ctx.db
    .select({ epoch: meteringAccounts.epoch })
    .from(meteringAccounts)
    .where(and(ofAccount(meteringAccounts, account), eq(meteringAccounts.retire, false)));
  if (!after || after.epoch <= before.epoch) throw new NotLoaded("The account was closed again meanwhile");
  return after.epoch;
}

/** How far a rebuild of many accounts is. */
export interface RebuildProgress {
  readonly total: number;
  readonly done: number;
  readonly failed: readonly { readonly account: AccountId; readonly error: unknown }[];
}

/**
 * Rebuilds accounts, a few at a time and each whatever becomes of the others.
 * @param options.signal ends it after the accounts under way
 * @param options.tell called after each account
 */
export async function rebuildAccounts(
  deps: ReconcileDeps,
  actor: Actor,
  accounts: readonly AccountId[],
  options: { readonly signal?: AbortSignal; readonly tell?: (progress: RebuildProgress) => void } = {},
): Promise<RebuildProgress> {
  const failed: { account: AccountId; error: unknown }[] = [];
  let done = 0;
  const queues = [...Map.groupBy(accounts, (account) => partitionOf(account.customerId)).values()];
  const work = async (): Promise<void> => {
    for (let queue = queues.shift(); queue; queue = queues.shift()) {
      for (const account of queue) {
        if (options.signal?.aborted) return;
        try {
          const ctx: Ctx = { db: deps.db, customerId: account.customerId, actor };
          await reopenAccount(ctx, deps, { mode: account.mode, why: "rebuild" });
          done++;
        } catch (error) {
          failed.push({ account, error });
        }
        options.tell?.({ total: accounts.length, done, failed });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { total: accounts.length, done, failed };
}
