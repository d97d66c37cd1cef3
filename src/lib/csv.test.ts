import { describe, expect, it } from "vitest";
import { csvLine } from "./csv";

describe("a line of CSV", () => {
  it.each([
    [["a", 1, null, "b c"], "a,1,,b c\r\n"],
    [['say "hi"', "a,b", "two\nlines"], '"say ""hi""","a,b","two\nlines"\r\n'],
    [["=1+1", "+1", "-1+2", "@x", "\tx", "\rx"], "'=1+1,'+1,'-1+2,'@x,'\tx,\"'\rx\"\r\n"],
    [[-5, "-5", "-5.25", 0], "-5,-5,-5.25,0\r\n"],
  ])("of %j is safe to open", (cells, line) => {
    expect(csvLine(cells)).toBe(line);
  });
});
