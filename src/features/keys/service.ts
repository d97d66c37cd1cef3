import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { apps } from "@/db/schema/catalog";
import { apiKeys } from "@/db/schema/keys";
import { recordAudit } from "@/features/audit/service";
import { publishKeyRecord, RecordNotPublished } from "@/features/metering/keys/service";
import { hmacApiKey, mintApiKey } from "@/lib/api-key";
import type { Scope } from "@/lib/context";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import { uuidv7 } from "@/lib/ids";
import type { KeyView, NewKey } from "./contract";
import { toRecord, toView } from "./queries";

/**
 * Makes a key. Its text is returned here and kept nowhere, except where it is public.
 * @throws Refusal `invalid_request` where it would be born expired, or names an app that does not exist.
 */
export async function createKey(ctx: Ctx, input: NewKey): Promise<{ key: KeyView; secret: string }> {
  return ctx.db.transaction((tx) => createKeyIn(tx, ctx, input));
}

/** The same inside a transaction that is open already, such as the one that makes the brand. */
export async function createKeyIn(tx: Tx, scope: Scope, input: NewKey): Promise<{ key: KeyView; secret: string }> {
  const expiresAt = input.expiresAt === null ? null : new Date(input.expiresAt);
  if (expiresAt && expiresAt.getTime() <= Date.now()) {
    throw new Refusal("invalid_request", "expiresAt: must be in the future");
  }
  await refuseUnknownApps(tx, input.appPermissions);
  const minted = mintApiKey({ kind: input.kind, mode: input.mode, customerId: scope.customerId });
  const [row] = await tx
    .insert(apiKeys)
    .values({
      id: uuidv7(),
      keyId: minted.keyId,
      customerId: scope.customerId,
      name: input.name,
      kind: input.kind,
      mode: input.mode,
      hmac: hmacApiKey(minted.text, env().API_KEY_PEPPER),
      publicKey: input.kind === "pk" ? minted.text : null,
      lastFour: minted.lastFour,
      origins: input.origins,
      appPermissions: input.appPermissions,
      scopes: input.scopes,
      rateLimit: input.rateLimit,
      rateBurst: input.rateLimit,
      expiresAt,
      createdBy: scope.actor.type === "user" ? scope.actor.id : null,
    })
    .returning();
  if (!row) throw new Error("The key was not written");
  const { name, kind, mode, origins, appPermissions, scopes, rateLimit } = input;
  await recordAudit(tx, scope, {
    action: "key.created",
    subject: row.keyId,
    details: { name, kind, mode, origins, appPermissions, scopes, rateLimit, expiresAt: input.expiresAt },
  });
  return { key: viewOf(row), secret: minted.text };
}

async function refuseUnknownApps(tx: Tx, ids: readonly string[] | null): Promise<void> {
  if (ids === null) return;
  const known = await tx
    .select({ id: apps.catalogId })
    .from(apps)
    .where(inArray(apps.catalogId, [...ids]));
  const found = new Set(known.map((app) => app.id));
  const missing = ids.filter((id) => !found.has(id));
  if (missing.length > 0) throw new Refusal("invalid_request", `appPermissions: there is no app ${missing.join(", ")}`);
}

/**
 * Revokes a key for good. Revoking it again answers the same and pushes its tombstone once more.
 *
 * The tombstone goes to Redis before the commit: if it cannot, the revocation is rolled back and refused, because a
 * key shown as revoked must be refused within a second. Should the commit fail after the push, Redis refuses a key
 * that Postgres calls active; that errs to the safe side, the caller has been told to try again, and trying again
 * mends it.
 * @throws Refusal `not_found` where the brand has no such key, `metering_unavailable` where Redis could not be told.
 */
export async function revokeKey(ctx: Ctx, input: { keyId: string }): Promise<{ keyId: string; revokedAt: string }> {
  return ctx.db.transaction(async (tx) => {
    const own = and(eq(apiKeys.keyId, input.keyId), eq(apiKeys.customerId, ctx.customerId));
    const [revoked] = await tx
      .update(apiKeys)
      .set({ revokedAt: sql`now()`, version: sql`${apiKeys.version} + 1` })
      .where(and(own, isNull(apiKeys.revokedAt)))
      .returning();
    const [row] = revoked ? [revoked] : await tx.select().from(apiKeys).where(own).limit(1);
    if (!row?.revokedAt) throw new Refusal("not_found", "There is no such key.");
    if (revoked) await recordAudit(tx, ctx, { action: "key.revoked", subject: row.keyId });
    try {
      await publishKeyRecord(toRecord(row));
    } catch (error) {
      if (!(error instanceof RecordNotPublished)) throw error;
      throw new Refusal("metering_unavailable", "The key is not revoked yet: its store cannot be reached. Try again.");
    }
    return { keyId: row.keyId, revokedAt: row.revokedAt.toISOString() };
  });
}

const viewOf = (row: typeof apiKeys.$inferSelect): KeyView => {
  const { id: _id, customerId: _customer, hmac: _hmac, version: _version, createdBy: _by, ...shown } = row;
  return toView(shown);
};
