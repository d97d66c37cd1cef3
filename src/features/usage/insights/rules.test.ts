import { describe, expect, it } from "vitest";
import { cartEvent, frameEvents } from "./contract";
import { monthBefore, nextMonth, PARTS, paidFor, reportSettings, shareOf, USUAL_FRAMES } from "./rules";

describe("the days of a report", () => {
  it.each([
    ["2026-11-21", "2026-10-01", "2026-10-31", "2026-12-01"],
    ["2026-01-01", "2025-12-01", "2025-12-31", "2026-02-01"],
    ["2028-03-31", "2028-02-01", "2028-02-29", "2028-04-01"],
    ["2026-12-31", "2026-11-01", "2026-11-30", "2027-01-01"],
  ])("on %s the month before is %s to %s, and the next is told on %s", (today, from, to, next) => {
    expect(monthBefore(today)).toEqual({ from, to });
    expect(nextMonth(today)).toBe(next);
  });

  it("name what is paid for", () => {
    expect(paidFor({ from: "2026-10-01", to: "2026-10-31" })).toBe("report:2026-10-01:2026-10-31");
  });
});

describe("what a brand has set", () => {
  it("holds where it fits, in the report's own order; else what is usual", () => {
    expect(reportSettings({ reports: ["tokens", "funnel", "gone"], frames_shown: 25, accent: "#123456" })).toEqual({
      ...{ parts: ["funnel", "tokens"], frames: 25, accent: "#123456" },
    });
    for (const old of [{}, { reports: [], frames_shown: 2, accent: "red" }, { reports: "all", frames_shown: "9" }]) {
      expect(reportSettings(old)).toEqual({ parts: PARTS, frames: USUAL_FRAMES, accent: "#8f4a86" });
    }
  });
});

it("a part of nothing is no share", () => {
  expect([shareOf(1, 4), shareOf(0, 4), shareOf(0, 0)]).toEqual([0.25, 0, null]);
});

it("a frame's number is text or a number, trimmed; neither kind of teller can say what the other does", () => {
  expect(cartEvent.parse({ app_id: "frf-001", sku: " 7 " }).sku).toBe("7");
  expect(cartEvent.parse({ app_id: "frf-001", sku: 7 }).sku).toBe("7");
  for (const sku of ["", " ", -1, 1.5, null, {}, "\ud800", "x".repeat(101)]) {
    expect(cartEvent.safeParse({ app_id: "frf-001", sku }).success).toBe(false);
  }
  expect(frameEvents.safeParse({ events: [{ kind: "cart", sku: "A" }] }).success).toBe(false);
  expect(frameEvents.safeParse({ events: [{ kind: "open" }] }).success).toBe(false);
});
