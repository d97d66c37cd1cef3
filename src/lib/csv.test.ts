import { describe, expect, it } from "vitest";
import { csvLine } from "./csv";

describe("a line of CSV", () => {
  it.each([
    [["a", 1, null, "b c"], "a,1,,b c\r\n"],
    [['say "hi"', "a,b", "two\nlines"], '"say ""hi""","a,b","two\nlines"\r\n'],
    [["=1+1", "+1", "-1+2", "@x", "\tx", "\rx"], "'=1+1,'+1,'-1+2,'@x,'\tx,\"'\rx\"\r\n"],
    [[-5, "-5", "-5.25", 0], "-5,-5,-5.25,0\r\n"],
    // By semicolons this is three cells, and the second would be run.
    [["Kit;=1+1;", "a;;@x", "a;-b;c", "a; = b"], "Kit;'=1+1;,a;;'@x,a;'-b;c,a; = b\r\n"],
    [['Kit;"=1+1;'], '"Kit;""\'=1+1;"\r\n'],
    [["light\n- strong\r\n=1+1"], "\"light\n'- strong\r\n'=1+1\"\r\n"],
  ])("of %j is safe to open", (cells, line) => {
    expect(csvLine(cells)).toBe(line);
  });
});
