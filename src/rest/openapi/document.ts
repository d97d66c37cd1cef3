import { z } from "zod";
import { PROBLEMS, type ProblemCode } from "@/lib/errors";
import { OPERATIONS, type Operation, problemsOf } from "./operations";

/** JSON Schema as OpenAPI 3.1 has it (draft 2020-12). */
export type Schema = Readonly<Record<string, unknown>>;

/** A contract as JSON Schema. `input`: what a caller may send, before defaults; `output`: what comes back. */
export function schemaOf(contract: z.ZodType, io: "input" | "output"): Schema {
  const { $schema: _, ...schema } = z.toJSONSchema(contract, { io, unrepresentable: "any" });
  return schema;
}

/**
 * A contract as a schema inside the document: what it refers to in itself (a recursive type, by its id) becomes a part of
 * the document, because a reference is read from the document's root.
 */
function inDocument(contract: z.ZodType, io: "input" | "output", parts: Record<string, Schema>): Schema {
  const schemas = JSON.stringify(schemaOf(contract, io)).replaceAll('"#/$defs/', '"#/components/schemas/');
  // An answer may have more fields one day; a request may not have one that we do not know.
  const text = io === "output" ? schemas.replaceAll(',"additionalProperties":false', "") : schemas;
  const { $defs = {}, ...schema } = JSON.parse(text) as Schema & { $defs?: Record<string, Schema> };
  Object.assign(parts, $defs);
  return schema;
}

/** A path as OpenAPI writes it. */
export const templateOf = (path: string): string => path.replaceAll("[id]", "{id}");

const PROBLEM: Schema = {
  type: "object",
  description: "RFC 9457, with a `code` of a closed list.",
  required: ["type", "title", "status", "detail", "code", "request_id"],
  properties: {
    type: { type: "string", description: "Where the code is explained" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string", description: "What is wrong and what to do" },
    code: { type: "string", enum: Object.keys(PROBLEMS) },
    request_id: { type: "string" },
    errors: {
      type: "array",
      description: "Which fields are wrong, where it is about fields",
      items: {
        type: "object",
        required: ["path", "message"],
        properties: { path: { type: "string" }, message: { type: "string" } },
      },
    },
    tokens_required: { type: "integer" },
    tokens_remaining: { type: "integer" },
  },
};

/** The problems of an operation by their status: several codes share one. */
export function problemsByStatus(operation: Operation): Map<number, ProblemCode[]> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of problemsOf(operation)) {
    const [status] = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return new Map([...byStatus].toSorted(([a], [b]) => a - b));
}

const HEADERS = {
  "X-Request-Id": { description: "The request's id: your own, where you sent a sane one", schema: { type: "string" } },
};
const LIMITED = {
  "RateLimit-Policy": { description: "The limits that apply", schema: { type: "string" } },
  RateLimit: { description: "What is left of them", schema: { type: "string" } },
};

function responsesOf(operation: Operation, parts: Record<string, Schema>): Schema {
  const good = Object.entries(operation.answers).map(([status, contract]) => [
    status,
    {
      description: operation.summary,
      headers: {
        ...HEADERS,
        ...LIMITED,
        ...(operation.idempotent
          ? {
              "Idempotent-Replayed": {
                description: "`true` where this is the first answer once more",
                schema: { type: "string" },
              },
            }
          : {}),
      },
      content: {
        "application/json": { schema: inDocument(contract, "output", parts) },
        ...(operation.csv ? { "text/csv": { schema: { type: "string" } } } : {}),
      },
    },
  ]);
  const bad = [...problemsByStatus(operation)].map(([status, codes]) => [
    String(status),
    {
      description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code][1]}`).join(". "),
      headers: {
        ...HEADERS,
        ...(status === 429 || status === 503
          ? { "Retry-After": { description: "Seconds after which to try again", schema: { type: "string" } } }
          : {}),
      },
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    },
  ]);
  return Object.fromEntries([...good, ...bad]);
}

function parametersOf(operation: Operation): Schema[] {
  const query = operation.query ? schemaOf(operation.query, "input") : {};
  const fields = Object.entries((query.properties ?? {}) as Record<string, Schema>);
  const required = (query.required ?? []) as string[];
  return [
    ...(operation.idIs
      ? [{ name: "id", in: "path", required: true, description: operation.idIs, schema: { type: "string" } }]
      : []),
    ...fields.map(([name, schema]) => ({ name, in: "query", required: required.includes(name), schema })),
    ...(operation.idempotent
      ? [
          {
            name: "Idempotency-Key",
            in: "header",
            required: false,
            description: "1 to 255 visible ASCII characters; the same key with the same body is the same request",
            schema: { type: "string", minLength: 1, maxLength: 255, pattern: "^[\\x21-\\x7e]+$" },
          },
        ]
      : []),
  ];
}

function operationOf(operation: Operation, parts: Record<string, Schema>): Schema {
  const { key } = operation;
  const schemes = key === null ? [] : key.kinds === "any" ? ["publicKey", "secretKey"] : ["secretKey"];
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    description: key ? `${operation.description}\n\nScope of a secret key: \`${key.scope}\`.` : operation.description,
    security: schemes.map((name) => ({ [name]: [] })),
    parameters: parametersOf(operation),
    ...(operation.body
      ? {
          requestBody: {
            required: schemaOf(operation.body, "input").required !== undefined,
            content: { "application/json": { schema: inDocument(operation.body, "input", parts) } },
          },
        }
      : {}),
    responses: responsesOf(operation, parts),
  };
}

/** The public API as an OpenAPI 3.1 document, from the contracts that validate its requests. */
export function openApiDocument(): Schema {
  const paths: Record<string, Record<string, Schema>> = {};
  const parts: Record<string, Schema> = { Problem: PROBLEM };
  for (const operation of OPERATIONS) {
    const path = templateOf(operation.path);
    paths[path] = { ...paths[path], [operation.method]: operationOf(operation, parts) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "VARAi Connected Apps",
      version: "1.0.0",
      description: "Spend tokens, read what was spent, and turn apps on, from a shop's page or a brand's server.",
    },
    // Read from where the document itself is.
    servers: [{ url: "/" }],
    tags: [
      { name: "Tokens", description: "Spending, reserving, giving back, and reading what was spent" },
      { name: "Apps", description: "The marketplace, and the apps of a brand" },
      { name: "Products", description: "What a brand sells: what apps search, show and measure against" },
      { name: "Billing", description: "Plans, packs of tokens, checkouts and invoices" },
    ],
    paths,
    components: {
      schemas: parts,
      securitySchemes: {
        secretKey: {
          type: "http",
          scheme: "bearer",
          description: "`ca_sk_…`, from a server only: a request with a browser's headers is refused.",
        },
        publicKey: {
          type: "http",
          scheme: "bearer",
          description: "`ca_pk_…`, from a page whose origin is on the key's list.",
        },
      },
    },
  };
}
