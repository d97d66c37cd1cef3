import { and, asc, desc, gt, lte, sql } from "drizzle-orm";
import type { Ctx, StaffCtx } from "@/db/context";
import { platformBanners } from "@/db/schema/platform";
import type { Banner } from "./contract";

type Row = typeof platformBanners.$inferSelect;
const toBanner = ({ id, text, kind, startsAt, endsAt }: Row): Banner => ({
  id,
  text,
  kind,
  startsAt: startsAt.toISOString(),
  endsAt: endsAt.toISOString(),
});

/** What is told to everybody at this moment. The same for all brands, so no tenant is asked for. */
export async function bannersNow(ctx: Ctx): Promise<Banner[]> {
  const rows = await ctx.db
    .select()
    .from(platformBanners)
    .where(and(lte(platformBanners.startsAt, sql`now()`), gt(platformBanners.endsAt, sql`now()`)))
    .orderBy(asc(platformBanners.startsAt));
  return rows.map(toBanner);
}

/** The latest banners, those to come first. */
export async function bannersOf(ctx: StaffCtx): Promise<Banner[]> {
  const rows = await ctx.db.select().from(platformBanners).orderBy(desc(platformBanners.endsAt)).limit(50);
  return rows.map(toBanner);
}
