import { type SQL, sql } from "drizzle-orm";

/** What stands in an array's text as it is: no quote, brace, comma, space or backslash, and not empty. */
const PLAIN = /^[A-Za-z0-9_.:+-]+$/;
const QUOTED = /["\\]/g;

const itemOf = (value: string | number | boolean | null): string => {
  if (value === null) return "NULL";
  const text = String(value);
  // The word null without quotes would be one.
  if (PLAIN.test(text) && !(text.length === 4 && text.toLowerCase() === "null")) return text;
  return `"${text.replace(QUOTED, "\\$&")}"`;
};

/**
 * A list as one parameter, in Postgres's own array text, for `unnest`. Cast it where it is used: `${listOf(ids)}::uuid[]`.
 * Neither driver nor mapper encodes lists of every type alike, and a batch must not depend on which.
 */
export function listOf(values: readonly (string | number | boolean | null)[]): SQL {
  let items = "";
  for (const value of values) items += items === "" ? itemOf(value) : `,${itemOf(value)}`;
  return sql`${`{${items}}`}`;
}
