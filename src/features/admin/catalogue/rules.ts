import { type AppFields, FIELD_NAMES, type FieldName } from "./contract";

const told = (value: unknown): string => JSON.stringify(value);

/** The fields in which two differ, in the order of the form. What one of them lacks differs. */
export const differing = (one: Partial<AppFields>, other: Partial<AppFields>): FieldName[] =>
  FIELD_NAMES.filter((field) => told(sorted(one[field])) !== told(sorted(other[field])));

// jsonb keeps an object's fields in an order of its own.
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a.localeCompare(b)));
};

/** Some of the fields. */
export const pick = (fields: Partial<AppFields>, names: readonly FieldName[]): Partial<AppFields> =>
  Object.fromEntries(names.map((name) => [name, fields[name]]));

/** A field's value as a person reads it in a history. */
export function valueWords(value: AppFields[FieldName] | undefined): string {
  if (value === undefined) return "";
  if (!Array.isArray(value)) return String(value);
  return value.map((one) => (typeof one === "string" ? one : `${one.version}: ${one.notes}`)).join(" · ");
}
