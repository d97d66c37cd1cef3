import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import ts from "typescript-5";

// No test without an assertion: a test that only runs code shows that it does not throw, and covers lines all the same.

const ASSERTS = /^(?:expect|assert)$/;
const TEST_NAMES = new Set(["it", "test"]);
/** Parts of a name such as `test.describe.configure` that make no test. */
const NO_TESTS = new Set([
  "describe",
  "beforeAll",
  "beforeEach",
  "afterAll",
  "afterEach",
  "step",
  "extend",
  "use",
  "setTimeout",
  "configure",
  "todo",
]);
/** Calls that assert by themselves: fast-check throws the counter-example. */
const LIBRARY = /^fc\.assert$/;

interface Read {
  readonly source: ts.SourceFile;
  /** What each name that is called in a file leads to: the file that it is imported from, and its name there. */
  readonly imports: ReadonlyMap<string, { readonly file: string; readonly name: string }>;
  readonly functions: ReadonlyMap<string, ts.Node>;
}

const fileOf = (root: string, from: string, specifier: string): string | null => {
  const base = specifier.startsWith("@/")
    ? join(root, "src", specifier.slice(2))
    : specifier.startsWith(".")
      ? resolve(dirname(from), specifier)
      : null;
  if (base === null) return null;
  return (
    [base, `${base}.ts`, `${base}.tsx`, join(base, "index.ts")].find(
      (path) => /\.tsx?$/.test(path) && existsSync(path),
    ) ?? null
  );
};

/** A callee as it is written: `it.each`, `fc.assert`; what is called on an answer loses the answer. */
function calleeOf(node: ts.Expression): string {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node)) return `${calleeOf(node.expression)}.${node.name.text}`;
  if (ts.isCallExpression(node) || ts.isTaggedTemplateExpression(node))
    return calleeOf(ts.isCallExpression(node) ? node.expression : node.tag);
  return "";
}

/** The names that a declaration makes, taken apart or not. */
const namesIn = (name: ts.BindingName): string[] =>
  ts.isIdentifier(name)
    ? [name.text]
    : name.elements.flatMap((one) => (ts.isBindingElement(one) ? namesIn(one.name) : []));

/** Reads files and says which functions assert, also through others. */
export class Assertions {
  readonly #root: string;
  readonly #files = new Map<string, Read>();
  readonly #known = new Map<ts.Node, boolean>();

  constructor(root: string) {
    this.#root = root;
  }

  #read(path: string): Read {
    const known = this.#files.get(path);
    if (known) return known;
    const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
    const imports = new Map<string, { file: string; name: string }>();
    const functions = new Map<string, ts.Node>();
    const visit = (node: ts.Node): void => {
      if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
        const file = fileOf(this.#root, path, node.moduleSpecifier.text);
        const named = node.importClause?.namedBindings;
        if (file && named && ts.isNamedImports(named))
          for (const { name, propertyName } of named.elements)
            imports.set(name.text, { file, name: (propertyName ?? name).text });
      }
      if ((ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) && node.name && ts.isIdentifier(node.name))
        functions.set(node.name.text, node);
      if (ts.isVariableDeclaration(node)) {
        const loop = node.parent.parent;
        const from = node.initializer ?? (ts.isForOfStatement(loop) ? loop.expression : undefined);
        if (from) for (const name of namesIn(node.name)) functions.set(name, from);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
    const read = { source, imports, functions };
    this.#files.set(path, read);
    return read;
  }

  /** Whether something under a node asserts, or calls what does. */
  #asserts(node: ts.Node, path: string): boolean {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    // Of a circle, each is judged by what else it does.
    this.#known.set(node, false);
    const { imports, functions } = this.#read(path);
    const follow = (name: string): boolean => {
      const own = functions.get(name);
      if (own) return own !== node && this.#asserts(own, path);
      const far = imports.get(name);
      if (!far) return false;
      const found = this.#read(far.file).functions.get(far.name);
      return found !== undefined && this.#asserts(found, far.file);
    };
    const visit = (child: ts.Node): boolean => {
      if (ts.isIdentifier(child) && child.parent && !ts.isImportSpecifier(child.parent)) {
        // A function that is handed on (`each(check)`) counts like one that is called.
        if (ASSERTS.test(child.text)) return true;
        if (!(ts.isPropertyAccessExpression(child.parent) && child.parent.name !== child) && follow(child.text))
          return true;
        if (ts.isPropertyAccessExpression(child.parent) && child.parent.expression === child && follow(child.text))
          return true;
      }
      if (ts.isCallExpression(child) && LIBRARY.test(calleeOf(child.expression))) return true;
      return ts.forEachChild(child, (one) => visit(one) || undefined) ?? false;
    };
    const answer = visit(node);
    this.#known.set(node, answer);
    return answer;
  }

  /** The tests of a file that assert nothing, as `line: name`, and how many tests there are. */
  testsWithout(path: string): { readonly tests: number; readonly without: string[] } {
    const { source } = this.#read(path);
    const without: string[] = [];
    let tests = 0;
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node)) {
        const [first, ...rest] = calleeOf(node.expression).split(".");
        const body = node.arguments
          .slice(1)
          .find((one) => ts.isArrowFunction(one) || ts.isFunctionExpression(one) || ts.isIdentifier(one));
        const title = node.arguments[0];
        if (first && TEST_NAMES.has(first) && title && body && !rest.some((part) => NO_TESTS.has(part))) {
          tests++;
          if (!this.#asserts(body, path)) {
            const { line } = source.getLineAndCharacterOfPosition(node.getStart());
            without.push(`${line + 1}: ${title.getText().slice(0, 80)}`);
          }
          return;
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
    return { tests, without };
  }
}

/** Every file of tests under some folders. */
export const testFiles = (root: string, folders: readonly string[]): string[] =>
  folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(?:test|spec)\.tsx?$/.test(name))
      .map((name) => join(root, folder, name)),
  );
