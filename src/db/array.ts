import { type SQL, sql } from "drizzle-orm";

/**
 * A list as one parameter, in Postgres's own array text, for `unnest`. Cast it where it is used: `${listOf(ids)}::uuid[]`.
 * Neither driver nor mapper encodes lists of every type alike, and a batch must not depend on which.
 */
export function listOf(values: readonly (string | number | boolean | null)[]): SQL {
  const items = values.map((value) =>
    value === null ? "NULL" : `"${String(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`,
  );
  return sql`${`{${items.join(",")}}`}`;
}
