import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { Ctx } from "@/db/context";
import { type apps, configurationVersions, type customerApps } from "@/db/schema/catalog";
import { recordAudit } from "@/features/audit/service";
import { type Configuration, configurationSchema } from "@/features/catalog/dialect/contract";
import { Refusal } from "@/lib/errors";
import { actorName, appNamed, lockActivation, namesOf } from "../queries";
import { publishIn, recordPublished, requireConfiguration, updateActivation } from "../service";
import { carryOver, draftError, same } from "./rules";

interface Named {
  readonly appId: string;
  /** The change the writer has seen last. Absent where there is no page to have seen it on: the API writes regardless. */
  readonly revision?: number;
}
interface Open {
  readonly app: typeof apps.$inferSelect;
  readonly row: typeof customerApps.$inferSelect;
}

/** Runs a change of a brand's configuration under the lock of its row, after the writer's revision was looked at. */
async function changing<T>(ctx: Ctx, input: Named, change: (tx: Tx, open: Open) => Promise<T>): Promise<T> {
  const app = await appNamed(ctx.db, input.appId);
  return ctx.db.transaction(async (tx) => {
    const row = await lockActivation(tx, ctx.customerId, app.id);
    if (!row || row.status === "disabled") {
      throw new Refusal("app_not_active", `${app.name} is not turned on for this brand.`);
    }
    if (input.revision !== undefined && input.revision !== row.revision) {
      const by = { actorType: "user", actorId: row.draftBy ?? "" } as const;
      const names = row.draftBy ? await namesOf(tx, [by]) : new Map<string, string>();
      const who = row.draft ? `${actorName(by, names)} saved a draft` : "Somebody published";
      throw new Refusal("configuration_changed", `${who} since you opened this page. Nothing of theirs was lost.`);
    }
    return change(tx, { app, row });
  });
}

const after = (row: Open["row"]) => ({ revision: row.revision, version: row.version });

/**
 * Keeps what someone is working on, right or not; the widget shows none of it.
 * @throws Refusal `app_not_active`, `configuration_changed`, `invalid_configuration` for what no form can have made
 */
export const saveDraft = (ctx: Ctx, input: Named & { readonly configuration: unknown }) =>
  changing(ctx, input, async (tx, { app, row }) => {
    const wrong = draftError(input.configuration);
    if (wrong)
      throw new Refusal("invalid_configuration", `${wrong.path} ${wrong.message}.`.trim(), { fields: [wrong] });
    const draft = input.configuration as Configuration;
    const nothingNew = same(draft, row.configuration);
    return after(
      await updateActivation(tx, ctx, app, {
        draft: nothingNew ? null : draft,
        draftBy: nothingNew || ctx.actor.type !== "user" ? null : ctx.actor.id,
        draftAt: nothingNew ? null : sql`now()`,
        revision: row.revision + 1,
      }),
    );
  });

/** Throws the draft away. */
export const discardDraft = (ctx: Ctx, input: Named) =>
  changing(ctx, input, async (tx, { app, row }) => {
    if (!row.draft) return after(row);
    await recordAudit(tx, ctx, { action: "app.draft_discarded", subject: app.catalogId });
    return after(
      await updateActivation(tx, ctx, app, { draft: null, draftBy: null, draftAt: null, revision: row.revision + 1 }),
    );
  });

/**
 * Puts a configuration in force; the widget shows it within seconds. Publishing what is in force already changes
 * nothing but ends the draft.
 * @throws Refusal `app_not_active`, `configuration_changed`, `invalid_configuration`
 */
export const publish = (ctx: Ctx, input: Named & { readonly configuration: unknown }) =>
  changing(ctx, input, async (tx, { app, row }) => {
    const configuration = requireConfiguration(app, input.configuration);
    if (row.version > 0 && same(configuration, row.configuration)) {
      if (!row.draft || input.revision === undefined) return after(row);
      return after(
        await updateActivation(tx, ctx, app, { draft: null, draftBy: null, draftAt: null, revision: row.revision + 1 }),
      );
    }
    // What the API publishes must not throw away what a person is typing.
    const published = await publishIn(tx, ctx, app, row, configuration, { keepDraft: input.revision === undefined });
    await recordPublished(tx, ctx, app, published.version);
    return after(published);
  });

/**
 * Brings an earlier version back, as the newest one and as the schema of today has it.
 * @throws Refusal `app_not_active`, `configuration_changed`, `not_found` where the brand has no such version
 */
export const restore = (ctx: Ctx, input: Named & { readonly version: number }) =>
  changing(ctx, input, async (tx, { app, row }) => {
    const [old] = await tx
      .select()
      .from(configurationVersions)
      .where(
        and(
          eq(configurationVersions.customerId, ctx.customerId),
          eq(configurationVersions.appId, app.id),
          eq(configurationVersions.version, input.version),
        ),
      );
    if (!old) throw new Refusal("not_found", `There is no version ${input.version}.`);
    const { configuration } = carryOver(configurationSchema.parse(app.configurationSchema), old.configuration);
    const published = await publishIn(tx, ctx, app, row, configuration, { restoredFrom: old.version });
    await recordPublished(tx, ctx, app, published.version, { restoredFrom: old.version });
    return after(published);
  });
