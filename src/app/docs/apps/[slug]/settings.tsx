import type { PublicApp } from "@/features/catalog/contract";

type Schema = PublicApp["configuration_schema"];
type Field = Schema[string];

interface Row {
  readonly path: string;
  readonly field: Field;
}

/** The fields in their order, those inside another one under its path. */
const rowsOf = (schema: Schema, prefix = ""): Row[] =>
  Object.entries(schema).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const inner = field.properties ?? field.items?.properties;
    return [{ path, field }, ...(inner ? rowsOf(inner, `${path}${field.items ? "[]." : "."}`) : [])];
  });

function rulesOf({ options, min, max, max_length, max_items, unit, default: otherwise }: Field): string {
  return [
    options ? `one of ${options.join(", ")}` : "",
    min === undefined ? "" : `from ${min}`,
    max === undefined ? "" : `to ${max}`,
    unit ?? "",
    max_length === undefined ? "" : `at most ${max_length} characters`,
    max_items === undefined ? "" : `at most ${max_items} of them`,
    otherwise === undefined || typeof otherwise === "object" ? "" : `otherwise ${JSON.stringify(otherwise)}`,
  ]
    .filter(Boolean)
    .join(", ");
}

/** Everything that can be set in an app, from the schema that validates it. */
export function Settings({ schema }: { schema: Schema }) {
  return (
    <dl className="mt-4 overflow-hidden rounded-card border border-line bg-surface">
      {rowsOf(schema).map(({ path, field }) => (
        <div
          key={path}
          className="grid gap-x-4 gap-y-0.5 border-line px-4 py-2.5 text-13 not-last:border-b sm:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]"
        >
          <dt>
            <code className="font-mono break-all">{path}</code>
            <span className="block text-12 text-ink-3">{field.type}</span>
          </dt>
          <dd className="text-ink-2">
            {field.title && <span className="block text-ink">{field.title}</span>}
            {field.description}
            <span className="block text-12 text-ink-3">{rulesOf(field)}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
