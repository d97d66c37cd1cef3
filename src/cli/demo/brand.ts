import { and, eq, sql } from "drizzle-orm";
import { hashPassword } from "@/auth/passwords";
import { ofAccount } from "@/db/account";
import { db } from "@/db/client";
import type { Ctx } from "@/db/context";
import { apiKeys } from "@/db/schema/keys";
import { ledgerEntries, meteringAccounts } from "@/db/schema/metering";
import { customers } from "@/db/schema/people";
import { customerBilling } from "@/db/schema/plans";
import { products } from "@/db/schema/products";
import { makeBrand, monthAfter } from "@/features/admin/service";
import { SCOPES } from "@/features/keys/rules";
import { createKey } from "@/features/keys/service";
import { owe } from "@/features/metering/intents/service";
import { drainPartition } from "@/features/metering/outbox/service";
import { reopenAccount } from "@/features/metering/rebuild/service";
import { accountKey, accountName, dueKey, outboxKey } from "@/features/metering/rules";
import { findPlan } from "@/features/plans/queries";
import { newProduct } from "@/features/products/contract";
import { giveImages } from "@/features/products/images/service";
import { putProducts } from "@/features/products/service";
import { hmacApiKey } from "@/lib/api-key";
import { env } from "@/lib/env";
import { accountOf, type CustomerId, mintCustomerId } from "@/lib/ids";
import { partitionOf } from "@/lib/partition";
import { metering } from "@/rest/internal/metering";
import { FRAMES } from "./frames";
import { DAY, DAYS, historyOf, type PastGrant } from "./history";
import { drawFrame } from "./pictures";
import { seedSessions } from "./sessions";

const SLUG = "northlight-optics";
const PASSWORD = "northlight-demo-2026";
const PEOPLE = [
  { email: "ada@northlight.example", name: "Ada Lind", role: "admin" },
  { email: "max@northlight.example", name: "Max Oyelaran", role: "manager" },
  { email: "vera@northlight.example", name: "Vera Castell", role: "viewer" },
] as const;
/** Of its last two periods the demo brand paid this much ahead; the plan's figure is the owner's. */
const PLAN = "professional";
const OPENING_PACK = 5_000;
/** Days before today on which its plan began. */
const SUBSCRIBED = 48;
const SEEDED = { type: "system", id: "seed" } as const;

export interface DemoBrand {
  readonly customerId: string;
  readonly admin: { email: string; password: string };
  readonly manager: { email: string; password: string };
  readonly viewer: { email: string; password: string };
  readonly publicKey: string;
  readonly secretKey: string;
}

const people = {
  admin: { email: PEOPLE[0].email, password: PASSWORD },
  manager: { email: PEOPLE[1].email, password: PASSWORD },
  viewer: { email: PEOPLE[2].email, password: PASSWORD },
};

/**
 * The demo brand of a local machine: three people, four apps, two keys, forty frames and sixty days of use. Repeatable. A public key for the
 * storefront's origin is added where none is there; a secret key is made anew only where the known one does not work.
 * Never run against production: its passwords are in the README.
 */
export async function seedDemo(options: { storefrontOrigin: string; knownSecretKey?: string }): Promise<DemoBrand> {
  const [there] = await db().select().from(customers).where(eq(customers.slug, SLUG));
  if (!there) {
    const passwordHash = await hashPassword(PASSWORD);
    const brand = await makeBrand(metering(), SEEDED, {
      name: "Northlight Optics",
      slug: SLUG,
      tokens: 0,
      plan: PLAN,
      apps: ["vto-001", "pdc-001", "frf-001", "adv-001"],
      origins: [options.storefrontOrigin],
      people: PEOPLE.map((person) => ({ ...person, passwordHash })),
    });
    await livePast(brand.customerId);
    const ctx = { db: db(), customerId: brand.customerId, actor: SEEDED };
    await seedFrames(ctx, options.storefrontOrigin);
    await seedSessions(ctx);
    return {
      customerId: brand.customerId,
      ...people,
      publicKey: brand.publicKey.secret,
      secretKey: brand.secretKey.secret,
    };
  }
  const ctx = { db: db(), customerId: mintCustomerId(there.id), actor: SEEDED };
  // A start that was broken off in the midst of it left the brand without its past.
  await livePast(ctx.customerId);
  await seedFrames(ctx, options.storefrontOrigin);
  await seedSessions(ctx);
  const keys = (await db().select().from(apiKeys).where(eq(apiKeys.customerId, there.id))).filter(
    (key) => !key.revokedAt,
  );
  const common = { mode: "live", appPermissions: null, rateLimit: 1_000, expiresAt: null } as const;
  const fitting = keys.find((key) => key.kind === "pk" && key.origins.includes(options.storefrontOrigin));
  const publicKey =
    fitting?.publicKey ??
    (
      await createKey(ctx, {
        ...common,
        name: "Storefront",
        kind: "pk",
        origins: [options.storefrontOrigin],
        scopes: [],
      })
    ).secret;
  const known = options.knownSecretKey ? hmacApiKey(options.knownSecretKey, env().API_KEY_PEPPER) : null;
  const secretKey =
    options.knownSecretKey && keys.some((key) => key.hmac === known)
      ? options.knownSecretKey
      : (await createKey(ctx, { ...common, name: "Server", kind: "sk", origins: [], scopes: [...SCOPES] })).secret;
  return { customerId: there.id, ...people, publicKey, secretKey };
}

/** Gives the demo brand what its sample shop sells, with drawn pictures. Does nothing where it has a product already. */
async function seedFrames(ctx: Ctx, origin: string): Promise<void> {
  const [there] = await ctx.db
    .select({ id: products.id })
    .from(products)
    .where(eq(products.customerId, ctx.customerId))
    .limit(1);
  if (there) return;
  await putProducts(
    ctx,
    FRAMES.map(({ sku, slug, name, description, shape, material, colour, gender, ...frame }) =>
      newProduct.parse({
        ...{ sku, name, description, shape, material, colour, gender },
        brand: "Northlight",
        price_cents: frame.price * 100,
        currency: "USD",
        lens_mm: frame.lens,
        bridge_mm: frame.bridge,
        temple_mm: frame.temple,
        height_mm: frame.height,
        width_mm: frame.width,
        weight_g: frame.weight,
        url: `${origin}/frames/${slug}`,
      }),
    ),
  );
  const drawn = FRAMES.map((frame) => {
    const image = { type: "image/svg+xml", bytes: Buffer.from(drawFrame(frame)) };
    return [frame.sku, image] as const;
  });
  await giveImages(ctx, new Map(drawn));
}

/**
 * Gives the demo brand its past: a pack, the plan month by month, and what shoppers used. The events go into the outbox in
 * place of the scripts' own, with the account's numbers, and through the drain like any other, so that ledger, grants and
 * rollups agree; then the account is opened anew from the ledger. Does nothing where there is a past.
 */
async function livePast(customerId: CustomerId): Promise<void> {
  const deps = metering();
  const account = accountOf(customerId, "live");
  const [head] = await deps.db.select().from(meteringAccounts).where(ofAccount(meteringAccounts, account));
  const [key] = await deps.db
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.customerId, customerId), eq(apiKeys.kind, "pk")));
  const plan = await findPlan(deps.db, PLAN);
  const there = await deps.redis.hget<string>(accountKey(account), "s");
  // Numbers begin anew with each epoch, and the past itself ends with a new one: only the ledger says that it is there.
  const [begun] = await deps.db
    .select({ seq: ledgerEntries.seq })
    .from(ledgerEntries)
    .where(ofAccount(ledgerEntries, account))
    .limit(1);
  if (begun || !head || head.epoch === 0 || head.seq > 0 || there !== "0" || !key || !plan) return;
  const now = Date.now();
  const subscribed = now - SUBSCRIBED * DAY;
  const renewed = monthAfter(new Date(subscribed)).getTime();
  const ends = monthAfter(new Date(renewed));
  const ctx = { db: deps.db, customerId, actor: SEEDED };
  const grants: PastGrant[] = [];
  for (const { source, tokens, at, expiresAt } of [
    { source: "pack", tokens: OPENING_PACK, at: now - DAYS * DAY, expiresAt: null },
    { source: "plan", tokens: plan.tokensPerMonth, at: subscribed, expiresAt: renewed },
    { source: "plan", tokens: plan.tokensPerMonth, at: renewed, expiresAt: ends.getTime() },
  ] as const) {
    const id = await owe(ctx, {
      mode: "live",
      source,
      tokens,
      expiresAt: expiresAt === null ? null : new Date(expiresAt),
      businessKey: `demo:${customerId}:${source}:${new Date(at).toISOString().slice(0, 10)}`,
    });
    grants.push({ id, source, tokens, at, expiresAt });
  }
  const past = historyOf({ account: accountName(account), keyId: key.keyId, epoch: head.epoch, grants }, now);
  await deps.db.execute(sql`select ensure_token_usage_partitions(current_date, 3, 3)`);
  const partition = partitionOf(customerId);
  const { s = "", b = "" } = past.events.at(-1) ?? {};
  // All of it or nothing: a start that is broken off leaves no half of a past.
  const step = deps.redis.multi();
  for (const event of past.events) step.xadd(outboxKey(partition), "*", event);
  step.hset(accountKey(account), { s, b, g: past.packed, x: String(past.due), f: "1" });
  step.zadd(dueKey(partition), { score: past.due, member: accountName(account) });
  await step.exec();
  await drainPartition(deps, partition);
  await deps.db
    .update(customerBilling)
    .set({ billingCycleStart: new Date(renewed), billingCycleEnd: ends })
    .where(eq(customerBilling.customerId, customerId));
  await reopenAccount(ctx, deps, { mode: "live", why: "rebuild" });
}
