import { type SQL, sql } from "drizzle-orm";
import { listOf } from "@/db/array";
import type { Db } from "@/db/client";
import { accountOf, mintCustomerId } from "@/lib/ids";
import { purchasesNotGranted } from "../bought/queries";
import { type DrainDeps, drainPartition } from "../outbox/service";
import { wrongRollups } from "../rollups/queries";
import { accountKey, hashOf, unpackGrants } from "../rules";

/** One invariant of the metering design, checked. */
export interface Finding {
  readonly invariant: number;
  readonly title: string;
  /** Empty where it holds. Each line names an account and what is wrong with it; at most 20 of them. */
  readonly breaches: readonly string[];
  /** How many things were looked at. */
  readonly checked: number;
}

/** Which brands to look at; all where it is left out. */
export type Scope = readonly string[] | undefined;

const MOST = 20;

type Row = Record<string, unknown>;

const listed = (rows: readonly Row[], text: (row: Row) => string): string[] => rows.slice(0, MOST).map(text);
const who = (row: Row): string => `${row.customer_id}:${row.mode}`;

/** A condition on a table's customer. */
const within = (scope: Scope, column = "customer_id"): SQL =>
  scope ? sql`${sql.raw(column)} = any(${listOf(scope)}::uuid[])` : sql`true`;

/** Every entry that holds a place in a chain: the ledger's, and dead letters whose turn is still to come. */
const chain = (scope: Scope): SQL => sql`
  select customer_id, mode, epoch, seq, delta, balance_after from ledger_entries where ${within(scope)}
  union all
  select customer_id, mode, epoch, seq, delta, balance_after from dead_letters
  where reason = 'poison' and resolved_at is null and customer_id is not null and ${within(scope)}`;

const count = async (db: Db, table: string, scope: Scope): Promise<number> =>
  Number((await db.execute(sql`select count(*)::int as n from ${sql.raw(table)} where ${within(scope)}`))[0]?.n ?? 0);

/** 1. No `balance_after` below zero. */
export async function noNegativeBalance(db: Db, scope?: Scope): Promise<Finding> {
  const rows = await db.execute(
    sql`select customer_id, mode, epoch, seq, balance_after from (${chain(scope)}) c where balance_after < 0 limit ${MOST}`,
  );
  return {
    invariant: 1,
    title: "No balance was ever below zero",
    checked: await count(db, "ledger_entries", scope),
    breaches: listed(rows, (r) => `${who(r)} entry ${r.epoch}/${r.seq} leaves ${r.balance_after}`),
  };
}

/** 2. Per account, balance = Σ delta = Σ remaining of grants, and each grant's remaining = Σ of its parts. */
export async function balancesAddUp(db: Db, scope?: Scope): Promise<Finding> {
  const accounts = await db.execute(sql`
    select m.customer_id, m.mode, m.balance, coalesce(e.total, 0) as deltas,
      coalesce(g.total, 0) + coalesce(p.total, 0) as remaining
    from metering_accounts m
    left join (select customer_id, mode, sum(delta) as total from (${chain(scope)}) c group by 1, 2) e using (customer_id, mode)
    left join (select customer_id, mode, sum(remaining) as total from grants where ${within(scope)} group by 1, 2) g
      using (customer_id, mode)
    left join (select customer_id, mode, sum(delta) as total from dead_letters
      where reason = 'poison' and resolved_at is null and ${within(scope)} group by 1, 2) p using (customer_id, mode)
    where ${within(scope, "m.customer_id")}
      and (m.balance <> coalesce(e.total, 0) or m.balance <> coalesce(g.total, 0) + coalesce(p.total, 0))
    limit ${MOST}`);
  const parts = await db.execute(sql`
    select g.customer_id, g.mode, g.id, g.remaining, coalesce(p.total, 0) as parts
    from grants g
    left join (
      select (part->>0)::uuid as id, sum((part->>1)::bigint) as total
      from ledger_entries, jsonb_array_elements(grant_parts) as part where ${within(scope)} group by 1
    ) p using (id)
    where ${within(scope, "g.customer_id")} and g.remaining <> coalesce(p.total, 0) limit ${MOST}`);
  const entries = await db.execute(sql`
    select customer_id, mode, epoch, seq, delta from ledger_entries
    where ${within(scope)}
      and delta <> coalesce((select sum((part->>1)::bigint) from jsonb_array_elements(grant_parts) as part), 0)
    limit ${MOST}`);
  // No constraint of the ledger says it, because that would be asked for each row.
  const nobodys = await db.execute(sql`
    select l.customer_id, l.mode, l.epoch, l.seq from ledger_entries l
    left join metering_accounts m on m.customer_id = l.customer_id and m.mode = l.mode
    where ${within(scope, "l.customer_id")} and m.customer_id is null limit ${MOST}`);
  return {
    invariant: 2,
    title: "Each balance is the sum of its entries and of what is left of its grants",
    checked: await count(db, "metering_accounts", scope),
    breaches: [
      ...listed(accounts, (r) => `${who(r)} balance ${r.balance}, entries ${r.deltas}, grants ${r.remaining}`),
      ...listed(parts, (r) => `${who(r)} grant ${r.id} has ${r.remaining}, its entries say ${r.parts}`),
      ...listed(entries, (r) => `${who(r)} entry ${r.epoch}/${r.seq} moves ${r.delta}, its parts say otherwise`),
      ...listed(nobodys, (r) => `${who(r)} entry ${r.epoch}/${r.seq} is of no account`),
    ],
  };
}

/** An account as Redis held it at one moment. */
interface Seen {
  readonly name: string;
  readonly customerId: string;
  readonly mode: string;
  readonly partition: number;
  readonly e: string;
  readonly s: string;
  readonly b: string;
  readonly g: string;
  /** Ids of its open reservations. */
  readonly holds: readonly string[];
}

/** How many accounts are asked about in one call. */
const AT_ONCE = 200;

/** What Redis holds of each account in force, and those that live in an epoch which is over. */
async function lookAtRedis(deps: DrainDeps, scope: Scope): Promise<{ seen: Seen[]; outdated: string[] }> {
  const accounts = await deps.db.execute(
    sql`select customer_id, mode, partition, epoch from metering_accounts where ${within(scope)}`,
  );
  const seen: Seen[] = [];
  const outdated: string[] = [];
  for (let from = 0; from < accounts.length; from += AT_ONCE) {
    const some = accounts.slice(from, from + AT_ONCE);
    const pipeline = deps.redis.pipeline();
    for (const row of some) {
      const mode = row.mode === "test" ? "test" : "live";
      pipeline.hgetall(accountKey(accountOf(mintCustomerId(String(row.customer_id)), mode)));
    }
    const hashes = await pipeline.exec<string[][]>();
    for (const [i, row] of some.entries()) {
      const hash = hashOf(hashes[i] ?? []);
      const [e, s, b] = [hash.get("e"), hash.get("s"), hash.get("b")];
      // An account that Redis does not hold is hydrated from the ledger before it is used: it cannot disagree.
      if (e === undefined || s === undefined || b === undefined || hash.has("ret")) continue;
      if (Number(e) < Number(row.epoch)) {
        outdated.push(`${who(row)} Redis lives in epoch ${e}, Postgres is at ${row.epoch}`);
        continue;
      }
      const holds = [...hash.keys()].filter((field) => field.startsWith("h:")).map((field) => field.slice(2));
      seen.push({
        name: who(row),
        customerId: String(row.customer_id),
        mode: String(row.mode),
        partition: Number(row.partition),
        e,
        s,
        b,
        g: hash.get("g") ?? "",
        holds,
      });
    }
  }
  return { seen, outdated };
}

/**
 * 3. Redis balance = ledger balance + what is not drained yet + unresolved dead letters, and nothing else. Works under
 * traffic: takes `(epoch, seq, balance)` of each account from Redis, drains past it, and compares with that entry.
 */
export async function storesAgree(deps: DrainDeps, scope?: Scope): Promise<Finding> {
  const { seen, outdated } = await lookAtRedis(deps, scope);
  for (const partition of new Set(seen.map((state) => state.partition))) {
    while ((await drainPartition(deps, partition)).busy) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const breaches = [...outdated];
  for (let from = 0; from < seen.length; from += AT_ONCE) {
    const some = seen.slice(from, from + AT_ONCE);
    const col = (pick: (state: Seen) => string) => listOf(some.map(pick));
    const asked = sql`unnest(${col((x) => x.customerId)}::uuid[], ${col((x) => x.mode)}::text[], ${col((x) => x.e)}::bigint[],
      ${col((x) => x.s)}::bigint[]) with ordinality as a(customer_id, mode, epoch, seq, n)`;
    // At seq 0 the balance is that after the last entry of the epochs before.
    const rows = await deps.db.execute(sql`
      select a.n, m.epoch as head_epoch, m.seq as head_seq,
        case when a.seq > 0 then own.balance_after when m.epoch >= a.epoch then coalesce(before.balance_after, 0) end as balance,
        (select coalesce(jsonb_agg(r.id), '[]') from reservations r
          where r.customer_id = a.customer_id and r.mode = a.mode and r.status = 'held') as held,
        (select count(*)::int from dead_letters d
          where d.customer_id = a.customer_id and d.mode = a.mode and d.resolved_at is null) as letters
      from ${asked}
      join metering_accounts m on m.customer_id = a.customer_id and m.mode = a.mode
      left join lateral (
        select balance_after from ledger_entries l
        where l.customer_id = a.customer_id and l.mode = a.mode and l.epoch = a.epoch and l.seq = a.seq
        union all
        select balance_after from dead_letters d
        where d.customer_id = a.customer_id and d.mode = a.mode and d.epoch = a.epoch and d.seq = a.seq
          and d.reason = 'poison' and d.resolved_at is null
        limit 1
      ) own on a.seq > 0
      left join lateral (
        select balance_after from (
          (select epoch, seq, balance_after from ledger_entries l
            where l.customer_id = a.customer_id and l.mode = a.mode and l.epoch < a.epoch
            order by epoch desc, seq desc limit 1)
          union all
          (select epoch, seq, balance_after from dead_letters d
            where d.customer_id = a.customer_id and d.mode = a.mode and d.epoch < a.epoch and d.reason = 'poison'
              and d.resolved_at is null
            order by epoch desc, seq desc limit 1)
        ) b order by epoch desc, seq desc limit 1
      ) before on a.seq = 0
      order by a.n`);
    for (const [i, state] of some.entries()) {
      const row = rows[i];
      const sum = unpackGrants(state.g).reduce((total, grant) => total + grant.remaining, 0);
      if (sum !== Number(state.b)) breaches.push(`${state.name} Redis balance ${state.b}, its grants there ${sum}`);
      if (row?.balance == null)
        breaches.push(`${state.name} Redis is at ${state.e}/${state.s}, which the ledger does not hold`);
      else if (Number(row.balance) !== Number(state.b)) {
        breaches.push(
          `${state.name} Redis balance ${state.b}, the ledger says ${row.balance} after ${state.e}/${state.s}`,
        );
      }
      // Reservations are compared where nothing has happened since.
      const still = row && String(row.head_epoch) === state.e && String(row.head_seq) === state.s && row.letters === 0;
      const held = still ? (row.held as string[]).toSorted().join() : "";
      if (still && held !== state.holds.toSorted().join()) {
        breaches.push(
          `${state.name} Redis holds reservations ${state.holds.join() || "none"}, the ledger ${held || "none"}`,
        );
      }
    }
  }
  return {
    invariant: 3,
    title: "Redis and the ledger agree on every balance and reservation",
    checked: seen.length + outdated.length,
    breaches: breaches.slice(0, MOST),
  };
}

/** 4. `seq` without a gap within an epoch, each balance following from the one before, and epochs that join. */
export async function chainsHold(db: Db, scope?: Scope): Promise<Finding> {
  const rows = await db.execute(sql`
    select * from (
      select customer_id, mode, epoch, seq, delta, balance_after,
        lag(seq) over within as before_seq,
        coalesce(lag(balance_after) over across, 0) as before_balance
      from (${chain(scope)}) c
      window within as (partition by customer_id, mode, epoch order by seq),
        across as (partition by customer_id, mode order by epoch, seq)
    ) w
    where seq <> coalesce(before_seq, 0) + 1 or balance_after <> before_balance + delta
    limit ${MOST}`);
  const heads = await db.execute(sql`
    select m.customer_id, m.mode, m.epoch, m.seq, m.balance, l.epoch as last_epoch, l.seq as last_seq, l.balance_after
    from metering_accounts m
    left join (
      select distinct on (customer_id, mode) customer_id, mode, epoch, seq, balance_after from (${chain(scope)}) c
      order by customer_id, mode, epoch desc, seq desc
    ) l using (customer_id, mode)
    where ${within(scope, "m.customer_id")} and (m.balance <> coalesce(l.balance_after, 0)
      or (l.epoch = m.epoch and l.seq <> m.seq) or (l.epoch is distinct from m.epoch and m.seq <> 0) or l.epoch > m.epoch)
    limit ${MOST}`);
  return {
    invariant: 4,
    title: "Every account's chain of entries is whole, from the first epoch to this one",
    checked: await count(db, "ledger_entries", scope),
    breaches: [
      ...listed(rows, (r) => `${who(r)} entry ${r.epoch}/${r.seq} does not follow the one before it`),
      ...listed(
        heads,
        (r) => `${who(r)} is said to be at ${r.epoch}/${r.seq}, its entries end at ${r.last_epoch}/${r.last_seq}`,
      ),
    ],
  };
}

/** 7. A reservation resolves at most once, for at most what it held; what it took and gave back is what was used. */
export async function reservationsResolveOnce(db: Db, scope?: Scope): Promise<Finding> {
  const rows = await db.execute(sql`
    with holds as (
        select customer_id, mode, reservation_id, tokens as reserved, delta as taken
        from ledger_entries where kind = 'hold' and ${within(scope)}
      ),
      ends as (
        select customer_id, mode, reservation_id, count(*) as times, max(kind) as kind, max(tokens) as tokens, sum(delta) as back
        from ledger_entries where kind in ('settle', 'release') and ${within(scope)} group by 1, 2, 3
      ),
      both_ends as (select * from holds full join ends using (customer_id, mode, reservation_id))
    select b.*, r.status from both_ends b
    left join reservations r on r.id = b.reservation_id and r.customer_id = b.customer_id and r.mode = b.mode
    where b.reserved is null or r.id is null or r.tokens_reserved <> b.reserved
      or r.status <> case b.kind when 'settle' then 'settled' when 'release' then 'released' else 'held' end
      or b.times > 1
      or (b.kind = 'settle' and (b.tokens > b.reserved or b.tokens <> r.tokens_consumed))
      or (b.kind = 'settle' and b.taken <> 0 and b.taken + b.back <> -b.tokens)
      or (b.kind = 'release' and b.taken + b.back <> 0)
      or (b.taken = 0 and coalesce(b.back, 0) <> 0)
    limit ${MOST}`);
  return {
    invariant: 7,
    title: "Every reservation resolves at most once, for at most what it held",
    checked: await count(db, "reservations", scope),
    breaches: listed(
      rows,
      (r) =>
        `${who(r)} reservation ${r.reservation_id} (${r.status ?? "unknown"}): reserved ${r.reserved ?? "nothing"}, ` +
        `ended ${r.times ?? 0} times, ${r.kind ?? "open"} ${r.tokens ?? ""}`,
    ),
  };
}

/** 8. Rollups equal ledger sums, the details of each use its entry, and tokens granted what was owed. */
export async function sumsAgree(db: Db, scope?: Scope): Promise<Finding> {
  const rollups = await wrongRollups(db, (column) => within(scope, column), MOST);
  // Details may have been erased; those that are there must be those of an entry.
  const details = await db.execute(sql`
    select u.customer_id, u.mode, u.id, u.tokens_consumed, l.tokens
    from token_usage u
    left join ledger_entries l on l.customer_id = u.customer_id and l.mode = u.mode and l.operation_id = u.id::text
      and l.kind in ('usage', 'settle')
    where ${within(scope, "u.customer_id")} and l.tokens is distinct from u.tokens_consumed limit ${MOST}`);
  const carried = await db.execute(sql`
    select i.customer_id, i.mode, i.id, i.kind, i.tokens, e.tokens as done, i.applied_at
    from grant_intents i
    left join ledger_entries e on e.customer_id = i.customer_id and e.mode = i.mode and e.operation_id = case i.kind
      when 'grant' then 'grant:' || i.id when 'refund' then 'refund:' || i.target
      when 'expiry' then 'end:' || i.id else 'adjust:' || i.id end
    where ${within(scope, "i.customer_id")} and ((i.applied_at is null) <> (e.tokens is null)
      or (i.kind <> 'expiry' and e.tokens <> i.tokens) or (i.refused_at is not null and e.tokens is not null))
    limit ${MOST}`);
  const late = await db.execute(sql`
    select customer_id, mode, id, kind, tokens, created_at from grant_intents
    where applied_at is null and refused_at is null and created_at < now() - interval '10 minutes' and ${within(scope)}
    limit ${MOST}`);
  const ungrounded = await db.execute(sql`
    select e.customer_id, e.mode, e.kind, e.operation_id from ledger_entries e
    where e.kind in ('grant', 'refund', 'adjustment') and ${within(scope, "e.customer_id")} and not exists (
      select from grant_intents i where i.customer_id = e.customer_id and i.mode = e.mode and e.operation_id = case i.kind
        when 'grant' then 'grant:' || i.id when 'refund' then 'refund:' || i.target else 'adjust:' || i.id end)
      -- What an operator has given up is booked in its letter's place: the very tokens, and nobody has to have meant it.
      and not (e.kind = 'adjustment' and exists (
        select from dead_letters d where d.customer_id = e.customer_id and d.mode = e.mode and d.epoch = e.epoch
          and d.seq = e.seq and d.reason = 'poison' and d.resolved_at is not null and d.resolution like 'discarded: %'
          and d.delta = e.delta and d.balance_after = e.balance_after
          and e.operation_id in (d.fields->>'o', 'discard:' || d.id)))
    limit ${MOST}`);
  return {
    invariant: 8,
    title: "Statistics equal the ledger, and tokens granted equal what was owed and bought, per purchase",
    checked: await count(db, "usage_analytics_daily", scope),
    breaches: [
      ...listed(rollups, (r) => `${who(r)} ${r.app_id} on ${r.date}: ledger ${r.ledger}, statistics ${r.rollup}`),
      ...listed(details, (r) => `${who(r)} use ${r.id}: ${r.tokens_consumed} in its details, ledger ${r.tokens}`),
      ...listed(carried, (r) => `${who(r)} ${r.kind} ${r.id}: meant ${r.tokens}, done ${r.done ?? 0}`),
      ...listed(late, (r) => `${who(r)} ${r.kind} ${r.id}: ${r.tokens} meant since ${r.created_at}, and not arrived`),
      ...listed(ungrounded, (r) => `${who(r)} ${r.kind} ${r.operation_id} was never meant`),
      ...(await purchasesNotGranted(db, scope)),
    ],
  };
}

/** Every invariant that state can show, in order. Works under traffic. */
export async function checkLedger(deps: DrainDeps, scope?: Scope): Promise<Finding[]> {
  // First the comparison that drains, then those over what is then in the ledger.
  const agree = await storesAgree(deps, scope);
  return [
    await noNegativeBalance(deps.db, scope),
    await balancesAddUp(deps.db, scope),
    agree,
    await chainsHold(deps.db, scope),
    await reservationsResolveOnce(deps.db, scope),
    await sumsAgree(deps.db, scope),
  ];
}
