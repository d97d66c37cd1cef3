import { z } from "zod";
import { brandsOf, switchBrand } from "@/auth/store";
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

  /** Has this session look at another of the person's brands. */
  switchBrand: signedIn.input(z.strictObject({ slug: z.string().min(1).max(50) })).mutation(async ({ ctx, input }) => {
    if (!(await switchBrand(ctx.scope.db, ctx.viewer, input.slug))) {
      throw new Refusal("not_found", "You belong to no such brand.");
    }
    return { slug: input.slug };
  }),
});
