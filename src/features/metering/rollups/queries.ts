import { type SQL, sql } from "drizzle-orm";
import type { Db } from "@/db/client";

/** A condition on a table's customer: which brands are looked at. */
type Within = (column?: string) => SQL;

/** Uses with what they cost, and refunds as uses below zero: a refund takes its use out of the day on which it was. */
const uses = (within: Within): SQL => sql`
  e as (
    select customer_id, mode, app_id, occurred_at, tokens, 1 as uses
    from ledger_entries where kind in ('usage', 'settle') and ${within()}
    union all
    select u.customer_id, u.mode, u.app_id, u.occurred_at, -u.tokens, -1
    from ledger_entries f
    join ledger_entries u on u.customer_id = f.customer_id and u.mode = f.mode and u.operation_id = f.reverses
    where f.kind = 'refund' and ${within("f.customer_id")}
  )`;

/**
 * Rollups that are not what ledger and details say: by UTC day, by day and hour of the brand's clock, by what the uses told
 * of themselves; and what is packed and is not what was counted.
 * @param most how many of each at most
 * @returns account, app or what else was counted, date, and both figures
 */
export async function wrongRollups(db: Db, within: Within, most: number): Promise<Record<string, unknown>[]> {
  const rollups = await db.execute(sql`
    with ${uses(within)}
    select customer_id, mode, app_id, date, l.tokens as ledger, r.tokens as rollup, l.uses, r.sessions
    from (
      select customer_id, mode, app_id, (occurred_at at time zone 'UTC')::date as date, sum(tokens) as tokens, sum(uses) as uses
      from e group by 1, 2, 3, 4
    ) l
    full join (
      select d.customer_id, d.mode, a.catalog_id as app_id, d.date, d.tokens_consumed as tokens, d.sessions_count as sessions
      from usage_analytics_daily d join apps a on a.id = d.app_id where ${within("d.customer_id")}
    ) r using (customer_id, mode, app_id, date)
    where l.tokens is distinct from r.tokens or l.uses is distinct from r.sessions::bigint limit ${most}`);
  const clock = await db.execute(sql`
    with ${uses(within)}, l as (
      select e.customer_id, e.mode, (e.occurred_at at time zone c.time_zone) as at, e.app_id, e.tokens, e.uses
      from e join customers c on c.id = e.customer_id
    ), counted as (
      select customer_id, mode, at::date as date, app_id as part, sum(tokens) as tokens, sum(uses) as uses
      from l group by 1, 2, 3, 4
      union all
      select customer_id, mode, at::date, extract(hour from at)::text, sum(tokens), sum(uses) from l group by 1, 2, 3, 4
    ), kept as (
      select d.customer_id, d.mode, d.date, a.catalog_id as part, d.tokens, d.uses
      from usage_days d join apps a on a.id = d.app_id where ${within("d.customer_id")}
      union all
      select customer_id, mode, date, hour::text, tokens, uses from usage_hours where ${within()}
    )
    select customer_id, mode, part as app_id, date, counted.tokens as ledger, kept.tokens as rollup
    from counted full join kept using (customer_id, mode, date, part)
    -- A row of nothing is as good as none.
    where coalesce(counted.tokens, 0) <> coalesce(kept.tokens, 0) or coalesce(counted.uses, 0) <> coalesce(kept.uses, 0) limit ${most}`);
  // Of key, product and country only the details tell. Where some of them were erased, the rollup knows more than they do.
  const told = await db.execute(sql`
    with told as (
      select t.customer_id, t.mode, facet, (t.created_at at time zone c.time_zone)::date as date, value,
        sum(t.tokens_consumed) as tokens, count(*) as uses
      from token_usage t join customers c on c.id = t.customer_id
      cross join lateral (values ('key', t.key_id), ('product', usage_product(t.metadata)), ('country', usage_country(t.metadata)))
        v(facet, value)
      where value is not null and t.refunded_at is null and ${within("t.customer_id")} group by 1, 2, 3, 4, 5
    )
    select customer_id, mode, facet || ' ' || value as app_id, date, told.tokens as ledger, f.tokens as rollup
    from told left join usage_facets f using (customer_id, mode, facet, date, value)
    where f.tokens is null or told.tokens > f.tokens or told.uses > f.uses limit ${most}`);
  // What is packed says what the counts say.
  const packed = await db.execute(sql`
    with p as materialized (select * from usage_packed where known is not null and ${within()}), counts as (
      select p.customer_id, p.mode, p.days, p.start, c.date - p.start || ' ' || c.app_id as part, c.tokens, c.uses
      from p join usage_days c on c.customer_id = p.customer_id and c.mode = p.mode
        and c.date between p.start and p.start + p.days - 1
      union all
      select p.customer_id, p.mode, p.days, p.start, 'hour ' || (c.date - p.start) * 24 + c.hour, c.tokens, null
      from p join usage_hours c on c.customer_id = p.customer_id and c.mode = p.mode
        and c.date between p.start and p.start + p.days - 1
      union all
      select p.customer_id, p.mode, p.days, p.start, c.facet || ' ' || c.value, sum(c.tokens), sum(c.uses)
      from p join usage_facets c on c.customer_id = p.customer_id and c.mode = p.mode
        and c.date between p.start and p.start + p.days - 1
      group by 1, 2, 3, 4, 5
      union all
      select p.customer_id, p.mode, p.days, p.start, 'shoppers', sum(c.known), null
      from p join usage_shoppers c on c.customer_id = p.customer_id and c.mode = p.mode
        and c.date between p.start and p.start + p.days - 1
      group by 1, 2, 3, 4
    ), kept as (
      select customer_id, mode, days, start, (a ->> 0) || ' ' || (a ->> 1) as part, (a ->> 2)::numeric as tokens,
        (a ->> 3)::numeric as uses
      from p cross join lateral json_array_elements(apps) a
      union all
      select customer_id, mode, days, start, 'hour ' || at - 1, tokens::numeric, null
      from p cross join lateral json_array_elements_text(hours) with ordinality h(tokens, at)
      union all
      select customer_id, mode, days, start, facet || ' ' || (v ->> 0), (v ->> 1)::numeric, (v ->> 2)::numeric
      from p cross join lateral json_each(facets) f(facet, list) cross join lateral json_array_elements(list) v
      union all
      select customer_id, mode, days, start, 'shoppers', known, null from p
    )
    select customer_id, mode, part || ' in ' || days || ' days' as app_id, start as date, counts.tokens as ledger,
      kept.tokens as rollup
    from counts full join kept using (customer_id, mode, days, start, part)
    where coalesce(counts.tokens, 0) <> coalesce(kept.tokens, 0) or coalesce(counts.uses, 0) <> coalesce(kept.uses, 0)
    order by 3 limit ${most}`);
  return [...rollups, ...clock, ...told, ...packed];
}
