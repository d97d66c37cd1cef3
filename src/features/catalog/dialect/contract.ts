import { z } from "zod";

/** What a field of a configuration can be (CONTRACT: apps). */
export const FIELD_TYPES = [
  "string",
  "text",
  "color",
  "url",
  "number",
  "integer",
  "boolean",
  "select",
  "multiselect",
  "object",
  "array",
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** One field of an app's `configuration_schema`. */
export interface FieldSchema {
  readonly type: FieldType;
  /** What people call it; without one the field's name is made readable. */
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly default?: unknown;
  /** Of `select` and `multiselect`. */
  readonly options?: readonly string[] | undefined;
  /** Of `object`. */
  readonly properties?: ConfigurationSchema | undefined;
  /** Of `array`: what each entry is. */
  readonly items?: FieldSchema | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** Of `string` and `text`, in characters. */
  readonly max_length?: number | undefined;
  readonly max_items?: number | undefined;
  /** Of `string`, `text` and `url`: must not be empty. */
  readonly required?: boolean | undefined;
  /** What a number counts: `mm`, `days`. */
  readonly unit?: string | undefined;
}

/** An app's fields by name. */
export type ConfigurationSchema = { readonly [name: string]: FieldSchema };

const name = z.string().regex(/^[a-z][a-z0-9_]{0,59}$/, "must be lower-case letters, digits and underscores");

/** The dialect itself: what the catalogue may hold as a schema. */
export const fieldSchema: z.ZodType<FieldSchema> = z
  .lazy(() =>
    z
      .strictObject({
        type: z.enum(FIELD_TYPES),
        title: z.string().max(80).optional(),
        description: z.string().max(300).optional(),
        default: z.unknown().optional(),
        options: z.array(z.string().min(1).max(80)).min(1).max(100).optional(),
        properties: z.record(name, fieldSchema).optional(),
        items: fieldSchema.optional(),
        min: z.number().optional(),
        max: z.number().optional(),
        max_length: z.int().min(1).max(4_000).optional(),
        max_items: z.int().min(1).max(200).optional(),
        required: z.boolean().optional(),
        unit: z.string().max(20).optional(),
      })
      .superRefine((field, ctx) => {
        const needs = (key: "options" | "properties" | "items") => {
          if (!field[key]) ctx.addIssue({ code: "custom", path: [key], message: `a ${field.type} needs it` });
        };
        if (field.type === "select" || field.type === "multiselect") needs("options");
        if (field.type === "object") needs("properties");
        if (field.type === "array") needs("items");
      }),
  )
  // What the API's description calls it.
  .meta({ id: "ConfigurationField" });
export const configurationSchema: z.ZodType<ConfigurationSchema> = z.record(name, fieldSchema);

/** A configuration as JSON; what it may hold is the schema's to say. */
export const configurationValues = z.record(z.string(), z.unknown());
export type Configuration = Record<string, unknown>;
