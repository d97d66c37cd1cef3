import { and, desc, eq, inArray, sql } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import type { Ctx } from "@/db/context";
import { apps } from "@/db/schema/catalog";
import { grantIntents, ledgerEntries, meteringAccounts } from "@/db/schema/metering";
import { type AccountId, accountOf, type Mode } from "@/lib/ids";
import type { Redis } from "@/lib/redis";
import type { BalanceReport, BalanceResponse, LedgerPage } from "./contract";
import { fieldsOf, hydrateAccount, type ReconcileDeps } from "./reconcile/service";
import { accountKey, burnOrder, type Grant, hashOf, unpackGrants, unpackHold } from "./rules";

/** An account as the ledger has it; undefined where there is none. */
export async function headOf(ctx: Ctx, input: { mode: Mode }) {
  const account = accountOf(ctx.customerId, input.mode);
  const [head] = await ctx.db.select().from(meteringAccounts).where(ofAccount(meteringAccounts, account));
  return head;
}

/**
 * The balance at this moment: from Redis, which decides, or from the ledger where Redis has none or cannot be asked.
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
  const untouched = (head?.seq ?? 0) === 0;
  const now = () => new Date().toISOString();
  const kept = {
    balance: head?.unlimited ? null : (head?.balance ?? 0),
    unlimited: head?.unlimited ?? false,
    untouched,
  };
  try {
    const live = await fieldsOf(redis, accountKey(account), ["b", "e", "u", "ret"]);
    if (live.b !== null && live.ret === null && live.e === String(head?.epoch)) {
      const unlimited = live.u === "1";
      return { balance: unlimited ? null : Number(live.b), unlimited, untouched, asOf: now(), source: "live" };
    }
    return { ...kept, asOf: now(), source: "resting" };
  } catch {
    // Redis is away: what the ledger holds is true as of the last drain, and said to be so.
    return { ...kept, asOf: head?.updatedAt.toISOString() ?? now(), source: "ledger" };
  }
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

/** A hash at one moment; empty where there is none. */
const wholeHash = async (redis: Redis, key: string): Promise<ReadonlyMap<string, string>> =>
  hashOf(((await redis.hgetall(key)) ?? []) as unknown as readonly unknown[]);

const sumOf = (grants: readonly Grant[]): number => grants.reduce((sum, grant) => sum + grant.remaining, 0);

/** Grants and what comes back to them, each grant once, in the order in which they burn. */
function together(parts: readonly Grant[]): Grant[] {
  const byId = new Map<string, Grant>();
  for (const part of parts)
    byId.set(part.id, { ...part, remaining: part.remaining + (byId.get(part.id)?.remaining ?? 0) });
  return burnOrder([...byId.values()]);
}

/**
 * The account as the meter has it: balance, position in the ledger, and what is left of each grant. What has fallen due
 * and was not done yet counts as done, as the next use would have it: expired grants are left out, reservations whose time
 * is over have given back.
 * @throws BalanceUnavailable where Redis cannot be asked and the account cannot be brought in
 */
export async function liveAccount(ctx: Ctx, deps: ReconcileDeps, input: { mode: Mode }): Promise<BalanceReport> {
  const account = accountOf(ctx.customerId, input.mode);
  const isAway = (hash: ReadonlyMap<string, string>) => !hash.has("b") || hash.has("ret");
  let there: ReadonlyMap<string, string>;
  try {
    there = await wholeHash(deps.redis, accountKey(account));
    if (isAway(there)) {
      await hydrateAccount(deps, account);
      there = await wholeHash(deps.redis, accountKey(account));
    }
  } catch (error) {
    throw new BalanceUnavailable("The meter cannot be asked", { cause: error });
  }
  if (isAway(there)) throw new BalanceUnavailable("The account could not be brought in");
  const now = Date.now();
  const holds = [...there].flatMap(([field, record]) => (field.startsWith("h:") ? [unpackHold(record)] : []));
  const over = holds.filter((hold) => hold.expiresAt <= now);
  const grants = together([...unpackGrants(there.get("g") ?? ""), ...over.flatMap((hold) => hold.parts)]).filter(
    (grant) => grant.expiresAt === 0 || grant.expiresAt > now,
  );
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
    epoch: Number(there.get("e")),
    seq: Number(there.get("s")),
    balance: sumOf(grants),
    // Reservations of an unlimited plan hold nothing of a balance.
    held: sumOf(holds.flatMap((hold) => (hold.expiresAt > now ? hold.parts : []))),
    unlimited: there.get("u") === "1",
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
