import { eq, sql } from "drizzle-orm";
import { type Db, db, openDatabase } from "@/db/client";
import { apps, customerApps } from "@/db/schema/catalog";
import { apiKeys } from "@/db/schema/keys";
import { meteringPartitions } from "@/db/schema/metering";
import { customers } from "@/db/schema/people";
import { seedCatalog } from "@/db/seed/catalog";
import { handleBatch, handleConsume } from "@/features/metering/edge/handler";
import { KeyHashes, MissLimit, operationHash } from "@/features/metering/edge/rules";
import type { MeterDeps } from "@/features/metering/edge/service";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { handleHold, handleResolve } from "@/features/metering/reservations/handler";
import { resolutionHash } from "@/features/metering/reservations/rules";
import {
  accountKey,
  accountName,
  catalogKey,
  dueKey,
  holdsKey,
  keyRecordKey,
  operationKey,
  outboxKey,
} from "@/features/metering/rules";
import { openAccounts } from "@/features/metering/service";
import { hmacApiKey, mintApiKey } from "@/lib/api-key";
import { env } from "@/lib/env";
import { accountOf, type CustomerId, type Mode, mintCustomerId, uuidv7 } from "@/lib/ids";
import { partitionOf } from "@/lib/partition";
import { type Redis, redis } from "@/lib/redis";
import { bringIn, metering } from "@/rest/internal/metering";
import { ACTIVE_APPS } from "./answers";
import type { Fault } from "./model";
import { type Ask, idOf, type Key, type State } from "./state";
import { CLOCK_KEY, modelRedis, type Wire } from "./wire";

/**
 * The real stores under the model's clock: Redis's TIME, Postgres's now() and Node's Date.now() all tell the model's
 * time, which moves only when a command moves it.
 */

const SHOP = "https://shop.example";
const realNow = Date.now;

let prepared: Promise<Db> | undefined;

/**
 * Prepares the stores once a process: the catalogue, and in Postgres a schema whose now() and clock_timestamp() tell the
 * model's time to whoever has it first in the search path. @returns the product's database as such a one sees it
 */
function prepare(): Promise<Db> {
  prepared ??= (async () => {
    await seedCatalog(db());
    const owner = openDatabase(process.env.DATABASE_OWNER_URL ?? "", { max: 1 });
    const role = new URL(env().DATABASE_URL).username;
    try {
      for (const statement of [
        "create schema if not exists model_clock",
        "create table if not exists model_clock.clock (at timestamptz not null)",
        "insert into model_clock.clock select '2026-01-01' where not exists (select from model_clock.clock)",
        ...["now", "clock_timestamp"].map(
          (name) =>
            `create or replace function model_clock.${name}() returns timestamptz language sql stable as 'select at from model_clock.clock'`,
        ),
        `grant usage on schema model_clock to ${role}`,
        `grant select, update on model_clock.clock to ${role}`,
      ]) {
        await owner.execute(sql.raw(statement));
      }
    } finally {
      await owner.$client.end();
    }
    return openDatabase(clockedUrl(), { max: 6 });
  })();
  return prepared;
}

function clockedUrl(): string {
  const url = new URL(env().DATABASE_URL);
  url.searchParams.set("search_path", "model_clock,pg_catalog,public");
  return url.href;
}

/** Ends what `prepare` opened. */
export async function closeWorlds(): Promise<void> {
  await (await prepared)?.$client.end({ timeout: 2 });
  prepared = undefined;
}

/** An answer as the caller reads it. */
export interface Answered {
  readonly status: number;
  readonly text: string;
  readonly replayed: boolean;
  readonly retryAfter: string | null;
}

export class World {
  readonly customerId: CustomerId;
  readonly partition: number;
  readonly secrets: Record<string, { text: string; keyId: string }> = {};
  readonly wire: Wire = { fault: null, operations: new Set(), known: new Map(), gate: null };
  readonly redis: Redis;
  readonly deps: ReconcileDeps;
  copies = 0;
  generation = 1;

  private constructor(
    readonly db: Db,
    public now: number,
  ) {
    this.customerId = mintCustomerId(uuidv7(realNow()));
    this.partition = partitionOf(this.customerId);
    this.redis = modelRedis(redis(), this.wire, () => this.now);
    this.deps = this.depsFor({});
  }

  /** A fresh brand at a time, of which Redis knows nothing. */
  static async open(now: number, limits: { rate: number; burst: number }, keys: State["keys"]): Promise<World> {
    const world = new World(await prepare(), now);
    Date.now = () => world.now;
    await world.moveClock(now);
    await world.make(limits, keys);
    return world;
  }

  /** Gives the process its own clock back, and the next brand a clean Redis. */
  async close(): Promise<void> {
    Date.now = realNow;
    await this.flush();
    await this.dropCopies();
  }

  /** The client as one of several at once has it: each call waits for its turn. */
  gated(gate: (label: string) => Promise<void>): Redis {
    return modelRedis(redis(), { ...this.wire, gate }, () => this.now);
  }

  /** Redis loses an account's hash and its open reservations. */
  async forget(mode: Mode): Promise<void> {
    await redis().del(accountKey(this.account(mode)), holdsKey(this.account(mode)));
  }

  /** Metering's dependencies under the model's clock. */
  depsFor(over: Partial<ReconcileDeps>): ReconcileDeps {
    return { ...metering(), db: this.db, redis: this.redis, databaseUrl: clockedUrl(), ...over };
  }

  get ctx() {
    return { db: this.db, customerId: this.customerId, actor: { type: "system", id: "model" } } as const;
  }

  account(mode: Mode) {
    return accountOf(this.customerId, mode);
  }

  private async make(limits: { rate: number; burst: number }, keys: State["keys"]): Promise<void> {
    const { customerId } = this;
    await this.db.transaction(async (tx) => {
      const slug = `model-${customerId}`;
      await tx
        .insert(customers)
        .values({ id: customerId, name: "Model", slug, rateLimit: limits.rate, rateBurst: limits.burst });
      await openAccounts(tx, customerId, { unlimited: false });
      await tx.insert(apiKeys).values(Object.entries(keys).map(([name, key]) => this.keyRow(name, key)));
      await tx.execute(sql`insert into ${customerApps} (id, customer_id, app_id)
        select gen_random_uuid(), ${customerId}, id from ${apps} where catalog_id in ${ACTIVE_APPS}`);
    });
    const [row] = await this.db
      .select()
      .from(meteringPartitions)
      .where(eq(meteringPartitions.partition, this.partition));
    this.generation = row?.generation ?? 1;
    await redis().del(catalogKey(this.partition));
  }

  private keyRow(name: string, key: Key) {
    const { kind, mode, apps: appPermissions, rate: rateLimit, burst: rateBurst, expires, scoped } = key;
    const { text, keyId, lastFour } = mintApiKey({ kind, mode, customerId: this.customerId });
    this.secrets[name] = { text, keyId };
    return {
      id: uuidv7(),
      keyId,
      customerId: this.customerId,
      name,
      kind,
      mode,
      hmac: hmacApiKey(text, env().API_KEY_PEPPER),
      publicKey: kind === "pk" ? text : null,
      lastFour,
      origins: kind === "pk" ? [SHOP] : [],
      appPermissions,
      scopes: scoped ? ["tokens:consume"] : ["apps:read"],
      rateLimit,
      rateBurst,
      expiresAt: Number.isFinite(expires) ? new Date(expires) : null,
    };
  }

  /** Moves all three clocks. */
  async moveClock(now: number): Promise<void> {
    this.now = now;
    await this.db.execute(sql`update model_clock.clock set at = to_timestamp(${now / 1000}::numeric)`);
    await redis().set(CLOCK_KEY, String(now));
  }

  meterDeps(over: Partial<MeterDeps> = {}, deps = this.deps): MeterDeps {
    return {
      redis: this.redis,
      hashes: new KeyHashes(env().API_KEY_PEPPER),
      maxBacklog: 1_000_000,
      budgetMs: 20_000,
      load: (want) =>
        bringIn(deps, want).then(
          (found) => (found ? "loaded" : "unknown"),
          () => "failed",
        ),
      wake: () => {},
      misses: new MissLimit(),
      clock: { offset: 0 },
      now: Date.now,
      ...over,
    };
  }

  /** Makes a call as a brand's server or page does. `idOf` tells the id of what the model has a name for. */
  async call(
    ask: Ask,
    idOf: (ref: string) => string,
    fault: Fault,
    over: Partial<MeterDeps> = {},
    behind = this.deps,
  ): Promise<Answered> {
    const deps = this.meterDeps(over, behind);
    const key = this.secrets[ask.key]?.text ?? "";
    this.wire.fault = fault;
    try {
      if (ask.does === "resolve") {
        const verb = ask.tokens === 0 ? "release" : "settle";
        const body = verb === "release" ? "" : JSON.stringify({ tokens_consumed: ask.tokens });
        const id = idOf(ask.ref);
        return answered(await handleResolve(this.request(key, body, null), deps, { id, verb }));
      }
      const body = JSON.stringify(bodyOf(ask));
      const handle = ask.does === "consume" ? handleConsume : handleHold;
      return answered(await handle(this.request(key, body, ask.idem), deps));
    } finally {
      this.wire.fault = null;
    }
  }

  /** Several uses in one call. */
  async batch(asks: readonly Extract<Ask, { does: "consume" }>[], fault: Fault): Promise<Answered> {
    const key = this.secrets[asks[0]?.key ?? ""]?.text ?? "";
    const records = asks.map((ask) => ({ ...bodyOf(ask), idempotency_key: ask.idem }));
    this.wire.fault = fault;
    try {
      return answered(await handleBatch(this.request(key, JSON.stringify({ records }), null), this.meterDeps()));
    } finally {
      this.wire.fault = null;
    }
  }

  private request(key: string, body: string, idem: string | null): Request {
    return new Request("http://localhost/api/v1/customer/tokens", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${key}`,
        ...(key.startsWith("ca_pk") ? { origin: SHOP } : {}),
        ...(idem === null ? {} : { "idempotency-key": idem }),
      },
      body,
    });
  }

  /** What Redis keeps of this brand, with its partition's outbox; when things fall due is told again by every script. */
  keys(): string[] {
    const { partition } = this;
    return [
      ...(["live", "test"] as const).flatMap((mode) => [accountKey(this.account(mode)), holdsKey(this.account(mode))]),
      outboxKey(partition),
      ...this.wire.operations,
    ];
  }

  /** Redis comes back empty. */
  async flush(): Promise<void> {
    const records = Object.values(this.secrets).map(({ text }) =>
      keyRecordKey(this.partition, hmacApiKey(text, env().API_KEY_PEPPER)),
    );
    await redis().del(...this.keys(), catalogKey(this.partition), ...records);
    await redis().zrem(
      dueKey(this.partition),
      ...(["live", "test"] as const).map((mode) => accountName(this.account(mode))),
    );
  }

  /** What Redis forgets because its time is over: its own clock is not the model's. */
  async forgetOld(s: State): Promise<void> {
    const kept = new Set(s.operations.filter((one) => one.inRedis).map((one) => one.name));
    const over = s.operations
      .filter((one) => !kept.has(one.name))
      .map(({ name, ref }) => {
        const [mode, kind = "", does, idem = ""] = name.split(" ");
        const endpoint = does === "hold" ? "reservations" : "consume";
        return operationHash(this.account(mode as Mode), kind, endpoint, idem === ref ? idOf(s, ref) : idem);
      });
    const open = new Set(s.resolutions.filter((one) => one.inRedis).map((one) => one.ref));
    for (const { ref } of s.resolutions.filter((one) => !open.has(one.ref))) {
      over.push(...(["live", "test"] as const).map((mode) => resolutionHash(this.account(mode), idOf(s, ref))));
    }
    if (over.length > 0) await redis().del(...over.map((hash) => operationKey(this.partition, hash)));
  }

  /** Keeps a copy of Redis as it is now. */
  async save(): Promise<void> {
    await this.dropCopies();
    const copies = redis().pipeline();
    for (const key of this.keys()) copies.copy(key, copyOf(key), { replace: true });
    await copies.exec();
    this.copies = 1;
  }

  /** A failover to that copy: what was written since is gone. */
  async restore(): Promise<void> {
    const back = redis().pipeline();
    for (const key of this.keys()) {
      back.del(key);
      back.copy(copyOf(key), key, { replace: true });
    }
    await back.exec();
  }

  private async dropCopies(): Promise<void> {
    if (this.copies > 0) await redis().del(...this.keys().map(copyOf));
    this.copies = 0;
  }
}

const copyOf = (key: string): string => `model:${key}`;

const bodyOf = (ask: Exclude<Ask, { does: "resolve" }>) =>
  ask.does === "consume"
    ? {
        app_id: ask.app,
        ...(ask.amount === null ? {} : { tokens_consumed: ask.amount }),
        ...(ask.session === 0 ? {} : { session_id: `s-${ask.session}` }),
      }
    : { app_id: ask.app, tokens_reserved: ask.tokens, expires_in: ask.seconds };

const answered = async (response: Response): Promise<Answered> => ({
  status: response.status,
  text: await response.text(),
  replayed: response.headers.get("idempotent-replayed") === "true",
  retryAfter: response.headers.get("retry-after"),
});
