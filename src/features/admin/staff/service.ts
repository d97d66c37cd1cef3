import { eq, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { users } from "@/db/schema/people";
import { platformStaff } from "@/db/schema/platform";
import { recordAudit } from "@/features/audit/service";
import { membershipsOf } from "@/features/team/queries";
import type { Actor } from "@/lib/context";
import { Refusal } from "@/lib/errors";
import { mintCustomerId } from "@/lib/ids";

/**
 * Makes a person one of the platform's staff, or ends it. Only an operator's command calls this; the log of the person's
 * own brand has it.
 * @returns false where nothing was to be changed
 * @throws Refusal `not_found` for somebody who has no account, or belongs to no brand
 */
export async function setStaff(db: Db, actor: Actor, input: { email: string; staff: boolean }): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [user] = await tx
      .select({ id: users.id })
      .from(users)
      .where(eq(sql`lower(${users.email})`, input.email.trim().toLowerCase()));
    const [home] = user ? await membershipsOf(tx, user.id) : [];
    if (!user || !home) throw new Refusal("not_found", "Nobody with this address belongs to a brand.");
    const changed = input.staff
      ? await tx.insert(platformStaff).values({ userId: user.id }).onConflictDoNothing().returning()
      : await tx.delete(platformStaff).where(eq(platformStaff.userId, user.id)).returning();
    if (changed.length === 0) return false;
    await recordAudit(
      tx,
      { customerId: mintCustomerId(home.customerId), actor },
      { action: input.staff ? "staff.appointed" : "staff.dismissed", subject: user.id },
    );
    return true;
  });
}
