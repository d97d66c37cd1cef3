import { and, eq, gt, inArray, isNull, or, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { apps } from "@/db/schema/catalog";
import { apiKeys } from "@/db/schema/keys";
import { recordAudit } from "@/features/audit/service";
import { publishKeyRecord, RecordNotPublished } from "@/features/metering/keys/service";
import { emit } from "@/features/notifications/webhooks/service";
import { hmacApiKey, mintApiKey } from "@/lib/api-key";
import type { Scope } from "@/lib/context";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import { uuidv7 } from "@/lib/ids";
import {
  type ChangeKeyInput,
  createKeyInput,
  type KeyView,
  type MadeKey,
  type NewKey,
  type RotateKeyInput,
} from "./contract";
import { toRecord, toView } from "./queries";
import { GRACE_MS, keyStatus, SCOPES } from "./rules";

/**
 * Makes a key. Its text is returned here and kept nowhere, except where it is public.
 * @throws Refusal `invalid_request` where it would be born expired, or names an app that does not exist.
 */
export async function createKey(ctx: Ctx, input: NewKey): Promise<MadeKey> {
  return ctx.db.transaction((tx) => createKeyIn(tx, ctx, input));
}

/** The same inside a transaction that is open already, such as the one that makes the brand. */
export async function createKeyIn(tx: Tx, scope: Scope, input: NewKey): Promise<MadeKey> {
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
  await emit(tx, scope.customerId, "key.created", { ...told(row), expires_at: expiresAt?.toISOString() ?? null });
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
    if (revoked) {
      await recordAudit(tx, ctx, { action: "key.revoked", subject: row.keyId });
      await emit(tx, ctx.customerId, "key.revoked", { ...told(row), revoked_at: row.revokedAt.toISOString() });
    }
    await publishOr(row, "The key is not revoked yet: its store cannot be reached. Try again.");
    return { keyId: row.keyId, revokedAt: row.revokedAt.toISOString() };
  });
}

/**
 * Replaces a key by a new one with the same name and settings. The old one works on for the grace, or to its own end if
 * that is sooner, and then expires by itself; until then it can still be revoked.
 *
 * Its new end goes to Redis before the commit, as a revocation does: otherwise a key that people were told would end
 * could go on for ever. Should the commit fail after the push, a second try pushes the same version again and mends it.
 * @throws Refusal `not_found` where the brand has no such key, `invalid_request` where it is over already or the new one
 * would be born expired, `metering_unavailable` where Redis could not be told.
 */
export async function rotateKey(ctx: Ctx, input: RotateKeyInput): Promise<MadeKey & { replaced: KeyView }> {
  return ctx.db.transaction(async (tx) => {
    const own = and(eq(apiKeys.keyId, input.keyId), eq(apiKeys.customerId, ctx.customerId));
    const inForce = and(isNull(apiKeys.revokedAt), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`now()`)));
    const [old] = await tx
      .update(apiKeys)
      .set({
        // The sooner of the two; least() passes over a null.
        expiresAt: sql`least(${apiKeys.expiresAt}, now() + ${GRACE_MS[input.grace]} * interval '1 millisecond')`,
        version: sql`${apiKeys.version} + 1`,
      })
      .where(and(own, inForce))
      .returning();
    if (!old) {
      const [over] = await tx.select({ keyId: apiKeys.keyId }).from(apiKeys).where(own).limit(1);
      if (!over) throw new Refusal("not_found", "There is no such key.");
      throw new Refusal("invalid_request", "keyId: the key no longer works; create a new one");
    }
    const { name, kind, mode, origins, appPermissions, rateLimit } = old;
    const scopes = SCOPES.filter((scope) => old.scopes.includes(scope));
    const { expiresAt } = input;
    const settings = { name, kind, mode, origins, appPermissions, scopes, rateLimit, expiresAt };
    const made = await createKeyIn(tx, ctx, settings);
    const replaced = viewOf(old);
    await recordAudit(tx, ctx, {
      action: "key.rotated",
      subject: old.keyId,
      details: { replacement: made.key.keyId, grace: input.grace, expiresAt: replaced.expiresAt },
    });
    const ends = { replaced_by: made.key.keyId, expires_at: old.expiresAt?.toISOString() ?? null };
    await emit(tx, ctx.customerId, "key.rotated", { ...told(old), ...ends });
    await publishOr(old, "The key is not replaced yet: its store cannot be reached. Try again.");
    return { ...made, replaced };
  });
}

/**
 * Changes what a key is called and what it may be used for; its text stays, so that no page and no server has to be
 * touched. What was not changed is neither written nor noted.
 *
 * The new settings go to Redis before the commit, as a revocation does: an origin or an app that was taken away must be
 * refused within a second. Should the commit fail after the push, a second try pushes the same version again and mends it.
 * @throws Refusal `not_found` where the brand has no such key, `invalid_request` where it is over, where the settings do
 * not fit its kind or name an app that does not exist, `metering_unavailable` where Redis could not be told.
 */
export async function changeKey(ctx: Ctx, input: ChangeKeyInput): Promise<{ key: KeyView }> {
  return ctx.db.transaction(async (tx) => {
    const own = and(eq(apiKeys.keyId, input.keyId), eq(apiKeys.customerId, ctx.customerId));
    const [old] = await tx.select().from(apiKeys).where(own).for("update");
    if (!old) throw new Refusal("not_found", "There is no such key.");
    if (keyStatus(old, new Date()) !== "active") {
      throw new Refusal("invalid_request", "keyId: the key no longer works; create a new one");
    }
    const { keyId: _keyId, ...wanted } = input;
    // What a key of its kind must have and may not have is judged where keys are made.
    const judged = createKeyInput.safeParse({ ...wanted, kind: old.kind, mode: old.mode });
    if (!judged.success) {
      const [issue] = judged.error.issues;
      throw new Refusal("invalid_request", `${issue?.path.join(".")}: ${issue?.message}`);
    }
    await refuseUnknownApps(tx, wanted.appPermissions);
    const changed = Object.fromEntries(
      Object.entries(wanted).filter(([name, value]) => !same(value, old[name as keyof typeof wanted])),
    );
    if (Object.keys(changed).length === 0) return { key: viewOf(old) };
    const [row] = await tx
      .update(apiKeys)
      .set({ ...wanted, rateBurst: wanted.rateLimit, version: sql`${apiKeys.version} + 1` })
      .where(own)
      .returning();
    if (!row) throw new Error("The key was not changed");
    await recordAudit(tx, ctx, { action: "key.changed", subject: row.keyId, details: changed });
    await emit(tx, ctx.customerId, "key.changed", { ...told(row), changed: Object.keys(changed).map(snakeCase) });
    await publishOr(row, "The key is not changed yet: its store cannot be reached. Try again.");
    return { key: viewOf(row) };
  });
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A key as webhooks tell of it. */
const told = ({ keyId, name, kind, mode }: typeof apiKeys.$inferSelect) => ({ key_id: keyId, name, kind, mode });

/** Brings a key's row to the edge, or refuses with `detail`, which rolls the change back. */
async function publishOr(row: typeof apiKeys.$inferSelect, detail: string): Promise<void> {
  try {
    await publishKeyRecord(toRecord(row));
  } catch (error) {
    if (!(error instanceof RecordNotPublished)) throw error;
    throw new Refusal("metering_unavailable", detail);
  }
}

const viewOf = (row: typeof apiKeys.$inferSelect): KeyView => {
  const { id: _id, customerId: _customer, hmac: _hmac, version: _version, createdBy: _by, ...shown } = row;
  return toView(shown);
};
