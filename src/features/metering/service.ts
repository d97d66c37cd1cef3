import { and, asc, eq } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { meteringAccounts } from "@/db/schema/metering";
import { recordAudit } from "@/features/audit/service";
import { Refusal } from "@/lib/errors";
import { accountOf, type CustomerId, type Mode, mintCustomerId } from "@/lib/ids";
import { partitionOf } from "@/lib/partition";
import { CONFIGURE_ACCOUNTS, RETIRE } from "./edge/lua/state";
import { runScript } from "./edge/service";
import { deadlineOf, type ReconcileDeps } from "./reconcile/service";
import { accountKey } from "./rules";

/** Opens a customer's two accounts, live and test, with nothing in them. Part of the transaction that makes the brand. */
export async function openAccounts(tx: Tx, customerId: CustomerId, options: { unlimited: boolean }): Promise<void> {
  const partition = partitionOf(customerId);
  await tx.insert(meteringAccounts).values([
    { customerId, mode: "live", partition, unlimited: options.unlimited },
    { customerId, mode: "test", partition, unlimited: options.unlimited },
  ]);
}

/**
 * Changes whether an account's tokens run out: the part of a change of plan that the meter decides by. What is held or
 * granted stays what it is.
 */
export async function changeLimit(
  ctx: Ctx,
  deps: ReconcileDeps,
  input: { readonly mode: Mode; readonly unlimited: boolean },
): Promise<void> {
  const account = accountOf(ctx.customerId, input.mode);
  await configureAccounts(deps, ctx.customerId, { modes: [input.mode] }, async (tx) => {
    await tx.update(meteringAccounts).set({ unlimited: input.unlimited }).where(ofAccount(meteringAccounts, account));
    await recordAudit(tx, ctx, {
      action: "plan.limit_changed",
      subject: ctx.customerId,
      details: { mode: input.mode, unlimited: input.unlimited },
    });
    return { result: undefined, fields: { u: input.unlimited ? "1" : "0" } };
  });
}

/**
 * Changes what a brand has configured and brings it to the edge: the caller's change in Postgres under the account's
 * row lock, which a hydrate takes too, then the fields in Redis, then the commit. Where Redis does not take them the
 * change is rolled back. Where part of it may stand in Redis after that, the account is retired and hydrates from what
 * is true; where Redis cannot even be told that, a mark in Postgres has the worker tell it.
 * @throws what `change` throws, or Refusal `metering_unavailable` where Redis is away
 */
export async function configureAccounts<T>(
  deps: Pick<ReconcileDeps, "db" | "redis" | "budgetMs">,
  customerId: CustomerId,
  which: { readonly modes: readonly Mode[] },
  change: (tx: Tx) => Promise<{ result: T; fields: Record<string, string> }>,
): Promise<T> {
  const accounts = which.modes.map((mode) => accountOf(customerId, mode));
  let pushed = false;
  try {
    return await deps.db.transaction(async (tx) => {
      await tx
        .select({ mode: meteringAccounts.mode })
        .from(meteringAccounts)
        .where(eq(meteringAccounts.customerId, customerId))
        .orderBy(asc(meteringAccounts.mode))
        .for("update");
      const { result, fields } = await change(tx);
      const flat = Object.entries(fields).flat();
      if (flat.length > 0) {
        const deadline = await deadlineOf(deps).catch(() => {
          throw notBrought();
        });
        pushed = true;
        const answer = await runScript(deps.redis, CONFIGURE_ACCOUNTS, accounts.map(accountKey), [deadline, ...flat]);
        if (answer.kind !== "reply" || answer.reply[0] === "late") throw notBrought();
      }
      return result;
    });
  } catch (error) {
    if (pushed) await retireAccounts(deps, customerId);
    throw error;
  }
}

const notBrought = (): Refusal =>
  new Refusal(
    "metering_unavailable",
    "The change could not be brought to the edge, which decides every use. Nothing was changed; try again in a moment.",
  );

/** Retires a brand's accounts now, or has the worker do it as soon as Redis can be told. */
async function retireAccounts(deps: Pick<ReconcileDeps, "db" | "redis">, customerId: CustomerId): Promise<void> {
  await deps.db.update(meteringAccounts).set({ retire: true }).where(eq(meteringAccounts.customerId, customerId));
  await retireMarked(deps, customerId);
}

/**
 * Retires in Redis every account that is marked so in Postgres; of one brand, or of all. The mark stays until Redis has
 * confirmed it.
 */
export async function retireMarked(deps: Pick<ReconcileDeps, "db" | "redis">, customerId?: CustomerId): Promise<void> {
  const marked = await deps.db
    .select()
    .from(meteringAccounts)
    .where(
      and(eq(meteringAccounts.retire, true), customerId ? eq(meteringAccounts.customerId, customerId) : undefined),
    );
  for (const row of marked) {
    const account = accountOf(mintCustomerId(row.customerId), row.mode);
    const answer = await runScript(deps.redis, RETIRE, [accountKey(account)], [String(row.epoch)]);
    if (answer.kind !== "reply") continue;
    await deps.db
      .update(meteringAccounts)
      .set({ retire: false })
      .where(and(ofAccount(meteringAccounts, row), eq(meteringAccounts.epoch, row.epoch)));
  }
}
