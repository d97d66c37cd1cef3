import type { Db } from "@/db/client";
import type { StaffCtx } from "@/db/context";
import { setStaff } from "@/features/admin/staff/service";
import { mintUserId } from "@/lib/ids";
import { makeBrand } from "./brands";

/** A member of the platform's staff that no other test knows, in a brand of their own. */
export async function makeStaff(db: Db): Promise<StaffCtx> {
  const home = await makeBrand(db);
  await setStaff(db, { type: "system", id: "test" }, { email: home.people.admin.email, staff: true });
  const staffId = mintUserId(home.people.admin.userId);
  return { db, customerId: home.customerId, actor: { type: "user", id: staffId }, staffId };
}
