import { sql } from "drizzle-orm";
import { listOf } from "@/db/array";
import type { Tx } from "@/db/client";
import { emitEach } from "@/features/notifications/webhooks/service";
import { mintCustomerId } from "@/lib/ids";
import { isUse, type LedgerEvent } from "../ledger/rules";
import { strikeRefunded, writeUsage } from "../rollups/service";

/** Thrown where an entry names something that does not exist; it can never be written as it is. */
export class UnknownReference extends Error {}

/**
 * True where the fault lies in the entry itself: a value Postgres does not take (SQLSTATE class 22), a constraint it
 * breaks (class 23), or something it names that is not there. Anything else (a lock that was not to be had, a table
 * that a migration holds, a full disk) is no reason to give an entry up: the drain fails and comes again.
 */
export function isPoison(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at instanceof UnknownReference) return true;
    if ("code" in at && typeof at.code === "string" && /^2[23][0-9A-Z]{3}$/.test(at.code)) return true;
  }
  return false;
}

/** What Postgres said, with its cause: the driver's own message is only the statement. */
export const reasonOf = (error: unknown): string =>
  error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);

const column = (events: readonly LedgerEvent[], pick: (event: LedgerEvent) => string | number | null) =>
  listOf(events.map(pick));

/**
 * Writes entries that follow their chains, with everything that stands in step with the ledger: grants, reservations,
 * intents, the business side of usage and its rollups.
 * @throws UnknownReference, or what the driver throws; nothing of the caller's transaction is then to be kept
 */
export async function writeEntries(tx: Tx, events: readonly LedgerEvent[]): Promise<void> {
  await tx.execute(sql`
    insert into ledger_entries (customer_id, mode, epoch, seq, operation_id, kind, tokens, delta, balance_after,
      grant_parts, app_id, price, usage_id, grant_id, reservation_id, expires_at, reverses, idempotency_hash, request_hash,
      occurred_at)
    select customer_id, mode, epoch, seq, operation_id, kind, tokens, delta, balance_after, parts::jsonb, app_id, price,
      case when kind in ('usage', 'settle') then operation_id::uuid end, grant_id, reservation_id, expires_at, reverses,
      idempotency_hash, request_hash, occurred_at
    from unnest(
      ${column(events, (e) => e.customerId)}::uuid[], ${column(events, (e) => e.mode)}::text[],
      ${column(events, (e) => e.epoch)}::bigint[], ${column(events, (e) => e.seq)}::bigint[],
      ${column(events, (e) => e.operationId)}::text[], ${column(events, (e) => e.kind)}::text[],
      ${column(events, (e) => e.tokens)}::bigint[], ${column(events, (e) => e.delta)}::bigint[],
      ${column(events, (e) => e.balanceAfter)}::bigint[], ${column(events, (e) => JSON.stringify(e.grantParts))}::text[],
      ${column(events, (e) => e.appId)}::text[], ${column(events, (e) => e.price)}::bigint[],
      ${column(events, (e) => e.grantId)}::uuid[], ${column(events, (e) => e.reservationId)}::uuid[],
      ${column(events, (e) => e.expiresAt?.toISOString() ?? null)}::timestamptz[],
      ${column(events, (e) => e.reverses)}::text[],
      ${column(events, (e) => e.idempotencyHash)}::text[], ${column(events, (e) => e.requestHash)}::text[],
      ${column(events, (e) => e.occurredAt.toISOString())}::timestamptz[]
    ) as e(customer_id, mode, epoch, seq, operation_id, kind, tokens, delta, balance_after, parts, app_id, price, grant_id,
      reservation_id, expires_at, reverses, idempotency_hash, request_hash, occurred_at)`);
  const some = (kind: LedgerEvent["kind"]) => events.filter((event) => event.kind === kind);
  await writeGrants(tx, events);
  await openReservations(tx, some("hold"));
  await resolveReservations(tx, [...some("settle"), ...some("release")]);
  const uses = events.filter(isUse);
  if (uses.length > 0 && (await writeUsage(tx, uses)) !== uses.length)
    throw new UnknownReference("The entry names an app that is not in the catalogue");
  const refunds = some("refund");
  if (refunds.length > 0 && (await strikeRefunded(tx, refunds)) !== refunds.length)
    throw new UnknownReference("The entry gives back a use that is not known");
}

/** A grant as it was written, as webhooks tell of it; of a sandbox's nothing is told. */
const granted = ({ id, customer_id, mode, source, tokens, expires_at }: Record<string, unknown>) =>
  mode !== "live"
    ? []
    : [
        {
          customerId: mintCustomerId(String(customer_id)),
          key: String(id),
          data: {
            grant_id: String(id),
            source: source as "plan" | "pack" | "refund" | "adjustment",
            tokens: Number(tokens),
            expires_at: expires_at ? new Date(String(expires_at)).toISOString() : null,
          },
        },
      ];

/** Opens granted grants and takes from them what the entries' parts say; settles the intents behind them. */
async function writeGrants(tx: Tx, events: readonly LedgerEvent[]): Promise<void> {
  // A refund opens one where what it gives back came from a grant whose time is over.
  const opened = events.flatMap((event) =>
    (event.kind === "grant" || event.kind === "refund") && event.grantId
      ? [{ ...event, opens: event.grantParts.find(([id]) => id === event.grantId)?.[1] ?? 0 }]
      : [],
  );
  if (opened.length > 0) {
    const made = await tx.execute(sql`
      insert into grants (id, customer_id, mode, source, tokens, remaining, expires_at, granted_at)
      select i.id, i.customer_id, i.mode, i.source, e.tokens, 0, e.expires_at, e.at
      from unnest(${listOf(opened.map((e) => e.grantId))}::uuid[], ${listOf(opened.map((e) => e.customerId))}::uuid[],
        ${listOf(opened.map((e) => e.mode))}::text[], ${listOf(opened.map((e) => e.opens))}::bigint[],
        ${listOf(opened.map((e) => e.expiresAt?.toISOString() ?? null))}::timestamptz[],
        ${listOf(opened.map((e) => e.occurredAt.toISOString()))}::timestamptz[]
      ) as e(id, customer_id, mode, tokens, expires_at, at)
      join grant_intents i on i.id = e.id and i.customer_id = e.customer_id and i.mode = e.mode
      returning id, customer_id, mode, source, tokens, expires_at`);
    if (made.length !== opened.length) throw new UnknownReference("The entry opens a grant that was never owed");
    await emitEach(tx, "tokens.granted", made.flatMap(granted));
  }
  const ended = events.filter((event) => event.kind === "expiry" && event.intentId);
  if (ended.length > 0) {
    await tx.execute(sql`
      update grants g set expires_at = least(g.expires_at, e.at)
      from unnest(${column(ended, (e) => e.grantId)}::uuid[], ${column(ended, (e) => e.customerId)}::uuid[],
        ${column(ended, (e) => e.mode)}::text[], ${column(ended, (e) => e.expiresAt?.toISOString() ?? null)}::timestamptz[]
      ) as e(id, customer_id, mode, at)
      where g.id = e.id and g.customer_id = e.customer_id and g.mode = e.mode`);
  }
  const carried = events.filter((event) => event.intentId);
  if (carried.length > 0) {
    const done = await tx.execute(sql`
      update grant_intents i set applied_at = now(), refused_at = null
      from unnest(${column(carried, (e) => e.intentId)}::uuid[], ${column(carried, (e) => e.customerId)}::uuid[],
        ${column(carried, (e) => e.mode)}::text[]) as e(id, customer_id, mode)
      where i.id = e.id and i.customer_id = e.customer_id and i.mode = e.mode returning i.id`);
    if (done.length !== carried.length) throw new UnknownReference("The entry carries out what nobody asked for");
  }
  const changes = new Map<string, { id: string; customerId: string; mode: string; delta: number }>();
  for (const { customerId, mode, grantParts } of events) {
    for (const [id, delta] of grantParts) {
      // The account is part of the key: an entry may move its own account's grants and no other's.
      const key = `${id}:${customerId}:${mode}`;
      changes.set(key, { id, customerId, mode, delta: (changes.get(key)?.delta ?? 0) + delta });
    }
  }
  if (changes.size === 0) return;
  const rows = [...changes.values()];
  const updated = await tx.execute(sql`
    update grants g set remaining = g.remaining + c.delta
    from unnest(${listOf(rows.map((row) => row.id))}::uuid[], ${listOf(rows.map((row) => row.customerId))}::uuid[],
      ${listOf(rows.map((row) => row.mode))}::text[], ${listOf(rows.map((row) => row.delta))}::bigint[]
    ) as c(id, customer_id, mode, delta)
    where g.id = c.id and g.customer_id = c.customer_id and g.mode = c.mode
    returning g.id`);
  if (updated.length !== changes.size) throw new UnknownReference("The entry names a grant that is not known");
}

async function openReservations(tx: Tx, holds: readonly LedgerEvent[]): Promise<void> {
  if (holds.length === 0) return;
  const parts = (event: LedgerEvent) => JSON.stringify(event.grantParts.map(([id, delta]) => [id, -delta]));
  await tx.execute(sql`
    insert into reservations (id, customer_id, mode, app_id, status, tokens_reserved, parts, unlimited, created_at, expires_at)
    select id, customer_id, mode, app_id, 'held', tokens, parts::jsonb, delta = 0, at, expires_at
    from unnest(${column(holds, (e) => e.reservationId)}::uuid[], ${column(holds, (e) => e.customerId)}::uuid[],
      ${column(holds, (e) => e.mode)}::text[], ${column(holds, (e) => e.appId)}::text[],
      ${column(holds, (e) => e.tokens)}::bigint[], ${column(holds, (e) => e.delta)}::bigint[],
      ${column(holds, parts)}::text[], ${column(holds, (e) => e.occurredAt.toISOString())}::timestamptz[],
      ${column(holds, (e) => e.expiresAt?.toISOString() ?? null)}::timestamptz[]
    ) as h(id, customer_id, mode, app_id, tokens, delta, parts, at, expires_at)`);
}

async function resolveReservations(tx: Tx, resolutions: readonly LedgerEvent[]): Promise<void> {
  if (resolutions.length === 0) return;
  const used = (event: LedgerEvent) => (event.kind === "settle" ? event.tokens : 0);
  const resolved = await tx.execute(sql`
    update reservations r set status = h.status, tokens_consumed = h.used, usage_id = h.usage_id, resolved_at = h.at,
      balance_after = h.balance
    from unnest(${column(resolutions, (e) => e.reservationId)}::uuid[], ${column(resolutions, (e) => e.customerId)}::uuid[],
      ${column(resolutions, (e) => e.mode)}::text[],
      ${column(resolutions, (e) => (e.kind === "settle" ? "settled" : "released"))}::text[],
      ${column(resolutions, used)}::bigint[],
      ${column(resolutions, (e) => (e.kind === "settle" ? e.operationId : null))}::uuid[],
      ${column(resolutions, (e) => e.occurredAt.toISOString())}::timestamptz[],
      ${column(resolutions, (e) => e.told ?? e.balanceAfter)}::bigint[]
    ) as h(id, customer_id, mode, status, used, usage_id, at, balance)
    where r.id = h.id and r.customer_id = h.customer_id and r.mode = h.mode and r.status = 'held' returning r.id`);
  if (resolved.length !== resolutions.length)
    throw new UnknownReference("The entry resolves a reservation that is not open");
}
