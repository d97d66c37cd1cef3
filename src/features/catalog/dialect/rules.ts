import type { Configuration, ConfigurationSchema, FieldSchema, FieldType } from "./contract";

/** Longest text where a field names no length, in characters. */
const LONGEST: Partial<Record<FieldType, number>> = { string: 200, text: 2_000, color: 7, url: 500 };
/** Most entries of a list that names no limit. */
const MOST_ITEMS = 50;
const COLOR = /^#[0-9a-fA-F]{6}$/;

const anyCase = (word: string): string => word.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
// Neither markup nor an address that runs: not by escaping later, but because there is nothing to escape.
const HARMLESS = `(?!\\s*(?:${["javascript", "vbscript", "data"].map(anyCase).join("|")})\\s*:)(?![\\s\\S]*<[A-Za-z/!?])`;
const PATTERNS: Partial<Record<FieldType, string>> = {
  string: `^${HARMLESS}[^\\p{Cc}\\p{Zl}\\p{Zp}]*$`,
  text: `^${HARMLESS}(?:[^\\p{Cc}]|[\\n\\r\\t])*$`,
  color: "^#[0-9a-fA-F]{6}$",
  url: "^(?:https?://[a-zA-Z0-9.-]{1,253}(?::[0-9]{1,5})?(?:[/?#][^\\s<>\"'`\\\\\\p{Cc}]*)?)?$",
};

/** JSON Schema, as much of it as the dialect compiles to. */
export interface JsonSchema {
  type: "string" | "number" | "integer" | "boolean" | "object" | "array";
  properties?: Record<string, JsonSchema>;
  additionalProperties?: false;
  items?: JsonSchema;
  enum?: string[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  uniqueItems?: true;
}

/**
 * What a field is shown and checked as. The product owner's schemas write colours as `string`: a string whose default is
 * a colour is one.
 */
export const kindOf = (field: FieldSchema): FieldType =>
  field.type === "string" && typeof field.default === "string" && COLOR.test(field.default) ? "color" : field.type;

function compileField(field: FieldSchema): JsonSchema {
  const kind = kindOf(field);
  switch (kind) {
    case "string":
    case "text":
    case "color":
    case "url":
      return {
        type: "string",
        maxLength: field.max_length ?? LONGEST[kind] ?? 200,
        ...(field.required ? { minLength: 1 } : {}),
        ...(PATTERNS[kind] === undefined ? {} : { pattern: PATTERNS[kind] }),
      };
    case "number":
    case "integer":
      return { type: kind, minimum: field.min ?? -1_000_000_000, maximum: field.max ?? 1_000_000_000 };
    case "boolean":
      return { type: "boolean" };
    case "select":
      return { type: "string", enum: [...(field.options ?? [])] };
    case "multiselect": {
      const options = [...(field.options ?? [])];
      return { type: "array", uniqueItems: true, maxItems: options.length, items: { type: "string", enum: options } };
    }
    case "object":
      return compileSchema(field.properties ?? {});
    case "array":
      return {
        type: "array",
        maxItems: field.max_items ?? MOST_ITEMS,
        items: compileField(field.items ?? { type: "string" }),
      };
  }
}

/** An app's schema as JSON Schema: no field beside those it names. */
export const compileSchema = (schema: ConfigurationSchema): JsonSchema => ({
  type: "object",
  properties: Object.fromEntries(Object.entries(schema).map(([name, field]) => [name, compileField(field)])),
  additionalProperties: false,
});

/** True for what JSON calls an object. */
export const isGroup = (value: unknown): value is Configuration =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a field holds before anyone has said anything. */
export function defaultOf(field: FieldSchema): unknown {
  if (field.type === "object") return withDefaults(field.properties ?? {}, isGroup(field.default) ? field.default : {});
  if (field.default !== undefined) return structuredClone(field.default);
  switch (field.type) {
    case "number":
    case "integer":
      return field.min ?? 0;
    case "boolean":
      return false;
    case "select":
      return field.options?.[0] ?? "";
    case "multiselect":
    case "array":
      return [];
    case "color":
      return "#000000";
    default:
      return "";
  }
}

function filled(field: FieldSchema, value: unknown): unknown {
  if (field.type === "object" && isGroup(value)) return withDefaults(field.properties ?? {}, value);
  if (field.type === "array" && field.items && Array.isArray(value)) {
    const { items } = field;
    return value.map((entry) => filled(items, entry));
  }
  return value;
}

/** The values with every default filled in. What the schema does not know is left for the check to refuse. */
export function withDefaults(schema: ConfigurationSchema, values: Configuration): Configuration {
  const all: Configuration = { ...values };
  for (const [name, field] of Object.entries(schema)) {
    all[name] = Object.hasOwn(values, name) ? filled(field, values[name]) : defaultOf(field);
  }
  return all;
}

/** `button_color` as people read it: "Button colour". */
export function readable(name: string): string {
  const words = name
    .replaceAll("_", " ")
    .replace(/\bcolor\b/g, "colour")
    .replace(/\burl\b/g, "address");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What people call a field. */
export const titleOf = (name: string, field: FieldSchema): string => field.title ?? readable(name);

/** The field that a path such as `lenses.0.color` leads to; undefined where there is none. */
export function fieldAt(schema: ConfigurationSchema, path: readonly string[]): FieldSchema | undefined {
  let field: FieldSchema = { type: "object", properties: schema };
  for (const step of path) {
    const kind: FieldType = field.type;
    const next: FieldSchema | undefined =
      kind === "object" && field.properties && Object.hasOwn(field.properties, step)
        ? field.properties[step]
        : kind === "array" || kind === "multiselect"
          ? (field.items ?? { type: "string" })
          : undefined;
    if (!next) return undefined;
    field = next;
  }
  return field;
}

const summaryOf = (field: FieldSchema, value: unknown): string => {
  if (Array.isArray(value)) {
    if (value.length === 0) return "none";
    return value.every((entry) => typeof entry === "string")
      ? value.map(readable).join(", ")
      : `${value.length} ${value.length === 1 ? "entry" : "entries"}`;
  }
  if (typeof value === "boolean") return value ? "on" : "off";
  if (value === "" || value === undefined || value === null) return "empty";
  return field.type === "select" ? readable(String(value)) : `${value}${field.unit ? ` ${field.unit}` : ""}`;
};

/** One line of a configuration in words. */
export interface SummaryLine {
  readonly path: string;
  readonly title: string;
  readonly value: string;
}

/** A configuration in words, one line for each field, groups opened. */
export function summarise(schema: ConfigurationSchema, values: Configuration, above = "", titles = ""): SummaryLine[] {
  return Object.entries(schema).flatMap(([name, field]) => {
    const path = above ? `${above}.${name}` : name;
    const title = titles ? `${titles}: ${titleOf(name, field).toLowerCase()}` : titleOf(name, field);
    const value = values[name];
    if (field.type === "object") {
      return summarise(field.properties ?? {}, isGroup(value) ? value : {}, path, title);
    }
    return [{ path, title, value: summaryOf(field, value) }];
  });
}
