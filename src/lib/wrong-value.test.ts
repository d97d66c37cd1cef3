import { expect, it } from "vitest";
import { z } from "zod";
import { wrongValue } from "./wrong-value";

const said = (schema: z.ZodType, value: unknown): string | undefined =>
  schema.safeParse(value, { error: wrongValue }).error?.issues[0]?.message;

it.each([
  [z.string(), undefined, "must be given"],
  [z.object({ a: z.unknown() }), [], "must be an object"],
  [z.string(), 5, "must be text"],
  [z.int(), 1.5, "must be a whole number"],
  [z.int(), "5", "must be a number"],
  [z.int().min(1), 0, "must be at least 1"],
  [z.int().max(9), 10, "must be at most 9"],
  [z.string().max(2), "abc", "must have at most 2 characters"],
  [z.array(z.string()).min(1), [], "must have at least 1 entry"],
  [z.enum(["a", "b"]), "c", "must be one of a, b"],
  [z.literal("a"), "b", "must be a"],
  [z.uuid(), "x", "must be a UUID"],
  [z.iso.date(), "x", "must be a day such as 2026-01-31"],
  [z.string().regex(/^a$/), "x", "must be of the form that the reference names"],
  [z.strictObject({}), { a: 1, b: 2 }, "there are no such fields here: a, b"],
  [z.union([z.string(), z.boolean()]), 1, "does not fit"],
  [z.string().refine(() => false), "a", "does not fit"],
  [z.string().regex(/^a$/, "must be an a"), "x", "must be an a"],
] as const)("says what is wrong with a value in our own words (%#)", (schema, value, words) => {
  expect(said(schema, value)).toBe(words);
});
