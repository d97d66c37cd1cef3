import { router, withPermission } from "@/trpc/procedures";
import { onboarding } from "./contract";
import { onboardingOf } from "./queries";
import { noteSeen } from "./service";

export const onboardingRouter = router({
  /** How far the brand has come. For those who can take its steps. */
  get: withPermission("apps:write")
    .output(onboarding)
    .query(({ ctx }) => onboardingOf(ctx.scope, ctx.metering().redis, ctx.viewer.user.id)),

  hide: withPermission("apps:write").mutation(async ({ ctx }) => {
    await noteSeen(ctx.scope, ctx.viewer.user.id, "checklist");
    return {};
  }),

  tourSeen: withPermission("apps:write").mutation(async ({ ctx }) => {
    await noteSeen(ctx.scope, ctx.viewer.user.id, "tour");
    return {};
  }),
});
