import { router, withPermission } from "@/trpc/procedures";
import { dashboardQuery, dashboardResponse, entriesQuery, entriesResponse } from "./dashboard/contract";
import { dashboard, entriesOfDay } from "./dashboard/queries";
import { forecastResponse } from "./forecast/contract";
import { forecast } from "./forecast/queries";

export const usageRouter = router({
  /** What the brand used over some days, and over as many before them. */
  dashboard: withPermission("usage:read")
    .input(dashboardQuery)
    .output(dashboardResponse)
    .query(({ ctx, input }) => dashboard(ctx.scope, { mode: "live", query: input })),

  /** How its use goes on, when its tokens run out, and what that costs. */
  forecast: withPermission("usage:read")
    .output(forecastResponse)
    .query(({ ctx }) => forecast(ctx.scope, { mode: "live" })),

  /** The uses of one day with their entries in the ledger. */
  entries: withPermission("usage:read")
    .input(entriesQuery)
    .output(entriesResponse)
    .query(({ ctx, input }) => entriesOfDay(ctx.scope, { mode: "live", query: input })),
});
