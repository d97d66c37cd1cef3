import { and, eq, sql } from "drizzle-orm";
import type { Ctx } from "@/db/context";
import { memberships } from "@/db/schema/people";

/** Puts the list of first steps away, or notes that somebody was shown around: for one person in one brand. */
export async function noteSeen(ctx: Ctx, userId: string, what: "checklist" | "tour"): Promise<void> {
  await ctx.db
    .update(memberships)
    .set(what === "checklist" ? { checklistHiddenAt: sql`now()` } : { tourSeenAt: sql`now()` })
    .where(and(eq(memberships.userId, userId), eq(memberships.customerId, ctx.customerId)));
}
