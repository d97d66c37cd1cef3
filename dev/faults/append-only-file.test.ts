import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commandEnds, cutTail } from "./append-only-file";

const command = (...words: string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
const first = command("SET", "a", "1\r\n*1");
const script = command("MULTI") + command("SET", "b", "2") + command("XADD", "s", "*", "f", "v") + command("EXEC");
const last = command("DEL", "a");

describe("an append-only file", () => {
  it("is read command by command, a script's writes as one", () => {
    const ends = [first.length, first.length + script.length, first.length + script.length + last.length];
    expect(commandEnds(Buffer.from(first + script + last))).toEqual(ends);
  });

  it("is read up to where it breaks off", () => {
    expect(commandEnds(Buffer.from(first + script.slice(0, -5)))).toEqual([first.length]);
  });
});

describe("the cut of its tail", () => {
  let folder: string;
  const file = () => join(folder, "appendonly.aof.12.incr.aof");
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), "append-only-")), "dir");
    mkdirSync(folder);
    writeFileSync(join(folder, "appendonly.aof.9.incr.aof"), "older");
    writeFileSync(file(), first + script + last);
  });
  afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

  it("takes exactly so many bytes of the newest file where it may fall anywhere", () => {
    expect(cutTail(folder, { bytes: 3, at: "anywhere" })).toBe(3);
    expect(readFileSync(file(), "latin1")).toBe((first + script + last).slice(0, -3));
  });

  it("takes whole commands where it falls between two", () => {
    expect(cutTail(folder, { bytes: last.length + 1, at: "boundary" })).toBe(last.length + script.length);
    expect(readFileSync(file(), "latin1")).toBe(first);
  });
});
