import { type AccountId, isUuid, type Mode } from "@/lib/ids";
import { partitionOf, partitionTag } from "@/lib/partition";

/**
 * Where metering keeps what in Redis. Every key carries its partition's hash tag, so that all keys of one script share
 * a slot, and every name can be computed from the API key and the request alone.
 */

/** `<customer uuid>:<live|test>`: how an account is called in Redis and in the outbox. */
export const accountName = (account: AccountId): string => `${account.customerId}:${account.mode}`;

/** The key record of an API key, a hash, by the key's HMAC. */
export const keyRecordKey = (partition: number, hmac: string): string => `${partitionTag(partition)}:key:${hmac}`;
/** The account's hash: epoch, sequence, balance, grants, activations. */
export const accountKey = (account: AccountId): string =>
  `${partitionTag(partitionOf(account.customerId))}:acct:${accountName(account)}`;
/** The partition's copy of the catalogue, a hash; its field `gen` is the partition's generation. */
export const catalogKey = (partition: number): string => `${partitionTag(partition)}:catalog`;
/** The rate bucket of one API key. */
export const keyRateKey = (partition: number, hmac: string): string => `${partitionTag(partition)}:rk:${hmac}`;
/** The rate bucket of one account over all its keys. */
export const accountRateKey = (account: AccountId): string =>
  `${partitionTag(partitionOf(account.customerId))}:rc:${accountName(account)}`;
/** The record of one operation, under a hash of account, kind of key, endpoint and idempotency key. */
export const operationKey = (partition: number, hash: string): string => `${partitionTag(partition)}:op:${hash}`;
/** The stream of events not yet in the ledger. */
export const outboxKey = (partition: number): string => `${partitionTag(partition)}:outbox`;
/** Accounts by the time at which something of theirs falls due, a sorted set scored in milliseconds. */
export const dueKey = (partition: number): string => `${partitionTag(partition)}:due`;

/** The largest amount one request may name: 15 digits. */
export const MAX_AMOUNT = 999_999_999_999_999;
/** The largest balance an account may hold: the largest integer that a double, and so Lua, holds exactly. */
export const MAX_BALANCE = Number.MAX_SAFE_INTEGER;

/** Reads `<uuid>:<mode>` back; null where it is something else. */
export function parseAccountName(name: string): { customerId: string; mode: Mode } | null {
  const match = /^([0-9a-f-]{36}):(live|test)$/.exec(name);
  const [, customerId = "", mode] = match ?? [];
  return isUuid(customerId) ? { customerId, mode: mode as Mode } : null;
}

/** A grant as the account hash holds it. `expiresAt` in Redis milliseconds, 0 for never. */
export interface Grant {
  readonly id: string;
  readonly source: "plan" | "pack" | "refund" | "adjustment";
  readonly remaining: number;
  readonly expiresAt: number;
}

const GRANT = /([^,;]+),([^,;]+),(\d+),(\d+);/g;

/** The `g` field of an account's hash: `id,source,remaining,expires;` per grant, in the order in which they burn. */
export const packGrants = (grants: readonly Grant[]): string =>
  grants.map((g) => `${g.id},${g.source},${g.remaining},${g.expiresAt};`).join("");

/** Reads the `g` field back. */
export const unpackGrants = (packed: string): Grant[] =>
  Array.from(packed.matchAll(GRANT), ([, id, source, remaining, expiresAt]) => ({
    id: id as string,
    source: source as Grant["source"],
    remaining: Number(remaining),
    expiresAt: Number(expiresAt),
  }));

/**
 * The order in which grants burn: soonest expiry first and those without one last, a plan's before any other on a
 * tie, then the oldest. `granted` must be listed oldest first; the sort is stable.
 */
export function burnOrder(granted: readonly Grant[]): Grant[] {
  const expiry = (g: Grant) => (g.expiresAt === 0 ? Number.POSITIVE_INFINITY : g.expiresAt);
  const rank = (g: Grant) => (g.source === "plan" ? 0 : 1);
  return granted.toSorted((a, b) => {
    const [x, y] = [expiry(a), expiry(b)];
    return x === y ? rank(a) - rank(b) : x < y ? -1 : 1;
  });
}
