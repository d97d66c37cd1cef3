import { and, desc, eq, gt, isNull, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import type { Ctx } from "@/db/context";
import { apiKeys } from "@/db/schema/keys";
import { tokenUsage } from "@/db/schema/metering";
import type { KeyRecord } from "@/features/metering/contract";
import { mintCustomerId } from "@/lib/ids";
import { partitionOf } from "@/lib/partition";
import type { KeyUsage, KeyView } from "./contract";

// A page of keys; a brand with more than this has a revoked past nobody scrolls to.
const MOST = 500;
const USAGE_DAYS = 30;

/** The columns a person may see. The HMAC is not among them. */
export const visible = {
  keyId: apiKeys.keyId,
  name: apiKeys.name,
  kind: apiKeys.kind,
  mode: apiKeys.mode,
  publicKey: apiKeys.publicKey,
  lastFour: apiKeys.lastFour,
  origins: apiKeys.origins,
  appPermissions: apiKeys.appPermissions,
  scopes: apiKeys.scopes,
  rateLimit: apiKeys.rateLimit,
  rateBurst: apiKeys.rateBurst,
  expiresAt: apiKeys.expiresAt,
  revokedAt: apiKeys.revokedAt,
  lastUsedAt: apiKeys.lastUsedAt,
  createdAt: apiKeys.createdAt,
};

type VisibleRow = Pick<typeof apiKeys.$inferSelect, keyof typeof visible>;

/** A row as people see it. */
export const toView = (row: VisibleRow): KeyView => ({
  ...row,
  expiresAt: row.expiresAt?.toISOString() ?? null,
  revokedAt: row.revokedAt?.toISOString() ?? null,
  lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
});

/** The brand's keys: those in force first, the newest at the top, at most 500. */
export async function listKeys(ctx: Ctx): Promise<KeyView[]> {
  const rows = await ctx.db
    .select(visible)
    .from(apiKeys)
    .where(eq(apiKeys.customerId, ctx.customerId))
    .orderBy(sql`${apiKeys.revokedAt} is not null`, desc(apiKeys.createdAt), desc(apiKeys.id))
    .limit(MOST);
  return rows.map(toView);
}

/**
 * What each of the brand's keys was used for in the last 30 days, up to this moment. It counts the uses one by
 * one, over the index by brand and time, and so is asked apart from the list, which does not wait for it.
 */
export async function keyUsage(ctx: Ctx): Promise<KeyUsage> {
  const rows = await ctx.db
    .select({
      keyId: tokenUsage.keyId,
      uses: sql<number>`count(*)::float8`,
      tokens: sql<number>`sum(${tokenUsage.tokensConsumed})::float8`,
    })
    .from(tokenUsage)
    .where(
      and(
        eq(tokenUsage.customerId, ctx.customerId),
        gt(tokenUsage.createdAt, sql`now() - ${USAGE_DAYS} * interval '1 day'`),
        isNull(tokenUsage.refundedAt),
      ),
    )
    .groupBy(tokenUsage.keyId);
  const usage = rows.flatMap(({ keyId, ...counted }) => (keyId === null ? [] : [{ keyId, ...counted }]));
  return { days: USAGE_DAYS, usage };
}

type KeyRow = typeof apiKeys.$inferSelect;

/**
 * The row of a key by its HMAC, whoever's it is: the key gate's look-up, in which holding the key is what proves the
 * tenant. Not for anything a person asks for.
 */
export async function findKeyByHmac(db: Reader, hmac: string): Promise<KeyRow | null> {
  const [row] = await db.select().from(apiKeys).where(eq(apiKeys.hmac, hmac)).limit(1);
  return row ?? null;
}

/** What metering keeps of a key. A revoked one is a record too: its tombstone. */
export const toRecord = (row: KeyRow): KeyRecord => ({
  hmac: row.hmac,
  partition: partitionOf(row.customerId),
  version: row.version,
  keyId: row.keyId,
  kind: row.kind,
  mode: row.mode,
  customerId: mintCustomerId(row.customerId),
  status: row.revokedAt ? "revoked" : "active",
  expiresAt: row.expiresAt?.getTime() ?? null,
  origins: row.origins,
  scopes: row.scopes,
  apps: row.appPermissions,
  rateLimit: row.rateLimit,
  rateBurst: row.rateBurst,
});

/** The record of a key by its HMAC, for metering's loader; null where there is no such key. */
export async function loadKeyRecord(db: Reader, hmac: string): Promise<KeyRecord | null> {
  const row = await findKeyByHmac(db, hmac);
  return row ? toRecord(row) : null;
}
