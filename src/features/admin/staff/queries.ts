import { asc, eq } from "drizzle-orm";
import type { Db } from "@/db/client";
import { users } from "@/db/schema/people";
import { platformStaff } from "@/db/schema/platform";

/** The platform's staff, by name. For operators. */
export const staffOf = (db: Db) =>
  db
    .select({ name: users.name, email: users.email, since: platformStaff.createdAt })
    .from(platformStaff)
    .innerJoin(users, eq(users.id, platformStaff.userId))
    .orderBy(asc(users.name));
