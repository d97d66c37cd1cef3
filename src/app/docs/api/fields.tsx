import type { Schema } from "@/rest/openapi/document";

interface Row {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly rules: string;
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const options = [...listOf(schema.anyOf), ...listOf(schema.oneOf)].filter(isSchema);
  if (options.length > 0) return [...new Set(options.map(typeOf))].join(" or ");
  const types = Array.isArray(schema.type) ? schema.type.map(String) : schema.type ? [String(schema.type)] : [];
  const items = isSchema(schema.items) ? typeOf(schema.items) : "";
  return types.length === 0
    ? "any"
    : types.map((type) => (type === "array" && items ? `list of ${items}` : type)).join(" or ");
}

function rulesOf(schema: Schema): string {
  const { minimum, maximum, maxLength, format, default: otherwise } = schema;
  const values = listOf(schema.enum).map(String);
  const bounded = (value: unknown) => typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  return [
    values.length > 0 ? `one of ${values.join(", ")}` : "",
    typeof format === "string" ? format : "",
    bounded(minimum) ? `from ${minimum}` : "",
    bounded(maximum) ? `to ${Number(maximum).toLocaleString("en-US")}` : "",
    typeof maxLength === "number" ? `at most ${maxLength} characters` : "",
    otherwise === undefined ? "" : `otherwise ${JSON.stringify(otherwise)}`,
  ]
    .filter(Boolean)
    .join(", ");
}

/** The fields of an object, those of objects inside it under their path. */
function rowsOf(schema: Schema, prefix = "", depth = 0): Row[] {
  const required = listOf(schema.required).map(String);
  return Object.entries(isSchema(schema.properties) ? schema.properties : {}).flatMap(([field, raw]) => {
    if (!isSchema(raw)) return [];
    const name = `${prefix}${field}`;
    const row = { name, type: typeOf(raw), required: required.includes(field), rules: rulesOf(raw) };
    const inner = raw.type === "object" ? raw : isSchema(raw.items) && raw.items.type === "object" ? raw.items : null;
    const mark = inner === raw ? "." : "[].";
    return [row, ...(inner && depth < 3 ? rowsOf(inner, `${name}${mark}`, depth + 1) : [])];
  });
}

/** The fields that a call takes or answers. */
export function Fields({ title, schema, answer = false }: { title: string; schema: Schema; answer?: boolean }) {
  const rows = rowsOf(schema);
  if (rows.length === 0) return null;
  return (
    <div className="mt-4 overflow-hidden rounded-card border border-line bg-surface">
      <p className="border-b border-line px-4 py-2 text-12 font-medium text-ink-3">{title}</p>
      <dl>
        {rows.map(({ name, type, required, rules }) => (
          <div
            key={name}
            className="grid gap-x-4 gap-y-0.5 border-line px-4 py-2 text-13 not-last:border-b sm:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]"
          >
            <dt className="font-mono break-all">{name}</dt>
            <dd className="text-ink-2">
              {type}
              {!answer && !required && <span className="text-ink-3"> (optional)</span>}
              {answer && !required && <span className="text-ink-3"> (not always)</span>}
              {rules && <span className="block text-12 text-ink-3">{rules}</span>}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
