import { sql } from "drizzle-orm";
import { listOf } from "@/db/array";
import type { Db, Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { SETTLED_MINUTES } from "@/features/metering/rollups/rules";
import type { Mode } from "@/lib/ids";
import { type Counts, countsByDate, daysBeside, type Length, type Packed, pack, type Span, weeksIn } from "./rules";

/** An account of the brand that asks. */
export interface Scope {
  readonly ctx: Ctx;
  readonly mode: Mode;
}

/** What the rollups count of some days of the brand's clock. */
export async function countsOf(tx: Tx, { ctx, mode }: Scope, dates: readonly string[]): Promise<Counts> {
  const own = sql`customer_id = ${ctx.customerId} and mode = ${mode} and date = any(${listOf(dates)}::date[])`;
  const apps = await tx.execute(sql`
    select date::text as date, app_id, tokens, uses, took_ms, timed from usage_days where ${own}`);
  const hours = await tx.execute(sql`
    select date::text as date, hour, tokens from usage_hours where ${own}`);
  const facets = await tx.execute(sql`
    select date::text as date, facet, value, tokens, uses from usage_facets
    where facet in ('key', 'product', 'country') and ${own}`);
  const sketches = await tx.execute(sql`
    select date::text as date, sketch, known from usage_shoppers where ${own}`);
  return {
    apps: apps.map((row) => ({
      ...{ date: String(row.date), appId: String(row.app_id), tokens: Number(row.tokens), uses: Number(row.uses) },
      ...{ tookMs: Number(row.took_ms), timed: Number(row.timed) },
    })),
    hours: hours.map((row) => ({ date: String(row.date), hour: Number(row.hour), tokens: Number(row.tokens) })),
    facets: facets.map((row) => ({
      ...{ date: String(row.date), facet: String(row.facet), value: String(row.value) },
      ...{ tokens: Number(row.tokens), uses: Number(row.uses) },
    })),
    sketches: sketches.map((row) => ({
      ...{ date: String(row.date), sketch: row.sketch as Uint8Array, known: Number(row.known) },
    })),
  };
}

/** A part of what is asked for: a day, or a week. */
export type Part = Packed & { readonly start: string };

/** Those of some days or weeks that are packed; without hours and facets where they begin before a day. */
async function packedOf(
  tx: Tx,
  { ctx, mode }: Scope,
  { length, starts, from }: { readonly length: Length; readonly starts: readonly string[]; readonly from: string },
): Promise<Part[]> {
  const rows = await tx.execute(sql`
    select start::text as start, apps, sketch, known, case when start >= ${from}::date then hours end as hours,
      case when start >= ${from}::date then facets end as facets
    from usage_packed
    where customer_id = ${ctx.customerId} and mode = ${mode} and days = ${length}
      and start = any(${listOf(starts)}::date[]) and known is not null`);
  return rows.map((row) => ({
    start: String(row.start),
    apps: row.apps as Packed["apps"],
    hours: (row.hours ?? []) as Packed["hours"],
    facets: (row.facets ?? {}) as Packed["facets"],
    sketch: row.sketch as Uint8Array,
    known: Number(row.known),
  }));
}

/**
 * What some spans have, by weeks where they are packed, then by days where those are, and counted where neither is: today,
 * and what came late. Every day that has use is in one part, and every part in one span.
 * @param from the day from which on hours and facets are wanted: what begins before it may come without them
 */
export async function partsOf(tx: Tx, scope: Scope, spans: readonly Span[], from: string): Promise<Part[]> {
  const weeks = await packedOf(tx, scope, { length: 7, starts: spans.flatMap(weeksIn), from });
  const dates = daysBeside(
    spans,
    weeks.map(({ start }) => start),
  );
  const days = await packedOf(tx, scope, { length: 1, starts: dates, from });
  const packed = new Set(days.map(({ start }) => start));
  const open = dates.filter((date) => !packed.has(date));
  if (open.length === 0) return [...weeks, ...days];
  const counts = await countsOf(tx, scope, open);
  // A day without use is no part: a new brand has hundreds of them.
  const counted: readonly { readonly date: string }[] = Object.values(counts).flat();
  const used = new Set(counted.map(({ date }) => date));
  const of = countsByDate(counts);
  return [...weeks, ...days, ...Array.from(used, (start) => ({ start, ...pack(start, 1, of([start])) }))];
}

/** The condition on what is packed, `p`, of a brand `c`: that it is over by the brand's clock, and open. */
export const due = sql`p.known is null
  and (p.start + p.days)::timestamp at time zone c.time_zone < now() - make_interval(mins => ${SETTLED_MINUTES})`;

/** Accounts with days or weeks to be packed: by chance, so that some which always fail keep nobody from their turn. */
export async function accountsToPack(db: Db, most: number): Promise<{ customerId: string; mode: Mode }[]> {
  const rows = await db.execute(sql`
    select p.customer_id, p.mode from usage_packed p join customers c on c.id = p.customer_id
    where ${due} group by 1, 2 order by random() limit ${most}`);
  return rows.map((row) => ({ customerId: String(row.customer_id), mode: row.mode === "test" ? "test" : "live" }));
}
