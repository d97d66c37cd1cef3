import { router, signedIn } from "./procedures";

export const sessionRouter = router({
  /** Who is signed in, to which brand, and what they may do there: what a page needs to show or hide. */
  me: signedIn.query(({ ctx: { viewer } }) => ({
    user: { name: viewer.user.name, email: viewer.user.email },
    brand: { name: viewer.customer.name, slug: viewer.customer.slug, timeZone: viewer.customer.timeZone },
    role: viewer.role,
    permissions: [...viewer.permissions],
  })),
});
