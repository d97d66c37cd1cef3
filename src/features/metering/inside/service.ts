import { and, eq } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import { ledgerEntries } from "@/db/schema/metering";
import { env } from "@/lib/env";
import type { ProblemCode } from "@/lib/errors";
import { type AccountId, uuidv7 } from "@/lib/ids";
import { partitionOf } from "@/lib/partition";
import type { KeyRecord } from "../contract";
import { CONSUME } from "../edge/lua/consume";
import { operationHash, requestHash } from "../edge/rules";
import { runScript } from "../edge/service";
import { publishKeyRecord } from "../keys/service";
import { loadOperation } from "../lookup/service";
import { noticeLoss } from "../outbox/service";
import { deadlineOf, hydrateAccount, loadCatalog, NotLoaded, type ReconcileDeps } from "../reconcile/service";
import { callerKeys } from "../rules";

/** What became of a use that we make for a brand. */
export type InsideSpent =
  | { readonly state: "spent"; readonly usageId: string; readonly tokens: number }
  /** The script refused: nothing was debited, and the same call may be made again. */
  | { readonly state: "refused"; readonly code: ProblemCode }
  /** Nobody knows whether it was debited: the same call, made again, tells, and cannot cost twice. */
  | { readonly state: "unknown" };

/** The id that such uses bear in place of a key's. */
export const INSIDE_KEY = "ak_live_inside";
/** Far above what we make for one brand, and an end to a loop gone wrong. */
const PER_HOUR = 1_000;
/** One of each kind of state may be missing, and an operation unseen. */
const MAX_TURNS = 6;

/**
 * A use of an app that one of our own jobs makes for a brand, on its live account: by the script of every other use, with
 * its checks, its one step and its event, so that balance, caps, ledger and usage count it like any. A caller has a key;
 * we have a record in its place, for this brand and app alone, under a name that no HMAC of a key can be. Nothing of it
 * stands in Postgres, so that it can neither be listed, nor lent, nor forgotten there.
 * @param input.once names what is paid for: the same is paid for once
 */
export async function spendInside(
  deps: ReconcileDeps,
  account: AccountId,
  input: { readonly appId: string; readonly once: string },
): Promise<InsideSpent> {
  const { appId, once } = input;
  const partition = partitionOf(account.customerId);
  const hmac = `inside:${account.customerId}:${appId}`;
  // Neither a page's nor a server's: whatever Idempotency-Key a brand sends, it is another operation.
  const operation = operationHash(account, "inside", "consume", once);
  const keys = callerKeys(partition, hmac, account, operation);
  const operationId = uuidv7();
  const key: KeyRecord = {
    ...{ hmac, partition, version: 1, keyId: INSIDE_KEY, mode: account.mode, customerId: account.customerId },
    kind: "sk",
    status: "active",
    ...{ expiresAt: null, origins: [], scopes: ["tokens:consume"], apps: [appId] },
    ...{ rateLimit: PER_HOUR, rateBurst: PER_HOUR },
  };
  // After a day Redis forgets what was paid for; the ledger does not. What is not there yet, Redis has, or a dead letter.
  const [paid] = await deps.db
    .select({ usageId: ledgerEntries.operationId, tokens: ledgerEntries.tokens })
    .from(ledgerEntries)
    .where(and(ofAccount(ledgerEntries, account), eq(ledgerEntries.idempotencyHash, operation)))
    .limit(1);
  if (paid) return { state: "spent", ...paid };
  await loadOperation(deps, account, operation);
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const deadline = await deadlineOf(deps).catch(() => null);
    if (deadline === null) return { state: "unknown" };
    const answer = await runScript(deps.redis, CONSUME, keys, [
      deadline,
      ...["s", appId],
      // Looked up above, before the first turn.
      "1",
      String(env().METERING_MAX_BACKLOG),
      ...[operationId, "", requestHash({ app_id: appId }), "{}"],
    ]);
    if (answer.kind !== "reply") return { state: "unknown" };
    const [code = "", , , record = ""] = answer.reply;
    if (code === "ok") {
      const [, , , , amount = "", usageId = ""] = record.split("|");
      return { state: "spent", usageId, tokens: Number(amount) };
    }
    if (code === "backlog") return { state: "unknown" };
    if (code.startsWith("missing_")) await bringIn(deps, account, key, code);
    else if (code !== "late") return { state: "refused", code: code as ProblemCode };
  }
  return { state: "unknown" };
}

/** Brings in what the script did not find. Where it cannot be now, the next turn finds it missing again. */
async function bringIn(deps: ReconcileDeps, account: AccountId, key: KeyRecord, missing: string): Promise<void> {
  try {
    if (missing === "missing_key") await publishKeyRecord(key, deps.redis);
    else if (missing === "missing_catalog") await loadCatalog(deps, key.partition);
    else {
      await noticeLoss(deps, key.partition);
      await hydrateAccount(deps, account);
    }
  } catch (error) {
    if (!(error instanceof NotLoaded)) throw error;
  }
}
