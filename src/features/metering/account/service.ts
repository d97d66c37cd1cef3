import { and, asc, eq, gt, inArray, or, sql } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import type { Tx } from "@/db/client";
import { deadLetters, grantIntents, grants, meteringAccounts, reservations, spendCaps } from "@/db/schema/metering";
import type { AccountId } from "@/lib/ids";
import { writeEntries } from "../entries/service";
import { type LedgerEvent, partsOf, readEntry } from "../ledger/rules";
import { burnOrder, type Cap, dayOf, type Grant, type Hold, packCaps } from "../rules";

/** An account as the ledger knows it. */
export interface ComputedAccount {
  /** In burn order. */
  readonly grants: Grant[];
  readonly holds: Hold[];
  /** The `cap` field; '' where there is none. */
  readonly caps: string;
  /** Intents whose entries are dead letters. */
  readonly carriedOut: string[];
}

const lettersOf = (tx: Tx, account: AccountId, reason: "poison" | "fork") =>
  tx
    .select()
    .from(deadLetters)
    .where(and(ofAccount(deadLetters, account), eq(deadLetters.reason, reason), sql`${deadLetters.resolvedAt} is null`))
    .orderBy(asc(deadLetters.epoch), asc(deadLetters.seq), asc(deadLetters.createdAt));

/**
 * The account as the ledger and its unresolved dead letters tell it: what is left of each grant, which reservations are
 * open, and what counts against the caps. Under the account's row lock, with its outbox drained.
 */
export async function computeAccount(tx: Tx, account: AccountId): Promise<ComputedAccount> {
  const letters = (await lettersOf(tx, account, "poison")).map((letter) => letter.fields);
  const moved = new Map<string, number>();
  for (const fields of letters) {
    for (const [id, delta] of partsOf(fields)) moved.set(id, (moved.get(id) ?? 0) + delta);
  }
  const carriedOut = letters.flatMap((fields) => {
    const intent = fields.j ?? (fields.k === "grant" ? fields.r : undefined);
    return intent ? [intent] : [];
  });
  const held = await openHolds(tx, account, letters);
  const named = [...new Set([...moved.keys(), ...held.flatMap((hold) => hold.parts.map(([id]) => id))])];
  const rows = await tx
    .select()
    .from(grants)
    .where(and(ofAccount(grants, account), or(gt(grants.remaining, 0), inArray(grants.id, named))));
  const owed = await tx
    .select()
    .from(grantIntents)
    .where(and(ofAccount(grantIntents, account), inArray(grantIntents.id, carriedOut)));
  const known = new Map(
    [...owed.map((row) => ({ ...row, remaining: 0 })), ...rows].map((row) => [
      row.id,
      { id: row.id, source: row.source, remaining: row.remaining, expiresAt: row.expiresAt?.getTime() ?? 0 },
    ]),
  );
  const left = [...known.values()]
    .map((grant) => ({ ...grant, remaining: grant.remaining + (moved.get(grant.id) ?? 0) }))
    .filter((grant) => grant.remaining > 0);
  const holds = held.map(({ parts, ...hold }) => ({
    ...hold,
    parts: burnOrder(
      parts.map(([id, tokens]) => {
        const { source, expiresAt } = known.get(id) ?? { source: "adjustment" as const, expiresAt: 0 };
        return { id, source, expiresAt, remaining: tokens };
      }),
    ),
  }));
  return { grants: burnOrder(left), holds, caps: await capsOf(tx, account, holds, letters), carriedOut };
}

type OpenHold = Omit<Hold, "parts"> & { readonly parts: readonly (readonly [string, number])[] };
type Letter = Readonly<Record<string, string>>;

/** Open reservations: the ledger's, those among dead letters, less those that dead letters have resolved. */
async function openHolds(tx: Tx, account: AccountId, letters: readonly Letter[]): Promise<OpenHold[]> {
  const rows = await tx
    .select()
    .from(reservations)
    .where(and(ofAccount(reservations, account), eq(reservations.status, "held")))
    .orderBy(asc(reservations.createdAt));
  const open = new Map<string, OpenHold>(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        appId: row.appId,
        tokens: row.tokensReserved,
        expiresAt: row.expiresAt.getTime(),
        createdAt: row.createdAt.getTime(),
        parts: row.parts,
      },
    ]),
  );
  for (const fields of letters) {
    const id = fields.v;
    if (!id) continue;
    if (fields.k !== "hold") {
      open.delete(id);
      continue;
    }
    open.set(id, {
      id,
      appId: fields.p ?? "",
      tokens: Number(fields.t),
      expiresAt: Number(fields.x),
      createdAt: Number(fields.n),
      parts: partsOf(fields).map(([grant, delta]) => [grant, -delta] as const),
    });
  }
  return [...open.values()];
}

/** Caps with what is spent of them: the statistics' day and month, open reservations, and uses that are dead letters. */
async function capsOf(tx: Tx, account: AccountId, holds: readonly Hold[], letters: readonly Letter[]): Promise<string> {
  const set = await tx.select().from(spendCaps).where(ofAccount(spendCaps, account)).orderBy(asc(spendCaps.scope));
  if (set.length === 0) return "";
  const [time] = await tx.execute(sql`select extract(epoch from clock_timestamp()) * 1000 as now`);
  const now = Number(time?.now);
  const used = await tx.execute(sql`
    select a.catalog_id as app, sum(d.tokens_consumed) as month,
      coalesce(sum(d.tokens_consumed) filter (where d.date = (now() at time zone 'UTC')::date), 0) as day
    from usage_analytics_daily d join apps a on a.id = d.app_id
    where d.customer_id = ${account.customerId} and d.mode = ${account.mode}
      and d.date >= date_trunc('month', now() at time zone 'UTC')::date
    group by 1`);
  const month = new Date(now).toISOString().slice(0, 7);
  const thisMonth = (at: number) => new Date(at).toISOString().startsWith(month);
  const spent = [
    ...used.map((row) => ({ app: String(row.app), day: Number(row.day), month: Number(row.month) })),
    ...[
      ...holds.map((hold) => ({ app: hold.appId, tokens: hold.tokens, at: hold.createdAt })),
      ...letters
        .filter((fields) => fields.k === "usage" || fields.k === "settle")
        .map((fields) => ({ app: fields.p ?? "", tokens: Number(fields.t), at: Number(fields.n) })),
    ].map(({ app, tokens, at }) => ({
      app,
      day: dayOf(at) === dayOf(now) ? tokens : 0,
      month: thisMonth(at) ? tokens : 0,
    })),
  ];
  const total = (scope: string, pick: (row: { day: number; month: number }) => number): number =>
    spent.filter((row) => scope === "*" || row.app === scope).reduce((sum, row) => sum + pick(row), 0);
  const caps: Cap[] = set.map(({ scope, daily, monthly }) => ({
    scope,
    daily,
    monthly,
    spentToday: total(scope, (row) => row.day),
    spentThisMonth: total(scope, (row) => row.month),
  }));
  return packCaps(caps, now);
}

/** How a quarantined entry is posted again. */
type Posting = Pick<LedgerEvent, "kind" | "tokens" | "delta" | "grantParts"> & { readonly event: LedgerEvent };

const covered = (
  left: Grant[],
  tokens: number,
): { readonly parts: [string, number][]; readonly left: Grant[] } | null => {
  const parts: [string, number][] = [];
  let missing = tokens;
  const after = left.map((grant) => {
    const burnt = Math.min(grant.remaining, missing);
    missing -= burnt;
    if (burnt > 0) parts.push([grant.id, -burnt]);
    return { ...grant, remaining: grant.remaining - burnt };
  });
  return missing === 0 ? { parts, left: after } : null;
};

/**
 * Posts again, under the epoch that is being opened, what was acknowledged and has lost its place in the chain: uses, as
 * far as the balance covers them, reservations and what became of them. Grants, refunds and corrections come back by their
 * intents, expiries by themselves. What cannot be posted is counted.
 * @returns tokens that were acknowledged and that nothing covers
 */
export async function healForks(tx: Tx, account: AccountId, epoch: number): Promise<{ posted: number; lost: number }> {
  const letters = await lettersOf(tx, account, "fork");
  if (letters.length === 0) return { posted: 0, lost: 0 };
  const state = await computeAccount(tx, account);
  let left = state.grants;
  const holds = new Map(state.holds.map((hold) => [hold.id, hold]));
  const known = await operationsOf(
    tx,
    account,
    letters.map((letter) => letter.fields.o ?? ""),
  );
  const postings: Posting[] = [];
  const seen = new Set<string>();
  const verdicts = new Map<string, string>();
  let lost = 0;

  for (const letter of letters) {
    const event = readEntry(letter.streamId, letter.fields);
    const verdict = ((): string => {
      if (!("kind" in event)) return "cannot be read";
      if (known.has(event.operationId) || seen.has(event.operationId)) return "is in the ledger already";
      if (event.kind === "usage" || event.kind === "hold") {
        const free = event.delta === 0;
        const paid = free ? { parts: [], left } : covered(left, event.tokens);
        if (!paid) {
          if (event.kind === "usage") lost += event.tokens;
          return "is not covered by the balance: lost";
        }
        left = paid.left;
        if (event.kind === "hold" && event.reservationId) {
          const { reservationId: id, appId, tokens, expiresAt, occurredAt } = event;
          holds.set(id, {
            id,
            appId: appId ?? "",
            tokens,
            expiresAt: expiresAt?.getTime() ?? 0,
            createdAt: occurredAt.getTime(),
            parts: paid.parts.map(([grant, delta]) => ({
              ...(state.grants.find((one) => one.id === grant) as Grant),
              remaining: -delta,
            })),
          });
        }
        postings.push({
          event,
          kind: event.kind,
          tokens: event.tokens,
          delta: free ? 0 : -event.tokens,
          grantParts: paid.parts,
        });
        return "posted again";
      }
      if (event.kind === "settle" || event.kind === "release") {
        const hold = event.reservationId ? holds.get(event.reservationId) : undefined;
        if (!hold) {
          if (event.kind === "settle") lost += event.tokens;
          return "resolves a reservation that is lost";
        }
        holds.delete(hold.id);
        let used = event.kind === "settle" ? event.tokens : 0;
        const back: [string, number][] = [];
        for (const part of hold.parts) {
          const consumed = Math.min(part.remaining, used);
          used -= consumed;
          if (part.remaining > consumed) back.push([part.id, part.remaining - consumed]);
        }
        const sum = back.reduce((total, [, tokens]) => total + tokens, 0);
        left = giveBack(left, hold.parts, back);
        postings.push({ event, kind: event.kind, tokens: event.tokens, delta: sum, grantParts: back });
        return "posted again";
      }
      return "comes back by itself";
    })();
    if ("operationId" in event && verdict === "posted again") seen.add(event.operationId);
    verdicts.set(letter.id, verdict);
  }

  const [head] = await tx.select().from(meteringAccounts).where(ofAccount(meteringAccounts, account));
  let balance = head?.balance ?? 0;
  const entries: LedgerEvent[] = postings.map(({ event, ...posting }, i) => {
    balance += posting.delta;
    return { ...event, ...posting, epoch, seq: i + 1, balanceAfter: balance };
  });
  if (entries.length > 0) {
    await writeEntries(tx, entries);
    await tx.update(meteringAccounts).set({ seq: entries.length, balance }).where(ofAccount(meteringAccounts, account));
  }
  for (const [id, resolution] of verdicts) {
    await tx
      .update(deadLetters)
      .set({ resolvedAt: new Date(), resolution: `${resolution} (epoch ${epoch})` })
      .where(and(eq(deadLetters.id, id), eq(deadLetters.customerId, account.customerId)));
  }
  return { posted: entries.length, lost };
}

const giveBack = (
  left: readonly Grant[],
  from: readonly Grant[],
  back: readonly (readonly [string, number])[],
): Grant[] => {
  const after = new Map(left.map((grant) => [grant.id, grant]));
  for (const [id, tokens] of back) {
    const there = after.get(id);
    const grant = there ?? { ...(from.find((part) => part.id === id) as Grant), remaining: 0 };
    after.set(id, { ...grant, remaining: grant.remaining + tokens });
  }
  return burnOrder([...after.values()]);
};

/** Which of some operations the ledger, or a letter that waits in its place, holds already. */
async function operationsOf(tx: Tx, account: AccountId, operations: readonly string[]): Promise<Set<string>> {
  const rows = await tx.execute(sql`
    select operation_id from ledger_entries
    where customer_id = ${account.customerId} and mode = ${account.mode}
      and operation_id in (${sql.join(
        operations.map((operation) => sql`${operation}`),
        sql`, `,
      )})
    union all
    select fields->>'o' from dead_letters
    where customer_id = ${account.customerId} and mode = ${account.mode} and reason = 'poison' and resolved_at is null`);
  return new Set(rows.map((row) => String(row.operation_id)));
}
