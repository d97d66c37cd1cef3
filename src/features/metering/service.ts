import { and, asc, eq, isNull, sql } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import type { Db, Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { grantIntents, meteringAccounts } from "@/db/schema/metering";
import { recordAudit } from "@/features/audit/service";
import { type AccountId, accountOf, type CustomerId, type Mode, mintCustomerId, uuidv7 } from "@/lib/ids";
import { partitionOf } from "@/lib/partition";
import { GRANT } from "./edge/lua/grant";
import { CONFIGURE_ACCOUNT, RETIRE } from "./edge/lua/state";
import { runScript } from "./edge/service";
import { deadlineOf, hydrateAccount, type ReconcileDeps } from "./reconcile/service";
import { accountKey, accountName, dueKey, outboxKey } from "./rules";

/** Opens a customer's two accounts, live and test, with nothing in them. Part of the transaction that makes the brand. */
export async function openAccounts(tx: Tx, customerId: CustomerId, options: { unlimited: boolean }): Promise<void> {
  const partition = partitionOf(customerId);
  await tx.insert(meteringAccounts).values([
    { customerId, mode: "live", partition, unlimited: options.unlimited },
    { customerId, mode: "test", partition, unlimited: options.unlimited },
  ]);
}

export interface GrantInput {
  readonly mode: Mode;
  readonly source: "plan" | "pack" | "refund" | "adjustment";
  /** Whole tokens, 1 to 999,999,999,999,999. */
  readonly tokens: number;
  readonly expiresAt?: Date | null;
  /** What owes the tokens: an invoice line and month, a payment intent, a reason. One grant each, however often asked. */
  readonly businessKey: string;
}

/**
 * Writes down that tokens are owed, with its audit row. Asking again for the same business object changes nothing.
 * The tokens arrive when the intent is applied (`applyIntents`), which is retried until they have.
 * @returns the grant's id
 */
export async function owe(ctx: Ctx, input: GrantInput): Promise<string> {
  return ctx.db.transaction(async (tx) => {
    const [made] = await tx
      .insert(grantIntents)
      .values({
        id: uuidv7(),
        customerId: ctx.customerId,
        mode: input.mode,
        source: input.source,
        tokens: input.tokens,
        expiresAt: input.expiresAt ?? null,
        businessKey: input.businessKey,
      })
      .onConflictDoNothing()
      .returning();
    if (made) {
      await recordAudit(tx, ctx, {
        action: "tokens.granted",
        subject: made.id,
        details: { mode: input.mode, source: input.source, tokens: input.tokens, for: input.businessKey },
      });
      return made.id;
    }
    const [there] = await tx
      .select()
      .from(grantIntents)
      .where(and(eq(grantIntents.businessKey, input.businessKey), eq(grantIntents.customerId, ctx.customerId)));
    if (!there) throw new Error("This business key already owes tokens to another brand");
    return there.id;
  });
}

/** How long after its entry was written a grant's id is kept in the account's hash: any call for it is over by then. */
const SETTLED_AFTER_MINUTES = 10;

const unapplied = (account: AccountId) => and(ofAccount(grantIntents, account), isNull(grantIntents.appliedAt));

/**
 * Applies an account's intents that have not reached the ledger. Safe to repeat at any time: the script applies a
 * grant once an epoch, and an epoch starts from what the ledger holds.
 *
 * The order closes the gaps: first the account is brought in, which may itself drain a grant; then its epoch is read,
 * then a deadline taken, and only then is asked which intents are left. Whoever opens another epoch after that makes
 * the calls below fail, and none of them acts once the list is older than the deadline.
 * @returns how many intents are still on their way
 */
export async function applyIntents(deps: ReconcileDeps, account: AccountId): Promise<number> {
  const [owed] = await deps.db.select({ id: grantIntents.id }).from(grantIntents).where(unapplied(account)).limit(1);
  if (!owed) return 0;
  await hydrateAccount(deps, account);
  const [head] = await deps.db.select().from(meteringAccounts).where(ofAccount(meteringAccounts, account));
  if (!head) throw new Error("The account is not known");
  const deadline = await deadlineOf(deps);
  const waiting = await deps.db
    .select()
    .from(grantIntents)
    .where(unapplied(account))
    .orderBy(asc(grantIntents.createdAt), asc(grantIntents.id));
  const partition = partitionOf(account.customerId);
  for (const intent of waiting) {
    await runScript(
      deps.redis,
      GRANT,
      [accountKey(account), outboxKey(partition), dueKey(partition)],
      [
        String(head.epoch),
        intent.id,
        intent.source,
        String(intent.tokens),
        String(intent.expiresAt?.getTime() ?? 0),
        accountName(account),
        deadline,
      ],
    );
  }
  await forgetSettled(deps, account);
  return waiting.length;
}

/** Takes ids of grants that have long been in the ledger out of the account's hash. */
async function forgetSettled(deps: ReconcileDeps, account: AccountId): Promise<void> {
  const settled = await deps.db
    .select({ id: grantIntents.id })
    .from(grantIntents)
    .where(
      and(
        ofAccount(grantIntents, account),
        sql`${grantIntents.appliedAt} < now() - make_interval(mins => ${SETTLED_AFTER_MINUTES})`,
        sql`${grantIntents.appliedAt} > now() - interval '7 days'`,
      ),
    );
  if (settled.length > 0) await deps.redis.hdel(accountKey(account), ...settled.map(({ id }) => `gid:${id}`));
}

/** Accounts that are owed tokens which have not reached the ledger. */
export async function accountsOwed(db: Db): Promise<AccountId[]> {
  const rows = await db
    .selectDistinct({ customerId: grantIntents.customerId, mode: grantIntents.mode })
    .from(grantIntents)
    .where(isNull(grantIntents.appliedAt));
  return rows.map((row) => accountOf(mintCustomerId(row.customerId), row.mode));
}

/**
 * Changes what a brand has configured and brings it to the edge: the caller's change in Postgres under the account's
 * row lock, which a hydrate takes too, then the fields in Redis, then the commit. Where Redis does not take them the
 * change is rolled back. Where part of it may stand in Redis after that, the account is retired and hydrates from what
 * is true; where Redis cannot even be told that, a mark in Postgres has the worker tell it.
 * @throws what `change` throws, or Error where Redis is away
 */
export async function configureAccounts<T>(
  deps: Pick<ReconcileDeps, "db" | "redis" | "budgetMs">,
  customerId: CustomerId,
  change: (tx: Tx) => Promise<{ result: T; fields: Record<string, string> }>,
): Promise<T> {
  const accounts = (["live", "test"] as const).map((mode) => accountOf(customerId, mode));
  let pushed = false;
  try {
    return await deps.db.transaction(async (tx) => {
      await tx
        .select({ mode: meteringAccounts.mode })
        .from(meteringAccounts)
        .where(eq(meteringAccounts.customerId, customerId))
        .orderBy(asc(meteringAccounts.mode))
        .for("update");
      const { result, fields } = await change(tx);
      const flat = Object.entries(fields).flat();
      if (flat.length > 0) {
        const deadline = await deadlineOf(deps);
        pushed = true;
        for (const account of accounts) {
          const answer = await runScript(deps.redis, CONFIGURE_ACCOUNT, [accountKey(account)], [deadline, ...flat]);
          if (answer.kind !== "reply" || answer.reply[0] === "late") {
            throw new Error("The change could not be brought to the edge");
          }
        }
      }
      return result;
    });
  } catch (error) {
    if (pushed) await retireAccounts(deps, customerId);
    throw error;
  }
}

/** Retires a brand's accounts now, or has the worker do it as soon as Redis can be told. */
async function retireAccounts(deps: Pick<ReconcileDeps, "db" | "redis">, customerId: CustomerId): Promise<void> {
  await deps.db.update(meteringAccounts).set({ retire: true }).where(eq(meteringAccounts.customerId, customerId));
  await retireMarked(deps, customerId);
}

/**
 * Retires in Redis every account that is marked so in Postgres; of one brand, or of all. The mark stays until Redis has
 * confirmed it.
 */
export async function retireMarked(deps: Pick<ReconcileDeps, "db" | "redis">, customerId?: CustomerId): Promise<void> {
  const marked = await deps.db
    .select()
    .from(meteringAccounts)
    .where(
      and(eq(meteringAccounts.retire, true), customerId ? eq(meteringAccounts.customerId, customerId) : undefined),
    );
  for (const row of marked) {
    const account = accountOf(mintCustomerId(row.customerId), row.mode);
    const answer = await runScript(deps.redis, RETIRE, [accountKey(account)], [String(row.epoch)]);
    if (answer.kind !== "reply") continue;
    await deps.db
      .update(meteringAccounts)
      .set({ retire: false })
      .where(and(ofAccount(meteringAccounts, row), eq(meteringAccounts.epoch, row.epoch)));
  }
}
