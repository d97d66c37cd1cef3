import type { Scope } from "@/lib/context";
import type { Db } from "./client";

/** The context of a verb or query: tenant, actor and the database. */
export interface Ctx extends Scope {
  readonly db: Db;
}
