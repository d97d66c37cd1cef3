import { asc, eq } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { memberships } from "@/db/schema/people";
import type { Role } from "./rules";

/**
 * The brands a person belongs to, the one they joined first at the front. The one read of this feature without a
 * tenant in its `where`: it is what the session gate finds the tenant with.
 */
export async function membershipsOf(db: Reader, userId: string): Promise<{ customerId: string; role: Role }[]> {
  return db
    .select({ customerId: memberships.customerId, role: memberships.role })
    .from(memberships)
    .where(eq(memberships.userId, userId))
    .orderBy(asc(memberships.createdAt), asc(memberships.customerId));
}
