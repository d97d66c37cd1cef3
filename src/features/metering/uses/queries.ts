import type { AccountId } from "@/lib/ids";
import { partitionOf } from "@/lib/partition";
import type { Redis } from "@/lib/redis";
import { operationHash } from "../edge/rules";
import { operationKey } from "../rules";

/** A use that was paid for, as its operation's record tells. */
export interface PaidUse {
  readonly usageId: string;
  readonly appId: string;
  readonly createdAt: Date;
}

/**
 * The use that a page's consume with this idempotency key began; null where none is remembered. It is read from the
 * record that makes a replay answer what the first call did, so it is there from the moment of the consume, before the
 * ledger has it, and for at least a day.
 */
export async function paidUse(redis: Redis, account: AccountId, idempotency: string): Promise<PaidUse | null> {
  const hash = operationHash(account, "pk", "consume", idempotency);
  const record = await redis.get<string>(operationKey(partitionOf(account.customerId), hash));
  const [version, , appId = "", , , usageId = "", , , createdAt] = (record ?? "").split("|");
  if (version !== "1" || !(Number(createdAt) > 0)) return null;
  return { usageId, appId, createdAt: new Date(Number(createdAt)) };
}
