import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { FLAGS } from "@/features/metering/edge/lua/common";
import * as consume from "@/features/metering/edge/lua/consume";
import * as hold from "@/features/metering/edge/lua/hold";
import * as intent from "@/features/metering/edge/lua/intent";
import * as outbox from "@/features/metering/edge/lua/outbox";
import * as resolution from "@/features/metering/edge/lua/resolve";
import * as state from "@/features/metering/edge/lua/state";
import * as sweep from "@/features/metering/edge/lua/sweep";
import { LuaError, readLua } from "./lua";
import { changedLua, type Edit, luaEdits } from "./lua-mutants";
import type { Verdict } from "./memory";
import { allMutants, isForAll, type Mutant, mutantsOf } from "./mutants";
import { outdated, reportOf, sorted } from "./report";
import { TARGETS } from "./targets";
import { changedTypeScript, typeScriptEdits } from "./typescript-mutants";

const root = resolve(import.meta.dirname, "../..");
const changes = (text: string, edits: readonly Edit[]) =>
  edits.map(({ kind, start, end, replacement }) => [kind, text.slice(start, end).trim(), replacement.trim()]);

const SCRIPT = `
-- A use: what is there, what is asked.
local there = redis.call('GET', KEYS[1])
if not there or there == 'x' then return {'missing'} end
local left = tonumber(there) - tonumber(ARGV[1])
if left < 0 then
  redis.call('HSET', KEYS[2], 'refused', '1')
elseif left == 0 then
  note(there, function(old) return old .. '\\\\n' end)
else
  count = count + 1
end
for i = 1, #ARGV do out[#out + 1] = ARGV[i] end
redis.call('SET', KEYS[1], left, 'PX', ARGV[2])
return {'ok', left}
`;

describe("the mutants of a piece of Lua", () => {
  it("take out each guard, each write and each operand, and turn round each comparison and sign", () => {
    expect(changes(SCRIPT, luaEdits(SCRIPT))).toEqual([
      ["guard", "not there or there == 'x'", "false"],
      ["operand", "or there == 'x'", ""],
      ["operand", "not there or", ""],
      ["comparison", "==", "~="],
      ["sign", "-", "+"],
      ["term", "- tonumber(ARGV[1])", ""],
      ["guard", "left < 0", "false"],
      ["always", "left < 0", "true"],
      ["comparison", "<", "<="],
      ["write", "redis.call('HSET', KEYS[2], 'refused', '1')", ""],
      ["guard", "left == 0", "false"],
      ["always", "left == 0", "true"],
      ["comparison", "==", "~="],
      ["step", "note(there, function(old) return old .. '\\\\n' end)", ""],
      ["set", "count = count + 1", ""],
      ["sign", "+", "-"],
      ["term", "+ 1", ""],
      ["set", "out[#out + 1] = ARGV[i]", ""],
      ["write", "redis.call('SET', KEYS[1], left, 'PX', ARGV[2])", ""],
    ]);
  });

  it("are scripts that can be read, each with one change", () => {
    for (const edit of luaEdits(SCRIPT)) {
      const changed = changedLua(SCRIPT, edit);
      expect(changed).not.toBe(SCRIPT);
      expect(() => readLua(changed)).not.toThrow();
    }
  });

  it("are refused where they could not be read", () => {
    const at = SCRIPT.indexOf("then");
    expect(() => changedLua(SCRIPT, { kind: "x", start: at, end: at + 4, replacement: "" })).toThrow(LuaError);
  });

  it.each(["if a then", "local = 1", "a +", "f(", "x y", "return 1 2", "'open", "§"])("are not made of %j", (text) => {
    expect(() => luaEdits(text)).toThrow(LuaError);
  });

  it("are also of functions of a table, and of commands by a shorter name", () => {
    const text = "function B.emit(kind, ...)\n  call('XADD', OUTBOX, ...)\n  B.note(kind)\nend";
    expect(changes(text, luaEdits(text))).toEqual([
      ["write", "call('XADD', OUTBOX, ...)", ""],
      ["step", "B.note(kind)", ""],
    ]);
  });

  it("leave what the source puts in: an expression where one must follow, anything between two tokens", () => {
    const hole = "$" + "{  }";
    const text = `${hole}call('SET', k, ${hole})\nif a <= ${hole} then ${hole}return f(1${hole}) end`;
    expect(changes(text, luaEdits(text))).toEqual([
      ["write", `call('SET', k, ${hole})`, ""],
      ["guard", `a <= ${hole}`, "false"],
      ["comparison", "<=", "<"],
    ]);
    expect(() => luaEdits("call('SET', k, )")).toThrow(LuaError);
  });

  it("know what binds tighter", () => {
    const text = "local a = b or c and d == e + 1 .. 'x'";
    expect(changes(text, luaEdits(text))).toEqual([
      ["operand", "or c and d == e + 1 .. 'x'", ""],
      ["operand", "b or", ""],
      ["operand", "and d == e + 1 .. 'x'", ""],
      ["operand", "c and", ""],
      ["comparison", "==", "~="],
      ["sign", "+", "-"],
      ["term", "+ 1", ""],
    ]);
  });
});

const MODULE = `
import { wait } from "./x";
const other = async () => { await wait(); };
/** Ümläute before it, so that bytes are not characters. */
export async function act(tx: Tx, id: string): Promise<void> {
  await tx.lock(id);
  const [row] = await tx.select().where(and(eq(a, id), eq(b, 2), c)).for("update");
  if (!row || row.n > 3) throw new Error("é");
  await tx.execute(sql\`update t set a = 1 where id = \${id} and mode = \${f({ id })} and n <> 0\`);
  if (row.n === 2) await wait();
  count += row.n + 1;
}
`;

describe("the mutants of a function", () => {
  const edits = typeScriptEdits(MODULE, ["act"]);

  it("leave out each step, guard and condition, change the order of steps, and read without a lock", () => {
    expect(
      changes(
        MODULE,
        edits.map(({ edit }) => edit),
      ).map(([kind, before]) => [kind, before?.slice(0, 30)]),
    ).toEqual([
      ["order", "await tx.lock(id);\n  const [ro"],
      ["order", "if (!row || row.n > 3) throw n"],
      ["order", "await tx.execute(sql`update t "],
      ["step", "await tx.lock(id);"],
      ["lock", '.for("update")'],
      ["where", "eq(a, id),"],
      ["where", "eq(b, 2),"],
      ["where", ", c"],
      ["guard", "!row || row.n > 3"],
      ["operand", "|| row.n > 3"],
      ["operand", "!row ||"],
      ["comparison", ">"],
      ["step", "await tx.execute(sql`update t "],
      ["where", "and mode = $" + "{f({ id })}"],
      ["where", "and n <> 0"],
      ["guard", "row.n === 2"],
      ["always", "row.n === 2"],
      ["comparison", "==="],
      ["step", "await wait();"],
      ["step", "count += row.n + 1;"],
      ["sign", "+"],
    ]);
    expect(new Set(edits.map(({ scope }) => scope))).toEqual(new Set(["act"]));
  });

  it("can be read, each with one change, and are refused where not", () => {
    for (const { edit } of edits) expect(changedTypeScript(MODULE, edit)).not.toBe(MODULE);
    const at = MODULE.indexOf("{ wait }");
    expect(() => changedTypeScript(MODULE, { kind: "x", start: at, end: at + 1, replacement: "" })).toThrow();
  });

  it("are of all functions where none is named", () => {
    expect(new Set(typeScriptEdits(MODULE).map(({ scope }) => scope))).toEqual(new Set(["other", "act"]));
  });
});

const LUA_MODULE = `
const FLAGS = "#!lua flags=allow-key-locking\\n";
const SHARED = "if a then return {'late'} end\\n";
export const piece = (more = ""): string => \`
local x = f(1\${more})
\${SHARED}if x then return end
\`;
export const SCRIPT = \`\${FLAGS}\${piece(", 2")}redis.call('DEL', KEYS[1])\`;
`;
const source = (file: string): string => readFileSync(join(root, file), "utf8");
const target = { file: "src/features/metering/edge/lua/sample.ts", what: "lua", tests: ["a.test.ts"] } as const;

describe("the mutants of a module of scripts", () => {
  const mutants = mutantsOf(target, LUA_MODULE);

  it("are those of its pieces, with what is put into them left as it is", () => {
    expect(mutants.map(({ scope, kind, line, before }) => [scope, kind, line, before])).toEqual([
      ["SHARED", "guard", 3, "a"],
      ["piece", "guard", 6, "x"],
      ["SCRIPT", "write", 8, "redis.call('DEL', KEYS[1])"],
    ]);
    expect(mutants[1]?.text).toBe(LUA_MODULE.replace("if x then", "if false then"));
  });

  it("keep their names where something else in the module changes, and not where they do", () => {
    const ids = mutants.map(({ id }) => id);
    expect(ids[1]).toMatch(/^edge\/lua\/sample\.ts:piece:3:guard:[0-9a-f]{8}$/);
    expect(mutantsOf(target, `// A comment.\n${LUA_MODULE}`).map(({ id }) => id)).toEqual(ids);
    const other = mutantsOf(target, LUA_MODULE.replace("if x then", "if x == y then")).map(({ id }) => id);
    expect(other.filter((id) => ids.includes(id))).toHaveLength(2);
  });

  it("are told apart where they stand on one line", () => {
    const twice = LUA_MODULE.replace("if x then", "if x == y and x == y then");
    const ids = mutantsOf(target, twice).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("are not made of a template that is no Lua", () => {
    expect(() => mutantsOf(target, LUA_MODULE.replace("if x then", "if x"))).toThrow(LuaError);
  });
});

describe("the mutants of this project", () => {
  const all = allMutants(root);
  const scripts = [consume, hold, intent, outbox, resolution, state, sweep].flatMap((module) => Object.entries(module));
  const lua = all.filter(({ file }) => file.includes("/lua/"));

  it.each(scripts)("take out everything that %s does as it is sent", (_, script) => {
    expect(script.startsWith(FLAGS)).toBe(true);
    const sent = script.slice(FLAGS.length);
    // What the source puts in stands in a mutant as its name, and in the script as its text.
    const literal = (text: string) => text.replaceAll("\\\\", "\\").replace(/[.*+?^$()|[\]\\{}]/g, "\\$&");
    const made = lua.map(({ kind, before }) => {
      const parts = before.split(/\$\{[^}]*\}/).map(literal);
      return new RegExp(`^${kind}: ${parts.join(".*")}$`);
    });
    const done = luaEdits(sent).map(
      ({ kind, start, end }) => `${kind}: ${sent.slice(start, end).replace(/\s+/g, " ").trim()}`,
    );
    expect(done.length).toBeGreaterThan(0);
    expect(done.filter((one) => !made.some((pattern) => pattern.test(one)))).toEqual([]);
  });

  it("are their module with that one change and no other", () => {
    const bare = (text: string) => text.replace(/\s+/g, "");
    for (const { id, file, text, ...change } of all) {
      const [original, mutant, before, after] = [source(file), text, change.before, change.after].map(bare) as [
        string,
        string,
        string,
        string,
      ];
      let at = original.indexOf(before);
      while (at >= 0 && original.slice(0, at) + after + original.slice(at + before.length) !== mutant) {
        at = original.indexOf(before, at + 1);
      }
      expect(at, id).toBeGreaterThanOrEqual(0);
      expect(mutant, id).not.toBe(original);
    }
  }, 60_000);

  it("are of every script and of every step of the drain and the way back, each with a name of its own", () => {
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    const scopes = new Set(all.map(({ scope }) => scope));
    for (const scope of [
      ...[
        "CONSUME",
        "HOLD",
        "RESOLVE",
        "GRANT",
        "REFUND",
        "END_GRANT",
        "TAKE_BACK",
        "TAKE_FROM",
        "SWEEP",
        "RETIRE",
        "SET_ACCOUNT",
      ],
      ...[
        "SET_KEY_RECORD",
        "SET_CATALOG",
        "CONFIGURE_ACCOUNTS",
        "BOOKS",
        "APP",
        "INTENT",
        "door",
        "admission",
        "UNSEEN",
      ],
      ...["drainPartition", "noticeLoss", "placeOf", "recordEvents", "writeAll", "sameOperation", "saveHeads"],
      ...[
        "writeEntries",
        "writeGrants",
        "writeUsage",
        "strikeRefunded",
        "hydrateOnce",
        "openEpoch",
        "setAccount",
        "computeAccount",
      ],
      ...["healForks", "loadOperation", "loadReservation", "applyIntents", "configureAccounts", "retireMarked"],
    ]) {
      expect(scopes, scope).toContain(scope);
    }
  }, 60_000);

  it("have tests that are there, and none says that it has what it has not", () => {
    for (const { tests, file } of TARGETS) {
      expect(existsSync(join(root, file)), file).toBe(true);
      for (const test of tests) expect(existsSync(join(root, test)), test).toBe(true);
    }
  });

  it("are first shown to tests that are there, by words that are in those tests' names", () => {
    for (const { what, about = [], file } of TARGETS) {
      const scopes = what === "lua" ? lua.filter((one) => one.file === file).map(({ scope }) => scope) : null;
      const byScope = Object.entries(isForAll(about) ? { "": about } : about);
      for (const [scope, [test, words]] of byScope.flatMap(([of, some]) => some.map((one) => [of, one] as const))) {
        if (scopes) expect(scopes).toContain(scope);
        expect(existsSync(join(root, test)), test).toBe(true);
        let group = "";
        const names = [...source(test).matchAll(/(describe\(|it\(|\)\()\s*"([^"]+)"/g)].flatMap(
          ([, opens, name = ""]) => {
            if (opens === "describe(") group = name;
            // Of a test that is there for several scripts, the row of the one that is meant.
            const row = /[A-Z_]{3,}/.exec(words)?.[0] ?? "";
            const there = source(test).includes(`["${row}",`);
            return opens === "describe(" ? [] : [`${group} > ${there ? name.replace("%s", row) : name}`];
          },
        );
        expect(names.filter((name) => new RegExp(words).test(name)).length, `${scope}: ${words}`).toBeGreaterThan(0);
      }
    }
  });
});

describe("the report", () => {
  const mutants = mutantsOf(target, LUA_MODULE);
  const [a, b, c] = mutants as [Mutant, Mutant, Mutant];
  const verdicts = new Map<string, Verdict>([
    [a.id, { verdict: "caught", by: { file: "x.test.ts", test: "t", message: "m" }, file: a.file, scope: "", line: 1 }],
    [b.id, { verdict: "survived", file: b.file, scope: "", line: 1 }],
    [c.id, { verdict: "hung", file: c.file, scope: "", line: 1 }],
  ]);
  const summary = { mutants, verdictOf: (id: string) => verdicts.get(id), equivalent: [] };

  it("counts a hang as caught, and a survivor only where nothing is argued", () => {
    expect(sorted(summary)).toMatchObject({ caught: [a, c], survived: [b], equivalent: [], stale: [] });
    const equivalent = [{ id: b.id, because: "nobody can see it" }];
    expect(sorted({ ...summary, equivalent })).toMatchObject({ survived: [], equivalent: [b], stale: [] });
    const text = reportOf({ ...summary, equivalent }, ["today"]);
    expect(text).toContain("**3 mutants: 2 caught, 1 equivalent, 0 survived.**");
    expect(text).toContain("nobody can see it");
  });

  it("says that an argument is stale where its mutant is caught, or is another by now", () => {
    const equivalent = [
      { id: a.id, because: "?" },
      { id: "gone", because: "?" },
    ];
    expect(sorted({ ...summary, equivalent }).stale).toEqual([`${a.id} is said to be equivalent, and was caught`]);
    expect(outdated(equivalent, mutants)).toEqual(["gone is said to be equivalent, and its text has changed"]);
  });
});
