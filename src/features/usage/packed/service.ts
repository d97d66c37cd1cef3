import { sql } from "drizzle-orm";
import { listOf } from "@/db/array";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import type { Mode } from "@/lib/ids";
import { datesOf, shiftDate } from "../dashboard/rules";
import { countsOf, due, type Scope } from "./queries";
import { countsByDate, type Length, pack } from "./rules";

/** How many days and weeks of an account are packed in one transaction: the drain of its account waits for it. */
const AT_ONCE = 16;

/**
 * Packs days and weeks of an account that are over, the oldest first.
 * @returns how many, at most 16; 0 where there are no more, or another process packs them at this moment
 */
export function packOver(ctx: Ctx, { mode }: { readonly mode: Mode }): Promise<number> {
  return ctx.db.transaction(async (tx) => {
    // Only the holder of the account's head writes its counts. Without it, a late use that is being written would be missing
    // for good: it opens what is packed, and this is not yet.
    await tx.execute(
      sql`select from metering_accounts where customer_id = ${ctx.customerId} and mode = ${mode} for update`,
    );
    const open = await tx.execute(sql`
      select p.start::text as start, p.days from usage_packed p join customers c on c.id = p.customer_id
      where p.customer_id = ${ctx.customerId} and p.mode = ${mode} and ${due}
      order by p.start limit ${AT_ONCE} for update of p skip locked`);
    const spans = open.map((row) => ({ start: String(row.start), length: row.days === 7 ? 7 : 1 }) as const);
    if (spans.length > 0) await packEach(tx, { ctx, mode }, spans);
    return spans.length;
  });
}

async function packEach(
  tx: Tx,
  scope: Scope,
  spans: readonly { readonly start: string; readonly length: Length }[],
): Promise<void> {
  const datesIn = ({ start, length }: (typeof spans)[number]) => datesOf(start, shiftDate(start, length - 1));
  const of = countsByDate(await countsOf(tx, scope, [...new Set(spans.flatMap(datesIn))]));
  const packed = spans.map((span) => ({ ...span, ...pack(span.start, span.length, of(datesIn(span))) }));
  const column = (pick: (span: (typeof packed)[number]) => string | number) => listOf(packed.map(pick));
  await tx.execute(sql`
    update usage_packed p set apps = n.apps::json, hours = n.hours::json, facets = n.facets::json,
      sketch = decode(n.sketch, 'hex'), known = n.known
    from unnest(${column(({ start }) => start)}::date[], ${column(({ length }) => length)}::smallint[],
      ${column(({ apps }) => JSON.stringify(apps))}::text[], ${column(({ hours }) => JSON.stringify(hours))}::text[],
      ${column(({ facets }) => JSON.stringify(facets))}::text[],
      ${column(({ sketch }) => Buffer.from(sketch).toString("hex"))}::text[], ${column(({ known }) => known)}::int[]
    ) as n(start, days, apps, hours, facets, sketch, known)
    where p.customer_id = ${scope.ctx.customerId} and p.mode = ${scope.mode} and p.start = n.start and p.days = n.days`);
}
