import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { PARTITIONS } from "@/lib/partition";
import type { Redis } from "@/lib/redis";
import { appendedAt } from "../outbox/rules";
import { outboxKey } from "../rules";

/** What waits in one partition's outbox. */
export interface Backlog {
  readonly partition: number;
  readonly events: number;
  /** Age of the oldest by Redis's clock, seconds; 0 where nothing waits. */
  readonly lagSeconds: number;
}

/** What waits in every outbox, in two calls. */
export async function backlogs(redis: Redis): Promise<Backlog[]> {
  const [seconds, micros] = (await redis.time()) as [number, number];
  const now = Number(seconds) * 1000 + Number(micros) / 1000;
  const pipeline = redis.pipeline();
  for (let partition = 0; partition < PARTITIONS; partition++) {
    pipeline.xlen(outboxKey(partition));
    pipeline.xrange(outboxKey(partition), "-", "+", 1);
  }
  const replies = await pipeline.exec<unknown[]>();
  return Array.from({ length: PARTITIONS }, (_, partition) => {
    // Without the client's deserialization a range is Redis's own list: [id, [field, value, …]] each.
    const [oldest] = (replies[partition * 2 + 1] ?? []) as [string, string[]][];
    const lagSeconds = oldest ? Math.max(0, (now - appendedAt(oldest[0])) / 1000) : 0;
    return { partition, events: Number(replies[partition * 2]), lagSeconds };
  });
}

/** What the ledger's side tells of itself. Counts are of all time, so that rates can be taken of them. */
export interface LedgerFigures {
  readonly partitions: readonly {
    readonly partition: number;
    readonly drained: number;
    /** What the uses among them took. */
    readonly drainedTokens: number;
    /** Seconds since 1970 of its last drain; null where there was none. */
    readonly lastDrained: number | null;
  }[];
  readonly lettersOpen: { readonly poison: number; readonly fork: number };
  /** Epochs opened: every hydrate, planned or not. */
  readonly epochs: number;
  /** Epochs that followed something other than a whole one. */
  readonly unplannedEpochs: number;
  /** Tokens known to be lost, and reports that do not know how many. */
  readonly tokensLost: number;
  readonly lossesUnknown: number;
  /** Accounts that are closed until their next use. */
  readonly accountsClosed: number;
  /** Intents that have not reached the ledger, and how long the oldest has waited, seconds. */
  readonly intentsOpen: number;
  readonly intentsLagSeconds: number;
  /** What the last look for drift found, and when it was, seconds since 1970; null where there was none. */
  readonly drift: { readonly breaches: number; readonly checkedAt: number } | null;
}

/** Figures of every brand together, in one statement's time. */
export async function ledgerFigures(db: Db): Promise<LedgerFigures> {
  const partitions = await db.execute(sql`
    select partition, drained_events, drained_tokens, extract(epoch from last_drained_at) as last from metering_partitions order by 1`);
  const [row] = await db.execute(sql`
    select
      (select count(*) from dead_letters where resolved_at is null and reason = 'poison') as poison,
      (select count(*) from dead_letters where resolved_at is null and reason = 'fork') as fork,
      a.epochs, a.closed, l.unplanned, l.lost, l.unknown, i.open, i.lag, d.breaches, d.checked
    from (select coalesce(sum(epoch), 0) as epochs, count(*) filter (where forked or retire) as closed from metering_accounts) a,
      -- A report that knows its tokens and nothing else is of uses that could not be posted: their epoch was planned.
      (select count(distinct (customer_id, mode, epoch)) filter (where tokens_lost is null or reason like 'The %') as unplanned,
        coalesce(sum(tokens_lost), 0) as lost, count(*) filter (where tokens_lost is null) as unknown from loss_reports) l,
      (select count(*) as open, coalesce(extract(epoch from now() - min(created_at)), 0) as lag from grant_intents
        where applied_at is null and refused_at is null) i
      left join lateral (select breaches, extract(epoch from checked_at) as checked from drift_reports
        order by checked_at desc limit 1) d on true`);
  const number = (name: string) => Number(row?.[name] ?? 0);
  return {
    partitions: partitions.map((one) => ({
      partition: Number(one.partition),
      drained: Number(one.drained_events),
      drainedTokens: Number(one.drained_tokens),
      lastDrained: one.last === null ? null : Number(one.last),
    })),
    lettersOpen: { poison: number("poison"), fork: number("fork") },
    epochs: number("epochs"),
    unplannedEpochs: number("unplanned"),
    tokensLost: number("lost"),
    lossesUnknown: number("unknown"),
    accountsClosed: number("closed"),
    intentsOpen: number("open"),
    intentsLagSeconds: number("lag"),
    drift: row?.checked == null ? null : { breaches: number("breaches"), checkedAt: number("checked") },
  };
}

/** What is done beside the ledger, of all brands. */
export interface WorkFigures {
  readonly mails: Readonly<Record<"queued" | "sent" | "failed", number>>;
  readonly mailLagSeconds: number;
  readonly stripeEvents: number;
  readonly stripeFailed: number;
  readonly activationsLastDay: number;
  readonly jobs: readonly {
    readonly name: string;
    readonly failures: number;
    readonly tookMs: number;
    /** Seconds since 1970; null where it never did. */
    readonly succeeded: number | null;
  }[];
}

export async function workFigures(db: Db): Promise<WorkFigures> {
  const jobs = await db.execute<Record<string, unknown>>(
    sql`select name, failures, took_ms, extract(epoch from last_succeeded_at) as succeeded from job_runs order by name`,
  );
  const [row] = await db.execute(sql`
    select m.queued, m.sent, m.failed, m.lag, s.events, s.stuck, a.activated
    from (select count(*) filter (where status = 'queued') as queued, count(*) filter (where status = 'sent') as sent,
        count(*) filter (where status = 'failed') as failed,
        coalesce(extract(epoch from now() - min(due_at) filter (where status = 'queued' and due_at < now())), 0) as lag
        from outgoing_mails) m,
      (select count(*) as events, count(*) filter (where status = 'failed') as stuck from stripe_events) s,
      (select count(*) as activated from customer_apps where activated_at > now() - interval '1 day') a`);
  const number = (name: string) => Number(row?.[name] ?? 0);
  return {
    mails: { queued: number("queued"), sent: number("sent"), failed: number("failed") },
    mailLagSeconds: number("lag"),
    stripeEvents: number("events"),
    stripeFailed: number("stuck"),
    activationsLastDay: number("activated"),
    jobs: jobs.map((job) => ({
      name: String(job.name),
      failures: Number(job.failures),
      tookMs: Number(job.took_ms),
      succeeded: job.succeeded === null ? null : Number(job.succeeded),
    })),
  };
}
