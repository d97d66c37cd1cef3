import { and, eq, type SQL } from "drizzle-orm";
import { db, openDatabase } from "@/db/client";
import { deadLetters, ledgerEntries, lossReports, meteringAccounts, meteringPartitions } from "@/db/schema/metering";
import type { LoadAnswer } from "@/features/metering/edge/rules";
import type { MeterDeps } from "@/features/metering/edge/service";
import { unpackEvent } from "@/features/metering/ledger/rules";
import { drainPartition } from "@/features/metering/outbox/service";
import { accountKey, holdsKey, outboxKey } from "@/features/metering/rules";
import { env } from "@/lib/env";
import { createRedis, type Redis, redis } from "@/lib/redis";
import { metering } from "@/rest/internal/metering";
import { consumeWith, drain, meterDeps, type TestBrand } from "@/test/meter";

/** What tests of the metering core look at and break: rows and keys of one brand, locks, and a store that misbehaves. */

export const ctxOf = (brand: TestBrand) =>
  ({ db: db(), customerId: brand.customerId, actor: { type: "system", id: "test" } }) as const;
export const use = async (brand: TestBrand, body?: unknown) =>
  (await consumeWith(brand.secretKey.secret, body ? { body } : {})).status;
export const forget = (brand: TestBrand) => redis().del(accountKey(brand.account));
export const headOf = async (brand: TestBrand) =>
  (
    await db()
      .select()
      .from(meteringAccounts)
      .where(and(eq(meteringAccounts.customerId, brand.customerId), eq(meteringAccounts.mode, "live")))
  )[0];
export const lettersOf = (brand: TestBrand) =>
  db().select().from(deadLetters).where(eq(deadLetters.customerId, brand.customerId));
export const entriesOf = (brand: TestBrand) =>
  db()
    .select()
    .from(ledgerEntries)
    .where(eq(ledgerEntries.customerId, brand.customerId))
    .orderBy(ledgerEntries.epoch, ledgerEntries.seq);
export const usesOf = async (brand: TestBrand) => (await entriesOf(brand)).filter((entry) => entry.kind === "usage");
export const reportsOf = (brand: TestBrand) =>
  db().select().from(lossReports).where(eq(lossReports.customerId, brand.customerId));
export const backlogOf = (brand: TestBrand) => redis().xlen(outboxKey(brand.partition));
/**
 * Drains a brand's events as ones that Postgres does not take, so that each becomes a dead letter in its place: a grant's id
 * that is none where nothing is said of a grant, a request's hash that is too long elsewhere.
 */
export async function drainAsPoison(brand: TestBrand): Promise<void> {
  const key = outboxKey(brand.partition);
  const waiting = (await redis().xrange(key, "-", "+")) as unknown as [string, string[]][];
  for (const [id, flat] of waiting) {
    const fields: Record<string, string> = {};
    for (let i = 0; i + 1 < flat.length; i += 2) fields[String(flat[i])] = String(flat[i + 1]);
    await redis().xadd(key, "*", { ...unpackEvent(fields), ...(fields.r ? { h: "x".repeat(44) } : { r: "none" }) });
    await redis().xdel(key, id);
  }
  await drainPartition(metering(), brand.partition);
}
/** Has the next drain believe that another Redis answers than last time. */
export const restarted = (brand: TestBrand) =>
  db()
    .update(meteringPartitions)
    .set({ redisRunId: "another" })
    .where(eq(meteringPartitions.partition, brand.partition));
export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A hash as Redis holds it: field, value, field, value. */
export const hashOf = async (key: string): Promise<string[]> =>
  (await redis().eval("return redis.call('HGETALL', KEYS[1])", [key], [])) as string[];
/** Puts a hash back as it was, as a failover to an older copy does. */
export const restoreHash = (key: string, flat: string[]) =>
  redis().eval("redis.call('DEL', KEYS[1]) return redis.call('HSET', KEYS[1], unpack(ARGV))", [key], flat);

/** A superuser's connection to the product's database, for what only an outage or a clock does. */
export const admin = () => {
  const url = new URL(process.env.STACK_POSTGRES_ADMIN_URL ?? "");
  url.pathname = new URL(process.env.DATABASE_URL ?? "").pathname;
  return openDatabase(url.href, { max: 2 });
};
/** Does something while a transaction of the schema's owner holds what a statement locks. */
export async function whileHeld<T>(statement: SQL, act: () => Promise<T>): Promise<T> {
  const owner = openDatabase(process.env.DATABASE_OWNER_URL ?? "", { max: 1 });
  try {
    return await owner.transaction(async (tx) => {
      await tx.execute(statement);
      return act();
    });
  } finally {
    await owner.$client.end();
  }
}

/** A key that is meant to be something else becomes a string for a while, so that every script on it fails. */
export async function whileBroken<T>(key: string, act: () => Promise<T>): Promise<T> {
  await redis().del(key);
  await redis().set(key, "x");
  try {
    return await act();
  } finally {
    await redis().del(key);
  }
}

/** The client, with some calls of scripts treated otherwise: `act` is given the real call, to make or not. */
export const bent = (
  match: (keys: string[], args: string[]) => boolean,
  act: (real: () => Promise<unknown>) => Promise<unknown>,
): Redis =>
  new Proxy(redis(), {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (name !== "evalsha" && name !== "eval") return typeof value === "function" ? value.bind(target) : value;
      return async (script: string, keys: string[], args: string[]) => {
        const real = () => (value as (...all: unknown[]) => Promise<unknown>).call(target, script, keys, args);
        return match(keys, args) ? act(real) : real();
      };
    },
  });
/** A caller who waits as long as it takes: for what a thousand of them come to, however slow the machine is. */
export const patient = (): Pick<MeterDeps, "redis" | "budgetMs"> => {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = env();
  return { redis: createRedis({ url, token, budgetMs: 60_000 }), budgetMs: 60_000 };
};

/** What the client throws where it has given up waiting. */
export const timedOut = () => Object.assign(new Error("The operation timed out"), { name: "TimeoutError" });

/** The Node side as the edge sees it over HTTP: where it cannot help it says so, and does not throw. */
export const overHttp: Pick<MeterDeps, "load"> = {
  load: (want, signal) =>
    meterDeps()
      .load(want, signal)
      .catch((): LoadAnswer => "failed"),
};

/**
 * Redis goes through one history that is drained, falls back to where it was before, and goes through another, which has
 * no place in the ledger any more.
 */
export const forked = async (brand: TestBrand, drained: () => Promise<unknown>, lost: () => Promise<unknown>) => {
  const key = accountKey(brand.account);
  const [hash, holds] = [
    await hashOf(key),
    await redis().zrange<string[]>(holdsKey(brand.account), 0, -1, { withScores: true }),
  ];
  await drained();
  await drain(brand);
  await restoreHash(key, hash);
  await redis().del(holdsKey(brand.account));
  for (let i = 0; i + 1 < holds.length; i += 2) {
    await redis().zadd(holdsKey(brand.account), { score: Number(holds[i + 1]), member: String(holds[i]) });
  }
  await lost();
  const { forked: aside } = await drain(brand);
  if (aside === 0) throw new Error("No branch was lost");
};
