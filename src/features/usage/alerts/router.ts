import { limited, router, withPermission } from "@/trpc/procedures";
import {
  addRuleInput,
  alertsOutput,
  done,
  historyInput,
  historyOutput,
  ruleInput,
  setRuleInput,
  settingsInput,
} from "./contract";
import { alertHistory, alertsOf } from "./queries";
import { addRule, removeRule, setAlertSettings, setRule, testRule } from "./service";

export const alertsRouter = router({
  /** What the brand is told of, as far as the caller may see it, and when. */
  overview: withPermission("usage:read")
    .output(alertsOutput)
    .query(({ ctx }) => alertsOf(ctx.scope, ctx.viewer.permissions)),

  /** What was crossed, and who was told when. It names people, so it is for those who may see the team. */
  history: withPermission("team:read")
    .input(historyInput)
    .output(historyOutput)
    .query(({ ctx, input }) => alertHistory(ctx.scope, input)),

  addRule: withPermission("alerts:write")
    .input(addRuleInput)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await addRule(ctx.scope, input);
      return {};
    }),

  setRule: withPermission("alerts:write")
    .input(setRuleInput)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await setRule(ctx.scope, input);
      return {};
    }),

  removeRule: withPermission("alerts:write")
    .input(ruleInput)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await removeRule(ctx.scope, input);
      return {};
    }),

  setSettings: withPermission("alerts:write")
    .input(settingsInput)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await setAlertSettings(ctx.scope, input);
      return {};
    }),

  /** Sends the caller an example of it. */
  test: limited("alerts:write", "trial")
    .input(ruleInput)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await testRule(ctx.scope, input);
      return {};
    }),
});
