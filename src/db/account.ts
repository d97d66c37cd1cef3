import { and, eq, type SQL } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/** The filter every read and write of one account carries: its customer and its mode. */
export function ofAccount(
  table: { readonly customerId: PgColumn; readonly mode: PgColumn },
  account: { readonly customerId: string; readonly mode: string },
): SQL {
  const filter = and(eq(table.customerId, account.customerId), eq(table.mode, account.mode));
  if (!filter) throw new Error("A filter by account is never empty");
  return filter;
}
