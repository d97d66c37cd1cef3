import { describe, expect, it } from "vitest";
import { z } from "zod";
import { OPERATIONS } from "@/rest/openapi/operations";
import { appRouter } from "./root";

/**
 * What callers may send, over every procedure and every operation there is: nothing that we do not know, and nothing
 * without an end. A field that nobody asked for (`customer_id`, `role`, `__proto__`) is refused by name, so it can have no
 * effect; a text or a list without an end would be work without an end.
 */

type Schema = { readonly [name: string]: unknown };
const procedures = appRouter._def.procedures as unknown as Record<
  string,
  { readonly _def: { readonly inputs: readonly z.ZodType[] } }
>;
const inputs: (readonly [string, z.ZodType])[] = [
  ...Object.entries(procedures).flatMap(([name, { _def }]) => _def.inputs.map((input) => [name, input] as const)),
  ...OPERATIONS.flatMap(({ id, body, query }) => [body, query].flatMap((one) => (one ? [[id, one] as const] : []))),
];

/** Every schema within a schema, with where it stands. */
function* within(schema: unknown, at: string): Generator<readonly [string, Schema]> {
  if (typeof schema !== "object" || schema === null) return;
  if (!Array.isArray(schema)) yield [at, schema as Schema];
  for (const [name, part] of Object.entries(schema)) {
    if (name !== "default" && name !== "enum" && name !== "required") yield* within(part, `${at}.${name}`);
  }
}
const ends = ["maxLength", "enum", "const", "pattern", "format"];

describe.each(inputs)("what %s takes", (name, input) => {
  const schemas = [...within(z.toJSONSchema(input, { io: "input", unrepresentable: "any" }), name)];

  it("is known, field by field", () => {
    const open = schemas.filter(
      // A record of a brand's own fields is checked against its app's schema, and metadata by its own contract.
      ([, one]) => one.type === "object" && one.properties !== undefined && one.additionalProperties !== false,
    );
    expect(open.map(([at]) => at)).toEqual([]);
    const fields = schemas.flatMap(([, { properties }]) => Object.keys((properties ?? {}) as object));
    // The platform's own people name the brand; anybody else is of the one that their session or key says.
    const brand = name.startsWith("admin.") ? [] : ["customer_id", "customerId"];
    for (const never of [...brand, "__proto__", "constructor", "isAdmin", "balance"]) {
      expect(fields).not.toContain(never);
    }
    if (schemas[0]?.[1].type !== "object") return;
    for (const field of ["customer_id", "role_id", "__proto__", "constructor"]) {
      const sent = JSON.parse(`{"${field}":{"polluted":true}}`) as unknown;
      const { success, error } = input.safeParse(sent);
      expect([field, success]).toEqual([field, false]);
      expect(JSON.stringify(error?.issues)).toContain(field === "__proto__" ? "" : field);
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    }
  });

  it("asks for no page without an end", () => {
    const sizes = Object.keys((schemas[0]?.[1].properties ?? {}) as object).filter((field) =>
      /^(?:per_?page|limit|count|size|most)$/i.test(field),
    );
    for (const field of sizes) {
      // In an address it is text.
      for (const much of [1_001, "1001"]) {
        const refused = input.safeParse({ [field]: much }).error?.issues.map(({ path }) => path[0]) ?? [];
        expect([field, much, refused.includes(field)]).toEqual([field, much, true]);
      }
    }
  });

  it("has an end, every text and every list of it", () => {
    const endless = schemas.filter(
      ([, one]) =>
        (one.type === "string" && !ends.some((end) => end in one)) ||
        (one.type === "array" && one.maxItems === undefined),
    );
    expect(endless.map(([at]) => at)).toEqual([]);
  });
});
