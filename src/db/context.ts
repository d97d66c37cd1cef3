import type { Scope } from "@/lib/context";
import type { UserId } from "@/lib/ids";
import type { Db } from "./client";

/** The context of a verb or query: tenant, actor and the database. */
export interface Ctx extends Scope {
  readonly db: Db;
}

/**
 * The context of what the platform's own people do, across brands. The tenant is their own brand; another's is reached
 * only through a support view that was opened and is not over (src/features/admin/support).
 */
export interface StaffCtx extends Ctx {
  readonly staffId: UserId;
}
