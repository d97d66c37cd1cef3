import { expect, it } from "vitest";
import { numberFrom, shownAs } from "./config-field";

/** What stands in a number's field after each key, and what it is worth at the end. */
function type(keys: string): { shown: string; value: unknown } {
  let [shown, value]: [string, unknown] = ["", ""];
  for (const key of keys) {
    const typed = shown + key;
    value = numberFrom(typed);
    shown = shownAs(typed, value);
  }
  return { shown, value };
}

it("a number may be typed digit by digit, noughts after the point and a comma included", () => {
  expect(type("1.05")).toEqual({ shown: "1.05", value: 1.05 });
  expect(type("0.005")).toEqual({ shown: "0.005", value: 0.005 });
  expect(type("2,50")).toEqual({ shown: "2,50", value: 2.5 });
  expect(type("12 mm")).toEqual({ shown: "12 mm", value: "12 mm" });
});

it("a value that has changed elsewhere, such as back to its default, stands as it is", () => {
  expect(shownAs("1.0", 4)).toBe("4");
  expect(shownAs("1.0", undefined)).toBe("");
});
