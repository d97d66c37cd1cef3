import { isIP } from "node:net";
import { type SQL, sql } from "drizzle-orm";
import { listOf } from "@/db/array";
import type { Tx } from "@/db/client";
import type { LedgerEvent } from "../ledger/rules";
import { SETTLED_MINUTES, SLOT_MINUTES } from "./rules";

const column = (events: readonly LedgerEvent[], pick: (event: LedgerEvent) => string | number | null) =>
  listOf(events.map(pick));

/** An address as Postgres takes it, or none: a detail must never keep money out of the ledger. */
const storable = (ip: string | undefined): string | null => (ip && isIP(ip) && !ip.includes("%") ? ip : null);

/**
 * Whether a slot may be of a day that is packed: the day was over long enough ago. Not by `now()`: that is when the transaction
 * began, and it may have waited for the account's head since then, while whoever held it packed the day.
 */
const LATE = sql.raw(`slot < clock_timestamp() - interval '${SETTLED_MINUTES + SLOT_MINUTES} minutes'`);

/**
 * Writes the business side of uses, their rollups, and when app and key were last used, for entries that are new. One
 * statement, so that what it is about crosses the wire once. First all is brought together by quarter of an hour, which
 * every time zone's days and hours consist of, so that only the groups have to be asked for the brand's clock.
 * @returns how many of the uses name an app of the catalogue; where that is not all, nothing is to be kept
 */
export async function writeUsage(tx: Tx, uses: readonly LedgerEvent[]): Promise<number> {
  const [done] = await tx.execute(sql`
    with u as materialized (
      select e.id, e.customer_id, e.mode, e.tokens, e.key_id, e.session_id, e.metadata::jsonb as metadata, e.ip, e.agent, e.at,
        date_bin(${`${SLOT_MINUTES} minutes`}::interval, e.at, '2000-01-01Z') as slot, a.id as app_id
      from unnest(${column(uses, (e) => e.operationId)}::uuid[], ${column(uses, (e) => e.customerId)}::uuid[],
        ${column(uses, (e) => e.mode)}::text[], ${column(uses, (e) => e.appId)}::text[],
        ${column(uses, (e) => e.tokens)}::bigint[], ${column(uses, (e) => e.keyId)}::text[],
        ${column(uses, (e) => e.details.s ?? null)}::text[],
        ${column(uses, (e) => JSON.stringify(e.details.m ?? {}))}::text[],
        ${column(uses, (e) => storable(e.details.ip))}::text[], ${column(uses, (e) => e.details.ua ?? null)}::text[],
        ${column(uses, (e) => e.occurredAt.toISOString())}::timestamptz[]
      ) as e(id, customer_id, mode, app, tokens, key_id, session_id, metadata, ip, agent, at)
      join apps a on a.catalog_id = e.app
    ), details as (
      insert into token_usage (id, customer_id, mode, app_id, tokens_consumed, key_id, session_id, metadata, ip_address,
        user_agent, created_at)
      select id, customer_id, mode, app_id, tokens, key_id, session_id, metadata, ip::inet, agent, at from u
    ), g as materialized (
      select customer_id, mode, app_id, slot, key_id, usage_product(metadata) as product, usage_country(metadata) as country,
        sum(tokens)::bigint as tokens, count(*) as uses, sum(usage_took(metadata)) as took, count(usage_took(metadata)) as timed,
        max(at) as at
      from u group by 1, 2, 3, 4, 5, 6, 7
    ), l as materialized (
      select g.*, (g.slot at time zone c.time_zone)::date as date,
        extract(hour from g.slot at time zone c.time_zone)::smallint as hour
      from g join customers c on c.id = g.customer_id
    ), ${addedTo("l", LATE)}, utc as (
      insert into usage_analytics_daily as d
        (customer_id, mode, app_id, date, tokens_consumed, sessions_count, avg_processing_time_ms, processing_time_count)
      select customer_id, mode, app_id, (slot at time zone 'UTC')::date, sum(tokens), sum(uses),
        sum(took) / nullif(sum(timed), 0), sum(timed)
      from g group by 1, 2, 3, 4
      on conflict (customer_id, mode, app_id, date) do update set
        tokens_consumed = d.tokens_consumed + excluded.tokens_consumed,
        sessions_count = d.sessions_count + excluded.sessions_count,
        avg_processing_time_ms = case when d.processing_time_count + excluded.processing_time_count = 0 then null else
          (coalesce(d.avg_processing_time_ms, 0) * d.processing_time_count
            + coalesce(excluded.avg_processing_time_ms, 0) * excluded.processing_time_count)
          / (d.processing_time_count + excluded.processing_time_count) end,
        processing_time_count = d.processing_time_count + excluded.processing_time_count
    ), shoppers as (
      insert into usage_shoppers (customer_id, mode, date, sketch, known)
      select s.customer_id, s.mode, s.date, usage_sketch(d.sketch, s.marks), coalesce(d.known, 0) + s.known
      from (
        select w.customer_id, w.mode, (w.slot at time zone c.time_zone)::date as date, sum(w.known)::int as known,
          array_agg(usage_mark(w.customer_id, w.shopper)) as marks
        from (
          select customer_id, mode, slot, usage_shopper(metadata, session_id) as shopper, count(*) as known
          from u group by 1, 2, 3, 4
        ) w join customers c on c.id = w.customer_id
        where w.shopper is not null group by 1, 2, 3
      ) s left join usage_shoppers d using (customer_id, mode, date)
      -- What was read is what is there: only the holder of the account's head writes it.
      on conflict (customer_id, mode, date) do update set sketch = excluded.sketch, known = excluded.known
    ), active as (
      update customer_apps c set last_used_at = greatest(c.last_used_at, r.at)
      from (select customer_id, app_id, max(at) as at from g group by 1, 2) r
      where c.customer_id = r.customer_id and c.app_id = r.app_id
    ), keys as (
      update api_keys k set last_used_at = greatest(k.last_used_at, r.at)
      from (select key_id, max(at) as at from g group by 1) r
      where k.key_id = r.key_id
    )
    select count(*)::int as written from u`);
  return Number(done?.written ?? 0);
}

/**
 * Adds what stands in `from` to the rollups by day, hour and facet: `customer_id, mode, date, hour, app_id, key_id, product,
 * country, tokens, uses, took, timed`. Uses that are given back come with amounts below zero. A day that has its
 * first use waits from then on to be packed, and so does its week; what was packed of days that get more is opened.
 * @param late which of them may be of days that are packed: to look for all of them would cost every use
 */
const addedTo = (from: string, late: SQL): SQL => sql`
  days as (
    insert into usage_days as d (customer_id, mode, date, app_id, tokens, uses, took_ms, timed)
    select customer_id, mode, date, app_id, sum(tokens), sum(uses), coalesce(sum(took), 0), sum(timed)
    from ${sql.raw(from)} group by 1, 2, 3, 4
    on conflict (customer_id, mode, date, app_id) do update set tokens = d.tokens + excluded.tokens,
      uses = d.uses + excluded.uses, took_ms = d.took_ms + excluded.took_ms, timed = d.timed + excluded.timed
    -- A row that was there before is one that this statement has locked.
    returning customer_id, mode, date, xmax = 0 as first
  ), hours as (
    insert into usage_hours as h (customer_id, mode, date, hour, tokens, uses)
    select customer_id, mode, date, hour, sum(tokens), sum(uses) from ${sql.raw(from)} group by 1, 2, 3, 4
    on conflict (customer_id, mode, date, hour) do update set tokens = h.tokens + excluded.tokens,
      uses = h.uses + excluded.uses
  ), facets as (
    insert into usage_facets as f (customer_id, mode, facet, date, value, tokens, uses)
    select customer_id, mode, facet, date, value, sum(tokens), sum(uses)
    from ${sql.raw(from)} cross join lateral (values ('key', key_id), ('product', product), ('country', country)) v(facet, value)
    where value is not null group by 1, 2, 3, 4, 5
    on conflict (customer_id, mode, facet, date, value) do update set tokens = f.tokens + excluded.tokens,
      uses = f.uses + excluded.uses
  ), opened as (
    insert into usage_packed as p (customer_id, mode, days, start)
    select distinct customer_id, mode, n.days, case n.days when 1 then date else usage_week(date) end
    from (
      select customer_id, mode, date from days where first
      union all select customer_id, mode, date from ${sql.raw(from)} where ${late}
    ) d cross join (values (1::smallint), (7::smallint)) n(days)
    on conflict (customer_id, mode, days, start) do update
      set apps = null, hours = null, facets = null, sketch = null, known = null where p.known is not null
  )`;

/**
 * Takes refunded uses out of the statistics of the day on which they were. Who was there stays counted: a sketch forgets
 * nobody, and the shopper was there.
 * @returns how many of the uses the ledger holds; where that is not all, nothing is to be kept
 */
export async function strikeRefunded(tx: Tx, refunds: readonly LedgerEvent[]): Promise<number> {
  const uses = sql`
    select l.customer_id, l.mode, l.operation_id, l.occurred_at, l.app_id, l.tokens
    from unnest(${column(refunds, (e) => e.customerId)}::uuid[], ${column(refunds, (e) => e.mode)}::text[],
      ${column(refunds, (e) => e.reverses)}::text[]) as r(customer_id, mode, usage_id)
    join ledger_entries l on l.customer_id = r.customer_id and l.mode = r.mode and l.operation_id = r.usage_id`;
  const [found] = await tx.execute(sql`
    with u as materialized (${uses}), l as materialized (
      -- What was erased from the details stays counted by key, product, country: the ledger does not tell of them.
      select u.customer_id, u.mode, a.id as app_id, (u.occurred_at at time zone c.time_zone)::date as date,
        extract(hour from u.occurred_at at time zone c.time_zone)::smallint as hour, t.key_id,
        usage_product(t.metadata) as product, usage_country(t.metadata) as country, -u.tokens as tokens, -1 as uses,
        -usage_took(t.metadata) as took, -(usage_took(t.metadata) is not null)::int as timed
      from u join apps a on a.catalog_id = u.app_id join customers c on c.id = u.customer_id
      left join token_usage t on t.id = u.operation_id::uuid and t.created_at = u.occurred_at
    ), ${addedTo("l", sql`true`)}, utc as (
      update usage_analytics_daily d
      set tokens_consumed = d.tokens_consumed - r.tokens, sessions_count = d.sessions_count - r.uses
      from (select u.customer_id, u.mode, a.id as app_id, (u.occurred_at at time zone 'UTC')::date as date,
          sum(u.tokens) as tokens, count(*)::int as uses
        from u join apps a on a.catalog_id = u.app_id group by 1, 2, 3, 4) r
      where d.customer_id = r.customer_id and d.mode = r.mode and d.app_id = r.app_id and d.date = r.date
    ), struck as (
      update token_usage t set refunded_at = now() from u where t.id = u.operation_id::uuid and t.created_at = u.occurred_at
    )
    select count(*)::int as found from u`);
  return Number(found?.found ?? 0);
}
