import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvLine } from "./csv";
import { CsvRefusal, readCsv } from "./csv-read";

const read = (text: string) => readCsv(Buffer.from(text));
const rows = (text: string) => read(text).records.map(({ line, cells, problem }) => [line, problem ? "!" : cells]);

describe("encodings", () => {
  const text = "sku;name\nA-1;Grün – größer\n";
  const utf16 = Buffer.from(text, "utf16le");
  it.each([
    ["UTF-8", Buffer.from(text), "utf-8"],
    ["UTF-8 with its mark", Buffer.from(`\uFEFF${text}`), "utf-8"],
    ["UTF-16 with its mark", Buffer.from(`\uFEFF${text}`, "utf16le"), "utf-16le"],
    ["UTF-16 without", utf16, "utf-16le"],
    ["UTF-16, high byte first", Buffer.from(`\uFEFF${text}`, "utf16le").swap16(), "utf-16be"],
    ["Windows-1252", Buffer.from(text.replace("–", "\x96"), "latin1"), "windows-1252"],
  ] as const)("reads %s", (_name, bytes, encoding) => {
    const file = readCsv(bytes);
    expect([file.encoding, file.delimiter, file.header]).toEqual([encoding, ";", ["sku", "name"]]);
    expect(file.records).toEqual([{ line: 2, cells: ["A-1", "Grün – größer"], problem: null }]);
  });
  it("refuses what is no text, and an empty file", () => {
    expect(() => readCsv(Buffer.from("504b030414000600080000002100", "hex"))).toThrow(CsvRefusal);
    for (const nothing of ["", "\n \n", "\uFEFF"]) expect(() => read(nothing)).toThrow(/empty/);
  });
});

describe("delimiters and lines", () => {
  it.each([",", ";", "\t", "|"])("finds %j", (mark) => {
    expect(read(`a${mark}b${mark}c\n1${mark}2${mark}3`)).toMatchObject({ delimiter: mark, header: ["a", "b", "c"] });
  });
  it("takes a spreadsheet's word for it, and any line ends", () => {
    expect(rows("sep=;\r\na;b\r\n1;2,5\r3;4")).toEqual([
      [3, ["1", "2,5"]],
      [4, ["3", "4"]],
    ]);
  });
  it("counts lines as an editor does, over cells of several lines and empty lines", () => {
    expect(rows('a,b\n\n1,"x\ny"\n,\n2,z\n')).toEqual([
      [3, ["1", "x\ny"]],
      [6, ["2", "z"]],
    ]);
  });
});

describe("what cannot be read", () => {
  it("loses no line to a quote that nobody closes", () => {
    expect(rows('a,b\n1,x\n2,"y\n3,z\n4,w\n')).toEqual([
      [2, ["1", "x"]],
      [3, "!"],
      [4, ["3", "z"]],
      [5, ["4", "w"]],
    ]);
  });
  it("nor to one that a later line closes", () => {
    expect(rows('a,b\n1,"x\n2,y\n3,"z"\n4,"w" w\n5,v')).toEqual([
      [2, "!"],
      [3, ["2", "y"]],
      [4, ["3", "z"]],
      [5, "!"],
      [6, ["5", "v"]],
    ]);
  });
  it("takes an inch sign for what it is", () => {
    expect(rows('a,b\n1,5" wide\n2,6\n')).toEqual([
      [2, ["1", '5" wide']],
      [3, ["2", "6"]],
    ]);
  });
  it("says so of a cell too many, and fills in one that is missing", () => {
    expect(rows("a,b,c\n1,2,3,4\n5\n1,2,3,,\n")).toEqual([
      [2, "!"],
      [3, ["5"]],
      [4, ["1", "2", "3", "", ""]],
    ]);
  });
  it("passes a huge cell, and keeps the line's beginning", () => {
    const { records } = read(`a,b\n1,${"x".repeat(200_000)}\n2,y\n`);
    expect(records.map(({ line, problem }) => [line, problem !== null])).toEqual([
      [2, true],
      [3, false],
    ]);
    expect(records[0]?.cells[0]).toHaveLength(2_000);
  });
  it("gives up on a file of nothing but such lines, soon", () => {
    const started = performance.now();
    expect(() => read(`a,b\n${'1,"x" y\n'.repeat(100_000)}`)).toThrow(CsvRefusal);
    expect(() => read(`a,b\n${'"x\n'.repeat(100_000)}`)).toThrow(CsvRefusal);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
  it("and on one of more rows than may be, at the first that is too many", () => {
    const started = performance.now();
    expect(() => readCsv(Buffer.from(`x\n${'a"b\n'.repeat(100_000)}`), 100)).toThrow(/more than 100 rows/);
    expect(() => readCsv(Buffer.from(`x\n${"a\n".repeat(1_000_000)}`), 100)).toThrow(/more than 100 rows/);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(readCsv(Buffer.from(`x\n\n${"a\n".repeat(100)}`), 100).records).toHaveLength(100);
  });
});

it("reads back whatever we write, but for the guard before a formula", () => {
  const cell = fc.string({ unit: "binary", maxLength: 12 }).map((text) =>
    // Our writer's one change, the reader's two: a guard, line ends, and no half of a character.
    text
      .replace(/\r\n?/g, "\n")
      .replace(/^[=+\-@\t\n]/, "a")
      .replace(/([;\n]"*)[=+\-@]/g, "$1a")
      .toWellFormed(),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 8 }), (table) => {
      const text = csvLine(["a", "b"]) + table.map((row) => csvLine(row)).join("");
      const full = table.filter((row) => row.some((each) => each.trim() !== ""));
      fc.pre(!text.includes("\0") && !text.startsWith("\uFEFF"));
      expect(read(text).records.map(({ cells }) => cells)).toEqual(full);
    }),
    { numRuns: 300 },
  );
});
