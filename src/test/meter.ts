import { randomBytes } from "node:crypto";
import { afterAll, afterEach, expect } from "vitest";
import { db } from "@/db/client";
import { seedCatalog } from "@/db/seed/catalog";
import type { CreatedBrand } from "@/features/admin/service";
import { makeBrand } from "@/features/admin/service";
import { handleBatch, handleConsume } from "@/features/metering/edge/handler";
import { KeyHashes, MissLimit } from "@/features/metering/edge/rules";
import type { MeterDeps } from "@/features/metering/edge/service";
import { drainPartition } from "@/features/metering/outbox/service";
import { checkLedger } from "@/features/metering/reconcile/queries";
import { fieldsOf } from "@/features/metering/reconcile/service";
import { handleHold, handleResolve } from "@/features/metering/reservations/handler";
import { accountKey } from "@/features/metering/rules";
import { env } from "@/lib/env";
import { type AccountId, accountOf } from "@/lib/ids";
import { partitionOf } from "@/lib/partition";
import { redis } from "@/lib/redis";
import { bringIn, metering } from "@/rest/internal/metering";

export const SHOP = "https://shop.example";

export interface TestBrand extends CreatedBrand {
  readonly account: AccountId;
  readonly partition: number;
}

let seeded: Promise<void> | undefined;

/** A fresh brand on the real stores, warm in Redis, with both keys and, unless told otherwise, every limit far away. */
export async function testBrand(
  options: { tokens?: number; apps?: string[]; plan?: string | null; rate?: number; origins?: string[] } = {},
): Promise<TestBrand> {
  seeded ??= seedCatalog(db());
  await seeded;
  const tag = randomBytes(5).toString("hex");
  const brand = await makeBrand(
    metering(),
    { type: "system", id: "test" },
    {
      name: `Brand ${tag}`,
      slug: `brand-${tag}`,
      tokens: options.tokens ?? 100,
      plan: options.plan ?? null,
      apps: options.apps ?? ["vto-001", "pdc-001"],
      origins: options.origins ?? [SHOP],
      rate: options.rate ?? 1_000_000,
      people: [],
    },
  );
  fresh.push(brand.customerId);
  return {
    ...brand,
    account: accountOf(brand.customerId, "live"),
    partition: partitionOf(brand.customerId),
  };
}

/** The metering handler's dependencies as the edge wires them, with the Node side called directly. */
export const meterDeps = (overrides: Partial<MeterDeps> = {}): MeterDeps => ({
  redis: redis(),
  hashes: new KeyHashes(env().API_KEY_PEPPER),
  maxBacklog: 1_000_000,
  budgetMs: 5_000,
  load: async (want) => ((await bringIn(metering(), want)) ? "loaded" : "unknown"),
  wake: () => {},
  misses: new MissLimit(),
  clock: { offset: 0 },
  now: Date.now,
  ...overrides,
});

export interface ConsumeOptions {
  readonly body?: unknown;
  readonly text?: string;
  readonly headers?: Record<string, string>;
  readonly idempotencyKey?: string;
  readonly origin?: string;
  readonly deps?: Partial<MeterDeps>;
}

/** One consume through the real handler. A public key comes from the shop's origin unless told otherwise. */
export async function consumeWith(key: string, options: ConsumeOptions = {}): Promise<Response> {
  const origin = options.origin ?? (key.startsWith("ca_pk") ? SHOP : undefined);
  return handleConsume(
    new Request("http://localhost/api/v1/customer/tokens/consume", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(key ? { authorization: `Bearer ${key}` } : {}),
        ...(origin ? { origin } : {}),
        ...(options.idempotencyKey ? { "idempotency-key": options.idempotencyKey } : {}),
        ...options.headers,
      },
      body: options.text ?? JSON.stringify(options.body ?? { app_id: "vto-001" }),
    }),
    meterDeps(options.deps),
  );
}

const posted = (path: string, key: string, options: ConsumeOptions): Request =>
  new Request(`http://localhost/api/v1/customer/tokens/${path}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${key}`,
      ...(options.origin ? { origin: options.origin } : {}),
      ...(options.idempotencyKey ? { "idempotency-key": options.idempotencyKey } : {}),
      ...options.headers,
    },
    body: options.text ?? JSON.stringify(options.body ?? {}),
  });

/** One batch through the real handler. */
export const batchWith = (key: string, records: unknown, options: ConsumeOptions = {}): Promise<Response> =>
  handleBatch(posted("consume/batch", key, { ...options, body: { records } }), meterDeps(options.deps));

/** One hold through the real handler; 10 tokens of vto-001 unless told otherwise. */
export const holdWith = (key: string, options: ConsumeOptions = {}): Promise<Response> =>
  handleHold(
    posted("reservations", key, { body: { app_id: "vto-001", tokens_reserved: 10 }, ...options }),
    meterDeps(options.deps),
  );

/** Settles a reservation through the real handler. */
export const settleWith = (key: string, id: string, tokens: number, options: ConsumeOptions = {}): Promise<Response> =>
  handleResolve(
    posted(`reservations/${id}/settle`, key, { body: { tokens_consumed: tokens }, ...options }),
    meterDeps(options.deps),
    { id, verb: "settle" },
  );

/** Releases a reservation through the real handler. */
export const releaseWith = (key: string, id: string, options: ConsumeOptions = {}): Promise<Response> =>
  handleResolve(posted(`reservations/${id}/release`, key, options), meterDeps(options.deps), { id, verb: "release" });

/** Drains a brand's partition to its end. */
export const drain = (brand: TestBrand) => drainPartition(metering(), brand.partition);

/** What Redis holds of a brand's live account. */
export async function accountState(brand: TestBrand): Promise<Record<"e" | "s" | "b" | "g", string | null>> {
  return fieldsOf(redis(), accountKey(brand.account), ["e", "s", "b", "g"]);
}

const fresh: string[] = [];

async function expectFindings(scope?: readonly string[]): Promise<void> {
  for (const finding of await checkLedger(metering(), scope)) {
    expect(finding.breaches, `${finding.invariant}. ${finding.title}`).toEqual([]);
  }
}

/** Every invariant holds for the brands that were made since this was asked last. */
export const expectSound = (): Promise<void> => expectFindings(fresh.splice(0));

/** Every invariant holds, over everything any test of this run has done. */
export const expectAllSound = (): Promise<void> => expectFindings();

/**
 * After each test its own brands are sound, and after the file every other as well. The check drains, so that a file leaves
 * nothing on its way to the ones after it.
 */
export function checkedAfterEach(): void {
  afterEach(expectSound);
  afterAll(expectAllSound);
}
