import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript-5";
import { PROJECT_ROOT } from "../../stack/files";

export interface Schema {
  [keyword: string]: unknown;
}

/** Schemas by the expression they were made from, with what they share. */
export interface Schemas {
  readonly $defs: Record<string, Schema>;
  readonly roots: Record<string, string>;
}

const REF = "#/$defs/";

/**
 * Turns types of Stripe's SDK into JSON Schema, by the compiler's own understanding of them. Objects are closed: a field
 * the type does not have is wrong. Where the SDK names values and leaves room for others to come, only the named ones pass.
 * @param roots what to call each schema, with the type as it would be written after `import Stripe from "stripe"`
 */
export function schemasOf(roots: Record<string, string>): Schemas {
  const file = join(PROJECT_ROOT, "stripe-roots.ts");
  const text = `import type { Stripe } from "stripe";
export interface Roots {
${Object.entries(roots)
  .map(([name, type]) => `${JSON.stringify(name)}: ${type};`)
  .join("\n")}
}`;
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022) : getSourceFile(name, ...rest);
  host.fileExists = (name) => name === file || fileExists(name);
  host.readFile = (name) => (name === file ? text : readFile(name));
  const program = ts.createProgram([file], options, host);
  const source = program.getSourceFile(file);
  const wrong = source ? program.getSemanticDiagnostics(source) : [];
  if (!source || wrong.length > 0)
    throw new Error(`The SDK has no such type: ${ts.flattenDiagnosticMessageText(wrong[0]?.messageText ?? "", " ")}`);
  return new Writer(program.getTypeChecker()).write(source);
}

class Writer {
  readonly #defs: Record<string, Schema> = {};
  readonly #names = new Map<ts.Type, string>();

  constructor(readonly checker: ts.TypeChecker) {}

  write(source: ts.SourceFile): Schemas {
    const [roots] = source.statements.filter(ts.isInterfaceDeclaration);
    if (!roots) throw new Error("There is nothing to make schemas of");
    const made: Record<string, string> = {};
    for (const property of this.checker.getTypeAtLocation(roots).getProperties()) {
      const name = `root ${property.name}`;
      this.#defs[name] = this.#schema(this.checker.getTypeOfSymbol(property));
      made[property.name] = name;
    }
    return { $defs: this.#defs, roots: made };
  }

  #schema(type: ts.Type): Schema {
    if (type.isUnion()) return this.#union(type.types);
    if (type.flags & ts.TypeFlags.StringLike)
      return type.isStringLiteral() ? { const: type.value } : { type: "string" };
    if (type.flags & ts.TypeFlags.NumberLike)
      return type.isNumberLiteral() ? { const: type.value } : { type: "number" };
    if (type.flags & ts.TypeFlags.BooleanLiteral) return { const: this.checker.typeToString(type) === "true" };
    if (type.flags & ts.TypeFlags.Null) return { type: "null" };
    if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {};
    if (isOpenString(type)) return { type: "string" };
    if (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return this.#object(type);
    throw new Error(`No schema for ${this.checker.typeToString(type)}`);
  }

  #union(types: readonly ts.Type[]): Schema {
    const there = types.filter((type) => !(type.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)));
    const literals = there.flatMap((type) => (type.isStringLiteral() || type.isNumberLiteral() ? [type.value] : []));
    const others = there.filter(
      (type) => !(type.isStringLiteral() || type.isNumberLiteral() || (isOpenString(type) && literals.length > 0)),
    );
    const schemas = others.map((type) => this.#schema(type));
    const booleans = schemas.filter((one) => typeof one.const === "boolean");
    const rest = schemas.filter((one) => typeof one.const !== "boolean");
    if (booleans.length === 2) rest.push({ type: "boolean" });
    else rest.push(...booleans);
    if (literals.length > 0) rest.push({ enum: literals });
    const [only] = rest;
    return only && rest.length === 1 ? only : { anyOf: rest };
  }

  #object(type: ts.Type): Schema {
    if (this.checker.isArrayType(type)) {
      const [items] = this.checker.getTypeArguments(type as ts.TypeReference);
      return { type: "array", items: items ? this.#schema(items) : {} };
    }
    // On the wire a decimal is a text.
    if (type.aliasSymbol?.name === "Decimal" || type.symbol?.name === "DecimalImpl")
      return { type: "string", pattern: "^-?\\d+(\\.\\d+)?$" };
    const known = this.#names.get(type);
    if (known !== undefined) return { $ref: REF + known };
    const name = `${this.#names.size} ${this.checker.typeToString(type).slice(0, 60)}`.replaceAll(/[^\w.]+/g, "-");
    this.#names.set(type, name);
    const schema: Schema = { type: "object" };
    this.#defs[name] = schema;
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const property of this.checker.getPropertiesOfType(type)) {
      const of = this.checker.getTypeOfSymbol(property);
      // `deleted?: void` says that the field is never there.
      if (of.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)) continue;
      properties[property.name] = this.#schema(of);
      if (!(property.flags & ts.SymbolFlags.Optional)) required.push(property.name);
    }
    const index = this.checker.getIndexInfoOfType(type, ts.IndexKind.String);
    const empty = Object.keys(properties).length === 0 && !index;
    Object.assign(schema, {
      properties,
      required,
      ...(!empty && { additionalProperties: index ? this.#schema(index.type) : false }),
    });
    return { $ref: REF + name };
  }
}

/** `string & Record<never, never>`: how the SDK says that more values may come. */
const isOpenString = (type: ts.Type): boolean =>
  type.isIntersection() && type.types.some((part) => Boolean(part.flags & ts.TypeFlags.String));

/** The schemas, made once for each version of the SDK and kept in the data folder. */
export function cachedSchemas(roots: Record<string, string>): Schemas {
  const version = readFileSync(join(PROJECT_ROOT, "node_modules/stripe/VERSION"), "utf8").trim();
  const maker = readFileSync(import.meta.filename, "utf8");
  const print = createHash("sha256").update(JSON.stringify(roots)).update(maker).digest("hex").slice(0, 12);
  const file = join(PROJECT_ROOT, `.data/stripe-types/${version}-${print}.json`);
  const read = (): Schemas => JSON.parse(readFileSync(file, "utf8")) as Schemas;
  if (existsSync(file)) return read();
  mkdirSync(dirname(file), { recursive: true });
  // Test files begin side by side, and this takes seconds: the first does it for all.
  const lock = `${file}.lock`;
  const mine = takeLock(lock);
  for (let waited = 0; !mine && waited < PATIENCE_MS && existsSync(lock); waited += STEP_MS) pause(STEP_MS);
  if (existsSync(file)) return read();
  try {
    const made = schemasOf(roots);
    const half = `${file}.${process.pid}`;
    writeFileSync(half, JSON.stringify(made));
    renameSync(half, file);
    return made;
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

const PATIENCE_MS = 60_000;
const STEP_MS = 100;

function takeLock(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

const pause = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
