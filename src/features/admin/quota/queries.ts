import { sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { sha256 } from "@/lib/digest";
import { Refusal } from "@/lib/errors";
import type { CustomerId } from "@/lib/ids";
import type { Quota } from "./contract";

/** What a reset's grant is called: of one brand and the end of one period. */
export const resetKey = (customerId: CustomerId, expiresAt: string): string => `reset:${customerId}:${expiresAt}:`;

/**
 * How a brand stands with the tokens of its plan, as the ledger has it.
 * @throws Refusal `invalid_request` where no period with tokens is running
 */
export async function quotaOf(db: Reader, customerId: CustomerId): Promise<Quota> {
  const [row] = await db.execute(sql`
    with spent as (
      -- What uses took, less what came back. What a refund of money, a correction or a hold that is open took is not used.
      select (part->>0)::uuid as grant_id, -sum((part->>1)::bigint) as tokens
      from ledger_entries l, jsonb_array_elements(l.grant_parts) as part
      where l.customer_id = ${customerId} and l.mode = 'live' and l.kind in ('usage', 'hold', 'settle', 'release', 'refund')
      group by 1
    ), held as (
      select (part->>0)::uuid as grant_id, sum((part->>1)::bigint) as tokens
      from reservations r, jsonb_array_elements(r.parts) as part
      where r.customer_id = ${customerId} and r.mode = 'live' and r.status = 'held' group by 1
    )
    select coalesce(p.name, 'none') as plan, sum(g.tokens)::float8 as quota,
      sum(coalesce(s.tokens, 0) - coalesce(h.tokens, 0))::float8 as used,
      max(g.expires_at) as ends, max(a.balance)::float8 as balance
    from grants g
      left join spent s on s.grant_id = g.id
      left join held h on h.grant_id = g.id
      join metering_accounts a on a.customer_id = g.customer_id and a.mode = g.mode and not a.unlimited
      left join customer_billing b on b.customer_id = g.customer_id
      left join billing_plans p on p.id = b.plan_id
    where g.customer_id = ${customerId} and g.mode = 'live' and g.source = 'plan' and g.expires_at > now()
    group by p.name`);
  if (!row) throw new Refusal("invalid_request", "No period with tokens of a plan is running for this brand.");
  const expiresAt = new Date(String(row.ends)).toISOString();
  const prefix = resetKey(customerId, expiresAt);
  const [given] = await db.execute(sql`
    select coalesce(sum(tokens), 0)::float8 as tokens, count(*)::int as times from grant_intents
    where customer_id = ${customerId} and starts_with(business_key, ${prefix})`);
  const [quota, used, givenBack] = [Number(row.quota), Number(row.used), Number(given?.tokens)];
  return {
    plan: String(row.plan),
    quota,
    used,
    givenBack,
    tokens: Math.max(0, used - givenBack),
    balance: Number(row.balance),
    expiresAt,
    // Of how often it was done, and not of what is used: a brand that goes on using must not make it impossible.
    confirmation: sha256([prefix, given?.times].join("\n")).slice(0, 8),
  };
}
