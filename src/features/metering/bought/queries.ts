import { sql } from "drizzle-orm";
import { listOf } from "@/db/array";
import type { Reader } from "@/db/client";

/**
 * Whether tokens granted equal what was bought, per purchase: each paid purchase of tokens has one grant of exactly its
 * tokens, and each grant that names a purchase has one. `grant_intents` says what was meant, and the other checks of the
 * invariant that it was done.
 */
export async function purchasesNotGranted(db: Reader, customers?: readonly string[]): Promise<string[]> {
  const within = customers ? sql`x.customer_id = any(${listOf([...customers])}::uuid[])` : sql`true`;
  const rows = await db.execute(sql`
    select p.customer_id, p.id, p.tokens_purchased as bought, i.id as grant_id, i.tokens as granted, i.business_key
    from (select * from token_purchases x where ${within} and status in ('completed', 'refunded')) p
    full join (
      select * from grant_intents x
      where ${within} and kind = 'grant' and source in ('pack', 'plan') and business_key ~ '^(pack:pi_|plan:sub_)'
    ) i on i.id = p.grant_id
    where (p.tokens_purchased > 0 or p.id is null)
      and (i.id is null or p.id is null or i.tokens <> p.tokens_purchased or i.customer_id <> p.customer_id
        or i.source <> p.kind or i.mode <> 'live' or i.business_key <> p.business_key or i.refused_at is not null)
    limit 20`);
  return rows.map((row) =>
    row.id
      ? `${row.customer_id}:live purchase ${row.id}: bought ${row.bought}, granted ${row.granted ?? 0}`
      : `${row.customer_id ?? ""}:live ${row.business_key}: granted ${row.granted}, and nobody bought it`,
  );
}
