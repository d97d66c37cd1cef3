import { inArray, sql } from "drizzle-orm";
import type { StaffCtx } from "@/db/context";
import { customers } from "@/db/schema/people";
import { driftHistory } from "@/features/metering/drift/queries";
import { listLetters } from "@/features/metering/letters/queries";
import { backlogs, ledgerFigures } from "@/features/metering/metrics/queries";
import type { Redis } from "@/lib/redis";
import type { Letters, SystemState } from "./contract";

const LOOKS = 20;
const LETTERS = 100;
/** Breaches of a look that are told in words. */
const WORDS = 3;

const isoOf = (seconds: number): string => new Date(seconds * 1_000).toISOString();

async function backlog(redis: Redis): Promise<SystemState["backlog"]> {
  try {
    const waiting = (await backlogs(redis)).filter(({ events }) => events > 0);
    return {
      events: waiting.reduce((sum, { events }) => sum + events, 0),
      lagSeconds: Math.max(0, ...waiting.map(({ lagSeconds }) => lagSeconds)),
      partitions: waiting.length,
    };
  } catch {
    // That Redis is away is what this page has to tell.
    return null;
  }
}

/** How the machinery stands. Of all tenants, and therefore for staff only. */
export async function systemState(ctx: StaffCtx, redis: Redis): Promise<SystemState> {
  const ledger = await ledgerFigures(ctx.db);
  const looks = await driftHistory(ctx.db, LOOKS);
  const [row] = await ctx.db.execute(sql`
    select
      (select count(*) from outgoing_mails where status = 'queued') as queued,
      (select count(*) from outgoing_mails where status = 'failed') as failed,
      (select count(*) from stripe_events where status = 'failed') as events,
      (select extract(epoch from max(received_at)) from stripe_events) as last`);
  const drained = ledger.partitions.flatMap(({ lastDrained }) => (lastDrained === null ? [] : [lastDrained]));
  return {
    asOf: new Date().toISOString(),
    backlog: await backlog(redis),
    lastDrained: drained.length === 0 ? null : isoOf(Math.max(...drained)),
    lettersOpen: ledger.lettersOpen,
    intents: { open: ledger.intentsOpen, lagSeconds: ledger.intentsLagSeconds },
    losses: { tokens: ledger.tokensLost, unknown: ledger.lossesUnknown },
    accountsClosed: ledger.accountsClosed,
    drift: looks.map((look) => ({
      checkedAt: look.checkedAt.toISOString(),
      breaches: look.breaches,
      brands: look.brands,
      tookMs: look.tookMs,
      wrong: look.findings.flatMap(({ breaches }) => breaches).slice(0, WORDS),
    })),
    mails: { queued: Number(row?.queued), failed: Number(row?.failed) },
    stripeEvents: { failed: Number(row?.events), last: row?.last == null ? null : isoOf(Number(row.last)) },
  };
}

/** Events that could not be written, newest first, with whose they are. */
export async function lettersOf(ctx: StaffCtx, input: { open: boolean }): Promise<Letters> {
  const { letters, total } = await listLetters(ctx.db, { open: input.open }, LETTERS);
  const ids = [...new Set(letters.flatMap(({ customerId }) => (customerId ? [customerId] : [])))];
  const brands = ids.length === 0 ? [] : await ctx.db.select().from(customers).where(inArray(customers.id, ids));
  const names = new Map(brands.map(({ id, name }) => [id, name]));
  return {
    total,
    letters: letters.map((letter) => ({
      id: letter.id,
      customerId: letter.customerId,
      brand: (letter.customerId && names.get(letter.customerId)) ?? null,
      mode: letter.mode,
      reason: letter.reason,
      kind: letter.fields.k ?? null,
      error: letter.error,
      createdAt: letter.createdAt.toISOString(),
      resolution: letter.resolution,
    })),
  };
}
