import { isIP } from "node:net";
import { and, eq, sql } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import { listOf } from "@/db/array";
import type { Tx } from "@/db/client";
import { deadLetters, ledgerEntries, meteringAccounts } from "@/db/schema/metering";
import { uuidv7 } from "@/lib/ids";
import {
  type Head,
  type LedgerEvent,
  type Place,
  placeOf,
  processingTime,
  type Unplaced,
  type UnreadableEvent,
} from "./rules";

/** What a batch from the outbox came to. */
export interface Recorded {
  written: number;
  /** Entries that were there already: the batch had been written before, and only its deletion was missed. */
  reread: number;
  poisoned: number;
  forked: number;
  /** Accounts that Redis must not go on with, and the last of their epochs that is over. */
  retire: { readonly account: string; readonly epoch: number }[];
}

/** Thrown where an entry names something that does not exist; it can never be written as it is. */
class UnknownReference extends Error {}

/**
 * True where the fault lies in the entry itself: a value Postgres does not take (SQLSTATE class 22), a constraint it
 * breaks (class 23), or something it names that is not there. Anything else (a lock that was not to be had, a table
 * that a migration holds, a full disk) is no reason to give an entry up: the drain fails and comes again.
 */
function isPoison(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at instanceof UnknownReference) return true;
    if ("code" in at && typeof at.code === "string" && /^2[23][0-9A-Z]{3}$/.test(at.code)) return true;
  }
  return false;
}

const accountOfEvent = (event: Place) =>
  sql`(${meteringAccounts.customerId} = ${event.customerId}::uuid and ${meteringAccounts.mode} = ${event.mode})`;

/** The chain heads of a batch's accounts, locked for the rest of the transaction. */
async function lockHeads(tx: Tx, events: readonly Place[]): Promise<Map<string, Head>> {
  const each = [...new Map(events.map((event) => [event.account, event])).values()];
  if (each.length === 0) return new Map();
  const rows = await tx
    .select()
    .from(meteringAccounts)
    .where(sql.join(each.map(accountOfEvent), sql` or `))
    // One order for everybody who locks several, so that two of them cannot wait for each other.
    .orderBy(meteringAccounts.customerId, meteringAccounts.mode)
    .for("update");
  return new Map(
    rows.map(({ customerId, mode, epoch, seq, balance, forked }) => [
      `${customerId}:${mode}`,
      { epoch, seq, balance, forked },
    ]),
  );
}

/** Whether the place of each event is held by the same operation, in the ledger or among the dead letters. */
async function sameOperation(tx: Tx, event: Place): Promise<boolean> {
  const [entry] = await tx
    .select({ operationId: ledgerEntries.operationId })
    .from(ledgerEntries)
    .where(
      and(ofAccount(ledgerEntries, event), eq(ledgerEntries.epoch, event.epoch), eq(ledgerEntries.seq, event.seq)),
    );
  if (entry) return entry.operationId === event.operationId;
  const letters = await tx
    .select({ fields: deadLetters.fields })
    .from(deadLetters)
    .where(and(ofAccount(deadLetters, event), eq(deadLetters.epoch, event.epoch), eq(deadLetters.seq, event.seq)));
  return letters.some((letter) => letter.fields.o === event.operationId);
}

/** Keeps an entry that cannot be written, whole, so that nothing read from the outbox is ever only deleted. */
async function bury(
  tx: Tx,
  partition: number,
  reason: "poison" | "fork",
  error: string,
  entry: Place | Unplaced,
): Promise<void> {
  const { streamId, fields } = entry;
  const [there] = await tx
    .select({ id: deadLetters.id })
    .from(deadLetters)
    .where(
      and(
        eq(deadLetters.partition, partition),
        eq(deadLetters.streamId, streamId),
        sql`${deadLetters.fields} = ${JSON.stringify(fields)}::jsonb`,
      ),
    );
  if (there) return;
  const at = "account" in entry ? entry : null;
  await tx.insert(deadLetters).values({
    id: uuidv7(),
    partition,
    streamId,
    reason,
    error: error.slice(0, 2000),
    customerId: at?.customerId ?? null,
    mode: at?.mode ?? null,
    epoch: at?.epoch ?? null,
    seq: at?.seq ?? null,
    delta: at?.delta ?? null,
    balanceAfter: at?.balanceAfter ?? null,
    fields,
  });
}

const advance = (heads: Map<string, Head>, event: Place): void => {
  const head = heads.get(event.account);
  if (head) Object.assign(head, { epoch: event.epoch, seq: event.seq, balance: event.balanceAfter });
};

/**
 * Writes one batch read from the head of a partition's outbox: ledger, usage, rollups, grants and chain heads, in the
 * caller's transaction. The caller holds the partition's drain lock and deletes from the outbox only after the commit.
 *
 * An event is written only where it follows its account's chain. One whose place is held by the same operation is a
 * re-read and changes nothing. Anything else is a fork: it and all that follow in that epoch are quarantined, and the
 * account must be retired; an account that goes on in an epoch which is over must be too. An event that can never be
 * written is kept as a dead letter in its place of the chain, and the rest go on.
 * @throws what the driver throws where the fault is not the entries'; nothing is written then
 */
export async function recordEvents(
  tx: Tx,
  partition: number,
  entries: readonly (LedgerEvent | UnreadableEvent | Unplaced)[],
): Promise<Recorded> {
  const recorded: Recorded = { written: 0, reread: 0, poisoned: 0, forked: 0, retire: [] };
  const placed: (LedgerEvent | UnreadableEvent)[] = [];
  for (const entry of entries) {
    if ("account" in entry) {
      placed.push(entry);
    } else {
      await bury(tx, partition, "poison", entry.error, entry);
      recorded.poisoned++;
    }
  }
  const heads = await lockHeads(tx, placed);
  const fresh: LedgerEvent[] = [];
  const over = new Map<string, number>();
  for (const event of placed) {
    const head = heads.get(event.account);
    const place = placeOf(head, event);
    if (place === "next") {
      if ("error" in event) {
        await bury(tx, partition, "poison", event.error, event);
        recorded.poisoned++;
      } else {
        fresh.push(event);
      }
      advance(heads, event);
    } else if (place === "seen" && (await isReread(tx, event, fresh))) {
      recorded.reread++;
    } else {
      await bury(
        tx,
        partition,
        "fork",
        head ? "The entry does not follow its account's chain" : "No such account",
        event,
      );
      recorded.forked++;
      if (!head) continue;
      // Of an epoch that is over, it says nothing about the one in force; but Redis may still be living in it.
      if (event.epoch >= head.epoch) head.forked = true;
      over.set(
        event.account,
        event.epoch >= head.epoch ? head.epoch : Math.max(event.epoch, over.get(event.account) ?? 0),
      );
    }
  }
  recorded.retire = Array.from(over, ([account, epoch]) => ({ account, epoch }));
  const lost = await writeAll(tx, partition, fresh);
  recorded.poisoned += lost;
  recorded.written = fresh.length - lost;
  await saveHeads(tx, heads);
  return recorded;
}

const isReread = async (tx: Tx, event: Place, fresh: readonly LedgerEvent[]): Promise<boolean> =>
  fresh.some(
    (other) =>
      other.account === event.account &&
      other.epoch === event.epoch &&
      other.seq === event.seq &&
      other.operationId === event.operationId,
  ) || (await sameOperation(tx, event));

/** Writes the batch at once; where Postgres refuses it, one by one, so that only what is bad is left out. */
async function writeAll(tx: Tx, partition: number, events: readonly LedgerEvent[]): Promise<number> {
  if (events.length === 0) return 0;
  try {
    await tx.transaction((nested) => writeEntries(nested, events));
    return 0;
  } catch (error) {
    if (!isPoison(error)) throw error;
  }
  let lost = 0;
  for (const event of events) {
    try {
      await tx.transaction((nested) => writeEntries(nested, [event]));
    } catch (error) {
      if (!isPoison(error)) throw error;
      await bury(tx, partition, "poison", reasonOf(error), event);
      lost++;
    }
  }
  return lost;
}

/** What Postgres said, with its cause: the driver's own message is only the statement. */
const reasonOf = (error: unknown): string =>
  error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);

const column = (events: readonly LedgerEvent[], pick: (event: LedgerEvent) => string | number | null) =>
  listOf(events.map(pick));

async function writeEntries(tx: Tx, events: readonly LedgerEvent[]): Promise<void> {
  await tx.execute(sql`
    insert into ledger_entries (customer_id, mode, epoch, seq, operation_id, kind, tokens, delta, balance_after,
      grant_parts, app_id, price, usage_id, grant_id, expires_at, idempotency_hash, request_hash, occurred_at)
    select customer_id, mode, epoch, seq, operation_id, kind, tokens, delta, balance_after, parts::jsonb, app_id, price,
      case when kind = 'usage' then operation_id::uuid end, grant_id, expires_at, idempotency_hash, request_hash, occurred_at
    from unnest(
      ${column(events, (e) => e.customerId)}::uuid[], ${column(events, (e) => e.mode)}::text[],
      ${column(events, (e) => e.epoch)}::bigint[], ${column(events, (e) => e.seq)}::bigint[],
      ${column(events, (e) => e.operationId)}::text[], ${column(events, (e) => e.kind)}::text[],
      ${column(events, (e) => e.tokens)}::bigint[], ${column(events, (e) => e.delta)}::bigint[],
      ${column(events, (e) => e.balanceAfter)}::bigint[], ${column(events, (e) => JSON.stringify(e.grantParts))}::text[],
      ${column(events, (e) => e.appId)}::text[], ${column(events, (e) => e.price)}::bigint[],
      ${column(events, (e) => e.grantId)}::uuid[],
      ${column(events, (e) => e.expiresAt?.toISOString() ?? null)}::timestamptz[],
      ${column(events, (e) => e.idempotencyHash)}::text[], ${column(events, (e) => e.requestHash)}::text[],
      ${column(events, (e) => e.occurredAt.toISOString())}::timestamptz[]
    ) as e(customer_id, mode, epoch, seq, operation_id, kind, tokens, delta, balance_after, parts, app_id, price, grant_id,
      expires_at, idempotency_hash, request_hash, occurred_at)`);
  await writeGrants(tx, events);
  const uses = events.filter((event) => event.kind === "usage");
  if (uses.length > 0) await writeUsage(tx, uses);
}

/** An address as Postgres takes it, or none: a detail must never keep money out of the ledger. */
const storable = (ip: string | undefined): string | null => (ip && isIP(ip) && !ip.includes("%") ? ip : null);

/** Opens granted grants and takes from them what the entries' parts say. */
async function writeGrants(tx: Tx, events: readonly LedgerEvent[]): Promise<void> {
  const granted = events.filter((event) => event.kind === "grant");
  if (granted.length > 0) {
    const ids = column(granted, (e) => e.grantId);
    await tx.execute(sql`
      insert into grants (id, customer_id, mode, source, tokens, remaining, expires_at, granted_at)
      select i.id, i.customer_id, i.mode, i.source, i.tokens, 0, i.expires_at, e.at
      from unnest(${ids}::uuid[], ${column(granted, (e) => e.customerId)}::uuid[], ${column(granted, (e) => e.mode)}::text[],
        ${column(granted, (e) => e.occurredAt.toISOString())}::timestamptz[]) as e(id, customer_id, mode, at)
      join grant_intents i on i.id = e.id and i.customer_id = e.customer_id and i.mode = e.mode`);
    await tx.execute(sql`update grant_intents set applied_at = now() where id = any(${ids}::uuid[])`);
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

/** The business side of usage, and its rollup by day, for entries that are new. */
async function writeUsage(tx: Tx, uses: readonly LedgerEvent[]): Promise<void> {
  const ids = column(uses, (e) => e.operationId);
  const customers = column(uses, (e) => e.customerId);
  const modes = column(uses, (e) => e.mode);
  const apps = column(uses, (e) => e.appId);
  const amounts = column(uses, (e) => e.tokens);
  const times = column(uses, (e) => e.occurredAt.toISOString());
  const inserted = await tx.execute(sql`
    insert into token_usage (id, customer_id, mode, app_id, tokens_consumed, key_id, session_id, metadata, ip_address,
      user_agent, created_at)
    select u.id, u.customer_id, u.mode, a.id, u.tokens, u.key_id, u.session_id, u.metadata::jsonb, u.ip::inet, u.agent, u.at
    from unnest(${ids}::uuid[], ${customers}::uuid[], ${modes}::text[], ${apps}::text[], ${amounts}::bigint[],
      ${column(uses, (e) => e.keyId)}::text[], ${column(uses, (e) => e.details.s ?? null)}::text[],
      ${column(uses, (e) => JSON.stringify(e.details.m ?? {}))}::text[], ${column(uses, (e) => storable(e.details.ip))}::text[],
      ${column(uses, (e) => e.details.ua ?? null)}::text[], ${times}::timestamptz[]
    ) as u(id, customer_id, mode, app_id, tokens, key_id, session_id, metadata, ip, agent, at)
    join apps a on a.catalog_id = u.app_id
    returning id`);
  if (inserted.length !== uses.length)
    throw new UnknownReference("The entry names an app that is not in the catalogue");
  await tx.execute(sql`
    insert into usage_analytics_daily as d
      (customer_id, mode, app_id, date, tokens_consumed, sessions_count, avg_processing_time_ms, processing_time_count)
    select u.customer_id, u.mode, a.id, (u.at at time zone 'UTC')::date, sum(u.tokens), count(*), avg(u.took), count(u.took)
    from unnest(${customers}::uuid[], ${modes}::text[], ${apps}::text[], ${amounts}::bigint[], ${times}::timestamptz[],
      ${column(uses, (e) => processingTime(e.details))}::numeric[]) as u(customer_id, mode, app_id, tokens, at, took)
    join apps a on a.catalog_id = u.app_id
    group by 1, 2, 3, 4
    on conflict (customer_id, mode, app_id, date) do update set
      tokens_consumed = d.tokens_consumed + excluded.tokens_consumed,
      sessions_count = d.sessions_count + excluded.sessions_count,
      avg_processing_time_ms = case when d.processing_time_count + excluded.processing_time_count = 0 then null else
        (coalesce(d.avg_processing_time_ms, 0) * d.processing_time_count
          + coalesce(excluded.avg_processing_time_ms, 0) * excluded.processing_time_count)
        / (d.processing_time_count + excluded.processing_time_count) end,
      processing_time_count = d.processing_time_count + excluded.processing_time_count`);
  await tx.execute(sql`
    update customer_apps c set last_used_at = greatest(c.last_used_at, u.at)
    from (select customer_id, app_id, max(at) as at
      from unnest(${customers}::uuid[], ${apps}::text[], ${times}::timestamptz[]) as u(customer_id, app_id, at) group by 1, 2) u
    join apps a on a.catalog_id = u.app_id
    where c.customer_id = u.customer_id and c.app_id = a.id`);
  await tx.execute(sql`
    update api_keys k set last_used_at = greatest(k.last_used_at, u.at)
    from (select key_id, max(at) as at from unnest(${column(uses, (e) => e.keyId)}::text[], ${times}::timestamptz[]) as u(key_id, at)
      group by 1) u
    where k.key_id = u.key_id`);
}

async function saveHeads(tx: Tx, heads: Map<string, Head>): Promise<void> {
  if (heads.size === 0) return;
  const rows = [...heads].map(([name, head]) => ({ customerId: name.slice(0, 36), mode: name.slice(37), ...head }));
  const col = (pick: (row: (typeof rows)[number]) => string | number | boolean) => listOf(rows.map(pick));
  await tx.execute(sql`
    update metering_accounts m
    set epoch = h.epoch, seq = h.seq, balance = h.balance, forked = h.forked, updated_at = now()
    from unnest(${col((r) => r.customerId)}::uuid[], ${col((r) => r.mode)}::text[], ${col((r) => r.epoch)}::bigint[],
      ${col((r) => r.seq)}::bigint[], ${col((r) => r.balance)}::bigint[], ${col((r) => r.forked)}::boolean[]
    ) as h(customer_id, mode, epoch, seq, balance, forked)
    where m.customer_id = h.customer_id and m.mode = h.mode`);
}
