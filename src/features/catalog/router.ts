import { router, withPermission } from "@/trpc/procedures";
import { appListResponse, appPageInput, appPageResponse } from "./contract";
import { appPage, listApps } from "./queries";

export const catalogRouter = router({
  /** The apps on the marketplace, each with how it stands with the brand. */
  list: withPermission("apps:read")
    .output(appListResponse)
    .query(({ ctx }) => listApps(ctx.scope)),

  /** Everything an app's page tells. */
  app: withPermission("apps:read")
    .input(appPageInput)
    .output(appPageResponse)
    .query(({ ctx, input }) => appPage(ctx.scope, input)),
});
