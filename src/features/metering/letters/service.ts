import { and, eq, isNull, ne, sql } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import type { Tx } from "@/db/client";
import {
  deadLetters,
  grantIntents,
  ledgerEntries,
  lossReports,
  meteringAccounts,
  reservations,
} from "@/db/schema/metering";
import { recordAudit } from "@/features/audit/service";
import type { Actor } from "@/lib/context";
import { Refusal } from "@/lib/errors";
import { type AccountId, accountOf, mintCustomerId, uuidv7 } from "@/lib/ids";
import { isPoison, reasonOf, writeEntries } from "../entries/service";
import { isUse, type LedgerEvent, type Place, partsOf, readEntry, type UnreadableEvent } from "../ledger/rules";
import { LOCK_CLASS } from "../outbox/service";
import { reopenAccount } from "../rebuild/service";
import { NotLoaded, type ReconcileDeps } from "../reconcile/service";
import { type Letter, letterById } from "./queries";

/** What became of a letter. `why` of a refusal is a sentence that says what to do. */
export type Outcome =
  | { readonly kind: "done"; readonly resolution: string }
  /** Somebody else had resolved it. */
  | { readonly kind: "already"; readonly resolution: string }
  | { readonly kind: "refused"; readonly why: string };

/** How long a verb waits for whoever drains or hydrates the letter's partition, ms. */
const LOCK_WAIT_MS = 5_000;
/** Whose line of the audit log it is where a letter does not say whose it is. */
const NOBODY = mintCustomerId("00000000-0000-0000-0000-000000000000");

const refused = (why: string): Outcome => ({ kind: "refused", why });
const resolvedAs = (letter: Letter): Outcome => ({ kind: "already", resolution: letter.resolution ?? "" });

const accountOfLetter = (letter: Letter): AccountId | null =>
  letter.customerId && letter.mode
    ? accountOf(mintCustomerId(letter.customerId), letter.mode === "test" ? "test" : "live")
    : null;

const note = (tx: Tx, actor: Actor, letter: Letter, action: string, details: Record<string, unknown>): Promise<void> =>
  recordAudit(
    tx,
    { customerId: accountOfLetter(letter)?.customerId ?? NOBODY, actor },
    {
      action,
      subject: letter.id,
      details: { reason: letter.reason, mode: letter.mode, epoch: letter.epoch, seq: letter.seq, ...details },
    },
  );

const resolve = async (tx: Tx, letter: Letter, resolution: string): Promise<Outcome> => {
  await tx.update(deadLetters).set({ resolvedAt: new Date(), resolution }).where(eq(deadLetters.id, letter.id));
  return { kind: "done", resolution };
};

/**
 * Does something to a letter that nobody has resolved, under what a drain, a hydrate and another operator take too: the
 * partition's drain lock, the account's row, the letter's row. A refusal stands in the audit log like a deed.
 */
async function withLetter(
  deps: ReconcileDeps,
  actor: Actor,
  id: string,
  verb: "replay" | "discard",
  act: (tx: Tx, letter: Letter) => Promise<Outcome>,
): Promise<Outcome> {
  const known = await letterById(deps.db, id);
  if (!known) throw new Refusal("not_found", `There is no dead letter ${id}.`);
  try {
    return await deps.db.transaction(async (tx) => {
      await tx.execute(sql.raw(`set local lock_timeout = ${LOCK_WAIT_MS}`));
      await tx.execute(sql`select pg_advisory_xact_lock(${LOCK_CLASS}, ${known.partition})`);
      const account = accountOfLetter(known);
      if (account) await tx.select().from(meteringAccounts).where(ofAccount(meteringAccounts, account)).for("update");
      const [letter] = await tx.select().from(deadLetters).where(eq(deadLetters.id, id)).for("update");
      if (!letter || letter.resolvedAt) return resolvedAs(letter ?? known);
      const outcome = await act(tx, letter);
      if (outcome.kind === "refused") await note(tx, actor, letter, `letter.${verb}_refused`, { why: outcome.why });
      return outcome;
    });
  } catch (error) {
    if (isLockTimeout(error)) return refused("Its partition is being drained or hydrated: try again in a moment.");
    throw error;
  }
}

const isLockTimeout = (error: unknown): boolean =>
  error instanceof Error &&
  (("code" in error && error.code === "55P03") || (error.cause !== undefined && isLockTimeout(error.cause)));

/** Writes an entry in its place, with everything that stands in step. @returns why Postgres refuses it, or null */
async function tryEntry(tx: Tx, event: LedgerEvent): Promise<string | null> {
  try {
    await tx.transaction((nested) => writeEntries(nested, [event]));
    return null;
  } catch (error) {
    if (!isPoison(error)) throw error;
    return reasonOf(error);
  }
}

/**
 * Tries a letter again. One that kept its place is written into the ledger there; where it is refused again it stays,
 * with the new error. One that lost its place has its account opened anew, which posts it again.
 * @throws Refusal `not_found` where there is no such letter; what the driver throws where a store is away
 */
export async function replayLetter(deps: ReconcileDeps, actor: Actor, id: string): Promise<Outcome> {
  const known = await letterById(deps.db, id);
  if (known?.reason === "fork") return replayFork(deps, actor, known);
  return withLetter(deps, actor, id, "replay", async (tx, letter) => {
    const event = readEntry(letter.streamId, letter.fields);
    if (!("account" in event)) {
      return refused("It does not say which entry of which account it is: inspect it, and discard it with a reason.");
    }
    const error = "kind" in event ? await tryEntry(tx, event) : event.error;
    if (error !== null) {
      await tx
        .update(deadLetters)
        .set({ error: error.slice(0, 2000) })
        .where(eq(deadLetters.id, id));
      return refused(`It is refused again: ${error}`);
    }
    await note(tx, actor, letter, "letter.replayed", { kind: letter.fields.k });
    return resolve(tx, letter, "replayed");
  });
}

async function replayFork(deps: ReconcileDeps, actor: Actor, letter: Letter): Promise<Outcome> {
  const account = accountOfLetter(letter);
  if (letter.resolvedAt) return resolvedAs(letter);
  const open = async (tx: Tx): Promise<boolean> =>
    (
      await tx
        .select({ id: deadLetters.id })
        .from(deadLetters)
        .where(and(eq(deadLetters.id, letter.id), isNull(deadLetters.resolvedAt)))
    ).length > 0;
  const attempt = async (): Promise<Outcome> => {
    if (!account) return refused("It does not say which account it is of: discard it with a reason.");
    const ctx = { db: deps.db, customerId: account.customerId, actor };
    try {
      await reopenAccount(ctx, deps, { mode: account.mode, why: `replay of ${letter.id}`, when: open });
    } catch (error) {
      if (error instanceof Refusal) return refused(`${error.message} Discard it with a reason.`);
      if (error instanceof NotLoaded) return refused(`The account could not be opened: ${error.message}.`);
      throw error;
    }
    const after = await letterById(deps.db, letter.id);
    if (!after?.resolvedAt) return refused(`It is refused again: ${after?.error ?? "it is gone"}`);
    return { kind: "done", resolution: after.resolution ?? "" };
  };
  const outcome = await attempt();
  const action = outcome.kind === "refused" ? "letter.replay_refused" : "letter.replayed";
  const details = outcome.kind === "refused" ? { why: outcome.why } : { resolution: outcome.resolution };
  await deps.db.transaction((tx) => note(tx, actor, letter, action, details));
  return outcome;
}

/**
 * Gives a letter up, for a reason that stays with it. One that kept its place has moved its tokens in Redis, so it is
 * booked in its place as an adjustment, without what it was for; nothing of statistics comes of it. A use that lost its
 * place is counted as loss.
 * @param reason in the operator's words, 1 to 500 characters
 * @throws Refusal `not_found` where there is no such letter, `invalid_request` for a reason that is empty or too long
 */
export async function discardLetter(deps: ReconcileDeps, actor: Actor, id: string, reason: string): Promise<Outcome> {
  const words = reason.trim();
  if (words.length === 0 || words.length > 500) {
    throw new Refusal("invalid_request", "Give a reason of 1 to 500 characters.");
  }
  return withLetter(deps, actor, id, "discard", async (tx, letter) => {
    const event = readEntry(letter.streamId, letter.fields);
    let details: Record<string, unknown> = {};
    if (letter.reason === "fork") {
      details = { lost: await countLoss(tx, letter, event, words) };
    } else if ("account" in event) {
      const booked = await book(tx, letter, event);
      if (typeof booked === "string") return refused(booked);
      details = booked;
    }
    await note(tx, actor, letter, "letter.discarded", { ...details, why: words });
    return resolve(tx, letter, `discarded: ${words}`);
  });
}

/** Books what a letter in its place has moved, as an adjustment. @returns what was booked, or why it cannot be */
async function book(
  tx: Tx,
  letter: Letter,
  event: LedgerEvent | UnreadableEvent,
): Promise<Record<string, unknown> | string> {
  const grantParts = partsOf(letter.fields);
  const moved = grantParts.reduce((sum, [, delta]) => sum + delta, 0);
  if (moved !== event.delta) {
    return `It moved ${event.delta} tokens and its parts say ${moved}: from which grants cannot be told. Mend the cause and replay it.`;
  }
  const reserved = "kind" in event ? await openReservation(tx, letter, event) : null;
  if (reserved) return reserved;
  const account = accountOf(mintCustomerId(event.customerId), event.mode);
  const [taken] = await tx
    .select({ seq: ledgerEntries.seq })
    .from(ledgerEntries)
    .where(and(ofAccount(ledgerEntries, account), eq(ledgerEntries.operationId, event.operationId)));
  const operationId = taken ? `discard:${letter.id}` : event.operationId;
  const intentId = "kind" in event && !taken ? await knownIntent(tx, account, event.intentId) : null;
  const place: Place = event;
  const error = await tryEntry(tx, {
    ...place,
    operationId,
    kind: "adjustment",
    tokens: "kind" in event ? event.tokens : Math.abs(event.delta),
    grantParts,
    appId: null,
    price: null,
    keyId: null,
    grantId: null,
    expiresAt: null,
    reservationId: null,
    told: null,
    reverses: null,
    intentId,
    idempotencyHash: null,
    requestHash: null,
    occurredAt: "kind" in event ? event.occurredAt : letter.createdAt,
    details: {},
  });
  if (error === null) return { operation: operationId, delta: event.delta };
  return `What it moved cannot be booked: ${error}. Where it opens that grant itself, see to its intent and replay it; else replay the letter that opens the grant, and try again.`;
}

/** The intent behind a letter, if there is one: booked, it is carried out, and must not be carried out again. */
async function knownIntent(tx: Tx, account: AccountId, id: string | null): Promise<string | null> {
  if (!id) return null;
  const [intent] = await tx
    .select({ id: grantIntents.id })
    .from(grantIntents)
    .where(and(ofAccount(grantIntents, account), eq(grantIntents.id, id)));
  return intent?.id ?? null;
}

/** Why an entry about a reservation must not be discarded: it would leave one open that is over, or over that is open. */
async function openReservation(tx: Tx, letter: Letter, event: LedgerEvent): Promise<string | null> {
  const id = event.reservationId;
  if (!id) return null;
  const others = await tx
    .select({ id: deadLetters.id, kind: sql<string>`${deadLetters.fields}->>'k'` })
    .from(deadLetters)
    .where(
      and(
        ofAccount(deadLetters, event),
        ne(deadLetters.id, letter.id),
        eq(deadLetters.reason, "poison"),
        isNull(deadLetters.resolvedAt),
        sql`${deadLetters.fields}->>'v' = ${id}`,
      ),
    );
  if (event.kind === "hold") {
    return others.some(({ kind }) => kind === "settle" || kind === "release")
      ? null
      : `Its reservation is open until ${event.expiresAt?.toISOString() ?? "it is resolved"}: replay it, or wait until the letter of its end has come, and discard both.`;
  }
  const hold = others.find(({ kind }) => kind === "hold");
  if (hold) return `The reservation that it ends is a dead letter itself: replay or discard ${hold.id} first.`;
  const [open] = await tx
    .select({ id: reservations.id })
    .from(reservations)
    .where(and(ofAccount(reservations, event), eq(reservations.id, id), eq(reservations.status, "held")));
  return open ? "It ends a reservation that the ledger holds open: mend the cause and replay it." : null;
}

/** Counts a use that nothing will post any more. @returns the tokens lost; null where they cannot be told */
async function countLoss(
  tx: Tx,
  letter: Letter,
  event: ReturnType<typeof readEntry>,
  words: string,
): Promise<number | null> {
  const account = accountOfLetter(letter);
  if (!account || !("account" in event)) return 0;
  if ("kind" in event && !isUse(event)) return 0;
  const [there] = await tx
    .select({ seq: ledgerEntries.seq })
    .from(ledgerEntries)
    .where(and(ofAccount(ledgerEntries, account), eq(ledgerEntries.operationId, event.operationId)));
  if (there) return 0;
  const [head] = await tx.select().from(meteringAccounts).where(ofAccount(meteringAccounts, account));
  const tokensLost = "kind" in event ? event.tokens : null;
  await tx.insert(lossReports).values({
    id: uuidv7(),
    customerId: account.customerId,
    mode: account.mode,
    epoch: head?.epoch ?? event.epoch,
    reason: `Discarded: ${words}`,
    windowFrom: "kind" in event ? event.occurredAt : null,
    tokensLost,
  });
  return tokensLost;
}
