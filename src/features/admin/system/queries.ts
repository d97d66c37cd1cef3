import { inArray, sql } from "drizzle-orm";
import type { StaffCtx } from "@/db/context";
import { customers } from "@/db/schema/people";
import { driftHistory } from "@/features/metering/drift/queries";
import { listLetters } from "@/features/metering/letters/queries";
import { backlogs, ledgerFigures, workFigures } from "@/features/metering/metrics/queries";
import { latencies } from "@/lib/latency";
import type { Redis } from "@/lib/redis";
import type { Letters, SystemState } from "./contract";
import { groupsOf, isLate } from "./rules";

const LOOKS = 20;
const LETTERS = 100;
/** Breaches of a look, or findings about a brand, that are told in words. */
const WORDS = 3;
/** Brands whose money does not agree that are named. */
const ODD = 20;

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

/** What the newest look at each brand's money found. */
async function moneyOf({ db }: StaffCtx): Promise<SystemState["money"]> {
  const rows = await db.execute(sql`
    select distinct on (r.customer_id) r.customer_id, c.name, r.checked_at, r.paid_cents, r.tokens_bought, r.tokens_granted, r.findings
    from billing_reports r join customers c on c.id = r.customer_id order by r.customer_id, r.checked_at desc`);
  if (rows.length === 0) return null;
  const sum = (of: string) => rows.reduce((total, row) => total + Number(row[of]), 0);
  const odd = rows.map((row) => ({ row, found: row.findings as { subject: string; what: string }[] }));
  return {
    checkedAt: new Date(Math.max(...rows.map((row) => Date.parse(String(row.checked_at))))).toISOString(),
    brands: rows.length,
    paidCents: sum("paid_cents"),
    tokensBought: sum("tokens_bought"),
    tokensGranted: sum("tokens_granted"),
    odd: odd
      .filter(({ found }) => found.length > 0)
      .slice(0, ODD)
      .map(({ row, found }) => ({
        customerId: String(row.customer_id),
        brand: String(row.name),
        findings: found.length,
        words: found.slice(0, WORDS).map(({ subject, what }) => `${subject} ${what}`),
      })),
  };
}

/** How the machinery stands. Of all tenants, and therefore for staff only. */
export async function systemState(ctx: StaffCtx, redis: Redis): Promise<SystemState> {
  const ledger = await ledgerFigures(ctx.db);
  const { jobs } = await workFigures(ctx.db);
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
    requests: {
      since: new Date(Date.now() - process.uptime() * 1_000).toISOString(),
      groups: groupsOf(latencies().read()),
    },
    jobs: jobs
      .map((job) => ({
        ...job,
        succeeded: job.succeeded === null ? null : isoOf(job.succeeded),
        late: isLate(job.name, job.succeeded, Date.now() / 1_000),
      }))
      .toSorted((a, b) => Number(b.late) - Number(a.late) || b.failures - a.failures || a.name.localeCompare(b.name)),
    money: await moneyOf(ctx),
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
