import { eq, sql } from "drizzle-orm";
import type { Ctx } from "@/db/context";
import { widgetEvents } from "@/db/schema/insights";

/**
 * What became of the demo brand's past sessions, for each use of its past: two in three come to a result, some frames are
 * shown, one of them chosen, and about one session in twelve ends with a frame in the basket, more of them at a later
 * time of the past. Each session's chance is a hash of its id, so that one statement makes all of them. Does nothing where
 * there are sessions.
 */
export async function seedSessions(ctx: Ctx): Promise<void> {
  const [there] = await ctx.db
    .select({ usageId: widgetEvents.usageId })
    .from(widgetEvents)
    .where(eq(widgetEvents.customerId, ctx.customerId))
    .limit(1);
  if (there) return;
  await ctx.db.execute(sql`
    with chance as (
      select u.*, a.catalog_id,
        -- From 0 to 1, another for each thing that may happen, and for each of four frames that may be shown.
        (select array_agg((('x' || substr(md5(u.id::text || n), 1, 7))::bit(28)::int / 268435456.0)::float8 order by n)
          from generate_series(1, 8) n) as c
      from token_usage u join apps a on a.id = u.app_id
      where u.customer_id = ${ctx.customerId} and u.mode = 'live' and a.catalog_id in ('vto-001', 'pdc-001', 'frf-001')
    ), frame as (
      select sku, row_number() over (order by md5(sku)) - 1 as place from products where customer_id = ${ctx.customerId}
    ), shown as (
      -- Few frames are liked by many: a power of the chance has the first ones come up most.
      select distinct s.id, n, f.sku from chance s cross join generate_series(1, 4) n
      join frame f on f.place = floor(power(s.c[4 + n], 2.2) * 40) where s.catalog_id <> 'pdc-001' and n <= 1 + floor(s.c[1] * 4)
    ), happened as (
      select id, 'open' as kind, '' as sku from chance
      union all select id, 'result', '' from chance where c[2] < case catalog_id when 'vto-001' then 0.71 else 0.64 end
      union all select id, 'view', sku from shown
      union all select s.id, 'choose', f.sku from chance s join shown f on f.id = s.id and f.n = 1 where s.c[2] < 0.38
      union all
      select s.id, 'cart', coalesce(f.sku, (select sku from frame where place = floor(power(s.c[5], 2.2) * 40)))
      from chance s left join shown f on f.id = s.id and f.n = 1
      where s.c[3] < case s.catalog_id when 'vto-001' then 0.096 else 0.061 end
        * (1.12 - 0.004 * extract(day from now() - s.created_at))
    )
    insert into widget_events (customer_id, usage_id, app_id, kind, sku, opened_at)
    select s.customer_id, s.id, s.app_id, h.kind, h.sku, s.created_at
    from happened h join chance s on s.id = h.id where h.sku is not null on conflict do nothing`);
}
