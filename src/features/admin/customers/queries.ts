import { sql } from "drizzle-orm";
import type { StaffCtx } from "@/db/context";
import { isUuid } from "@/lib/ids";
import { type CustomerRow, type CustomersInput, type CustomersOutput, PAGE } from "./contract";

/** What stands for itself in a LIKE. */
const literal = (text: string): string => text.replace(/[\\%_]/g, "\\$&");

/** Brands, the newest first. Of all tenants, and therefore for staff only. */
export async function customersOf(ctx: StaffCtx, { q, cursor }: CustomersInput): Promise<CustomersOutput> {
  const like = `%${literal(q)}%`;
  const matching = sql`(${q} = '' or c.name ilike ${like} or c.slug ilike ${like}
    or ${isUuid(q) ? sql`c.id = ${q}::uuid` : sql`false`}
    or exists (select 1 from memberships m join users u on u.id = m.user_id where m.customer_id = c.id and u.email ilike ${like}))`;
  const rows = await ctx.db.execute(sql`
    select c.id, c.name, c.slug, c.created_at, p.name as plan, b.status, a.balance, a.unlimited,
      coalesce(d.tokens, 0) as tokens, d.last::text as last,
      (select count(*) from customer_apps x where x.customer_id = c.id and x.status = 'active') as apps
    from customers c
      left join customer_billing b on b.customer_id = c.id
      left join billing_plans p on p.id = b.plan_id
      left join metering_accounts a on a.customer_id = c.id and a.mode = 'live'
      left join lateral (select max(date) as last,
          sum(tokens) filter (where date > (now() at time zone c.time_zone)::date - 30) as tokens
        from usage_days where customer_id = c.id and mode = 'live') d on true
    where ${matching} and ${cursor ? sql`c.id < ${cursor}::uuid` : sql`true`}
    order by c.id desc limit ${PAGE + 1}`);
  const [count] = await ctx.db.execute(sql`select count(*) as total from customers c where ${matching}`);
  const customers = rows.slice(0, PAGE).map(
    (row): CustomerRow => ({
      id: String(row.id),
      name: String(row.name),
      slug: String(row.slug),
      createdAt: new Date(String(row.created_at)).toISOString(),
      plan: row.plan === null ? null : String(row.plan),
      status: row.status as CustomerRow["status"],
      balance: row.unlimited === true ? null : Number(row.balance ?? 0),
      tokens30: Number(row.tokens),
      apps: Number(row.apps),
      lastUse: row.last === null ? null : String(row.last),
    }),
  );
  return {
    customers,
    total: Number(count?.total ?? 0),
    nextCursor: rows.length > PAGE ? (customers.at(-1)?.id ?? null) : null,
  };
}
