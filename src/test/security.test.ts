import { existsSync, readFileSync } from "node:fs";
import { Writable } from "node:stream";
import pino from "pino";
import { describe, expect, it } from "vitest";

const page = readFileSync("docs/security.md", "utf8");
/** Lines of the page's tables that claim something: what is claimed, and the cell that names its tests. */
const lines = page
  .split("\n## What holds, and what shows it\n")[1]
  ?.split("\n## ")[0]
  ?.split("\n")
  .filter((line) => /^\| (?!claim \|)/.test(line) && !line.startsWith("|---"))
  .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")));

describe("docs/security.md", () => {
  it("has a test for each line", () => {
    expect(lines?.length).toBeGreaterThan(30);
    for (const [claim, tests = ""] of lines ?? []) expect(tests, claim).toMatch(/`[^`]+\.(?:test|spec)\.tsx?`/);
  });

  it.each((lines ?? []).map(([claim = "", tests = ""]) => [claim, tests] as const))(
    "names tests that exist: %s",
    (_, tests) => {
      let file = "";
      for (const [, path, title] of tests.matchAll(/`([^`]+)`|“([^”]+)”/g)) {
        if (path) {
          expect(existsSync(path), path).toBe(true);
          file = readFileSync(path, "utf8");
          expect(file).toMatch(/\bexpect\(/);
        }
        if (title)
          expect(file, title).toMatch(
            new RegExp(`\\b(?:it|test)(?:\\.\\w+)*\\([\\s\\S]{0,400}?${title.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}`),
          );
      }
    },
  );
});

it("nobody has our server decode and keep a picture: Next's own way of resizing them is closed", async () => {
  const { default: config } = await import("../../next.config.mjs");
  expect(config.images).toEqual({ unoptimized: true });
});

it("a line of the log is one line, whatever it quotes", () => {
  const written: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      written.push(String(chunk));
      done();
    },
  });
  const hostile = 'x\n{"level":60,"msg":"all is well"}\r\n\u2028\u001b[2K';
  pino({}, stream).warn({ agent: hostile, [hostile]: 1 }, hostile);
  expect(
    written
      .join("")
      .trimEnd()
      .split(/[\r\n]/),
  ).toHaveLength(1);
  expect(JSON.parse(written.join(""))).toMatchObject({ agent: hostile, msg: hostile, level: 40 });
});
