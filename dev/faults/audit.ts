import { sql } from "drizzle-orm";
import { db } from "@/db/client";
import { checkLedger } from "@/features/metering/reconcile/queries";
import { metering } from "@/rest/internal/metering";
import { drain } from "@/test/meter";
import { patiently } from "./patience";
import { type Outcome, Tally } from "./scenario";
import { isKnown, type Shop, type Use } from "./shop";

/** A stretch of time, milliseconds. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** What a shop's journal may be excused, where memory was really destroyed. */
export interface Excuses {
  /** Acknowledged uses of these stretches may be missing, if a loss report says so. */
  readonly loss?: readonly Stretch[];
  /** And of those stretches without a report: the host hides that its memory was lost (docs/operations.md). */
  readonly unreported?: boolean;
  /** Acknowledged uses may stand among the dead letters: an entry was made that cannot be written. */
  readonly letters?: boolean;
}

interface Found {
  /** Usage id → how often it stands in the ledger, and for how much. */
  readonly entries: Map<string, { times: number; tokens: number }>;
  /** Session id → the usage ids that were written for it. */
  readonly sessions: Map<string, string[]>;
  /** Operation ids among the unresolved dead letters. */
  readonly letters: Set<string>;
  /** What the dead letters that keep their place in the chain, and what expired, have taken from the balance. */
  readonly buried: number;
  readonly expired: number;
  /** What reservations took in the end, and what refunds gave back. */
  readonly settled: number;
  readonly refunded: number;
  readonly reports: Stretch[];
  readonly balance: number;
  readonly granted: number;
}

async function look(shop: Shop): Promise<Found> {
  const own = sql`customer_id = ${shop.brand.customerId} and mode = 'live'`;
  const rows = await db().execute(sql`select usage_id::text as id, count(*)::int as times, sum(tokens)::bigint as tokens
    from ledger_entries where ${own} and kind = 'usage' group by 1`);
  // Reservations that were settled have no session; they are held against a journal of their own (siblings.ts).
  const uses = await db().execute(
    sql`select id::text, session_id from token_usage where ${own} and session_id is not null`,
  );
  const letters = await db().execute(
    sql`select fields->>'o' as operation from dead_letters where ${own} and resolved_at is null`,
  );
  const [taken] = await db().execute(sql`select
    (select coalesce(-sum(delta), 0)::bigint from dead_letters
      where ${own} and resolved_at is null and reason = 'poison') as buried,
    (select coalesce(sum(tokens), 0)::bigint from ledger_entries where ${own} and kind = 'settle') as settled,
    (select coalesce(sum(tokens), 0)::bigint from ledger_entries where ${own} and kind = 'refund') as refunded,
    (select coalesce(-sum(delta), 0)::bigint from ledger_entries where ${own} and kind = 'expiry') as expired`);
  const reports = await db().execute(sql`select coalesce(extract(epoch from window_from) * 1000, 0)::float8 as start,
    extract(epoch from window_to)::float8 * 1000 as finish from loss_reports where ${own}`);
  const [head] = await db().execute(sql`select balance::bigint as balance from metering_accounts where ${own}`);
  const [grants] = await db().execute(
    sql`select coalesce(sum(tokens), 0)::bigint as tokens from ledger_entries where ${own} and kind = 'grant'`,
  );
  const sessions = new Map<string, string[]>();
  for (const { id, session_id } of uses) {
    sessions.set(String(session_id), [...(sessions.get(String(session_id)) ?? []), String(id)]);
  }
  return {
    entries: new Map(rows.map((row) => [String(row.id), { times: Number(row.times), tokens: Number(row.tokens) }])),
    sessions,
    letters: new Set(letters.map((row) => String(row.operation))),
    buried: Number(taken?.buried),
    expired: Number(taken?.expired),
    settled: Number(taken?.settled),
    refunded: Number(taken?.refunded),
    reports: reports.map((row) => ({ from: Number(row.start), to: Number(row.finish) })),
    balance: Number(head?.balance),
    granted: Number(grants?.tokens),
  };
}

/** Drains a shop's partition to its end, whoever is at it at the moment. */
export const drainShop = (shop: Shop): Promise<void> =>
  patiently(async () => {
    if ((await drain(shop.brand)).busy) throw new Error("The partition stays busy");
  });

/**
 * Drains, and holds a shop's journal against the ledger: every acknowledged use is there once, what was only refused is
 * not, nothing is there that nobody asked for, and the balance is what was granted less what was written.
 * @param told tokens that callers were told came back by refunds, and that reservations took
 */
export async function audit(
  shop: Shop,
  excuses: Excuses = {},
  told: { readonly refunded: number; readonly settled: number } = { refunded: 0, settled: 0 },
): Promise<Outcome> {
  await drainShop(shop);
  const found = await look(shop);
  const tally = new Tally();
  const who = (use: { session: string }) => `${shop.brand.customerId} ${use.session}`;
  const asked = new Set<string>();
  const lost: Use[] = [];
  let written = 0;
  for (const { tokens } of found.entries.values()) written += tokens;
  for (const use of shop.uses) {
    asked.add(use.session);
    const landed = found.sessions.get(use.session) ?? [];
    tally.add({ uses: 1, attempts: use.attempts, landed: landed.length });
    if (landed.length > 1) {
      tally.add({ doubled: 1 });
      tally.breach(`${who(use)} was debited ${landed.length} times`);
    }
    if (use.bodies.length > 1 && !excuses.loss) tally.breach(`${who(use)} was answered in ${use.bodies.length} ways`);
    if (isKnown(use)) {
      tally.add({ acknowledged: 1 });
      const there = use.usageIds.filter((id) => found.entries.has(id));
      const kept = use.usageIds.some((id) => found.letters.has(id));
      if (there.length > 0) {
        tally.add({ "acknowledged, in the ledger": 1 });
        const [id = ""] = there;
        const entry = found.entries.get(id);
        if (entry?.times !== 1 || entry.tokens !== use.tokens)
          tally.breach(`${who(use)} stands in the ledger ${entry?.times} times for ${entry?.tokens}`);
      } else if ((excuses.loss || excuses.letters) && kept) tally.add({ "acknowledged, quarantined": 1 });
      else if (falls(use, excuses.loss) && falls(use, found.reports))
        tally.add({ "acknowledged, lost and reported": 1 });
      else if (excuses.unreported && falls(use, excuses.loss))
        tally.add({ "acknowledged, lost where it cannot be known": 1 });
      else {
        tally.add({ "silently lost": 1 });
        lost.push(use);
      }
    } else if (use.unknown) {
      tally.add({ unresolved: 1 });
    } else {
      tally.add({ refused: 1 });
      if (landed.length > 0) tally.breach(`${who(use)} was refused (${use.refusals.join(", ")}) and debited`);
    }
  }
  const [first] = lost;
  if (first) {
    // One line for all of them: they were lost together.
    const reported = found.reports.length > 0 ? `reported windows: ${windows(found)}` : "no loss was reported";
    tally.breach(
      `${lost.length} uses were acknowledged and are nowhere, such as ${who(first)} at ${time(first.acknowledgedAt)} ` +
        `and ${who(lost.at(-1) ?? first)} at ${time(lost.at(-1)?.acknowledgedAt ?? 0)}; ${reported}`,
    );
  }
  for (const session of found.sessions.keys()) {
    if (!asked.has(session)) tally.breach(`${shop.brand.customerId} ${session} was debited and nobody asked for it`);
  }
  tally.expect(
    found.granted === shop.granted,
    `${shop.brand.customerId} was granted ${found.granted}, not ${shop.granted}`,
  );
  tally.expect(
    found.refunded === told.refunded && found.settled === told.settled,
    `${shop.brand.customerId} got ${found.refunded} back and settled ${found.settled}; its callers were told ` +
      `${told.refunded} and ${told.settled}`,
  );
  const left = found.granted + found.refunded - written - found.settled - found.buried - found.expired;
  tally.expect(
    found.balance === left && left >= 0,
    `${shop.brand.customerId} has ${found.balance}: ${found.granted} were granted, ${written} written as used, ` +
      `${found.settled} settled, ${found.refunded} given back, ${found.expired} expired and ${found.buried} kept as dead letters`,
  );
  tally.add({ "loss reports": found.reports.length });
  return tally.outcome();
}

const falls = (use: { firstSentAt: number; acknowledgedAt: number }, stretches: readonly Stretch[] = []): boolean =>
  stretches.some(({ from, to }) => use.acknowledgedAt >= from && use.firstSentAt <= to);

const time = (at: number): string => new Date(at).toISOString().slice(11, 23);
const windows = (found: Found): string =>
  found.reports.map(({ from, to }) => `${from === 0 ? "ever" : time(from)} to ${time(to)}`).join(", ");

/** Every invariant of the ledger, over everything on the stack. */
export async function soundness(): Promise<Outcome> {
  const tally = new Tally();
  const findings = await patiently(() => checkLedger(metering()));
  for (const { invariant, title, breaches } of findings) {
    for (const breach of breaches) tally.breach(`invariant ${invariant} (${title}): ${breach}`);
  }
  tally.add({ "invariants checked": findings.length });
  return tally.outcome();
}
