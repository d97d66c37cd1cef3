import { router, withPermission } from "@/trpc/procedures";
import {
  done,
  insightsAnswer,
  insightsQuery,
  reportsAnswer,
  sendReportInput,
  sendReportResult,
  subscribeInput,
} from "./contract";
import { insights, reportsOf } from "./queries";
import { sendReport, subscribe } from "./service";

export const insightsRouter = router({
  /** What became of the sessions of the brand's widgets; without figures where Advanced Analytics is not active. */
  figures: withPermission("usage:read")
    .input(insightsQuery)
    .output(insightsAnswer)
    .query(({ ctx, input }) => insights(ctx.scope, input)),

  /** What a report costs, and those there are. Who may not spend tokens does not see who has them. */
  reports: withPermission("apps:write")
    .output(reportsAnswer)
    .query(({ ctx }) => reportsOf(ctx.scope)),

  /** Has a report made and sent to the caller. Costs the app's tokens the first time that these days are asked for. */
  sendReport: withPermission("apps:write")
    .input(sendReportInput)
    .output(sendReportResult)
    .mutation(({ ctx, input }) => sendReport(ctx.scope, ctx.metering(), input)),

  /** Has the caller sent each month's report, or not any more. */
  subscribe: withPermission("apps:write")
    .input(subscribeInput)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await subscribe(ctx.scope, input);
      return {};
    }),
});
