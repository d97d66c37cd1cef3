import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { StaffCtx } from "@/db/context";
import { apps, appVersions } from "@/db/schema/catalog";
import { recordAudit } from "@/features/audit/service";
import { publishCatalog } from "@/features/metering/jobs";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { Refusal } from "@/lib/errors";
import { uuidv7 } from "@/lib/ids";
import { logger } from "@/lib/logger";
import {
  type AppFields,
  appFields,
  type PublishAppInput,
  type RestoreAppInput,
  type SaveAppDraftInput,
} from "./contract";
import { fieldsOf, staffName } from "./queries";
import { differing, pick } from "./rules";

type AppRow = typeof apps.$inferSelect;
interface Seen {
  readonly slug: string;
  readonly revision: number;
}

/** Changes an app under the lock of its row, after the writer's revision was looked at. */
async function changing<T>(ctx: StaffCtx, input: Seen, change: (tx: Tx, app: AppRow) => Promise<T>): Promise<T> {
  return ctx.db.transaction(async (tx) => {
    // A load of the catalogue locks the same rows: what it brings to Redis is never older than what was published before.
    const [app] = await tx.select().from(apps).where(eq(apps.slug, input.slug)).for("no key update");
    if (!app) throw new Refusal("app_not_found", `There is no app ${input.slug}.`);
    if (app.revision !== input.revision) {
      const who = app.draft ? `${await staffName(tx, app.draftBy)} saved a draft` : "The app was changed";
      throw new Refusal("configuration_changed", `${who} since you opened this page. Look at it again first.`);
    }
    return change(tx, app);
  });
}

async function update(tx: Tx, app: AppRow, set: Partial<typeof apps.$inferInsert>) {
  const [row] = await tx
    .update(apps)
    .set({ ...set, revision: app.revision + 1, updatedAt: sql`now()` })
    .where(eq(apps.id, app.id))
    .returning({ revision: apps.revision, version: apps.version });
  if (!row) throw new Error("The app was not there to be changed");
  return row;
}

const NO_DRAFT = { draft: null, draftBy: null, draftAt: null } as const;

/**
 * Keeps what a member of staff is working on. Only what differs is kept, so that the rest goes on with what is shipped.
 * @throws Refusal `app_not_found`, `configuration_changed`
 */
export const saveAppDraft = (ctx: StaffCtx, input: SaveAppDraftInput) =>
  changing(ctx, input, async (tx, app) => {
    const changed = differing(input.fields, fieldsOf(app));
    await recordAudit(tx, ctx, {
      action: "catalogue.draft_saved",
      subject: app.catalogId,
      details: { fields: changed },
    });
    const draft = { draft: pick(input.fields, changed), draftBy: ctx.staffId, draftAt: new Date() };
    return update(tx, app, changed.length === 0 ? NO_DRAFT : draft);
  });

/** Throws the draft away. @throws Refusal `app_not_found`, `configuration_changed` */
export const discardAppDraft = (ctx: StaffCtx, input: Seen) =>
  changing(ctx, input, async (tx, app) => {
    if (app.draft === null) return { revision: app.revision, version: app.version };
    await recordAudit(tx, ctx, { action: "catalogue.draft_discarded", subject: app.catalogId });
    return update(tx, app, NO_DRAFT);
  });

interface Published {
  readonly revision: number;
  readonly version: number;
  readonly atTheEdge: boolean;
}

/** Puts fields in force as the next version. What is as shipped follows what is shipped from then on. */
async function publishIn(
  tx: Tx,
  ctx: StaffCtx,
  app: AppRow,
  fields: AppFields,
  why: { readonly reason: string; readonly restoredFrom: number | null },
) {
  const was = fieldsOf(app);
  const changed = differing(fields, was);
  if (changed.length === 0) {
    throw new Refusal("invalid_request", "Nothing differs from what is published.");
  }
  const version = app.version + 1;
  await tx.insert(appVersions).values({
    id: uuidv7(),
    appId: app.id,
    version,
    fields,
    before: pick(was, changed),
    ...why,
    staffId: ctx.staffId,
  });
  await recordAudit(tx, ctx, {
    action: why.restoredFrom === null ? "catalogue.published" : "catalogue.restored",
    subject: app.catalogId,
    details: {
      version,
      ...(why.restoredFrom === null ? {} : { restoredFrom: why.restoredFrom }),
      reason: why.reason,
      fields: changed,
      ...(changed.includes("tokenCost") ? { price: `${was.tokenCost} → ${fields.tokenCost}` } : {}),
      ...(changed.includes("status") ? { status: `${was.status} → ${fields.status}` } : {}),
    },
  });
  const edited = differing(fields, app.shipped);
  return update(tx, app, { ...fields, ...NO_DRAFT, version, edited });
}

/** Brings what was committed to every partition. Where Redis is away, the catalogue's own job does it later. */
async function toTheEdge(deps: ReconcileDeps, done: { revision: number; version: number }): Promise<Published> {
  const atTheEdge = await publishCatalog(deps).then(
    () => true,
    (error: unknown) => {
      logger.error({ err: error }, "a published catalogue is not at the edge yet");
      return false;
    },
  );
  return { ...done, atTheEdge };
}

/**
 * Puts an app's fields in force: on the marketplace at once, and at the edge, for the very next use, before this returns.
 * @throws Refusal `app_not_found`, `configuration_changed`, `invalid_request` where nothing differs
 */
export async function publishApp(ctx: StaffCtx, deps: ReconcileDeps, input: PublishAppInput): Promise<Published> {
  const why = { reason: input.reason, restoredFrom: null };
  return toTheEdge(deps, await changing(ctx, input, (tx, app) => publishIn(tx, ctx, app, input.fields, why)));
}

/**
 * Brings back a version, or with 0 what is shipped; as a version of its own, so that nothing of the history goes.
 * @throws Refusal `app_not_found`, `not_found`, `configuration_changed`, `invalid_request` where nothing differs
 */
export async function restoreApp(ctx: StaffCtx, deps: ReconcileDeps, input: RestoreAppInput): Promise<Published> {
  const done = await changing(ctx, input, async (tx, app) => {
    const [kept] = await tx
      .select()
      .from(appVersions)
      .where(and(eq(appVersions.appId, app.id), eq(appVersions.version, input.version)));
    const fields = input.version === 0 ? { ...fieldsOf(app), ...app.shipped } : kept?.fields;
    if (!fields) throw new Refusal("not_found", `${app.name} has no version ${input.version}.`);
    const why = { reason: input.reason, restoredFrom: input.version };
    return publishIn(tx, ctx, app, appFields.parse(fields), why);
  });
  return toTheEdge(deps, done);
}
