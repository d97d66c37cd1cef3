import { type LuaExpression, type LuaStatement, type Range, readLua } from "./lua";

/** One change of a text. */
export interface Edit extends Range {
  readonly kind: string;
  readonly replacement: string;
}

const FLIPPED: Readonly<Record<string, string>> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "==": "~=",
  "~=": "==",
};
const SIGN: Readonly<Record<string, string>> = { "+": "-", "-": "+" };

/** Whether a block ends by leaving the script or function: nothing after it is reached. */
const leaves = (body: readonly LuaStatement[]): boolean => {
  const kind = body.at(-1)?.kind;
  return kind === "return" || kind === "break";
};

/**
 * Every change of a piece of Lua that takes out one thing it does:
 * - `guard`: a condition never holds; `always`: it always does (unless that would only have the script answer nothing else)
 * - `write`: a command to Redis is not sent; `step`: another call is not made; `set`: a variable keeps its value
 * - `comparison`: one is turned round; `operand`: one side of an `and` or `or` is left out
 * - `sign`: a sum becomes a difference or the other way; `term`: what is added or taken away is left out
 * @param text the piece as it stands in the source, with nothing but blanks in its `${…}`
 */
export function luaEdits(text: string): Edit[] {
  const edits: Edit[] = [];
  const cut = ({ start, end }: Range) => text.slice(start, end);
  const add = (kind: string, { start, end }: Range, replacement: string) =>
    edits.push({ kind, start, end, replacement });

  const expression = (node: LuaExpression): void => {
    const [left, right] = node.parts;
    if (node.kind === "binary" && left && right) {
      const place = left.end + cut({ start: left.end, end: right.start }).indexOf(node.operator);
      const operator: Range = { start: place, end: place + node.operator.length };
      const flipped = FLIPPED[node.operator];
      const sign = SIGN[node.operator];
      if (flipped) add("comparison", operator, flipped);
      if (node.operator === "and" || node.operator === "or") {
        add("operand", { start: left.end, end: node.end }, "");
        add("operand", { start: node.start, end: right.start }, "");
      }
      if (sign) {
        add("sign", operator, sign);
        add("term", { start: left.end, end: node.end }, "");
      }
    }
    node.parts.forEach(expression);
    node.body.forEach(statement);
  };

  const statement = (node: LuaStatement): void => {
    if (node.kind === "call") add(/^(?:redis\.p?)?call\(/.test(cut(node)) ? "write" : "step", node, "");
    if (node.kind === "assignment") add("set", node, "");
    for (const { condition, body } of node.clauses) {
      add("guard", condition, "false");
      if (!leaves(body)) add("always", condition, "true");
      expression(condition);
      body.forEach(statement);
    }
    node.expressions.forEach(expression);
    node.body.forEach(statement);
  };

  readLua(text).forEach(statement);
  return edits;
}

/**
 * A text with one change.
 * @throws LuaError where the result could not be read: such a mutant would show nothing
 */
export function changedLua(text: string, { start, end, replacement }: Edit): string {
  const changed = text.slice(0, start) + replacement + text.slice(end);
  readLua(changed);
  return changed;
}
