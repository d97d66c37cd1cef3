import { Validator } from "@cfworker/json-schema";
import type { Configuration, ConfigurationSchema, FieldSchema } from "@/features/catalog/dialect/contract";
import {
  compileSchema,
  defaultOf,
  fieldAt,
  isGroup,
  kindOf,
  titleOf,
  withDefaults,
} from "@/features/catalog/dialect/rules";

/** One wrong field, by its path: `lenses.0.color`. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** How deep a configuration may nest, how many values it may hold, and how many characters in all. */
const DEEPEST = 8;
const MOST_VALUES = 2_000;
const LARGEST = 48_000;
/** How many wrong fields one answer names. */
const MOST_ERRORS = 50;
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/**
 * What no configuration of any app may be. Walks without recursion, so that nothing handed in can exhaust the stack of
 * what comes after.
 */
function hostile(raw: unknown): FieldError | null {
  const open: { value: unknown; path: readonly string[] }[] = [{ value: raw, path: [] }];
  let values = 0;
  let characters = 0;
  for (let at = open.pop(); at; at = open.pop()) {
    const { value, path } = at;
    const where = path.slice(0, 4).join(".").slice(0, 200);
    if (++values > MOST_VALUES) return { path: where, message: `holds more than ${MOST_VALUES} values` };
    if (typeof value === "string") {
      // Half of a character can be kept nowhere.
      if (!value.isWellFormed()) return { path: where, message: "must be well-formed text" };
      characters += value.length;
    }
    if (characters > LARGEST) return { path: where, message: `holds more than ${LARGEST} characters in all` };
    if (typeof value === "number" && !Number.isFinite(value)) return { path: where, message: "must be a number" };
    if (typeof value !== "object" || value === null) {
      if (["string", "number", "boolean"].includes(typeof value) || value === null) continue;
      return { path: where, message: "must be JSON" };
    }
    if (path.length >= DEEPEST) return { path: where, message: `nests more than ${DEEPEST} deep` };
    for (const [name, inner] of Object.entries(value)) {
      if (!Array.isArray(value)) characters += name.length;
      if (FORBIDDEN.has(name) || !name.isWellFormed())
        return { path: [...path, name].join(".").toWellFormed(), message: "is not a field of this app" };
      open.push({ value: inner, path: [...path, name] });
    }
  }
  return null;
}

/**
 * A draft: whatever a form can hold, right or not, as long as no one could do harm with it.
 * @returns what is wrong with it as a whole, or null
 */
export const draftError = (raw: unknown): FieldError | null =>
  isGroup(raw) ? hostile(raw) : { path: "", message: "must be a group of fields" };

const list = (options: readonly string[]): string =>
  options.length > 1 ? `${options.slice(0, -1).join(", ")} or ${options.at(-1)}` : (options[0] ?? "nothing");

function wrongType(field: FieldSchema): string {
  switch (kindOf(field)) {
    case "integer":
      return "must be a whole number";
    case "number":
      return "must be a number";
    case "boolean":
      return "must be true or false";
    case "object":
      return "must be a group of fields";
    case "array":
    case "multiselect":
      return "must be a list";
    case "select":
      return `must be ${list(field.options ?? [])}`;
    case "color":
      return "must be a colour such as #0b7285";
    case "url":
      return "must be an address that begins with https://";
    default:
      return "must be text";
  }
}

/** The validator's finding in our words; it quotes values, which ours never do. */
function messageFor(keyword: string, field: FieldSchema | undefined, compiled: { maxLength?: number }): string {
  if (!field || keyword === "false") return "is not a field of this app";
  switch (keyword) {
    case "enum":
      return `must be ${list(field.options ?? [])}`;
    case "pattern":
      return field.type === "text" || (field.type === "string" && kindOf(field) === "string")
        ? "must be plain text, without markup or script"
        : wrongType(field);
    case "minLength":
      return "must not be empty";
    case "maxLength":
      return kindOf(field) === "color" ? wrongType(field) : `must be at most ${compiled.maxLength} characters`;
    case "minimum":
      return `must be at least ${field.min ?? -1_000_000_000}`;
    case "maximum":
      return `must be at most ${field.max ?? 1_000_000_000}`;
    case "maxItems":
      return `must hold at most ${field.max_items ?? field.options?.length ?? 50}`;
    case "uniqueItems":
      return "names the same one twice";
    default:
      return wrongType(field);
  }
}

/** What the validator says about a group because of what it says about a field inside. */
const SECOND_HAND = new Set(["properties", "additionalProperties", "items"]);

/** The field a pointer names; of an entry of a `multiselect`, the choice it is one of. */
function fieldFor(schema: ConfigurationSchema, path: readonly string[]): FieldSchema | undefined {
  const field = fieldAt(schema, path);
  const above = path.length > 0 ? fieldAt(schema, path.slice(0, -1)) : undefined;
  return above?.type === "multiselect" ? { type: "select", options: above.options } : field;
}

const stepsOf = (pointer: string): string[] =>
  pointer
    .split("/")
    .slice(1)
    .map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"));

/**
 * Checks a configuration against an app's schema. Unknown fields are refused, defaults are filled in, and nothing in it
 * can become script.
 * @returns the whole configuration, or one entry for each wrong field, at most 50
 */
export function checkConfiguration(
  schema: ConfigurationSchema,
  raw: unknown,
): { readonly configuration: Configuration } | { readonly errors: readonly FieldError[] } {
  if (!isGroup(raw)) return { errors: [{ path: "", message: "must be a group of fields" }] };
  const refused = hostile(raw);
  if (refused) return { errors: [refused] };
  const configuration = withDefaults(schema, raw);
  const result = new Validator({ ...compileSchema(schema) }, "2020-12", false).validate(configuration);
  if (result.valid) return { configuration };
  const errors = new Map<string, FieldError>();
  for (const { keyword, instanceLocation } of result.errors) {
    if (SECOND_HAND.has(keyword) || errors.size === MOST_ERRORS) continue;
    const steps = stepsOf(instanceLocation);
    const path = steps.join(".").slice(0, 200);
    if (errors.has(path)) continue;
    const field = fieldFor(schema, steps);
    const longest = field?.max_length ?? (field?.type === "text" ? 2_000 : field?.type === "url" ? 500 : 200);
    errors.set(path, { path, message: messageFor(keyword, field, { maxLength: longest }) });
  }
  return { errors: [...errors.values()] };
}

/** What became of a configuration whose app has changed its schema since. */
export interface CarriedOver {
  readonly configuration: Configuration;
  /** Fields the app no longer has. */
  readonly dropped: readonly string[];
  /** Fields that are new, now at their defaults. */
  readonly added: readonly string[];
  /** Fields whose value no longer fits, now at their defaults. */
  readonly reset: readonly string[];
}

function prune(
  schema: ConfigurationSchema,
  values: Configuration,
  above: string,
  notes: { dropped: string[]; added: string[] },
): Configuration {
  const kept: Configuration = {};
  for (const [name, value] of Object.entries(values)) {
    const path = above ? `${above}.${name}` : name;
    const field = Object.hasOwn(schema, name) ? schema[name] : undefined;
    if (!field) notes.dropped.push(path);
    else kept[name] = pruneField(field, value, path, notes);
  }
  for (const name of Object.keys(schema)) {
    if (!Object.hasOwn(values, name)) notes.added.push(above ? `${above}.${name}` : name);
  }
  return kept;
}

function pruneField(
  field: FieldSchema,
  value: unknown,
  path: string,
  notes: { dropped: string[]; added: string[] },
): unknown {
  if (field.type === "object" && isGroup(value)) return prune(field.properties ?? {}, value, path, notes);
  const { items } = field;
  if (field.type === "array" && items && Array.isArray(value)) {
    return value.map((entry, at) => pruneField(items, entry, `${path}.${at}`, notes));
  }
  return value;
}

/** A stored draft with the fields of today; what was typed into them stays, right or not. */
export const draftToday = (schema: ConfigurationSchema, stored: Configuration): Configuration =>
  withDefaults(schema, prune(schema, stored, "", { dropped: [], added: [] }));

/** A stored configuration as the schema of today has it. Never fails: what does not fit goes back to its default. */
export function carryOver(schema: ConfigurationSchema, stored: Configuration): CarriedOver {
  const notes = { dropped: [] as string[], added: [] as string[] };
  const pruned = prune(schema, stored, "", notes);
  const checked = checkConfiguration(schema, pruned);
  if ("configuration" in checked) return { ...notes, reset: [], configuration: checked.configuration };
  const wrong = new Set(checked.errors.map(({ path }) => path.split(".")[0] ?? ""));
  const configuration = { ...withDefaults(schema, pruned) };
  for (const name of wrong) {
    const field = schema[name];
    if (field) configuration[name] = defaultOf(field);
  }
  const again = checkConfiguration(schema, configuration);
  return {
    ...notes,
    reset: [...wrong].filter(Boolean),
    configuration: "configuration" in again ? again.configuration : withDefaults(schema, {}),
  };
}

/** One value that differs between two configurations. */
export interface Difference {
  readonly path: string;
  readonly title: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What differs between two configurations, field by field, groups opened; lists are compared whole. */
export function differences(
  schema: ConfigurationSchema,
  before: Configuration,
  after: Configuration,
  above: { path: string; title: string } = { path: "", title: "" },
): Difference[] {
  const names = new Set([...Object.keys(schema), ...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => {
    const [was, is] = [before[name], after[name]];
    const field = schema[name];
    const own = field ? titleOf(name, field) : name;
    const path = above.path ? `${above.path}.${name}` : name;
    const title = above.title ? `${above.title}: ${own.toLowerCase()}` : own;
    if (isGroup(was) && isGroup(is)) return differences(field?.properties ?? {}, was, is, { path, title });
    return same(was, is) ? [] : [{ path, title, before: was, after: is }];
  });
}

/** True for two values of a configuration that say the same, whatever the order of their fields. */
export function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((entry, at) => same(entry, other[at]));
  }
  if (!isGroup(one) || !isGroup(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && same(one[name], other[name]))
  );
}
