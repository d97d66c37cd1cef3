import { router, withPermission } from "@/trpc/procedures";
import {
  configurationState,
  discardInput,
  draftInput,
  publishInput,
  restoreInput,
  revisionResult,
  versionsResponse,
} from "./configuration/contract";
import { configurationOf, versionsOf } from "./configuration/queries";
import { discardDraft, publish, restore, saveDraft } from "./configuration/service";
import { activateInput, activationResult, activationView, appInput, embedResponse, historyResponse } from "./contract";
import { installation } from "./embed/contract";
import { embedOf, historyOf, installedOf, activationView as viewOf } from "./queries";
import { activate, deactivate, pause, resume } from "./service";

export const activationsRouter = router({
  /** How an app stands with the brand; null where it was never turned on. */
  view: withPermission("apps:read")
    .input(appInput)
    .output(activationView.nullable())
    .query(({ ctx, input }) => viewOf(ctx.scope, input)),

  /** Turns an app on; uses are accepted from then on. */
  activate: withPermission("apps:write")
    .input(activateInput)
    .output(activationResult)
    .mutation(({ ctx, input }) => activate(ctx.scope, ctx.metering(), input)),

  /** Stops an app for a while. */
  pause: withPermission("apps:write")
    .input(appInput)
    .output(activationResult)
    .mutation(({ ctx, input }) => pause(ctx.scope, ctx.metering(), input)),

  /** Has a paused app go on. */
  resume: withPermission("apps:write")
    .input(appInput)
    .output(activationResult)
    .mutation(({ ctx, input }) => resume(ctx.scope, ctx.metering(), input)),

  /** Turns an app off; its configuration is kept. */
  deactivate: withPermission("apps:write")
    .input(appInput)
    .output(activationResult)
    .mutation(({ ctx, input }) => deactivate(ctx.scope, ctx.metering(), input)),

  /** What a shop pastes into its page. Holds a public key, so it is for those who may see keys. */
  embed: withPermission("keys:read")
    .input(appInput)
    .output(embedResponse)
    .query(async ({ ctx, input }) => {
      const { code, publicKey, origin, build } = await embedOf(ctx.scope, input);
      return { code, publicKey, origin, build };
    }),

  /** Whether a shop's page has asked for an app, and what it was last refused. */
  installation: withPermission("apps:read")
    .input(appInput)
    .output(installation)
    .query(({ ctx, input }) => installedOf(ctx.scope, ctx.metering().redis, input)),

  /** Who did what to an app of the brand. */
  history: withPermission("audit:read")
    .input(appInput)
    .output(historyResponse)
    .query(async ({ ctx, input }) => ({ entries: await historyOf(ctx.scope, input) })),

  /** How an app is set up, and what someone is working on. */
  configuration: withPermission("apps:read")
    .input(appInput)
    .output(configurationState)
    .query(({ ctx, input }) => configurationOf(ctx.scope, input)),

  /** The published versions of an app's configuration. */
  versions: withPermission("apps:read")
    .input(appInput)
    .output(versionsResponse)
    .query(async ({ ctx, input }) => ({ versions: await versionsOf(ctx.scope, input) })),

  /** Keeps what someone is working on. */
  saveDraft: withPermission("apps:write")
    .input(draftInput)
    .output(revisionResult)
    .mutation(({ ctx, input }) => saveDraft(ctx.scope, input)),

  /** Throws the draft away. */
  discardDraft: withPermission("apps:write")
    .input(discardInput)
    .output(revisionResult)
    .mutation(({ ctx, input }) => discardDraft(ctx.scope, input)),

  /** Puts a configuration in force. */
  publish: withPermission("apps:write")
    .input(publishInput)
    .output(revisionResult)
    .mutation(({ ctx, input }) => publish(ctx.scope, input)),

  /** Brings an earlier version back. */
  restore: withPermission("apps:write")
    .input(restoreInput)
    .output(revisionResult)
    .mutation(({ ctx, input }) => restore(ctx.scope, input)),
});
