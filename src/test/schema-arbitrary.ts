import fc from "fast-check";

/** What callers send, made from a JSON Schema: what fits it, what nearly fits it, and what has nothing to do with it. */

export type Schema = Readonly<Record<string, unknown>>;
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const schemas = (value: unknown): Schema[] => (Array.isArray(value) ? value.filter(isSchema) : []);
const numberOf = (schema: Schema, name: string): number | undefined => {
  const value = schema[name];
  return typeof value === "number" ? value : undefined;
};

/** Text that has broken a parser, a store or a page somewhere. */
export const NASTY_TEXT = [
  "",
  " ",
  "\u0000",
  "\ud800",
  "\u2028",
  "__proto__",
  "constructor",
  "null",
  "NaN",
  "1e3",
  "0x10",
  "-1",
  "' or 1=1 --",
  "{{7*7}}",
  "=1+1",
  "</script><script>alert(1)</script>",
  "javascript:alert(1)",
  "../../etc/passwd",
  "%00",
  "%c0%ae",
  "a".repeat(5_000),
  "🕶️".repeat(50),
  "{p00}:acct:x",
  "vto-001\nvto-002",
];
const NASTY_NUMBERS = [
  0,
  -0,
  -1,
  1,
  0.5,
  1e-7,
  1e15,
  999_999_999_999_999,
  1_000_000_000_000_000,
  2 ** 53,
  1e21,
  1e308,
  -1e308,
];

/** Anything at all, as JSON has it; with keys that reach into prototypes. */
const anything: fc.Arbitrary<Json> = fc.letrec<{ any: Json }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<Json>(null, true, false),
    fc.constantFrom<Json>(...NASTY_NUMBERS),
    fc.constantFrom<Json>(...NASTY_TEXT),
    fc.string({ unit: "binary", maxLength: 30 }),
    fc.array(tie("any"), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom("__proto__", "constructor", "toString")),
      tie("any"),
      {
        maxKeys: 4,
      },
    ),
  ),
})).any;

/** A value that fits a schema, mostly; `known` are texts that mean something, such as ids that there are. */
export function fitting(
  schema: Schema,
  known: readonly string[],
  parts: Readonly<Record<string, Schema>> = {},
): fc.Arbitrary<Json> {
  if (typeof schema.$ref === "string") {
    const part = parts[schema.$ref.split("/").at(-1) ?? ""];
    // A recursive part ends in anything.
    return part ? fitting(part, known, {}) : anything;
  }
  if ("const" in schema) return fc.constant(schema.const as Json);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as Json[]));
  const choices = [...schemas(schema.anyOf), ...schemas(schema.oneOf)];
  if (choices.length > 0) return fc.oneof(...choices.map((choice) => fitting(choice, known, parts)));
  switch (schema.type) {
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "integer":
    case "number":
      return fc.integer({
        min: Math.max(numberOf(schema, "minimum") ?? 1, -(2 ** 31)),
        max: Math.min(numberOf(schema, "maximum") ?? 50, 2 ** 31 - 1),
      });
    case "array": {
      const items = isSchema(schema.items) ? fitting(schema.items, known, parts) : anything;
      return fc.array(items, {
        minLength: numberOf(schema, "minItems") ?? 0,
        maxLength: Math.min(numberOf(schema, "maxItems") ?? 4, 4),
      });
    }
    case "object": {
      const properties = isSchema(schema.properties) ? schema.properties : {};
      const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
      const fields = Object.fromEntries(
        Object.entries(properties).map(([name, field]) => [
          name,
          isSchema(field) ? fitting(field, known, parts) : anything,
        ]),
      );
      return fc.record(fields, { requiredKeys: required.filter((name) => name in fields) }) as fc.Arbitrary<Json>;
    }
    case "string": {
      const shortest = numberOf(schema, "minLength") ?? 0;
      const longest = Math.max(shortest, Math.min(numberOf(schema, "maxLength") ?? 40, 300));
      const free = fc.string({ unit: "grapheme-ascii", minLength: shortest, maxLength: longest });
      if (schema.format === "uuid") return fc.oneof(fc.uuid(), free);
      if (schema.format === "date-time" || schema.format === "date") {
        const date = fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true });
        return date.map((at) => (schema.format === "date" ? at.toISOString().slice(0, 10) : at.toISOString()));
      }
      return known.length > 0 ? fc.oneof(fc.constantFrom(...known), free) : free;
    }
  }
  return anything;
}

/** One field too many, too few, or of another kind. */
const spoilt = (value: Json, name: string, other: Json, how: number): Json => {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return other;
  const fields = Object.entries(value);
  const at = fields.length > 0 ? how % fields.length : 0;
  if (how % 3 === 0) return Object.fromEntries(fields.filter((_, i) => i !== at)) as Json;
  if (how % 3 === 1) return Object.fromEntries(fields.map(([key, kept], i) => [key, i === at ? other : kept])) as Json;
  // By definition and not by assignment, so that `__proto__` becomes a field.
  return Object.fromEntries([...fields, [name, other]]) as Json;
};

/** What callers send where a schema asks for something. */
export const sentFor = (
  schema: Schema,
  known: readonly string[],
  parts: Readonly<Record<string, Schema>>,
): fc.Arbitrary<Json> => {
  const good = fitting(schema, known, parts);
  const names = fc.oneof(
    fc.string({ maxLength: 10 }),
    fc.constantFrom("__proto__", "constructor", "customer_id", "role", "price"),
  );
  return fc.oneof(
    { weight: 4, arbitrary: good },
    { weight: 4, arbitrary: fc.tuple(good, names, anything, fc.nat(60)).map((parts) => spoilt(...parts)) },
    { weight: 1, arbitrary: anything },
  );
};
