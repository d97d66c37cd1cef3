import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ScriptNames } from "./script-names";

const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex");

describe("scripts written for Upstash", () => {
  it("lose the flag and keep their line numbers", () => {
    expect(new ScriptNames().toStock("#!lua flags=allow-key-locking\nreturn 1")).toBe("\nreturn 1");
    expect(new ScriptNames().toStock("#!lua flags=no-writes,allow-key-locking\nreturn 1")).toBe(
      "#!lua flags=no-writes\nreturn 1",
    );
  });

  it("are left as they are without the flag", () => {
    for (const text of ["return 1", "#!lua\nreturn 1", "#!lua flags=no-writes\nreturn 1", "-- allow-key-locking"]) {
      expect(new ScriptNames().toStock(text)).toBe(text);
    }
  });

  it("go by either hash", () => {
    const names = new ScriptNames();
    const flagged = "#!lua flags=allow-key-locking\nreturn 1";
    expect(names.toStockHash(sha1(flagged))).toBe(sha1(flagged));
    const stock = names.toStock(flagged);
    expect(names.toStockHash(sha1(flagged))).toBe(sha1(stock));
    expect(names.toStockHash(sha1(stock))).toBe(sha1(stock));
    expect(names.toClientHash(sha1(stock))).toBe(sha1(flagged));
    expect(names.toClientHash("0".repeat(40))).toBe("0".repeat(40));
  });
});
