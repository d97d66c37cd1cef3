import type { Db } from "@/db/client";
import { customers } from "@/db/schema/people";
import { customerBilling } from "@/db/schema/plans";
import { activate } from "@/features/activations/service";
import { recordAudit } from "@/features/audit/service";
import type { KeyView } from "@/features/keys/contract";
import { loadKeyRecord } from "@/features/keys/queries";
import { SCOPES } from "@/features/keys/rules";
import { createKeyIn } from "@/features/keys/service";
import { applyIntents, owe } from "@/features/metering/intents/service";
import { publishKeyRecord } from "@/features/metering/keys/service";
import { drainPartition, noticeLoss } from "@/features/metering/outbox/service";
import { hydrateAccount, loadCatalog, type ReconcileDeps } from "@/features/metering/reconcile/service";
import { openAccounts } from "@/features/metering/service";
import { findPlan, isUnlimited } from "@/features/plans/queries";
import type { Role } from "@/features/team/rules";
import { addPersonIn } from "@/features/team/service";
import { hmacApiKey } from "@/lib/api-key";
import type { Actor } from "@/lib/context";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import { accountOf, type CustomerId, mintCustomerId, uuidv7 } from "@/lib/ids";
import { partitionOf } from "@/lib/partition";
import type { Redis } from "@/lib/redis";

export interface NewBrand {
  readonly name: string;
  readonly slug: string;
  /** A live balance without expiry; must be 0 on an unlimited plan. */
  readonly tokens: number;
  /** A plan's id; null for none, which leaves all tiers open. */
  readonly plan: string | null;
  /** Catalog ids to turn on. */
  readonly apps: readonly string[];
  /** Origins the public key may be used from. */
  readonly origins: readonly string[];
  /** Requests an hour of each key and of the brand, each with a burst; absent for the product's defaults. */
  readonly rate?: number;
  readonly people: readonly { email: string; name: string; passwordHash: string; role: Role }[];
}

export interface CreatedBrand {
  readonly customerId: CustomerId;
  readonly publicKey: { key: KeyView; secret: string };
  readonly secretKey: { key: KeyView; secret: string };
}

/** One month after a day, in UTC, kept inside the next month where that is shorter. */
export function monthAfter(day: Date): Date {
  const next = new Date(day);
  next.setUTCMonth(day.getUTCMonth() + 1);
  if (next.getUTCDate() !== day.getUTCDate()) next.setUTCDate(0);
  return next;
}

/**
 * Makes a brand with its people, accounts, keys, apps and balance. The balance is owed when this returns; the caller
 * applies it (`applyIntents`) and waits for it to arrive.
 * @throws Refusal `invalid_request` for a plan that does not exist or tokens on an unlimited one, `app_not_found`
 */
async function createBrand(
  deps: { db: Db; redis: Redis; budgetMs: number; actor: Actor },
  input: NewBrand,
): Promise<CreatedBrand> {
  const { db, redis, budgetMs, actor } = deps;
  const customerId = mintCustomerId(uuidv7());
  const ctx = { db, customerId, actor };
  const plan = input.plan === null ? null : await findPlan(db, input.plan);
  if (plan === undefined) throw new Refusal("invalid_request", `There is no plan ${input.plan}.`);
  const unlimited = plan !== null && isUnlimited(plan);
  if (unlimited && input.tokens > 0)
    throw new Refusal("invalid_request", `${plan.name} is unlimited and takes no tokens.`);
  const keys = await db.transaction(async (tx) => {
    await tx.insert(customers).values({
      id: customerId,
      name: input.name,
      slug: input.slug,
      ...(input.rate === undefined ? {} : { rateLimit: input.rate, rateBurst: input.rate }),
    });
    await openAccounts(tx, customerId, { unlimited });
    if (plan) {
      const start = new Date();
      await tx.insert(customerBilling).values({
        id: uuidv7(),
        customerId,
        planId: plan.id,
        billingCycleStart: start,
        billingCycleEnd: monthAfter(start),
      });
    }
    for (const person of input.people) await addPersonIn(tx, ctx, person);
    await recordAudit(tx, ctx, { action: "brand.created", subject: customerId, details: { plan: plan?.id ?? null } });
    const common = {
      mode: "live" as const,
      appPermissions: null,
      expiresAt: null,
      rateLimit: input.rate ?? 1_000,
    };
    return {
      publicKey: await createKeyIn(tx, ctx, {
        ...common,
        name: "Storefront",
        kind: "pk",
        origins: [...input.origins],
        scopes: [],
      }),
      secretKey: await createKeyIn(tx, ctx, {
        ...common,
        name: "Server",
        kind: "sk",
        origins: [],
        scopes: [...SCOPES],
      }),
    };
  });
  for (const appId of input.apps) await activate(ctx, { redis, budgetMs }, { appId, planWaived: true });
  if (input.tokens > 0) {
    await owe(ctx, { mode: "live", source: "adjustment", tokens: input.tokens, businessKey: `opening:${customerId}` });
  }
  return { customerId, ...keys };
}

/**
 * Makes a brand and waits until it is ready: its balance in the ledger, its accounts, keys and catalogue in Redis, so
 * that its first consume is as quick as any.
 * @throws Refusal as `createBrand` does, Error where a store is away or the balance does not arrive
 */
export async function makeBrand(deps: ReconcileDeps, actor: Actor, input: NewBrand): Promise<CreatedBrand> {
  const brand = await createBrand({ ...deps, actor }, input);
  const partition = partitionOf(brand.customerId);
  // What is brought in now must not be of a memory that Redis has lost meanwhile.
  await noticeLoss(deps, partition);
  await loadCatalog(deps, partition);
  for (const secret of [brand.publicKey.secret, brand.secretKey.secret]) {
    const record = await loadKeyRecord(deps.db, hmacApiKey(secret, env().API_KEY_PEPPER));
    if (record) await publishKeyRecord(record, deps.redis);
  }
  for (const mode of ["live", "test"] as const) await hydrateAccount(deps, accountOf(brand.customerId, mode));
  const live = accountOf(brand.customerId, "live");
  for (let attempt = 0; (await applyIntents(deps, live)) > 0; attempt++) {
    if (attempt === 20) throw new Error("The balance did not arrive; look for dead letters");
    // Another drain may hold the partition just now; then it does the work.
    const { busy } = await drainPartition(deps, partition);
    if (busy) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return brand;
}
