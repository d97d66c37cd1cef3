import { z } from "zod";
import { brandsOf, switchBrand, touchSession } from "@/auth/store";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";
import { router, signedIn } from "./procedures";

export const sessionRouter = router({
  /** Who is signed in, to which brand, and what they may do there: what a page needs to show or hide. */
  me: signedIn.query(({ ctx: { viewer } }) => ({
    user: { name: viewer.user.name, email: viewer.user.email },
    brand: { name: viewer.customer.name, slug: viewer.customer.slug, timeZone: viewer.customer.timeZone },
    role: viewer.role,
    permissions: [...viewer.permissions],
  })),

  /** The brands the person belongs to, for the switch between them. */
  brands: signedIn.query(async ({ ctx }) => ({
    current: ctx.viewer.customer.slug,
    brands: await brandsOf(ctx.scope.db, ctx.viewer.user.id),
  })),

  /** Says that the person is still there: pages call it when somebody has done something, never by themselves. */
  stay: signedIn.mutation(async ({ ctx: { viewer, scope } }) => {
    await touchSession(scope.db, { sessionId: viewer.sessionId, userId: viewer.user.id });
    return { idleMinutes: env().SESSION_IDLE_MINUTES };
  }),

  /** Has this session look at another of the person's brands. */
  switchBrand: signedIn.input(z.strictObject({ slug: z.string().min(1).max(50) })).mutation(async ({ ctx, input }) => {
    if (!(await switchBrand(ctx.scope.db, ctx.viewer, input.slug))) {
      throw new Refusal("not_found", "You belong to no such brand.");
    }
    return { slug: input.slug };
  }),
});
