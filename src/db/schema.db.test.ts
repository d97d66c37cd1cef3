import { sql } from "drizzle-orm";
import { afterAll, expect, it } from "vitest";
import { closeDb, db } from "./client";

afterAll(closeDb);

it("has no index in an order that no list asks for", async () => {
  // `desc()` of the schema means "nulls last", `order by … desc` means "nulls first": such an index is read and sorted whole.
  const rows = await db().execute(sql`
    select indexname from pg_indexes where schemaname = 'public' and indexdef like '%NULLS LAST%'
      and tablename !~ '^token_usage_' order by 1`);
  // The question for a day's uses says "nulls last" itself.
  expect(rows.map(({ indexname }) => indexname)).toEqual(["idx_token_usage_customer_created"]);
});
