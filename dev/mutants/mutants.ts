import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LuaError } from "./lua";
import { changedLua, type Edit, luaEdits } from "./lua-mutants";
import { declaredName, type Node, readTypeScript } from "./source";
import { type About, TARGETS, type Target } from "./targets";
import { changedTypeScript, typeScriptEdits } from "./typescript-mutants";

/** One change of one module, and which tests would have to notice it. */
export interface Mutant {
  /** File, script or function, line in it, kind, and a hash of what is changed: stays while the text around it does. */
  readonly id: string;
  readonly file: string;
  readonly scope: string;
  readonly line: number;
  readonly kind: string;
  readonly before: string;
  readonly after: string;
  /** The whole module as it would be. */
  readonly text: string;
  readonly tests: readonly string[];
  /** The tests that are about its script or function. */
  readonly about: readonly About[];
}

/** Whether tests are named for the whole of a module, and not for each of its scripts or functions. */
export const isForAll = (about: NonNullable<Target["about"]>): about is readonly About[] => Array.isArray(about);
const aboutOf = ({ about = [] }: Target, scope: string): readonly About[] =>
  isForAll(about) ? about : (about[scope] ?? []);

/** A piece of Lua in a module: the constant it belongs to and where it stands. */
interface Piece {
  readonly scope: string;
  readonly start: number;
  /** Its text, with nothing but blanks in its `${…}`. */
  readonly lua: string;
}

/**
 * The pieces of Lua in a module: its template literals, and of its other strings those that are statements.
 * @throws LuaError where a template literal is no Lua
 */
function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  const look = (node: Node, scope: string, inTemplate: boolean): void => {
    const name = declaredName(node) ?? scope;
    const template = node.type === "TemplateLiteral";
    if (node.type === "StringLiteral" || template) {
      const start = node.start + 1;
      let lua = text.slice(start, node.end - 1);
      for (const inner of template ? node.children : []) {
        if (inner.type === "TemplateElement") continue;
        const [from, to] = [inner.start - start, inner.end - start];
        lua = lua.slice(0, from) + lua.slice(from, to).replace(/[^\n]/g, " ") + lua.slice(to);
      }
      try {
        if (luaEdits(lua).length > 0) pieces.push({ scope: name, start, lua });
      } catch (error) {
        if (!(error instanceof LuaError) || (template && !inTemplate)) throw error;
      }
    }
    for (const child of node.children) look(child, name, inTemplate || template);
  };
  look(readTypeScript(text), "", false);
  return pieces;
}

const lineOf = (text: string, at: number): number => text.slice(0, at).split("\n").length;
const clean = (text: string): string => text.replace(/\s+/g, " ").trim();

/** The rest of the lines that a change stands in, by which two like ones are told apart. */
const around = (text: string, { start, end }: Edit): string =>
  [text.slice(text.lastIndexOf("\n", start - 1) + 1, start), text.slice(end).split("\n", 1)[0]].join("\n");

/** Every mutant of one module. `text` is its source. */
export function mutantsOf(target: Target, text: string): Mutant[] {
  const found: { scope: string; from: number; edit: Edit; changed: string }[] = [];
  if (target.what === "lua") {
    for (const { scope, start, lua } of piecesOf(text)) {
      for (const edit of luaEdits(lua)) {
        changedLua(lua, edit);
        const moved = { ...edit, start: edit.start + start, end: edit.end + start };
        found.push({ scope, from: start, edit: moved, changed: changedTypeScript(text, moved) });
      }
    }
  } else {
    for (const { scope, from, edit } of typeScriptEdits(text, target.functions)) {
      found.push({ scope, from, edit, changed: changedTypeScript(text, edit) });
    }
  }
  const taken = new Map<string, number>();
  const { about = [] } = target;
  const every = isForAll(about) ? about : Object.values(about).flat();
  const tests = [...new Set([...target.tests, ...every.map(([test]) => test)])];
  return found.map(({ scope, from, edit, changed }) => {
    const line = lineOf(text, edit.start) - lineOf(text, from) + 1;
    const [before, after] = [clean(text.slice(edit.start, edit.end)), clean(edit.replacement)];
    const hash = createHash("sha1")
      .update([around(text, edit), before, after].join("\n"))
      .digest("hex")
      .slice(0, 8);
    const name = `${target.file.replace("src/features/metering/", "")}:${scope}:${line}:${edit.kind}:${hash}`;
    const times = (taken.get(name) ?? 0) + 1;
    taken.set(name, times);
    return {
      id: times > 1 ? `${name}:${times}` : name,
      file: target.file,
      scope,
      line: lineOf(text, edit.start),
      kind: edit.kind,
      before,
      after,
      text: changed,
      tests,
      about: aboutOf(target, scope),
    };
  });
}

/** Every mutant of the project's metering, in the order of its files. `root` is the project's folder. */
export const allMutants = (root: string): Mutant[] =>
  TARGETS.flatMap((target) => mutantsOf(target, readFileSync(join(root, target.file), "utf8")));
