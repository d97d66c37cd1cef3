import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { StaffCtx } from "@/db/context";
import type { Figures } from "./contract";
import { movementsOf, percentile } from "./rules";

/** How far back movements of revenue are told, months. */
const MONTHS = 12;

/** Whether the brand `c` is one still: of one that was erased the books stay, under the address that the erasure gave it. */
const present = sql`c.slug <> 'erased-' || c.id`;

/** What a plan's price is a month. */
const monthly = sql`case when p.billing_cycle = 'yearly' then round(p.price_cents / 12.0) else p.price_cents end`;

async function revenue(tx: Tx, now: Date): Promise<Figures["mrr"]> {
  const [sum] = await tx.execute(sql`
    select coalesce(sum(${monthly}) filter (where b.stripe_subscription_id is not null), 0) as cents,
      count(*) filter (where b.stripe_subscription_id is not null) as subscriptions,
      count(*) filter (where b.stripe_subscription_id is null) as given
    from customer_billing b join billing_plans p on p.id = b.plan_id join customers c on c.id = b.customer_id
    where b.status = 'active' and ${present}`);
  // By the plan's price and not by what was paid: an upgrade's first invoice is less by what the old plan had left. A
  // subscription that goes on pays, also in the hour in which its next period is not paid yet, and where a period was given
  // back; one that was ended at once does not to the end of what it paid.
  const periods = await tx.execute(sql`
    select t.customer_id, ${monthly} as price_cents, t.period_start, case
        when b.status = 'active' and t.period_end = max(t.period_end) over (partition by t.stripe_subscription_id)
          then greatest(t.period_end, now() + interval '1 second')
        when b.status = 'canceled' then least(t.period_end, b.updated_at)
        else t.period_end end as period_end
    from token_purchases t join billing_plans p on p.id = t.plan_id
      left join customer_billing b on b.stripe_subscription_id = t.stripe_subscription_id
    where t.kind = 'plan' and t.origin <> 'surplus' and t.period_start is not null and t.period_end is not null
      and (t.status = 'completed' or t.status = 'refunded' and b.status = 'active')`);
  return {
    cents: Number(sum?.cents),
    subscriptions: Number(sum?.subscriptions),
    given: Number(sum?.given),
    movements: movementsOf(
      periods.map((row) => ({
        customerId: String(row.customer_id),
        cents: Number(row.price_cents),
        start: new Date(String(row.period_start)),
        end: new Date(String(row.period_end)),
      })),
      now,
      MONTHS,
    ),
  };
}

/** Thirty days by the clock of the brand `c`, today the last of them: those that its days are counted by. */
const lastThirty = sql`date > (now() at time zone c.time_zone)::date - 30`;

async function consumptionRate(tx: Tx): Promise<number | null> {
  const [row] = await tx.execute(sql`
    select avg(coalesce(d.daily, 0) / p.tokens_per_month)::float8 as rate
    from customer_billing b
      join customers c on c.id = b.customer_id
      join billing_plans p on p.id = b.plan_id and p.tokens_per_month > 0
      left join lateral (select sum(tokens)::float8 / 30 as daily from usage_days
        where customer_id = b.customer_id and mode = 'live' and ${lastThirty}) d on true
    where b.status = 'active' and ${present}`);
  return row?.rate == null ? null : Number(row.rate);
}

async function adoption(tx: Tx, customers: number): Promise<Figures["adoption"]> {
  const rows = await tx.execute(sql`
    select a.catalog_id, a.name,
      (select count(*) from customer_apps x where x.app_id = a.id and x.status = 'active') as customers,
      coalesce((select sum(tokens) from usage_days d join customers c on c.id = d.customer_id
        where d.app_id = a.id and d.mode = 'live' and ${lastThirty}), 0) as tokens
    from apps a order by 3 desc, 2`);
  const apps = rows.map((row) => ({
    appId: String(row.catalog_id),
    name: String(row.name),
    customers: Number(row.customers),
    tokens30: Number(row.tokens),
  }));
  const active = apps.reduce((sum, app) => sum + app.customers, 0);
  return { perCustomer: customers === 0 ? 0 : active / customers, apps };
}

async function funnel(tx: Tx): Promise<Figures["funnel"]> {
  // Each step among those who took the one before it, so that the line never rises.
  const [row] = await tx.execute(sql`
    with steps as (
      select c.id,
        exists (select 1 from customer_apps x where x.customer_id = c.id) as activated,
        exists (select 1 from configuration_versions v where v.customer_id = c.id and v.actor_type <> 'system') as configured,
        exists (select 1 from usage_days d where d.customer_id = c.id and d.mode = 'live') as used,
        exists (select 1 from customer_billing b where b.customer_id = c.id and b.status = 'active'
          and b.stripe_subscription_id is not null) as paying
      from customers c where ${present})
    select count(*) as signed_up, count(*) filter (where activated) as activated,
      count(*) filter (where activated and configured) as configured,
      count(*) filter (where activated and configured and used) as used,
      count(*) filter (where activated and configured and used and paying) as paying
    from steps`);
  return (["signed_up", "activated", "configured", "used", "paying"] as const).map((step) => ({
    step,
    brands: Number(row?.[step] ?? 0),
  }));
}

async function timeToFirstToken(tx: Tx): Promise<Figures["timeToFirstToken"]> {
  const rows = await tx.execute(sql`
    select extract(epoch from e.occurred_at - c.created_at)::float8 as seconds
    from customers c cross join lateral (
      select occurred_at from ledger_entries
      where customer_id = c.id and mode = 'live' and kind = 'usage' order by epoch, seq limit 1) e
    where e.occurred_at >= c.created_at order by 1`);
  const seconds = rows.map((row) => Number(row.seconds));
  if (seconds.length === 0) return null;
  return { median: percentile(seconds, 0.5), p90: percentile(seconds, 0.9), brands: seconds.length };
}

async function liability(tx: Tx): Promise<Figures["liability"]> {
  const rows = await tx.execute(sql`
    select g.source, sum(g.remaining)::float8 as tokens,
      coalesce(sum(g.remaining) filter (where g.expires_at < now() + interval '30 days'), 0)::float8 as soon,
      coalesce(sum(g.remaining::numeric * t.price_cents / nullif(t.tokens_purchased, 0)), 0)::float8 as cents
    from grants g join customers c on c.id = g.customer_id left join token_purchases t on t.grant_id = g.id
    where ${present} and g.mode = 'live' and g.remaining > 0 and (g.expires_at is null or g.expires_at > now())
    group by g.source order by 2 desc`);
  return {
    sources: rows.map((row) => ({
      source: row.source as Figures["liability"]["sources"][number]["source"],
      tokens: Number(row.tokens),
      soon: Number(row.soon),
      cents: Math.round(Number(row.cents)),
    })),
  };
}

/** The business in figures, all of one moment. Of all tenants, and therefore for staff only. */
export function figuresOf(ctx: StaffCtx): Promise<Figures> {
  return ctx.db.transaction(
    async (tx) => {
      const [row] = await tx.execute(sql`
        select (select count(*) from customers c where ${present}) as customers, extract(epoch from now()) * 1000 as now`);
      const now = new Date(Math.floor(Number(row?.now)));
      const customers = Number(row?.customers);
      return {
        asOf: now.toISOString(),
        customers,
        mrr: await revenue(tx, now),
        consumptionRate: await consumptionRate(tx),
        adoption: await adoption(tx, customers),
        funnel: await funnel(tx),
        timeToFirstToken: await timeToFirstToken(tx),
        liability: await liability(tx),
      };
    },
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
}
