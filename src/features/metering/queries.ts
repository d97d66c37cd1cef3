import { and, desc, eq, inArray, sql } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import type { Ctx } from "@/db/context";
import { apps } from "@/db/schema/catalog";
import { grantIntents, ledgerEntries, meteringAccounts } from "@/db/schema/metering";
import { type AccountId, accountOf, type Mode } from "@/lib/ids";
import type { Redis } from "@/lib/redis";
import type { BalanceReport, BalanceResponse, LedgerPage } from "./contract";
import { fieldsOf, hydrateAccount, type ReconcileDeps } from "./reconcile/service";
import { accountKey, holdsKey, unpackGrants } from "./rules";

/** An account as the ledger has it; undefined where there is none. */
export async function headOf(ctx: Ctx, input: { mode: Mode }) {
  const account = accountOf(ctx.customerId, input.mode);
  const [head] = await ctx.db.select().from(meteringAccounts).where(ofAccount(meteringAccounts, account));
  return head;
}

/**
 * The balance at this moment: from Redis, which decides, or from the ledger where Redis cannot be asked.
 * `balance` is null on an unlimited plan.
 */
export async function balance(ctx: Ctx, redis: Redis, input: { mode: Mode }): Promise<BalanceResponse> {
  return balanceUnder(redis, accountOf(ctx.customerId, input.mode), await headOf(ctx, input));
}

/** The same, for who has read what the ledger holds already. */
export async function balanceUnder(
  redis: Redis,
  account: AccountId,
  head: Awaited<ReturnType<typeof headOf>>,
): Promise<BalanceResponse> {
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
    .where(ofAccount(ledgerEntries, accountOf(ctx.customerId, input.mode)))
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

/** Thrown where the meter cannot be asked: an older figure would not be the balance. */
export class BalanceUnavailable extends Error {}

/**
 * The account as the meter has it: balance, position in the ledger, and what is left of each grant. What has expired
 * and was not written off yet is left out, of the grants and of the balance, as the next use would.
 * @throws BalanceUnavailable where Redis cannot be asked and the account cannot be brought in
 */
export async function liveAccount(ctx: Ctx, deps: ReconcileDeps, input: { mode: Mode }): Promise<BalanceReport> {
  const account = accountOf(ctx.customerId, input.mode);
  const read = () => fieldsOf(deps.redis, accountKey(account), ["e", "s", "b", "g", "u", "ret"]);
  let there: Awaited<ReturnType<typeof read>>;
  try {
    there = await read();
    if (there.b === null || there.ret !== null) {
      await hydrateAccount(deps, account);
      there = await read();
    }
  } catch (error) {
    throw new BalanceUnavailable("The meter cannot be asked", { cause: error });
  }
  if (there.b === null || there.ret !== null) throw new BalanceUnavailable("The account could not be brought in");
  const now = Date.now();
  const open = await heldTokens(deps.redis, account, now);
  const grants = unpackGrants(there.g ?? "").filter((grant) => grant.expiresAt === 0 || grant.expiresAt > now);
  const granted = await ctx.db
    .select({ id: grantIntents.id, tokens: grantIntents.tokens })
    .from(grantIntents)
    .where(
      and(
        eq(grantIntents.customerId, ctx.customerId),
        inArray(
          grantIntents.id,
          grants.map((grant) => grant.id),
        ),
      ),
    );
  return {
    mode: input.mode,
    epoch: Number(there.e),
    seq: Number(there.s),
    balance: grants.reduce((sum, grant) => sum + grant.remaining, 0),
    held: open.reduce((sum, tokens) => sum + tokens, 0),
    unlimited: there.u === "1",
    grants: grants.map((grant) => ({
      grant_id: grant.id,
      source: grant.source,
      tokens: granted.find((row) => row.id === grant.id)?.tokens ?? grant.remaining,
      remaining: grant.remaining,
      expires_at: grant.expiresAt === 0 ? null : new Date(grant.expiresAt).toISOString(),
    })),
    as_of: new Date(now).toISOString(),
  };
}

/** What an account's open reservations hold, each; those of an unlimited plan hold nothing of a balance. */
async function heldTokens(redis: Redis, account: AccountId, now: number): Promise<number[]> {
  const ids = (await redis.zrange<string[]>(holdsKey(account), now + 1, "+inf", { byScore: true })).map(String);
  if (ids.length === 0) return [];
  const records = await fieldsOf(
    redis,
    accountKey(account),
    ids.map((id) => `h:${id}`),
  );
  return Object.values(records).map((record) =>
    unpackGrants(record?.split("|")[4] ?? "").reduce((sum, part) => sum + part.remaining, 0),
  );
}

/**
 * A page of the ledger, newest first. The cursor is the place of the last entry shown, so that what is written
 * meanwhile neither shifts nor repeats a page.
 */
export async function ledgerPageOf(
  ctx: Ctx,
  input: { mode: Mode; cursor?: string | undefined; limit: number },
): Promise<LedgerPage> {
  const [epoch, seq] = (input.cursor ?? "").split(".");
  const rows = await ctx.db
    .select()
    .from(ledgerEntries)
    .where(
      and(
        ofAccount(ledgerEntries, accountOf(ctx.customerId, input.mode)),
        epoch && seq
          ? sql`(${ledgerEntries.epoch}, ${ledgerEntries.seq}) < (${Number(epoch)}::bigint, ${Number(seq)}::bigint)`
          : undefined,
      ),
    )
    .orderBy(desc(ledgerEntries.epoch), desc(ledgerEntries.seq))
    .limit(input.limit + 1);
  const shown = rows.slice(0, input.limit);
  const last = shown.at(-1);
  return {
    entries: shown.map((entry) => ({
      epoch: entry.epoch,
      seq: entry.seq,
      kind: entry.kind,
      tokens: entry.tokens,
      delta: entry.delta,
      balance_after: entry.balanceAfter,
      app_id: entry.appId,
      // A refund is of a use: the reader must be able to tell of which.
      usage_id: entry.usageId ?? entry.reverses,
      grant_id: entry.grantId,
      occurred_at: entry.occurredAt.toISOString(),
    })),
    next_cursor: rows.length > input.limit && last ? `${last.epoch}.${last.seq}` : null,
  };
}
