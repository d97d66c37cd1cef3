import { sql } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import type { Db } from "@/db/client";
import { ledgerEntries, meteringAccounts } from "@/db/schema/metering";
import { type AccountId, accountOf, mintCustomerId } from "@/lib/ids";
import { type DrainDeps, drainPartition } from "../outbox/service";
import { accountKey } from "../rules";
import { fieldsOf } from "./service";

/** One invariant of the metering design, checked or said to be proved elsewhere. */
export interface Finding {
  readonly invariant: number;
  readonly title: string;
  /** Empty where it holds. Each line names an account and what is wrong with it; at most 20 of them. */
  readonly breaches: readonly string[];
  /** How many things were looked at. */
  readonly checked: number;
}

const MOST = 20;

type Row = Record<string, unknown>;

const listed = (rows: readonly Row[], text: (row: Row) => string): string[] => rows.slice(0, MOST).map(text);
const who = (row: Row): string => `${row.customer_id}:${row.mode}`;

/** Every entry that holds a place in a chain: the ledger's, and dead letters whose turn is still to come. */
const chain = sql`
  select customer_id, mode, epoch, seq, delta, balance_after from ledger_entries
  union all
  select customer_id, mode, epoch, seq, delta, balance_after from dead_letters
  where reason = 'poison' and resolved_at is null and customer_id is not null`;

const count = async (db: Db, table: ReturnType<typeof sql>): Promise<number> =>
  Number((await db.execute(sql`select count(*)::int as n from ${table}`))[0]?.n ?? 0);

/** 1. No `balance_after` below zero. */
export async function noNegativeBalance(db: Db): Promise<Finding> {
  const rows = await db.execute(
    sql`select customer_id, mode, epoch, seq, balance_after from (${chain}) c where balance_after < 0 limit ${MOST}`,
  );
  return {
    invariant: 1,
    title: "No balance was ever below zero",
    checked: await count(db, sql`ledger_entries`),
    breaches: listed(rows, (r) => `${who(r)} entry ${r.epoch}/${r.seq} leaves ${r.balance_after}`),
  };
}

/** 2. Per account, balance = Σ delta = Σ remaining of grants, and each grant's remaining = Σ of its parts. */
export async function balancesAddUp(db: Db): Promise<Finding> {
  const accounts = await db.execute(sql`
    select m.customer_id, m.mode, m.balance, coalesce(e.total, 0) as deltas,
      coalesce(g.total, 0) + coalesce(p.total, 0) as remaining
    from metering_accounts m
    left join (select customer_id, mode, sum(delta) as total from (${chain}) c group by 1, 2) e using (customer_id, mode)
    left join (select customer_id, mode, sum(remaining) as total from grants group by 1, 2) g using (customer_id, mode)
    left join (select customer_id, mode, sum(delta) as total from dead_letters
      where reason = 'poison' and resolved_at is null group by 1, 2) p using (customer_id, mode)
    where m.balance <> coalesce(e.total, 0) or m.balance <> coalesce(g.total, 0) + coalesce(p.total, 0)
    limit ${MOST}`);
  const parts = await db.execute(sql`
    select g.customer_id, g.mode, g.id, g.remaining, coalesce(p.total, 0) as parts
    from grants g
    left join (
      select (part->>0)::uuid as id, sum((part->>1)::bigint) as total
      from ledger_entries, jsonb_array_elements(grant_parts) as part group by 1
    ) p using (id)
    where g.remaining <> coalesce(p.total, 0) limit ${MOST}`);
  const entries = await db.execute(sql`
    select customer_id, mode, epoch, seq, delta from ledger_entries
    where delta <> coalesce((select sum((part->>1)::bigint) from jsonb_array_elements(grant_parts) as part), 0)
    limit ${MOST}`);
  return {
    invariant: 2,
    title: "Each balance is the sum of its entries and of what is left of its grants",
    checked: await count(db, sql`metering_accounts`),
    breaches: [
      ...listed(accounts, (r) => `${who(r)} balance ${r.balance}, entries ${r.deltas}, grants ${r.remaining}`),
      ...listed(parts, (r) => `${who(r)} grant ${r.id} has ${r.remaining}, its entries say ${r.parts}`),
      ...listed(entries, (r) => `${who(r)} entry ${r.epoch}/${r.seq} moves ${r.delta}, its parts say otherwise`),
    ],
  };
}

/**
 * 3. Redis balance = ledger balance + what is not drained yet + unresolved dead letters, and nothing else. Works under
 * traffic: takes `(epoch, seq, balance)` of each account from Redis, drains past it, and compares with that entry.
 */
export async function storesAgree(deps: DrainDeps): Promise<Finding> {
  const accounts = await deps.db.select().from(meteringAccounts);
  const outdated: string[] = [];
  const seen: { account: AccountId; name: string; partition: number; e: string; s: string; b: string; g: string }[] =
    [];
  for (const row of accounts) {
    const account = accountOf(mintCustomerId(row.customerId), row.mode);
    const there = await fieldsOf(deps.redis, accountKey(account), ["e", "s", "b", "g", "ret"]);
    // An account that Redis does not hold is hydrated from the ledger before it is used: it cannot disagree.
    if (there.e === null || there.s === null || there.b === null || there.ret !== null) continue;
    const name = `${row.customerId}:${row.mode}`;
    if (Number(there.e) < row.epoch) {
      outdated.push(`${name} Redis lives in epoch ${there.e}, Postgres is at ${row.epoch}`);
      continue;
    }
    seen.push({ account, name, partition: row.partition, e: there.e, s: there.s, b: there.b, g: there.g ?? "" });
  }
  for (const partition of new Set(seen.map((state) => state.partition))) {
    while ((await drainPartition(deps, partition)).busy) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const breaches = [...outdated];
  for (const state of seen) {
    const left = Array.from(state.g.matchAll(/,(\d+),\d+;/g), ([, remaining]) => Number(remaining));
    const sum = left.reduce((total, value) => total + value, 0);
    if (sum !== Number(state.b)) breaches.push(`${state.name} Redis balance ${state.b}, its grants there ${sum}`);
    const ledger = await balanceAt(deps.db, state.account, Number(state.e), Number(state.s));
    if (ledger === null)
      breaches.push(`${state.name} Redis is at ${state.e}/${state.s}, which the ledger does not hold`);
    else if (ledger !== Number(state.b)) {
      breaches.push(`${state.name} Redis balance ${state.b}, the ledger says ${ledger} after ${state.e}/${state.s}`);
    }
  }
  return {
    invariant: 3,
    title: "Redis and the ledger agree on every balance",
    checked: seen.length + outdated.length,
    breaches: breaches.slice(0, MOST),
  };
}

/** The balance after an account's entry `epoch/seq`; at seq 0, after the last one of the epochs before. */
async function balanceAt(db: Db, account: AccountId, epoch: number, seq: number): Promise<number | null> {
  const own = sql`customer_id = ${account.customerId} and mode = ${account.mode}`;
  if (seq > 0) {
    const [row] = await db.execute(
      sql`select balance_after from (${chain}) c where ${own} and epoch = ${epoch} and seq = ${seq}`,
    );
    return row ? Number(row.balance_after) : null;
  }
  const [head] = await db
    .select({ epoch: meteringAccounts.epoch })
    .from(meteringAccounts)
    .where(ofAccount(meteringAccounts, account));
  if (!head || head.epoch < epoch) return null;
  const [row] = await db.execute(
    sql`select balance_after from (${chain}) c where ${own} and epoch < ${epoch} order by epoch desc, seq desc limit 1`,
  );
  return row ? Number(row.balance_after) : 0;
}

/** 4. `seq` without a gap within an epoch, each balance following from the one before, and epochs that join. */
export async function chainsHold(db: Db): Promise<Finding> {
  const rows = await db.execute(sql`
    select * from (
      select customer_id, mode, epoch, seq, delta, balance_after,
        lag(seq) over within as before_seq,
        coalesce(lag(balance_after) over across, 0) as before_balance
      from (${chain}) c
      window within as (partition by customer_id, mode, epoch order by seq),
        across as (partition by customer_id, mode order by epoch, seq)
    ) w
    where seq <> coalesce(before_seq, 0) + 1 or balance_after <> before_balance + delta
    limit ${MOST}`);
  const heads = await db.execute(sql`
    select m.customer_id, m.mode, m.epoch, m.seq, m.balance, l.epoch as last_epoch, l.seq as last_seq, l.balance_after
    from metering_accounts m
    left join lateral (
      select epoch, seq, balance_after from (${chain}) c
      where c.customer_id = m.customer_id and c.mode = m.mode order by epoch desc, seq desc limit 1
    ) l on true
    where m.balance <> coalesce(l.balance_after, 0)
      or (l.epoch = m.epoch and l.seq <> m.seq) or (l.epoch is distinct from m.epoch and m.seq <> 0) or l.epoch > m.epoch
    limit ${MOST}`);
  return {
    invariant: 4,
    title: "Every account's chain of entries is whole, from the first epoch to this one",
    checked: await count(db, sql`ledger_entries`),
    breaches: [
      ...listed(rows, (r) => `${who(r)} entry ${r.epoch}/${r.seq} does not follow the one before it`),
      ...listed(
        heads,
        (r) => `${who(r)} is said to be at ${r.epoch}/${r.seq}, its entries end at ${r.last_epoch}/${r.last_seq}`,
      ),
    ],
  };
}

/** 8. Rollups equal ledger sums, the details of each use its entry, and tokens granted what was owed. */
export async function sumsAgree(db: Db): Promise<Finding> {
  const rollups = await db.execute(sql`
    select customer_id, mode, app_id, date, l.tokens as ledger, r.tokens as rollup, l.uses, r.sessions
    from (
      select customer_id, mode, app_id, (occurred_at at time zone 'UTC')::date as date, sum(tokens) as tokens, count(*) as uses
      from ledger_entries where kind = 'usage' group by 1, 2, 3, 4
    ) l
    full join (
      select d.customer_id, d.mode, a.catalog_id as app_id, d.date, d.tokens_consumed as tokens, d.sessions_count as sessions
      from usage_analytics_daily d join apps a on a.id = d.app_id
    ) r using (customer_id, mode, app_id, date)
    where l.tokens is distinct from r.tokens or l.uses is distinct from r.sessions::bigint limit ${MOST}`);
  // Details may have been erased; those that are there must be those of an entry.
  const details = await db.execute(sql`
    select u.customer_id, u.mode, u.id, u.tokens_consumed, l.tokens
    from token_usage u
    left join ledger_entries l
      on l.customer_id = u.customer_id and l.mode = u.mode and l.operation_id = u.id::text and l.kind = 'usage'
    where l.tokens is distinct from u.tokens_consumed limit ${MOST}`);
  const granted = await db.execute(sql`
    select i.customer_id, i.mode, i.id, i.tokens, e.tokens as granted, i.applied_at
    from grant_intents i
    left join (select * from ledger_entries where kind = 'grant') e on e.grant_id = i.id
    where (i.applied_at is not null and e.tokens is distinct from i.tokens) or (i.applied_at is null and e.tokens is not null)
    limit ${MOST}`);
  const late = await db.execute(sql`
    select customer_id, mode, id, tokens, created_at from grant_intents
    where applied_at is null and created_at < now() - interval '10 minutes' limit ${MOST}`);
  const ungrounded = await db
    .select({ customer_id: ledgerEntries.customerId, mode: ledgerEntries.mode, grant: ledgerEntries.grantId })
    .from(ledgerEntries)
    .where(
      sql`${ledgerEntries.kind} = 'grant' and not exists (select from grant_intents i where i.id = ${ledgerEntries.grantId})`,
    )
    .limit(MOST);
  return {
    invariant: 8,
    title: "Statistics equal the ledger, and tokens granted equal tokens owed",
    checked: await count(db, sql`usage_analytics_daily`),
    breaches: [
      ...listed(rollups, (r) => `${who(r)} ${r.app_id} on ${r.date}: ledger ${r.ledger}, statistics ${r.rollup}`),
      ...listed(details, (r) => `${who(r)} use ${r.id}: ${r.tokens_consumed} in its details, ledger ${r.tokens}`),
      ...listed(granted, (r) => `${who(r)} grant ${r.id}: owed ${r.tokens}, granted ${r.granted ?? 0}`),
      ...listed(late, (r) => `${who(r)} grant ${r.id}: ${r.tokens} owed since ${r.created_at}, and not arrived`),
      ...listed(ungrounded, (r) => `${who(r)} grant ${r.grant} was never owed`),
    ],
  };
}

/** Every invariant that state can show so far, in order. */
export async function checkLedger(deps: DrainDeps): Promise<Finding[]> {
  // First the comparison that drains, then those over what is then in the ledger.
  const agree = await storesAgree(deps);
  return [
    await noNegativeBalance(deps.db),
    await balancesAddUp(deps.db),
    agree,
    await chainsHold(deps.db),
    await sumsAgree(deps.db),
  ];
}
