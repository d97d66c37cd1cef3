import { and, eq, sql } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import type { Db } from "@/db/client";
import { reservations } from "@/db/schema/metering";
import type { AccountId } from "@/lib/ids";
import { partitionOf } from "@/lib/partition";
import { LIFETIME_MS } from "../edge/lua/common";
import { drainPartition } from "../outbox/service";
import { NotLoaded, type ReconcileDeps } from "../reconcile/service";
import { resolutionHash } from "../reservations/rules";
import { operationKey } from "../rules";

/** Puts a record back that Redis has forgotten, for the rest of its time; one that is there is left as it is. */
async function putBack(deps: ReconcileDeps, account: AccountId, hash: string, record: string, at: Date): Promise<void> {
  // At least for a moment, so that the call that asked finds it.
  const left = Math.max(at.getTime() + LIFETIME_MS - Date.now(), 60_000);
  await deps.redis.set(operationKey(partitionOf(account.customerId), hash), record, { nx: true, px: left });
}

/**
 * Looks for what an idempotency key has led to in the last day, in the ledger and among dead letters, and puts its record
 * back into Redis. Needed for a day after Redis may have forgotten.
 * @returns whether there was such an operation
 */
export async function loadOperation(deps: ReconcileDeps, account: AccountId, hash: string): Promise<boolean> {
  const found = (await entryOf(deps.db, account, hash)) ?? (await letterOf(deps.db, account, hash));
  if (!found) return false;
  const { kind, request, app, price, tokens, operation, balance, unlimited, at, expires } = found;
  const mark = unlimited ? 1 : 0;
  const record =
    kind === "hold"
      ? `h1|${request}|${app}|${tokens}|${operation}|${balance}|${mark}|${expires}`
      : `1|${request}|${app}|${price}|${tokens}|${operation}|${balance}|${mark}|${at.getTime()}`;
  await putBack(deps, account, hash, record, at);
  return true;
}

interface Found {
  readonly kind: string;
  readonly request: string;
  readonly app: string;
  readonly price: number;
  readonly tokens: number;
  readonly operation: string;
  readonly balance: number;
  readonly unlimited: boolean;
  readonly at: Date;
  /** Redis ms. */
  readonly expires: number;
}

async function entryOf(db: Db, account: AccountId, hash: string): Promise<Found | null> {
  // One that was posted again has another balance than its answer told: that stands in the letter it came from.
  const [row] = await db.execute(sql`
    select e.*, (select d.balance_after from dead_letters d
      where d.customer_id = e.customer_id and d.mode = e.mode and d.fields->>'o' = e.operation_id
      order by d.created_at limit 1) as told
    from ledger_entries e
    where e.idempotency_hash = ${hash} and e.customer_id = ${account.customerId} and e.mode = ${account.mode}
      and e.kind in ('usage', 'hold') and e.occurred_at > now() - interval '25 hours'
    limit 1`);
  if (!row) return null;
  return {
    kind: String(row.kind),
    request: String(row.request_hash ?? ""),
    app: String(row.app_id),
    price: Number(row.price),
    tokens: Number(row.tokens),
    operation: String(row.operation_id),
    balance: Number(row.told ?? row.balance_after),
    unlimited: Number(row.delta) === 0,
    at: new Date(String(row.occurred_at)),
    expires: row.expires_at ? new Date(String(row.expires_at)).getTime() : 0,
  };
}

async function letterOf(db: Db, account: AccountId, hash: string): Promise<Found | null> {
  const [row] = await db.execute(sql`
    select fields from dead_letters
    where customer_id = ${account.customerId} and mode = ${account.mode} and fields->>'i' = ${hash}
      -- One that was given up is booked without what it was for; its answer was given all the same.
      and reason = 'poison' and (resolved_at is null or resolution like 'discarded: %') and created_at > now() - interval '25 hours'
    limit 1`);
  if (!row) return null;
  const fields = row.fields as Readonly<Record<string, string>>;
  return {
    kind: fields.k ?? "",
    request: fields.h ?? "",
    app: fields.p ?? "",
    price: Number(fields.c ?? 0),
    tokens: Number(fields.t),
    operation: fields.o ?? "",
    balance: Number(fields.b),
    unlimited: fields.d === "0",
    at: new Date(Number(fields.n)),
    expires: Number(fields.x ?? 0),
  };
}

/**
 * Looks for what became of a reservation that is not open in Redis, and puts that back. What has resolved it may still be
 * in the outbox, so that is drained first.
 * @returns whether there was such a reservation
 * @throws NotLoaded where the ledger cannot tell yet
 */
export async function loadReservation(deps: ReconcileDeps, account: AccountId, id: string): Promise<boolean> {
  await drainPartition(deps, partitionOf(account.customerId));
  const [row] = await deps.db
    .select()
    .from(reservations)
    .where(and(ofAccount(reservations, account), eq(reservations.id, id)));
  if (!row) return false;
  if (row.status === "held" || !row.resolvedAt) throw new NotLoaded("The reservation's end is not in the ledger yet");
  const record = [
    "r1",
    row.status,
    row.appId,
    row.tokensReserved,
    row.tokensConsumed ?? 0,
    row.balanceAfter ?? 0,
    row.unlimited ? 1 : 0,
    row.expiresAt.getTime(),
    row.usageId ?? "",
    "",
  ].join("|");
  await putBack(deps, account, resolutionHash(account, id), record, row.resolvedAt);
  return true;
}
