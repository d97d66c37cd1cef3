import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";

/**
 * Notes when each brand spent its first token, live or test, once: the uses themselves may be erased later. Looks only at
 * brands of which it is not known yet.
 */
export async function noteFirstTokens(deps: { readonly db: Db }): Promise<void> {
  await deps.db.execute(sql`
    update customers set first_token_at = first.at
    from (
      select c.id, (select min(u.created_at) from token_usage u where u.customer_id = c.id) as at
      from customers c where c.first_token_at is null
    ) first
    where customers.id = first.id and first.at is not null and customers.first_token_at is null`);
}
