import { parseSync } from "@swc/core";

/** A node of a TypeScript source: its type, its place in the text, and the nodes it is made of under their names. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly children: readonly Node[];
}

type Plain = Readonly<Record<string, unknown>>;
const isPlain = (value: unknown): value is Plain =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Reads TypeScript.
 * @throws Error where it is none
 */
export function readTypeScript(text: string): Node {
  // The parser counts bytes, from wherever the first word stands: a word of ours in front tells where that is.
  const parsed: unknown = parseSync(`;${text}`, { syntax: "typescript", target: "es2022" });
  const places = placesOf(text);
  const base = isPlain(parsed) && isPlain(parsed.span) ? Number(parsed.span.start) + 1 : 1;
  const place = (byte: unknown): number => places[Math.max(0, Number(byte) - base)] ?? text.length;

  const nodesIn = (value: unknown): Node[] => {
    if (Array.isArray(value)) return value.flatMap(nodesIn);
    if (!isPlain(value)) return [];
    const children = Object.entries(value).flatMap(([name, inner]) => (name === "span" ? [] : nodesIn(inner)));
    if (typeof value.type !== "string" || !isPlain(value.span)) return children;
    const { start, end } = value.span;
    return [{ type: value.type, start: place(start), end: place(end), fields: value, children }];
  };
  const [root] = nodesIn(parsed);
  if (!root) throw new Error("There is nothing to read");
  return root;
}

/** For each byte of a text, and its end, which character it belongs to. */
function placesOf(text: string): number[] {
  const places: number[] = [];
  let at = 0;
  for (const character of text) {
    for (let bytes = Buffer.byteLength(character); bytes > 0; bytes--) places.push(at);
    at += character.length;
  }
  places.push(at);
  return places;
}

/** The node among a node's children that stands under a name. */
export function field(node: Node, name: string): Node | undefined {
  const wanted = node.fields[name];
  return node.children.find((child) => child.fields === wanted);
}

/** The nodes that stand in a list under a name. */
export function fieldList(node: Node, name: string): Node[] {
  const wanted = node.fields[name];
  return Array.isArray(wanted) ? node.children.filter((child) => wanted.includes(child.fields)) : [];
}

/** What a declaration of a module is called; undefined for anything else. */
export function declaredName(node: Node): string | undefined {
  const named = (value: unknown): string | undefined =>
    isPlain(value) && typeof value.value === "string" ? value.value : undefined;
  if (node.type === "FunctionDeclaration") return named(node.fields.identifier);
  if (node.type === "VariableDeclarator") return named(node.fields.id);
  return undefined;
}

/** A node and all that it is made of. */
export function* within(node: Node): Generator<Node> {
  yield node;
  for (const child of node.children) yield* within(child);
}
