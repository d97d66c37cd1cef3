import { and, eq, gt, sql } from "drizzle-orm";
import { ofAccount } from "@/db/account";
import { type Db, openDatabase, type Tx } from "@/db/client";
import {
  ledgerEntries,
  lossReports,
  meteringAccounts,
  meteringPartitions,
  meteringRestarts,
} from "@/db/schema/metering";
import { customers } from "@/db/schema/people";
import { type AccountId, uuidv7 } from "@/lib/ids";
import { partitionOf } from "@/lib/partition";
import type { Redis } from "@/lib/redis";
import { computeAccount } from "../account/service";
import type { CatalogRecord, KeyRecord } from "../contract";
import { RETIRE, SET_ACCOUNT, SET_CATALOG } from "../edge/lua/state";
import { runScript } from "../edge/service";
import { healForks } from "../healing/service";
import { publishKeyRecord, publishUnknownKey } from "../keys/service";
import { drainPartition, LOCK_CLASS } from "../outbox/service";
import { accountKey, accountName, catalogKey, dueKey, holdsKey, packGrants, packHold } from "../rules";

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
  /** How many partitions one process drains side by side. */
  readonly drainConcurrency?: number;
  /** Called between a hydrate's steps; tests interleave there. */
  readonly between?: (point: "retired" | "opened" | "computed") => Promise<void> | void;
}

/** Thrown where state could not be brought in; the caller answers that metering is not available. */
export class NotLoaded extends Error {}

/** How long a hydrate waits for whoever drains the partition, ms. */
const LOCK_WAIT_MS = 5_000;
/** For how long after an unplanned epoch an unseen idempotency key is looked up: as long as a result is promised. */
const LOOK_UP_HOURS = 24;
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

/** The catalogue as a partition's hash holds it, without the generation: each app under its id and its slug. */
export function catalogFields(records: readonly CatalogRecord[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const app of records) {
    const value = `${app.catalogId}|${app.price}|${app.status}|${app.variablePrice ? 1 : 0}`;
    fields[`app:${app.catalogId}`] = value;
    fields[`app:${app.slug}`] = value;
  }
  return fields;
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
    const fields = { gen: String(row.generation), ...catalogFields(await deps.loaders.catalog(tx)) };
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
 * @param after for a caller who has just changed what a hydrate reads: one that was under way before does not do
 * @throws NotLoaded where the account is not known, or somebody else was at it and it is not sound yet
 */
export async function hydrateAccount(deps: ReconcileDeps, account: AccountId, after?: "change"): Promise<void> {
  const name = accountName(account);
  const flights = underWay.get(deps) ?? new Map<string, Promise<void>>();
  underWay.set(deps, flights);
  if (after) await flights.get(name)?.catch(() => undefined);
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
    const before = await partitionRow(own, partition);
    const retired = await runScript(deps.redis, RETIRE, [accountKey(account)], [String(head.epoch)]);
    if (retired.kind !== "reply") throw new NotLoaded("The old account could not be retired");
    const [, e, s, b, gen] = retired.reply;
    await deps.between?.("retired");
    const drained = await drainPartition({ db: own, redis: deps.redis }, partition);
    if (drained.busy) throw new NotLoaded("The partition's lock was lost");
    const after = await partitionRow(own, partition);
    // What was there was ours to close, and what came out of it is the ledger's last entry: nothing is missing.
    const whole = (last: typeof head): boolean =>
      !last.forked &&
      before?.generation === after?.generation &&
      gen === String(before?.generation) &&
      e === String(last.epoch) &&
      s === String(last.seq) &&
      b === String(last.balance);
    const epoch = await openEpoch(own, account, head.epoch, whole);
    await deps.between?.("opened");
    await setAccount(deps, own, account, epoch);
  } finally {
    giveSlot();
    // The advisory lock belongs to this connection and goes with it.
    await own.$client.end({ timeout: 2 });
  }
}

const partitionRow = async (db: Db, partition: number) =>
  (await db.select().from(meteringPartitions).where(eq(meteringPartitions.partition, partition)))[0];

/**
 * Commits the epoch after the one seen. Where what came before it is not known to be whole, it leaves a report of what may
 * be lost, posts again what was acknowledged and lost its place, and has keys looked up for a day, because Redis may have
 * forgotten the operations of the last one.
 * @throws NotLoaded where another one has been opened meanwhile
 */
async function openEpoch(
  own: Db,
  account: AccountId,
  seen: number,
  whole: (head: typeof meteringAccounts.$inferSelect) => boolean,
): Promise<number> {
  return own.transaction(async (tx) => {
    const [head] = await headOf(tx, account).for("update");
    if (head?.epoch !== seen) throw new NotLoaded("Another epoch was opened meanwhile");
    const epoch = seen + 1;
    const unplanned = seen > 0 && !whole(head);
    const since = await lossWindow(tx, account, head);
    await tx
      .update(meteringAccounts)
      .set({
        epoch,
        seq: 0,
        forked: false,
        retire: false,
        // By Postgres's clock: what comes in for the epoch before is told by it from what came before this moment.
        epochStartedAt: sql`now()`,
        updatedAt: sql`now()`,
        ...(unplanned ? { lookUpUntil: sql`now() + make_interval(hours => ${LOOK_UP_HOURS})` } : {}),
      })
      .where(ofAccount(meteringAccounts, account));
    const healed = await healForks(tx, account, epoch);
    if (healed.posted > 0 && !unplanned) {
      // Their records were in a copy that is gone: a caller who tries again must find them in the ledger.
      await tx
        .update(meteringAccounts)
        .set({ lookUpUntil: sql`now() + make_interval(hours => ${LOOK_UP_HOURS})` })
        .where(ofAccount(meteringAccounts, account));
    }
    if (unplanned || healed.lost > 0) {
      await tx.insert(lossReports).values({
        id: uuidv7(),
        customerId: account.customerId,
        mode: account.mode,
        epoch,
        reason: !unplanned
          ? "Uses that had lost their place were not covered by the balance"
          : head.forked
            ? "The chain of the previous epoch broke"
            : "The account was missing or retired in Redis",
        windowFrom: since,
        // Of what Redis lost before it was drained there is no trace here: unknown, not zero. What came without its
        // place and could not be posted again is known.
        tokensLost: healed.lost > 0 ? healed.lost : null,
      });
    }
    return epoch;
  });
}

/**
 * The moment before which nothing of an account's epoch is lost. Where its partition's Redis lost its memory since the
 * epoch began: up to where the partition had been drained when it was first seen to have. Where it did not: the account's
 * last entry in the ledger, since what is missing comes after it.
 */
async function lossWindow(
  tx: Tx,
  account: AccountId,
  head: typeof meteringAccounts.$inferSelect,
): Promise<Date | null> {
  const began = head.epochStartedAt;
  const [restart] = await tx
    .select()
    .from(meteringRestarts)
    .where(
      and(
        eq(meteringRestarts.partition, partitionOf(account.customerId)),
        began ? gt(meteringRestarts.noticedAt, began) : undefined,
      ),
    )
    .orderBy(meteringRestarts.generation)
    .limit(1);
  if (restart) return restart.drainedTo;
  const [last] = await tx
    .select()
    .from(ledgerEntries)
    .where(
      and(ofAccount(ledgerEntries, account), eq(ledgerEntries.epoch, head.epoch), eq(ledgerEntries.seq, head.seq)),
    );
  return last?.occurredAt ?? began;
}

async function setAccount(deps: ReconcileDeps, own: Db, account: AccountId, epoch: number): Promise<void> {
  const partition = partitionOf(account.customerId);
  await own.transaction(async (tx) => {
    const [head] = await headOf(tx, account).for("update");
    if (!head || head.epoch !== epoch) return;
    const state = await computeAccount(tx, account);
    const [row] = await tx
      .select()
      .from(meteringPartitions)
      .where(eq(meteringPartitions.partition, partition))
      .for("share");
    const [customer] = await tx.select().from(customers).where(eq(customers.id, account.customerId));
    if (!row || !customer) throw new NotLoaded("The account is not known");
    const sum = state.grants.reduce((total, grant) => total + grant.remaining, 0);
    // Two ways to the same figure; where they differ the account stays closed until somebody has looked.
    if (sum !== head.balance) throw new NotLoaded("The grants do not add up to the balance; run ledger:check");
    const fields: Record<string, string> = {
      e: String(epoch),
      s: String(head.seq),
      b: String(head.balance),
      g: packGrants(state.grants),
      gen: String(row.generation),
      u: head.unlimited ? "1" : "0",
      cl: String(customer.rateLimit),
      cb: String(customer.rateBurst),
      ...(state.caps ? { cap: state.caps, f: "1" } : {}),
      ...(head.lookUpUntil ? { lk: String(head.lookUpUntil.getTime()), f: "1" } : {}),
    };
    for (const app of await deps.loaders.activeApps(tx, account.customerId)) fields[`app:${app}`] = "1";
    // Carried out, though their entries are dead letters: these intents must not be carried out once more.
    for (const id of state.carriedOut) fields[`gid:${id}`] = "1";
    for (const hold of state.holds) fields[`h:${hold.id}`] = packHold(hold);
    const due = [...state.grants, ...state.holds].map(({ expiresAt }) => expiresAt).filter((at) => at > 0);
    const deadline = await deadlineOf(deps);
    await deps.between?.("computed");
    const answer = await runScript(
      deps.redis,
      SET_ACCOUNT,
      [accountKey(account), dueKey(partition), holdsKey(account)],
      [
        deadline,
        accountName(account),
        due.length > 0 ? String(due.reduce((a, b) => Math.min(a, b))) : "",
        String(epoch),
        state.holds.map((hold) => `${hold.id},${hold.expiresAt};`).join(""),
        ...Object.entries(fields).flat(),
      ],
    );
    if (answer.kind !== "reply" || answer.reply[0] !== "ok") throw new NotLoaded("Redis did not take the account");
  });
}
