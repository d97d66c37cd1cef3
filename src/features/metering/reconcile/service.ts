import { and, asc, eq, gt, inArray, or, sql } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import { type Db, openDatabase, type Tx } from "@/db/client";
import {
  deadLetters,
  grantIntents,
  grants,
  lossReports,
  meteringAccounts,
  meteringPartitions,
} from "@/db/schema/metering";
import { customers } from "@/db/schema/people";
import { type AccountId, uuidv7 } from "@/lib/ids";
import { partitionOf } from "@/lib/partition";
import type { Redis } from "@/lib/redis";
import type { CatalogRecord, KeyRecord } from "../contract";
import { RETIRE, SET_ACCOUNT, SET_CATALOG } from "../edge/lua/state";
import { runScript } from "../edge/service";
import { publishKeyRecord, publishUnknownKey } from "../keys/service";
import { partsOf } from "../ledger/rules";
import { drainPartition, LOCK_CLASS } from "../outbox/service";
import { accountKey, accountName, burnOrder, catalogKey, dueKey, type Grant, packGrants } from "../rules";

/** What other domains know and metering must bring to the edge; the routes and the worker wire it. */
export interface Loaders {
  readonly keyRecord: (db: Db, hmac: string) => Promise<KeyRecord | null>;
  readonly catalog: (db: Db | Tx) => Promise<CatalogRecord[]>;
  /** Catalog ids of the apps a brand has turned on. */
  readonly activeApps: (db: Db | Tx, customerId: string) => Promise<string[]>;
}

export interface ReconcileDeps {
  readonly db: Db;
  readonly redis: Redis;
  readonly loaders: Loaders;
  /** Postgres for a hydrate's own connection. */
  readonly databaseUrl: string;
  /** What one call to `redis` may take, ms: a script that has not begun by then must not act any more. */
  readonly budgetMs: number;
  /** Called between a hydrate's steps; tests interleave there. */
  readonly between?: (point: "retired" | "opened" | "computed") => Promise<void> | void;
}

/** Thrown where state could not be brought in; the caller answers that metering is not available. */
export class NotLoaded extends Error {}

/** How long a hydrate waits for whoever drains the partition, ms. */
const LOCK_WAIT_MS = 5_000;
/** How many hydrates one process runs at a time, each on a connection of its own. */
const HYDRATES_AT_ONCE = 4;

/**
 * Redis time after which a call sent now has been given up here: asked before the call is made, so that nothing which
 * we no longer wait for can still act.
 */
export async function deadlineOf(deps: Pick<ReconcileDeps, "redis" | "budgetMs">): Promise<string> {
  const [seconds, micros] = (await deps.redis.time()) as [number, number];
  return String(Number(seconds) * 1000 + Math.floor(Number(micros) / 1000) + deps.budgetMs);
}

/**
 * Loads one key's record from Postgres into Redis, or remembers for a moment that there is none.
 * @returns whether there is such a key
 */
export async function loadKeyRecord(deps: ReconcileDeps, partition: number, hmac: string): Promise<boolean> {
  const record = await deps.loaders.keyRecord(deps.db, hmac);
  if (record) await publishKeyRecord(record, deps.redis);
  else await publishUnknownKey(partition, hmac, deps.redis);
  return record !== null;
}

/**
 * Writes a partition's copy of the catalogue, each app under its id and its slug, with the partition's generation.
 * The generation's row is locked meanwhile, so that a drain which raises it comes before or after, never between.
 */
export async function loadCatalog(
  deps: Pick<ReconcileDeps, "db" | "redis" | "loaders" | "budgetMs">,
  partition: number,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const [row] = await tx
      .select()
      .from(meteringPartitions)
      .where(eq(meteringPartitions.partition, partition))
      .for("share");
    if (!row) throw new NotLoaded("The partition is not known");
    const fields: Record<string, string> = { gen: String(row.generation) };
    for (const app of await deps.loaders.catalog(tx)) {
      const value = `${app.catalogId}|${app.price}|${app.status}|${app.variablePrice ? 1 : 0}`;
      fields[`app:${app.catalogId}`] = value;
      fields[`app:${app.slug}`] = value;
    }
    const args = [await deadlineOf(deps), ...Object.entries(fields).flat()];
    const answer = await runScript(deps.redis, SET_CATALOG, [catalogKey(partition)], args);
    if (answer.kind !== "reply" || answer.reply[0] !== "ok") throw new NotLoaded("Redis did not take the catalogue");
  });
}

/** True where the hash in Redis is the one Postgres believes in. */
async function isSound(deps: Pick<ReconcileDeps, "db" | "redis">, account: AccountId): Promise<boolean> {
  const [head] = await headOf(deps.db, account);
  const [row] = await deps.db
    .select()
    .from(meteringPartitions)
    .where(eq(meteringPartitions.partition, partitionOf(account.customerId)));
  const there = await fieldsOf(deps.redis, accountKey(account), ["e", "gen", "ret"]);
  return (
    head !== undefined &&
    !head.forked &&
    !head.retire &&
    there.ret === null &&
    there.e === String(head.epoch) &&
    there.gen === String(row?.generation)
  );
}

/** Some fields of a hash; null for one that is absent. */
export async function fieldsOf<F extends string>(
  redis: Redis,
  key: string,
  fields: readonly F[],
): Promise<Record<F, string | null>> {
  // Without the client's deserialization the answer is Redis's own: a list in the order of the fields.
  const values = (await redis.hmget(key, ...fields)) as unknown as (string | null)[];
  return Object.fromEntries(fields.map((field, i) => [field, values[i] ?? null])) as Record<F, string | null>;
}

const headOf = (db: Db | Tx, account: AccountId) =>
  db.select().from(meteringAccounts).where(ofAccount(meteringAccounts, account));

/** Hydrates under way, by whose dependencies they run on: two of those are two processes. */
const underWay = new WeakMap<ReconcileDeps, Map<string, Promise<void>>>();
const slots: (() => void)[] = [];
let running = 0;

/** Waits for one of the process's places for a hydrate. */
async function takeSlot(): Promise<void> {
  if (running < HYDRATES_AT_ONCE) running++;
  else await new Promise<void>((resolve) => slots.push(resolve));
}

function giveSlot(): void {
  const next = slots.shift();
  if (next) next();
  else running--;
}

/**
 * Brings a missing or retired account back from the ledger, under a new epoch. Callers that come while one is under way
 * for the same account wait for that one: after a restart they come in their hundreds.
 * @throws NotLoaded where the account is not known, or somebody else was at it and it is not sound yet
 */
export async function hydrateAccount(deps: ReconcileDeps, account: AccountId): Promise<void> {
  const name = accountName(account);
  const flights = underWay.get(deps) ?? new Map<string, Promise<void>>();
  underWay.set(deps, flights);
  let flight = flights.get(name);
  if (!flight) {
    flight = hydrateOnce(deps, account).finally(() => flights.delete(name));
    flights.set(name, flight);
  }
  await flight;
}

/**
 * Held throughout on a connection of its own: the partition's drain lock, so that nobody else drains or hydrates.
 * 1. A sound hash of the current epoch: stop, somebody was faster.
 * 2. Retire the old hash, so that nothing more comes out of it; drain to the tail; commit epoch + 1, if the epoch is
 *    still the one that was seen under the lock: a connection may be lost, and its lock with it, without a word.
 * 3. Under the row lock that configuration writes take too: if it is still that epoch, compute the account from the
 *    ledger and unresolved dead letters, and set it where absent or retired, before a deadline.
 */
async function hydrateOnce(deps: ReconcileDeps, account: AccountId): Promise<void> {
  if (await isSound(deps, account)) return;
  const partition = partitionOf(account.customerId);
  await takeSlot();
  const own = openDatabase(deps.databaseUrl, { max: 1 });
  try {
    await own.execute(sql.raw(`set lock_timeout = ${LOCK_WAIT_MS}`));
    try {
      await own.execute(sql`select pg_advisory_lock(${LOCK_CLASS}, ${partition})`);
    } catch (error) {
      throw new NotLoaded("The partition is busy", { cause: error });
    }
    if (await isSound({ ...deps, db: own }, account)) return;
    const [head] = await headOf(own, account);
    if (!head) throw new NotLoaded("The account is not known");
    const [before] = await own.select().from(meteringPartitions).where(eq(meteringPartitions.partition, partition));
    const retired = await runScript(deps.redis, RETIRE, [accountKey(account)], [String(head.epoch)]);
    if (retired.kind !== "reply") throw new NotLoaded("The old account could not be retired");
    await deps.between?.("retired");
    const drained = await drainPartition({ db: own, redis: deps.redis }, partition);
    if (drained.busy) throw new NotLoaded("The partition's lock was lost");
    const epoch = await openEpoch(own, account, head.epoch, before?.lastDrainedAt ?? null);
    await deps.between?.("opened");
    await setAccount(deps, own, account, epoch);
  } finally {
    giveSlot();
    // The advisory lock belongs to this connection and goes with it.
    await own.$client.end({ timeout: 2 });
  }
}

/**
 * Commits the epoch after the one seen. An epoch after the first that nobody planned leaves a report of what may be lost.
 * @throws NotLoaded where another one has been opened meanwhile
 */
async function openEpoch(own: Db, account: AccountId, seen: number, lastDrainedAt: Date | null): Promise<number> {
  return own.transaction(async (tx) => {
    const [head] = await headOf(tx, account).for("update");
    if (head?.epoch !== seen) throw new NotLoaded("Another epoch was opened meanwhile");
    const epoch = seen + 1;
    if (seen > 0) {
      await tx.insert(lossReports).values({
        id: uuidv7(),
        customerId: account.customerId,
        mode: account.mode,
        epoch,
        reason: head.forked ? "The chain of the previous epoch broke" : "The account was missing or retired in Redis",
        // Before the drain that this hydrate has just made: what was in Redis then is what may be missing now.
        windowFrom: lastDrainedAt,
        // What Redis lost before it was drained left no trace here: unknown, not zero.
        tokensLost: null,
      });
    }
    await tx
      .update(meteringAccounts)
      .set({ epoch, seq: 0, forked: false, retire: false, epochStartedAt: new Date(), updatedAt: new Date() })
      .where(ofAccount(meteringAccounts, account));
    return epoch;
  });
}

async function setAccount(deps: ReconcileDeps, own: Db, account: AccountId, epoch: number): Promise<void> {
  const partition = partitionOf(account.customerId);
  await own.transaction(async (tx) => {
    const [head] = await headOf(tx, account).for("update");
    if (!head || head.epoch !== epoch) return;
    const { left, waiting } = await grantsLeft(tx, account);
    const [row] = await tx
      .select()
      .from(meteringPartitions)
      .where(eq(meteringPartitions.partition, partition))
      .for("share");
    const [customer] = await tx.select().from(customers).where(eq(customers.id, account.customerId));
    if (!row || !customer) throw new NotLoaded("The account is not known");
    const sum = left.reduce((total, grant) => total + grant.remaining, 0);
    // Two ways to the same figure; where they differ the account stays closed until somebody has looked.
    if (sum !== head.balance) throw new NotLoaded("The grants do not add up to the balance; run ledger:check");
    const fields: Record<string, string> = {
      e: String(epoch),
      s: "0",
      b: String(head.balance),
      g: packGrants(left),
      gen: String(row.generation),
      u: head.unlimited ? "1" : "0",
      cl: String(customer.rateLimit),
      cb: String(customer.rateBurst),
    };
    for (const app of await deps.loaders.activeApps(tx, account.customerId)) fields[`app:${app}`] = "1";
    // Applied, though their entries are dead letters: their intents must not be applied once more.
    for (const id of waiting) fields[`gid:${id}`] = "1";
    const expiring = left.filter((grant) => grant.expiresAt > 0).map((grant) => grant.expiresAt);
    const deadline = await deadlineOf(deps);
    await deps.between?.("computed");
    const answer = await runScript(
      deps.redis,
      SET_ACCOUNT,
      [accountKey(account), dueKey(partition)],
      [
        deadline,
        accountName(account),
        expiring.length > 0 ? String(Math.min(...expiring)) : "",
        String(epoch),
        ...Object.entries(fields).flat(),
      ],
    );
    if (answer.kind !== "reply" || answer.reply[0] !== "ok") throw new NotLoaded("Redis did not take the account");
  });
}

/**
 * What is left of each grant, in burn order: the ledger's own figure, with what unresolved dead letters gave and took.
 * `waiting` are the grants whose own entry is such a letter.
 */
async function grantsLeft(tx: Tx, account: AccountId): Promise<{ left: Grant[]; waiting: string[] }> {
  const letters = await tx
    .select()
    .from(deadLetters)
    .where(
      and(ofAccount(deadLetters, account), eq(deadLetters.reason, "poison"), sql`${deadLetters.resolvedAt} is null`),
    );
  const moved = new Map<string, number>();
  for (const { fields } of letters) {
    for (const [id, delta] of partsOf(fields)) moved.set(id, (moved.get(id) ?? 0) + delta);
  }
  const waiting = letters.flatMap(({ fields }) => (fields.k === "grant" && fields.r ? [fields.r] : []));
  const touched = or(gt(grants.remaining, 0), inArray(grants.id, [...moved.keys()]));
  const rows = await tx
    .select()
    .from(grants)
    .where(and(ofAccount(grants, account), touched))
    .orderBy(asc(grants.grantedAt), asc(grants.id));
  const owed = await tx
    .select()
    .from(grantIntents)
    .where(and(eq(grantIntents.customerId, account.customerId), inArray(grantIntents.id, waiting)))
    .orderBy(asc(grantIntents.createdAt));
  const known = [
    ...rows.map(({ id, source, remaining, expiresAt }) => ({ id, source, remaining, expiresAt })),
    ...owed
      .filter(({ id }) => !rows.some((row) => row.id === id))
      .map(({ id, source, expiresAt }) => ({ id, source, remaining: 0, expiresAt })),
  ];
  const left = known
    .map(({ id, source, remaining, expiresAt }) => ({
      id,
      source,
      remaining: remaining + (moved.get(id) ?? 0),
      expiresAt: expiresAt?.getTime() ?? 0,
    }))
    .filter((grant) => grant.remaining > 0);
  return { left: burnOrder(left), waiting };
}
