import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";

export type BalanceLevel = "enough" | "low" | "exhausted";

/**
 * Brands that want to hear of their balance and whose level is another than the one noted; null where none was. Low is
 * the brand's own mark, or a fifth of what the grants it still draws on came to; exhausted is less than the cheapest app that is on.
 */
export async function levelsToTell(db: Db): Promise<
  {
    readonly customerId: string;
    readonly level: BalanceLevel;
    readonly told: BalanceLevel | null;
    readonly balance: number;
    readonly threshold: number;
  }[]
> {
  const rows = await db.execute<Record<string, string | null>>(sql`
    with listening as (
      select distinct customer_id from webhook_endpoints
      where enabled and deleted_at is null and (events is null or events && '{tokens.low,tokens.exhausted}'::text[])
    ), levels as (
      select a.customer_id, a.balance, coalesce(o.low_balance_tokens, ceil(g.tokens * 0.2)::bigint, 0) as threshold,
        case when a.balance < coalesce(p.cheapest, 1) then 'exhausted'
          when a.balance <= coalesce(o.low_balance_tokens, ceil(g.tokens * 0.2)::bigint, 0) then 'low'
          else 'enough' end as level
      from listening l
      join metering_accounts a on a.customer_id = l.customer_id and a.mode = 'live' and a.epoch > 0 and not a.unlimited
      left join overage_settings o on o.customer_id = l.customer_id
      left join lateral (select sum(tokens) as tokens from grants
        where customer_id = l.customer_id and mode = 'live' and remaining > 0 and (expires_at is null or expires_at > now())) g on true
      left join lateral (select min(apps.token_cost) as cheapest from customer_apps c join apps on apps.id = c.app_id
        where c.customer_id = l.customer_id and c.status = 'active') p on true
    )
    select l.customer_id, l.level, b.level as told, l.balance, l.threshold
    from levels l left join webhook_balances b on b.customer_id = l.customer_id
    where b.level is distinct from l.level`);
  return rows.map((row) => ({
    customerId: String(row.customer_id),
    level: row.level as BalanceLevel,
    told: row.told as BalanceLevel | null,
    balance: Number(row.balance),
    threshold: Number(row.threshold),
  }));
}
