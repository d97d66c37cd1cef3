import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { type apps, configurationVersions, customerApps } from "@/db/schema/catalog";
import { recordAudit } from "@/features/audit/service";
import type { Configuration } from "@/features/catalog/dialect/contract";
import { configurationSchema } from "@/features/catalog/dialect/contract";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { configureAccounts } from "@/features/metering/service";
import { emit } from "@/features/notifications/webhooks/service";
import { coverageOf } from "@/features/plans/queries";
import { type Coverage, covers } from "@/features/plans/rules";
import type { Scope } from "@/lib/context";
import { Refusal } from "@/lib/errors";
import { uuidv7 } from "@/lib/ids";
import { carryOver, checkConfiguration, same } from "./configuration/rules";
import type { ActivationResult } from "./contract";
import { appNamed, appOffered, lockActivation } from "./queries";
import type { ActivationStatus } from "./rules";

/** What it takes to reach the edge. */
export type Edge = Pick<ReconcileDeps, "redis" | "budgetMs">;
type AppRow = typeof apps.$inferSelect;
type ActivationRow = typeof customerApps.$inferSelect;

const BOTH = { modes: ["live", "test"] } as const;
const schemaOf = (app: AppRow) => configurationSchema.parse(app.configurationSchema);

/**
 * A configuration as an app takes it, whole.
 * @throws Refusal `invalid_configuration` with one entry for each wrong field
 */
export function requireConfiguration(app: AppRow, raw: unknown): Configuration {
  const checked = checkConfiguration(schemaOf(app), raw);
  if ("configuration" in checked) return checked.configuration;
  const { errors } = checked;
  const first = errors[0];
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : "";
  throw new Refusal("invalid_configuration", `${first?.path || "The configuration"} ${first?.message}${more}.`, {
    fields: errors,
  });
}

/**
 * Turns an app on for a brand; consumption starts at once. Without a configuration a brand that had the app gets its
 * last one back, others the defaults. Turning on what is on only takes the configuration.
 *
 * `planWaived` is for operators, who may give a brand what its plan does not cover.
 * @throws Refusal `app_not_found`, `invalid_configuration`, `plan_upgrade_required`, `app_not_active` where the app is
 * not offered any more, or not yet
 */
export async function activate(
  ctx: Ctx,
  edge: Edge,
  input: { readonly appId: string; readonly configuration?: unknown; readonly planWaived?: boolean },
): Promise<ActivationResult> {
  const { app, open } = await appOffered(ctx, input.appId);
  const given = input.configuration === undefined ? undefined : requireConfiguration(app, input.configuration);
  return configureAccounts({ db: ctx.db, ...edge }, ctx.customerId, BOTH, async (tx) => {
    const [before, coverage] = await Promise.all([
      lockActivation(tx, ctx.customerId, app.id),
      coverageOf(tx, ctx.customerId),
    ]);
    if (before?.status !== "active") {
      refuseWhereNotOffered(app, open, before);
      if (!input.planWaived) requirePlan(coverage, app);
    }
    const configuration =
      given ??
      (before?.status === "active" && before.version > 0
        ? before.configuration
        : carryOver(schemaOf(app), before?.configuration ?? {}).configuration);
    const row = before ? await turnOn(tx, ctx, app, before) : await insertActivation(tx, ctx, app, configuration);
    const changed = row.version === 0 || !same(row.configuration, configuration);
    const published = changed ? await publishIn(tx, ctx, app, row, configuration) : row;
    if (before?.status !== "active") {
      await recordAudit(tx, ctx, {
        action: "app.activated",
        subject: app.catalogId,
        details: { version: published.version },
      });
      await emit(tx, ctx.customerId, "app.activated", {
        ...named(app, published),
        configuration_version: published.version,
      });
    } else if (changed) {
      await recordPublished(tx, ctx, app, published.version);
    }
    return { result: resultOf(app, published, before === null), fields: { [`app:${app.catalogId}`]: "1" } };
  });
}

function refuseWhereNotOffered(app: AppRow, open: boolean, before: ActivationRow | null): void {
  if (app.status === "disabled") throw new Refusal("app_not_active", `${app.name} is no longer offered.`);
  if (before) return;
  if (app.status === "deprecated") {
    throw new Refusal("app_not_active", `${app.name} is being retired; only brands that have it keep it.`);
  }
  if (!open) throw new Refusal("app_not_active", `${app.name} is not open to this brand yet.`);
}

function requirePlan(coverage: Coverage, app: AppRow): void {
  if (covers(coverage, app.pricingTier)) return;
  const tier = app.pricingTier.charAt(0).toUpperCase() + app.pricingTier.slice(1);
  throw new Refusal(
    "plan_upgrade_required",
    coverage.inForce
      ? `${app.name} needs the ${tier} plan; this brand is on ${coverage.plan?.name}.`
      : `${app.name} needs the ${tier} plan, and this brand's subscription is not in force.`,
  );
}

async function insertActivation(tx: Tx, ctx: Scope, app: AppRow, configuration: Configuration): Promise<ActivationRow> {
  const first = { customerId: ctx.customerId, appId: app.id, configuration, version: 1 };
  const [[row]] = await Promise.all([
    tx
      .insert(customerApps)
      .values({ id: uuidv7(), ...first, revision: 1, status: "active" })
      .returning(),
    insertVersion(tx, ctx, first),
  ]);
  if (!row) throw new Error("The activation was not written");
  return row;
}

async function turnOn(tx: Tx, ctx: Scope, app: AppRow, before: ActivationRow): Promise<ActivationRow> {
  if (before.status === "active") return before;
  return updateActivation(tx, ctx, app, {
    status: "active",
    ...(before.status === "disabled" ? { activatedAt: sql`now()` } : {}),
  });
}

type Change = { [Column in keyof typeof customerApps.$inferInsert]?: unknown };

/** Changes the brand's activation of an app, which must be there. */
export async function updateActivation(tx: Tx, ctx: Scope, app: AppRow, set: Change): Promise<ActivationRow> {
  const [row] = await tx
    .update(customerApps)
    .set(set as Partial<typeof customerApps.$inferInsert>)
    .where(and(eq(customerApps.customerId, ctx.customerId), eq(customerApps.appId, app.id)))
    .returning();
  if (!row) throw new Error("The activation was not there to be changed");
  return row;
}

/** Puts a checked configuration in force as the next version; whoever was drafting loses nothing but the draft's base. */
export async function publishIn(
  tx: Tx,
  ctx: Scope,
  app: AppRow,
  row: ActivationRow,
  configuration: Configuration,
  more: { readonly restoredFrom?: number; readonly keepDraft?: boolean } = {},
): Promise<ActivationRow> {
  const version = row.version + 1;
  const { customerId } = ctx;
  await insertVersion(tx, ctx, { customerId, appId: app.id, configuration, version }, more.restoredFrom);
  return updateActivation(tx, ctx, app, {
    configuration,
    version,
    revision: row.revision + 1,
    ...(more.keepDraft ? {} : { draft: null, draftBy: null, draftAt: null }),
  });
}

async function insertVersion(
  tx: Tx,
  { actor }: Scope,
  version: Pick<typeof configurationVersions.$inferInsert, "customerId" | "appId" | "configuration" | "version">,
  restoredFrom?: number,
): Promise<void> {
  const by = { actorType: actor.type, actorId: actor.id };
  await tx
    .insert(configurationVersions)
    .values({ id: uuidv7(), ...version, ...by, restoredFrom: restoredFrom ?? null });
}

/** The audit line of a published configuration, and its webhook. */
export async function recordPublished(
  tx: Tx,
  ctx: Scope,
  app: AppRow,
  version: number,
  details: Record<string, unknown> = {},
): Promise<void> {
  await recordAudit(tx, ctx, { action: "app.configured", subject: app.catalogId, details: { version, ...details } });
  const told = { app_id: app.catalogId, app_name: app.name, configuration_version: version };
  await emit(tx, ctx.customerId, "app.configuration_published", told);
}

/** An activation as webhooks tell of it. */
const named = (app: AppRow, row: ActivationRow) => ({
  app_id: app.catalogId,
  app_name: app.name,
  activation_id: row.id,
});

const resultOf = (app: AppRow, row: ActivationRow, first: boolean): ActivationResult => ({
  activationId: row.id,
  first,
  app: {
    id: app.catalogId,
    slug: app.slug,
    name: app.name,
    status: row.status,
    activatedAt: row.activatedAt.toISOString(),
  },
});

/** One step from a status to another; asking for what already is changes nothing. */
async function step(
  ctx: Ctx,
  edge: Edge,
  input: { readonly appId: string },
  to: {
    readonly status: ActivationStatus;
    readonly from: readonly ActivationStatus[];
    readonly action: "app.paused" | "app.resumed" | "app.deactivated";
  },
): Promise<ActivationResult> {
  const app = await appNamed(ctx.db, input.appId);
  return configureAccounts({ db: ctx.db, ...edge }, ctx.customerId, BOTH, async (tx) => {
    const before = await lockActivation(tx, ctx.customerId, app.id);
    if (!before) throw new Refusal("app_not_active", `${app.name} is not turned on for this brand.`);
    // The field goes to the edge even then: whoever asks again may be asking because it did not arrive.
    const fields = { [`app:${app.catalogId}`]: to.status === "active" ? "1" : "0" };
    if (before.status === to.status) return { result: resultOf(app, before, false), fields };
    if (!to.from.includes(before.status)) {
      throw new Refusal("app_not_active", `${app.name} is turned off for this brand. Activate it first.`);
    }
    if (to.status === "active") {
      if (app.status === "disabled") throw new Refusal("app_not_active", `${app.name} is no longer offered.`);
      requirePlan(await coverageOf(tx, ctx.customerId), app);
    }
    const row = await updateActivation(tx, ctx, app, { status: to.status });
    await recordAudit(tx, ctx, { action: to.action, subject: app.catalogId });
    await emit(tx, ctx.customerId, to.action, named(app, row));
    return { result: resultOf(app, row, false), fields };
  });
}

/**
 * Stops an app for a while; nothing of its configuration changes. Uses are refused from then on.
 * @throws Refusal `app_not_found`, `app_not_active` where it is not turned on
 */
export const pause = (ctx: Ctx, edge: Edge, input: { readonly appId: string }): Promise<ActivationResult> =>
  step(ctx, edge, input, { status: "paused", from: ["active"], action: "app.paused" });

/**
 * Has a paused app go on.
 * @throws Refusal `app_not_found`, `app_not_active` where it is turned off, `plan_upgrade_required`
 */
export const resume = (ctx: Ctx, edge: Edge, input: { readonly appId: string }): Promise<ActivationResult> =>
  step(ctx, edge, input, { status: "active", from: ["paused"], action: "app.resumed" });

/**
 * Turns an app off. Its configuration and versions are kept for another time.
 * @throws Refusal `app_not_found`, `app_not_active` where it was never turned on
 */
export const deactivate = (ctx: Ctx, edge: Edge, input: { readonly appId: string }): Promise<ActivationResult> =>
  step(ctx, edge, input, { status: "disabled", from: ["active", "paused"], action: "app.deactivated" });
