import { and, asc, eq, isNull, sql } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import type { Db, Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { grantIntents, meteringAccounts } from "@/db/schema/metering";
import { recordAudit } from "@/features/audit/service";
import type { Scope } from "@/lib/context";
import { Refusal } from "@/lib/errors";
import { type AccountId, accountOf, type Mode, mintCustomerId, uuidv7 } from "@/lib/ids";
import { partitionOf } from "@/lib/partition";
import { END_GRANT, GRANT, REFUND, TAKE_BACK, TAKE_FROM } from "../edge/lua/intent";
import { runScript } from "../edge/service";
import { drainPartition } from "../outbox/service";
import { deadlineOf, hydrateAccount, type ReconcileDeps } from "../reconcile/service";
import { REFUND_GRANT_MS, type Used, usedParts } from "../refunds/queries";
import { accountKey, accountKeys, accountName, packGrants } from "../rules";

export interface GrantInput {
  readonly mode: Mode;
  readonly source: "plan" | "pack" | "refund" | "adjustment";
  /** Whole tokens, 1 to 999,999,999,999,999. */
  readonly tokens: number;
  readonly expiresAt?: Date | null;
  /** What owes the tokens: an invoice line and month, a payment intent, a reason. One grant each, however often asked. */
  readonly businessKey: string;
}

/** An intent as it is written down; see the table. */
type Intent = Pick<typeof grantIntents.$inferInsert, "mode" | "source" | "tokens" | "businessKey"> &
  Partial<Pick<typeof grantIntents.$inferInsert, "kind" | "expiresAt" | "target" | "reason">>;

/**
 * Writes an intent down with its audit row. Asking again for the same business object changes nothing.
 * @returns the intent, and whether it is new
 */
async function intend(
  tx: Tx,
  ctx: Scope,
  intent: Intent,
  action: string,
): Promise<{ readonly row: typeof grantIntents.$inferSelect; readonly made: boolean }> {
  const [made] = await tx
    .insert(grantIntents)
    .values({ id: uuidv7(), customerId: ctx.customerId, ...intent })
    .onConflictDoNothing()
    .returning();
  if (made) {
    const { mode, source, tokens, businessKey, target, reason } = made;
    await recordAudit(tx, ctx, {
      action,
      subject: made.id,
      details: {
        mode,
        source,
        tokens,
        for: businessKey,
        ...(target ? { target } : {}),
        ...(reason ? { reason } : {}),
      },
    });
    return { row: made, made: true };
  }
  const [there] = await tx
    .select()
    .from(grantIntents)
    .where(and(eq(grantIntents.businessKey, intent.businessKey), eq(grantIntents.customerId, ctx.customerId)));
  if (!there) throw new Error("This business key already belongs to another brand");
  return { row: there, made: false };
}

/**
 * Writes down that tokens are owed, with its audit row. Asking again for the same business object changes nothing.
 * The tokens arrive when the intent is applied (`applyIntents`), which is retried until they have.
 * @returns the grant's id
 */
export async function owe(ctx: Ctx, input: GrantInput): Promise<string> {
  return ctx.db.transaction((tx) => oweIn(tx, ctx, input));
}

/** The same inside a transaction that is open already, such as the one that writes down what was bought. */
export async function oweIn(tx: Tx, scope: Scope, input: GrantInput & { readonly reason?: string }): Promise<string> {
  const { row } = await intend(tx, scope, { ...input, expiresAt: input.expiresAt ?? null }, "tokens.granted");
  return row.id;
}

/**
 * Grants tokens and brings them to the account now, as far as the stores can be reached; the worker does the rest.
 * @returns the grant's id
 */
export async function grantTokens(ctx: Ctx, deps: ReconcileDeps, input: GrantInput): Promise<string> {
  const id = await owe(ctx, input);
  await applyIntents(deps, accountOf(ctx.customerId, input.mode)).catch(() => undefined);
  return id;
}

/**
 * Ends a grant before its time: what is left of it, and what comes back to it later, is written off.
 * @throws Refusal not_found where the account has no such grant
 */
export async function expireGrant(
  ctx: Ctx,
  deps: ReconcileDeps,
  input: { readonly mode: Mode; readonly grantId: string; readonly reason: string },
): Promise<void> {
  await ctx.db.transaction((tx) => endGrantIn(tx, ctx, { ...input, businessKey: `end:${input.grantId}` }));
  await applyIntents(deps, accountOf(ctx.customerId, input.mode)).catch(() => undefined);
}

/**
 * Writes down that a grant is to end, or with `tokens` that so many are to be taken out of it, as far as it still holds
 * them; inside a transaction that is open already.
 * @throws Refusal not_found where the account has no such grant
 */
export async function endGrantIn(
  tx: Tx,
  scope: Scope,
  input: {
    readonly mode: Mode;
    readonly grantId: string;
    readonly reason: string;
    readonly businessKey: string;
    readonly tokens?: number;
  },
): Promise<void> {
  const { mode, grantId, reason, businessKey, tokens = 0 } = input;
  const [owed] = await tx
    .select()
    .from(grantIntents)
    .where(and(ofAccount(grantIntents, accountOf(scope.customerId, mode)), eq(grantIntents.id, grantId)));
  if (!owed) throw new Refusal("not_found", "This account has no such grant.");
  const intent = { mode, kind: "expiry", source: owed.source, tokens, target: grantId, reason, businessKey } as const;
  await intend(tx, scope, intent, "tokens.expired");
}

/**
 * Corrects a balance, up or down, with a reason. Up is a grant without expiry; down burns grants in their order, and is
 * refused as a whole where the balance does not cover it.
 * @param input.tokens positive or negative, not 0
 * @returns `applied`, `refused` (the balance does not cover it; it never will be done), or `pending` (the stores cannot be
 *          reached now; the worker goes on)
 */
export async function adjustBalance(
  ctx: Ctx,
  deps: ReconcileDeps,
  input: { readonly mode: Mode; readonly tokens: number; readonly reason: string; readonly businessKey: string },
): Promise<"applied" | "refused" | "pending"> {
  const { mode, tokens, reason, businessKey } = input;
  const { row } = await ctx.db.transaction((tx) =>
    intend(
      tx,
      ctx,
      {
        mode,
        kind: tokens > 0 ? "grant" : "adjustment",
        source: "adjustment",
        tokens: Math.abs(tokens),
        reason,
        businessKey,
      },
      "tokens.adjusted",
    ),
  );
  const account = accountOf(ctx.customerId, mode);
  try {
    await applyIntents(deps, account);
    await drainPartition(deps, partitionOf(ctx.customerId));
  } catch {
    // What is written down is carried out once the stores are back.
  }
  const [now] = await ctx.db.select().from(grantIntents).where(eq(grantIntents.id, row.id));
  return now?.appliedAt ? "applied" : now?.refusedAt ? "refused" : "pending";
}

/**
 * Writes down that a use is to be given back. Asking again changes nothing.
 * @returns whether it is the first time
 */
export async function oweRefund(
  ctx: Ctx,
  input: { readonly mode: Mode; readonly use: Used; readonly reason?: string },
): Promise<{ readonly made: boolean }> {
  const { usageId, tokens } = input.use;
  return ctx.db.transaction((tx) =>
    intend(
      tx,
      ctx,
      {
        mode: input.mode,
        kind: "refund",
        source: "refund",
        tokens,
        target: usageId,
        reason: input.reason ?? null,
        businessKey: `refund:${usageId}`,
      },
      "tokens.refunded",
    ),
  );
}

/** How long after its entry was written a grant's id is kept in the account's hash: any call for it is over by then. */
const SETTLED_AFTER_MINUTES = 10;

const open = (account: AccountId) =>
  and(ofAccount(grantIntents, account), isNull(grantIntents.appliedAt), isNull(grantIntents.refusedAt));

type IntentRow = typeof grantIntents.$inferSelect;

/** The script that carries an intent out, and what it is given beside deadline, epoch, account and id. */
async function scriptOf(deps: ReconcileDeps, intent: IntentRow): Promise<{ script: string; args: string[] } | null> {
  switch (intent.kind) {
    case "grant":
      return {
        script: GRANT,
        args: [intent.source, String(intent.tokens), String(intent.expiresAt?.getTime() ?? 0)],
      };
    case "expiry":
      return intent.tokens > 0
        ? { script: TAKE_FROM, args: [intent.target ?? "", String(intent.tokens)] }
        : { script: END_GRANT, args: [intent.target ?? ""] };
    case "adjustment":
      return { script: TAKE_BACK, args: [String(intent.tokens)] };
    case "refund": {
      const use = await usedParts(
        deps.db,
        accountOf(mintCustomerId(intent.customerId), intent.mode),
        intent.target ?? "",
      );
      if (!use) return null;
      return {
        script: REFUND,
        args: [
          use.usageId,
          String(use.tokens),
          packGrants(use.parts),
          use.appId,
          String(use.at.getTime()),
          String(REFUND_GRANT_MS),
        ],
      };
    }
  }
}

/**
 * Carries out an account's intents that have not reached the ledger. Safe to repeat at any time: the script carries an
 * intent out once an epoch, and an epoch starts from what the ledger holds.
 *
 * The order closes the gaps: first the account is brought in, which may itself drain an entry; then its epoch is read,
 * then a deadline taken, and only then is asked which intents are left. Whoever opens another epoch after that makes
 * the calls below fail, and none of them acts once the list is older than the deadline.
 * @returns how many intents are still on their way
 */
export async function applyIntents(deps: ReconcileDeps, account: AccountId): Promise<number> {
  const [owed] = await deps.db.select({ id: grantIntents.id }).from(grantIntents).where(open(account)).limit(1);
  if (!owed) return 0;
  await hydrateAccount(deps, account);
  const [head] = await deps.db.select().from(meteringAccounts).where(ofAccount(meteringAccounts, account));
  if (!head) throw new Error("The account is not known");
  const deadline = await deadlineOf(deps);
  const waiting = await deps.db
    .select()
    .from(grantIntents)
    .where(open(account))
    .orderBy(asc(grantIntents.createdAt), asc(grantIntents.id));
  let refused = 0;
  for (const intent of waiting) {
    const step = await scriptOf(deps, intent);
    if (!step) continue;
    const answer = await runScript(deps.redis, step.script, accountKeys(account), [
      deadline,
      String(head.epoch),
      accountName(account),
      intent.id,
      ...step.args,
    ]);
    if (answer.kind === "reply" && answer.reply[0] === "refused") {
      await deps.db
        .update(grantIntents)
        .set({ refusedAt: new Date() })
        .where(and(eq(grantIntents.id, intent.id), isNull(grantIntents.appliedAt)));
      refused++;
    }
  }
  await forgetSettled(deps, account);
  return waiting.length - refused;
}

/** Takes ids of intents that have long been in the ledger, and the ends of grants they set, out of the account's hash. */
async function forgetSettled(deps: ReconcileDeps, account: AccountId): Promise<void> {
  const settled = await deps.db
    .select({
      id: grantIntents.id,
      kind: grantIntents.kind,
      target: grantIntents.target,
      tokens: grantIntents.tokens,
    })
    .from(grantIntents)
    .where(
      and(
        ofAccount(grantIntents, account),
        sql`${grantIntents.appliedAt} < now() - make_interval(mins => ${SETTLED_AFTER_MINUTES})`,
        sql`${grantIntents.appliedAt} > now() - interval '7 days'`,
      ),
    );
  const fields = settled.flatMap(({ id, kind, target, tokens }) =>
    kind === "expiry" && target && tokens === 0 ? [`gid:${id}`, `end:${target}`] : [`gid:${id}`],
  );
  if (fields.length > 0) await deps.redis.hdel(accountKey(account), ...fields);
}

/** Accounts that are owed tokens which have not reached the ledger. */
export async function accountsOwed(db: Db): Promise<AccountId[]> {
  const rows = await db
    .selectDistinct({ customerId: grantIntents.customerId, mode: grantIntents.mode })
    .from(grantIntents)
    .where(and(isNull(grantIntents.appliedAt), isNull(grantIntents.refusedAt)));
  return rows.map((row) => accountOf(mintCustomerId(row.customerId), row.mode));
}
