import { router, withPermission } from "@/trpc/procedures";
import { appListResponse } from "./contract";
import { listApps } from "./queries";

export const catalogRouter = router({
  /** The apps on the marketplace, each with whether the brand has it turned on. */
  list: withPermission("apps:read")
    .output(appListResponse)
    .query(({ ctx }) => listApps(ctx.scope)),
});
