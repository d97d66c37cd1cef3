import { and, asc, eq, gt, inArray, or, sql } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import type { Tx } from "@/db/client";
import { deadLetters, grantIntents, grants, reservations, spendCaps } from "@/db/schema/metering";
import type { AccountId } from "@/lib/ids";
import { partsOf } from "../ledger/rules";
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

/** An account's unresolved dead letters of one kind, in the order of its chain. */
export const lettersOf = (tx: Tx, account: AccountId, reason: "poison" | "fork") =>
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
  // When a grant ends that such a letter opens, it says itself: of a refund's the intent does not know.
  const ends = new Map(
    letters.flatMap(({ k, r, x }) =>
      r && x && x !== "0" && (k === "grant" || k === "refund") ? [[r, Number(x)]] : [],
    ),
  );
  const opened = owed.map((row) => {
    const end = ends.get(row.id);
    return { ...row, remaining: 0, expiresAt: end === undefined ? row.expiresAt : new Date(end) };
  });
  const known = new Map(
    [...opened, ...rows].map((row) => [
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
