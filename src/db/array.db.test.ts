import { sql } from "drizzle-orm";
import { afterAll, describe, expect, it } from "vitest";
import { listOf } from "./array";
import { closeDb, db } from "./client";

afterAll(closeDb);

describe("a list as one parameter", () => {
  const texts = [
    ...[
      "",
      " ",
      "a",
      "null",
      "NULL",
      "Null",
      "nul",
      "a,b",
      "{}",
      "{a}",
      '"',
      '""',
      "\\",
      '\\"',
      "a\\",
      "'",
      "a b",
      "\n\t",
    ],
    ...[
      "é😀",
      "-1",
      "+1",
      "1e5",
      "live",
      "true",
      "2026-11-21T10:00:00.000Z",
      "018f4d2e-7c1a-7b3e-9a55-1f2e3d4c5b6a",
      "$1",
    ],
  ];

  it("arrives as it was, whatever stands in it", async () => {
    const rows = await db().execute(
      sql`select v from unnest(${listOf(texts)}::text[]) with ordinality as t(v, n) order by n`,
    );
    expect(rows.map((row) => row.v)).toEqual(texts);
  });

  it("holds nulls, numbers and truth values", async () => {
    const rows = await db().execute(sql`select a, b::text, c from unnest(${listOf([null, "x", null])}::text[],
      ${listOf([1, -9_007_199_254_740_991, null])}::bigint[], ${listOf([true, false, null])}::boolean[]) as t(a, b, c)`);
    expect([...rows]).toEqual([
      { a: null, b: "1", c: true },
      { a: "x", b: "-9007199254740991", c: false },
      { a: null, b: null, c: null },
    ]);
  });

  it("may be empty", async () => {
    expect(await db().execute(sql`select * from unnest(${listOf([])}::text[])`)).toHaveLength(0);
  });
});
