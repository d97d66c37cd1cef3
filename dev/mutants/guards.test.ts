import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { GUARDS } from "./guards";
import { changedTypeScript } from "./typescript-mutants";

it("each guard of the money's way stands once where it is said to, and is named by a test", () => {
  for (const { holds, file, there, out, test, words } of GUARDS) {
    const text = readFileSync(file, "utf8");
    const start = text.indexOf(there);
    expect([holds, text.split(there).length - 1]).toEqual([holds, 1]);
    expect(() =>
      changedTypeScript(text, { kind: "guard", start, end: start + there.length, replacement: out }),
    ).not.toThrow();
    expect([holds, readFileSync(test, "utf8").includes(words)]).toEqual([holds, true]);
  }
});
