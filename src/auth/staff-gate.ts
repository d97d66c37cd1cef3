import { eq } from "drizzle-orm";
import { db } from "@/db/client";
import type { Ctx, StaffCtx } from "@/db/context";
import { platformStaff } from "@/db/schema/platform";
import { mintUserId } from "@/lib/ids";
import { actingAs } from "./gate";
import type { Session } from "./session-state";

/**
 * Makes somebody who is signed in one of the platform's staff, where they are. Reads the row every time, so that whoever
 * is taken off the list can do nothing from then on.
 */
export async function actingAsStaff(ctx: Ctx, session: Session): Promise<StaffCtx | null> {
  const [row] = await ctx.db.select().from(platformStaff).where(eq(platformStaff.userId, session.user.id));
  return row ? { ...ctx, staffId: mintUserId(row.userId) } : null;
}

/** Whether somebody who is signed in is one of the platform's staff. For what a page shows; verbs ask `actingAsStaff`. */
export const isStaff = async (session: Session): Promise<boolean> =>
  (await actingAsStaff(actingAs(db(), session), session)) !== null;
