/**
 * A reader of the Lua that this project's scripts are written in: enough of Lua 5.1 to know each statement and each
 * expression with its place in the text. It reads the text as it stands in the TypeScript source, so that a place here is
 * a place there; an escape outside of a string is therefore white space. What the source puts into the text, `${…}`, stands
 * for one expression where one has to follow, and for whatever it likes between two tokens, as white space, elsewhere.
 */

/** From `start` up to, not including, `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface LuaExpression extends Range {
  readonly kind: "binary" | "unary" | "call" | "function" | "other";
  /** Of a binary or unary one. */
  readonly operator: string;
  /** Operands, arguments, or whatever else it is made of, in order. */
  readonly parts: readonly LuaExpression[];
  /** Of a function. */
  readonly body: readonly LuaStatement[];
}

export interface LuaClause {
  readonly condition: LuaExpression;
  readonly body: readonly LuaStatement[];
}

export interface LuaStatement extends Range {
  readonly kind: "local" | "assignment" | "call" | "if" | "loop" | "function" | "return" | "break" | "block";
  readonly expressions: readonly LuaExpression[];
  /** Of an `if`: its branches with a condition. */
  readonly clauses: readonly LuaClause[];
  /** Of a loop, function or block: what is in it; of an `if`: its `else`. */
  readonly body: readonly LuaStatement[];
}

export class LuaError extends Error {}

interface Token extends Range {
  readonly kind: "name" | "number" | "string" | "keyword" | "symbol" | "end";
  readonly text: string;
}

const KEYWORDS = new Set(
  "and break do else elseif end false for function if in local nil not or repeat return then true until while".split(
    " ",
  ),
);
const SPACE = /(?:\s|\\[nrt]|--[^\n]*)*/y;
const HOLE = /\$\{[^{}]*\}/y;
/** After one of these an expression has to follow. */
const OPEN = new Set("and or not return = == ~= < <= > >= + - * / % ^ # .. ( [ { ,".split(" "));
const TOKEN =
  /(?<name>[A-Za-z_]\w*)|(?<number>0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<string>'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*")|(?<symbol>\.\.\.|\.\.|==|~=|<=|>=|[-+*/%^#<>=(){}[\];:,.])/y;

function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (let at = 0; ; ) {
    SPACE.lastIndex = at;
    SPACE.exec(text);
    at = SPACE.lastIndex;
    if (at >= text.length) break;
    HOLE.lastIndex = at;
    const hole = HOLE.exec(text)?.[0];
    if (hole !== undefined) {
      if (OPEN.has(found.at(-1)?.text ?? "")) found.push({ kind: "name", text: hole, start: at, end: HOLE.lastIndex });
      at = HOLE.lastIndex;
      continue;
    }
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw new LuaError(`What is this, at ${at}: ${text.slice(at, at + 20)}`);
    const { name, number, string } = match.groups ?? {};
    const word = name && KEYWORDS.has(name) ? "keyword" : "name";
    const kind = name ? word : number ? "number" : string ? "string" : "symbol";
    found.push({ kind, text: match[0], start: at, end: TOKEN.lastIndex });
    at = TOKEN.lastIndex;
  }
  return found;
}

/** How tightly each operator holds what stands to its left and to its right. */
const BINARY: Readonly<Record<string, readonly [number, number]>> = {
  or: [1, 1],
  and: [2, 2],
  "<": [3, 3],
  ">": [3, 3],
  "<=": [3, 3],
  ">=": [3, 3],
  "~=": [3, 3],
  "==": [3, 3],
  "..": [5, 4],
  "+": [6, 6],
  "-": [6, 6],
  "*": [7, 7],
  "/": [7, 7],
  "%": [7, 7],
  "^": [10, 9],
};
const UNARY = 8;

class Reader {
  private at = 0;
  private readonly all: Token[];

  constructor(private readonly text: string) {
    this.all = tokens(text);
  }

  private get token(): Token {
    const { length } = this.text;
    return this.all[this.at] ?? { kind: "end", text: "", start: length, end: length };
  }
  private get last(): number {
    return this.all[this.at - 1]?.end ?? 0;
  }
  private is(...texts: string[]): boolean {
    return this.token.kind !== "string" && texts.includes(this.token.text);
  }
  private take(text: string): boolean {
    if (!this.is(text)) return false;
    this.at++;
    return true;
  }
  private need(text: string): void {
    if (!this.take(text)) throw new LuaError(`Expected ${text}, at ${this.token.start}: ${this.token.text}`);
  }
  private name(): void {
    if (this.token.kind !== "name") throw new LuaError(`Expected a name, at ${this.token.start}: ${this.token.text}`);
    this.at++;
  }

  chunk(): LuaStatement[] {
    const body = this.block();
    if (this.token.kind !== "end") throw new LuaError(`Left over, at ${this.token.start}: ${this.token.text}`);
    return body;
  }

  private block(): LuaStatement[] {
    const body: LuaStatement[] = [];
    while (this.token.kind !== "end" && !this.is("end", "else", "elseif", "until")) {
      if (this.take(";")) continue;
      body.push(this.statement());
    }
    return body;
  }

  private statement(): LuaStatement {
    const { start } = this.token;
    const done = (kind: LuaStatement["kind"], more: Partial<LuaStatement> = {}): LuaStatement => ({
      kind,
      expressions: [],
      clauses: [],
      body: [],
      ...more,
      start,
      end: this.last,
    });
    if (this.take("local")) {
      if (this.take("function")) {
        this.name();
        return done("function", { body: this.functionBody() });
      }
      do this.name();
      while (this.take(","));
      return done("local", { expressions: this.take("=") ? this.list() : [] });
    }
    if (this.take("function")) {
      do this.name();
      while (this.take(".") || this.take(":"));
      return done("function", { body: this.functionBody() });
    }
    if (this.take("if")) return this.conditional(done);
    if (this.take("while")) {
      const condition = this.expression();
      this.need("do");
      const body = this.closed();
      return done("loop", { expressions: [condition], body });
    }
    if (this.take("for")) {
      do this.name();
      while (this.take(","));
      if (!this.take("=")) this.need("in");
      const expressions = this.list();
      this.need("do");
      const body = this.closed();
      return done("loop", { expressions, body });
    }
    if (this.take("do")) return done("block", { body: this.closed() });
    if (this.take("break")) return done("break");
    if (this.take("return")) {
      const nothing = this.token.kind === "end" || this.is("end", "else", "elseif", "until", ";");
      return done("return", { expressions: nothing ? [] : this.list() });
    }
    const targets = [this.primary()];
    while (this.take(",")) targets.push(this.primary());
    if (this.take("=")) return done("assignment", { expressions: this.list() });
    const [call] = targets;
    if (targets.length > 1 || call?.kind !== "call") throw new LuaError(`This does nothing, at ${start}`);
    return done("call", { expressions: [call] });
  }

  private conditional(done: (kind: "if", more: Partial<LuaStatement>) => LuaStatement): LuaStatement {
    const clauses: LuaClause[] = [];
    do {
      const condition = this.expression();
      this.need("then");
      clauses.push({ condition, body: this.block() });
    } while (this.take("elseif"));
    const body = this.take("else") ? this.block() : [];
    this.need("end");
    return done("if", { clauses, body });
  }

  private closed(): LuaStatement[] {
    const body = this.block();
    this.need("end");
    return body;
  }

  private functionBody(): LuaStatement[] {
    this.need("(");
    while (!this.take(")")) {
      if (!this.take("...")) this.name();
      this.take(",");
    }
    return this.closed();
  }

  private list(): LuaExpression[] {
    const found = [this.expression()];
    while (this.take(",")) found.push(this.expression());
    return found;
  }

  private made(kind: LuaExpression["kind"], start: number, more: Partial<LuaExpression> = {}): LuaExpression {
    return { kind, operator: "", parts: [], body: [], ...more, start, end: this.last };
  }

  private expression(limit = 0): LuaExpression {
    const { start } = this.token;
    let left: LuaExpression;
    if (this.is("not", "-", "#")) {
      const operator = this.token.text;
      this.at++;
      left = this.made("unary", start, { operator, parts: [this.expression(UNARY)] });
    } else {
      left = this.simple();
    }
    for (;;) {
      const operator = this.token.text;
      const binding = this.token.kind === "string" ? undefined : BINARY[operator];
      if (!binding || binding[0] <= limit) return left;
      this.at++;
      const right = this.expression(binding[1]);
      left = this.made("binary", start, { operator, parts: [left, right] });
    }
  }

  private simple(): LuaExpression {
    const { start, kind } = this.token;
    if (kind === "number" || kind === "string" || this.is("nil", "true", "false", "...")) {
      this.at++;
      return this.made("other", start);
    }
    if (this.take("function")) return this.made("function", start, { body: this.functionBody() });
    if (this.is("{")) return this.table();
    return this.primary();
  }

  private table(): LuaExpression {
    const { start } = this.token;
    const parts: LuaExpression[] = [];
    this.need("{");
    while (!this.take("}")) {
      if (this.take("[")) {
        parts.push(this.expression());
        this.need("]");
        this.need("=");
      } else if (this.token.kind === "name" && this.all[this.at + 1]?.text === "=") {
        this.at += 2;
      }
      parts.push(this.expression());
      if (!this.take(",")) this.take(";");
    }
    return this.made("other", start, { parts });
  }

  private primary(): LuaExpression {
    const { start } = this.token;
    let found: LuaExpression;
    if (this.take("(")) {
      const inner = this.expression();
      this.need(")");
      found = this.made("other", start, { parts: [inner] });
    } else {
      this.name();
      found = this.made("other", start);
    }
    for (;;) {
      if (this.take(".")) {
        this.name();
        found = this.made("other", start, { parts: found.parts });
      } else if (this.take("[")) {
        const index = this.expression();
        this.need("]");
        found = this.made("other", start, { parts: [...found.parts, index] });
      } else if (this.is("(")) {
        this.need("(");
        const parts = this.is(")") ? [] : this.list();
        this.need(")");
        found = this.made("call", start, { parts: [...found.parts, ...parts] });
      } else {
        return found;
      }
    }
  }
}

/**
 * Reads a piece of Lua.
 * @throws LuaError where it is none
 */
export const readLua = (text: string): LuaStatement[] => new Reader(text).chunk();
