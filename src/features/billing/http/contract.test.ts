import { expect, it } from "vitest";
import { invoicesQuery } from "./contract";

it("takes a cursor as an answer gave it, and no other", () => {
  for (const good of [{}, { cursor: "in_1QbZ2eKyVGkAhT" }]) expect(invoicesQuery.safeParse(good).success).toBe(true);
  for (const cursor of ["", "x", "in_", "in_1 2", `in_${"a".repeat(98)}`, "il_1QbZ"]) {
    expect(invoicesQuery.safeParse({ cursor }).success, cursor).toBe(false);
  }
});
