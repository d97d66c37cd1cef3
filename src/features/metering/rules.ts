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
/** The record of one operation, under a hash of account, kind of key, endpoint and idempotency key. */
export const operationKey = (partition: number, hash: string): string => `${partitionTag(partition)}:op:${hash}`;
/** The stream of events not yet in the ledger. */
export const outboxKey = (partition: number): string => `${partitionTag(partition)}:outbox`;
/** What the drain left in Redis to know it again by: where it is gone or another, the partition's memory was lost. */
export const markKey = (partition: number): string => `${partitionTag(partition)}:mark`;
/** Accounts by the time at which something of theirs falls due, a sorted set scored in milliseconds. */
export const dueKey = (partition: number): string => `${partitionTag(partition)}:due`;

/** An account's open reservations by when they release themselves, a sorted set scored in milliseconds. */
export const holdsKey = (account: AccountId): string =>
  `${partitionTag(partitionOf(account.customerId))}:holds:${accountName(account)}`;

/** KEYS of the scripts that a caller's request runs, in their order (edge/lua/common.ts). */
export function callerKeys(partition: number, hmac: string, account: AccountId, operation: string): string[] {
  // Written out: on the path that has to be quick, the partition is known and the account's name is needed twice.
  const tag = partitionTag(partition);
  const name = accountName(account);
  return [
    `${tag}:key:${hmac}`,
    `${tag}:acct:${name}`,
    `${tag}:catalog`,
    `${tag}:op:${operation}`,
    `${tag}:outbox`,
    `${tag}:due`,
    `${tag}:holds:${name}`,
  ];
}

/** KEYS of the scripts that we run on an account ourselves: intents and the sweep. */
export const accountKeys = (account: AccountId): string[] => {
  const partition = partitionOf(account.customerId);
  return [accountKey(account), outboxKey(partition), dueKey(partition), holdsKey(account)];
};

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

/** An open reservation as the account hash holds it. Times in Redis milliseconds. */
export interface Hold {
  readonly id: string;
  readonly appId: string;
  readonly tokens: number;
  readonly expiresAt: number;
  readonly createdAt: number;
  /** What it took from which grant, in the order in which it will be used; `remaining` is what it took. */
  readonly parts: readonly Grant[];
}

/** The `h:<id>` field of an account's hash: `app|tokens|expires|created|parts`. */
export const packHold = (hold: Hold): string =>
  `${hold.appId}|${hold.tokens}|${hold.expiresAt}|${hold.createdAt}|${packGrants(hold.parts)}`;

/** A hash as Redis lists it, and the client hands it on without its deserialization: field, value, field, value. */
export function hashOf(flat: readonly unknown[]): ReadonlyMap<string, string> {
  const hash = new Map<string, string>();
  for (let at = 0; at + 1 < flat.length; at += 2) hash.set(String(flat[at]), String(flat[at + 1]));
  return hash;
}

/** Reads such a field back, as far as it says when the reservation is over and what comes back then. */
export function unpackHold(record: string): Pick<Hold, "expiresAt" | "parts"> {
  const [, , expires = "0", , parts = ""] = record.split("|");
  return { expiresAt: Number(expires), parts: unpackGrants(parts) };
}

/** One cap of an account with what is spent of it, as its hash holds it. `scope` is a catalog id or `*`. */
export interface Cap {
  readonly scope: string;
  readonly daily: number | null;
  readonly monthly: number | null;
  readonly spentToday: number;
  readonly spentThisMonth: number;
}

/** Days since 1970 (UTC), and months since year 0: how caps name the day and the month they have counted. */
export const dayOf = (ms: number): number => Math.floor(ms / 86_400_000);
export const monthOf = (ms: number): number => {
  const date = new Date(ms);
  return date.getUTCFullYear() * 12 + date.getUTCMonth() + 1;
};

/** The `cap` field of an account's hash: `scope,daily,monthly,day,spent,month,spent;` each. */
export const packCaps = (caps: readonly Cap[], now: number): string =>
  caps
    .map(
      (cap) =>
        `${cap.scope},${cap.daily ?? "-"},${cap.monthly ?? "-"},${dayOf(now)},${cap.spentToday},${monthOf(now)},${cap.spentThisMonth};`,
    )
    .join("");

/**
 * The order in which grants burn: soonest expiry first and those without one last, a plan's before any other on a
 * tie, then the oldest. A grant's id is a UUIDv7, which counts up in time.
 */
export function burnOrder(granted: readonly Grant[]): Grant[] {
  const expiry = (g: Grant) => (g.expiresAt === 0 ? Number.POSITIVE_INFINITY : g.expiresAt);
  const rank = (g: Grant) => (g.source === "plan" ? 0 : 1);
  return granted.toSorted((a, b) => {
    const [x, y] = [expiry(a), expiry(b)];
    if (x !== y) return x < y ? -1 : 1;
    return rank(a) - rank(b) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  });
}
