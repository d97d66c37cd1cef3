import type { Edit } from "./lua-mutants";
import { declaredName, field, fieldList, type Node, readTypeScript, within } from "./source";

const FLIPPED: Readonly<Record<string, string>> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
};
const SIGN: Readonly<Record<string, string>> = { "+": "-", "-": "+" };
const TEXT = new Set(["StringLiteral", "TemplateLiteral"]);
const JUMPS = new Set(["ReturnStatement", "ThrowStatement", "ContinueStatement", "BreakStatement"]);
/** A condition of SQL after the first, up to the next or to the end of its line or bracket. */
const CONDITION =
  /\s+and (?:[^(){}`\n]|\$\{(?:[^{}]|\{[^}]*\})*\}|\([^()]*\))+?(?=\s+and |\s*\n|\s*`| limit | returning |\)|$)/g;

const leaves = (node: Node | undefined): boolean => {
  if (!node) return false;
  if (JUMPS.has(node.type)) return true;
  return node.type === "BlockStatement" && leaves(fieldList(node, "stmts").at(-1));
};
/** Whether it waits for something itself, and does not only make a function that will. */
const waits = (node: Node): boolean =>
  node.type === "AwaitExpression" || (node.type !== "ArrowFunctionExpression" && node.children.some(waits));
const names = (node: Node, wanted: (node: Node) => boolean): Set<string> => {
  const found = new Set<string>();
  for (const inner of within(node)) {
    if (inner.type === "Identifier" && wanted(inner)) found.add(String(inner.fields.value));
  }
  return found;
};
const declared = (node: Node): Set<string> =>
  node.type === "VariableDeclaration"
    ? new Set(
        fieldList(node, "declarations").flatMap((one) => {
          const target = field(one, "id");
          return target ? [...names(target, () => true)] : [];
        }),
      )
    : new Set();
/** Whether it may end the function before what comes after it. */
const guards = (node: Node): boolean => node.type === "IfStatement" && leaves(field(node, "consequent"));
/**
 * True where two statements that follow each other are steps, one of which waits for something and the other too or is a
 * guard, and could stand in the other order without naming what is not there yet.
 */
const canSwap = (first: Node, second: Node): boolean => {
  if (!(waits(first) && (waits(second) || guards(second))) && !(guards(first) && waits(second))) return false;
  if (JUMPS.has(first.type) || JUMPS.has(second.type)) return false;
  const used = names(second, () => true);
  return [...declared(first)].every((name) => !used.has(name));
};

interface Found {
  /** The function it is in. */
  readonly scope: string;
  /** Where that begins. */
  readonly from: number;
  readonly edit: Edit;
}

/**
 * Every change of what stands in some functions of a module that takes out one thing they do:
 * - `guard`: a condition never holds; `always`: it always does (unless that would only have the function leave)
 * - `step`: a statement is left out; `order`: two that follow each other change places
 * - `comparison`, `operand`, `sign`: as in Lua
 * - `where`: a condition of a query is left out; `lock`: a row is read without locking it
 * @param functions names of functions and of constants that hold one; all where it is left out
 */
export function typeScriptEdits(text: string, functions?: readonly string[]): Found[] {
  const edits: Found[] = [];

  const inside = (scope: string, from: number, node: Node): void => {
    const cut = (start: number, end: number) => text.slice(start, end);
    const add = (kind: string, start: number, end: number, replacement: string) =>
      edits.push({ scope, from, edit: { kind, start, end, replacement } });

    if (node.type === "IfStatement") {
      const [test, then] = [field(node, "test"), field(node, "consequent")];
      if (test) add("guard", test.start, test.end, "false");
      if (test && !leaves(then)) add("always", test.start, test.end, "true");
    }
    if (node.type === "ExpressionStatement") add("step", node.start, node.end, ";");
    if (node.type === "BinaryExpression") {
      const [left, right] = [field(node, "left"), field(node, "right")];
      const operator = String(node.fields.operator);
      if (left && right) {
        const between = (by: string) => cut(left.end, right.start).replace(operator, () => by);
        const flipped = FLIPPED[operator];
        const sign = TEXT.has(left.type) || TEXT.has(right.type) ? undefined : SIGN[operator];
        if (flipped) add("comparison", left.end, right.start, between(flipped));
        if (sign) add("sign", left.end, right.start, between(sign));
        if (operator === "&&" || operator === "||") {
          add("operand", left.end, node.end, "");
          add("operand", node.start, right.start, "");
        }
      }
    }
    if (Array.isArray(node.fields.stmts)) {
      const statements = fieldList(node, "stmts");
      for (const [i, first] of statements.entries()) {
        const second = statements[i + 1];
        if (!second || !canSwap(first, second)) continue;
        const swapped = cut(second.start, second.end) + cut(first.end, second.start) + cut(first.start, first.end);
        add("order", first.start, second.end, swapped);
      }
    }
    if (node.type === "CallExpression") {
      const callee = field(node, "callee");
      const written = callee ? cut(callee.start, callee.end) : "";
      const given = node.children.filter((child) => child !== callee);
      if (written === "and" && given.length > 1) {
        for (const [i, one] of given.entries()) {
          const next = given[i + 1];
          const before = given[i - 1];
          if (next) add("where", one.start, next.start, "");
          else if (before) add("where", before.end, one.end, "");
        }
      }
      const receiver = callee?.children[0];
      if (callee?.type === "MemberExpression" && receiver && /\.for$/.test(written)) {
        add("lock", receiver.end, node.end, "");
      }
    }
    if (node.type === "TaggedTemplateExpression") {
      for (const match of cut(node.start, node.end).matchAll(CONDITION)) {
        const start = node.start + match.index;
        add("where", start, start + match[0].length, "");
      }
    }
    for (const child of node.children) inside(scope, from, child);
  };

  for (const statement of readTypeScript(text).children) {
    const [exported] = statement.type === "ExportDeclaration" ? statement.children : [statement];
    for (const one of exported?.type === "VariableDeclaration" ? exported.children : [exported]) {
      const name = one ? declaredName(one) : undefined;
      if (one && name && (!functions || functions.includes(name))) inside(name, statement.start, one);
    }
  }
  return edits;
}

/**
 * A text with one change.
 * @throws Error where the result could not be read: such a mutant would show nothing
 */
export function changedTypeScript(text: string, { start, end, replacement }: Edit): string {
  const changed = text.slice(0, start) + replacement + text.slice(end);
  readTypeScript(changed);
  return changed;
}
