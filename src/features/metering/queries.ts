import { and, desc, eq } from "drizzle-orm";
import type { Ctx } from "@/db/context";
import { apps } from "@/db/schema/catalog";
import { ledgerEntries, meteringAccounts } from "@/db/schema/metering";
import { accountOf, type Mode } from "@/lib/ids";
import type { Redis } from "@/lib/redis";
import type { BalanceResponse } from "./contract";
import { fieldsOf } from "./reconcile/service";
import { accountKey } from "./rules";

/**
 * The balance at this moment: from Redis, which decides, or from the ledger where Redis cannot be asked.
 * `balance` is null on an unlimited plan.
 */
export async function balance(ctx: Ctx, redis: Redis, input: { mode: Mode }): Promise<BalanceResponse> {
  const [head] = await ctx.db
    .select()
    .from(meteringAccounts)
    .where(and(eq(meteringAccounts.customerId, ctx.customerId), eq(meteringAccounts.mode, input.mode)));
  const account = accountOf(ctx.customerId, input.mode);
  try {
    const live = await fieldsOf(redis, accountKey(account), ["b", "e", "u", "ret"]);
    if (live.b !== null && live.ret === null && live.e === String(head?.epoch)) {
      const unlimited = live.u === "1";
      return { balance: unlimited ? null : Number(live.b), unlimited, asOf: new Date().toISOString(), source: "live" };
    }
  } catch {
    // Redis is away: what the ledger holds is true as of the last drain, and said to be so.
  }
  const unlimited = head?.unlimited ?? false;
  return {
    balance: unlimited ? null : (head?.balance ?? 0),
    unlimited,
    asOf: (head?.updatedAt ?? new Date()).toISOString(),
    source: "ledger",
  };
}

/** The newest entries of an account's ledger, newest first. */
export async function latestEntries(ctx: Ctx, input: { mode: Mode; limit: number }) {
  const rows = await ctx.db
    .select({ entry: ledgerEntries, appName: apps.name })
    .from(ledgerEntries)
    .leftJoin(apps, eq(apps.catalogId, ledgerEntries.appId))
    .where(and(eq(ledgerEntries.customerId, ctx.customerId), eq(ledgerEntries.mode, input.mode)))
    .orderBy(desc(ledgerEntries.epoch), desc(ledgerEntries.seq))
    .limit(input.limit);
  return {
    entries: rows.map(({ entry, appName }) => ({
      epoch: entry.epoch,
      seq: entry.seq,
      kind: entry.kind,
      tokens: entry.tokens,
      delta: entry.delta,
      balanceAfter: entry.balanceAfter,
      appId: entry.appId,
      appName,
      usageId: entry.usageId,
      occurredAt: entry.occurredAt.toISOString(),
    })),
  };
}
