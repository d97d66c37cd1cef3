import { describe, expect, it } from "vitest";
import { calendarMonth, dayOf, daysOf, MAX_DAYS, startOfDay, wholeDays } from "./rules";

const iso = (span: { start: Date; end: Date }) => [span.start.toISOString(), span.end.toISOString()];
const month = (at: string) => iso(calendarMonth(new Date(at)));

describe("the calendar month", () => {
  it.each([
    ["2026-11-17T13:45:00.123Z", "2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"],
    ["2026-11-01T00:00:00.000Z", "2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"],
    ["2026-11-30T23:59:59.999Z", "2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"],
    ["2026-12-31T23:59:59.999Z", "2026-12-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"],
    ["2027-01-31T12:00:00.000Z", "2027-01-01T00:00:00.000Z", "2027-02-01T00:00:00.000Z"],
    ["2028-02-29T23:00:00.000Z", "2028-02-01T00:00:00.000Z", "2028-03-01T00:00:00.000Z"],
    ["2027-02-28T23:00:00.000Z", "2027-02-01T00:00:00.000Z", "2027-03-01T00:00:00.000Z"],
  ])("of %s runs from %s to %s", (at, start, end) => {
    expect(month(at)).toEqual([start, end]);
  });

  it("is the UTC one, wherever the clock on the wall stands", () => {
    expect(month("2026-11-01T01:30:00+02:00")[0]).toBe("2026-10-01T00:00:00.000Z");
    expect(month("2026-10-31T22:30:00-03:00")[0]).toBe("2026-11-01T00:00:00.000Z");
  });

  it.each([
    ["2026-02-10", 28],
    ["2028-02-10", 29],
    ["2000-02-10", 29],
    ["2100-02-10", 28],
    ["2026-04-30", 30],
    ["2026-12-31", 31],
  ])("of %s has %d days", (day, length) => {
    const days = daysOf(calendarMonth(new Date(`${day}T10:00:00Z`)));
    expect(days).toHaveLength(length);
    expect(days[0]).toBe(`${day.slice(0, 8)}01`);
    expect(days.at(-1)).toBe(`${day.slice(0, 8)}${length}`);
  });
});

describe("a day", () => {
  it("begins at midnight UTC, and midnight is its own", () => {
    expect(startOfDay(new Date("2026-11-17T23:59:59.999Z")).toISOString()).toBe("2026-11-17T00:00:00.000Z");
    expect(startOfDay(new Date("2026-11-17T00:00:00.000Z")).toISOString()).toBe("2026-11-17T00:00:00.000Z");
    expect(startOfDay(new Date("1969-12-31T23:00:00.000Z")).toISOString()).toBe("1969-12-31T00:00:00.000Z");
  });

  it("is named in UTC", () => {
    expect(dayOf(new Date("2026-11-17T23:30:00-05:00"))).toBe("2026-11-18");
    expect(dayOf(new Date("2026-11-17T00:30:00+05:00"))).toBe("2026-11-16");
  });
});

describe("the days of a span", () => {
  const days = (start: string, end: string) => daysOf({ start: new Date(start), end: new Date(end) });

  it("are those it touches, oldest first, and not the one it ends before", () => {
    expect(days("2026-11-17T00:00:00Z", "2026-11-19T00:00:00Z")).toEqual(["2026-11-17", "2026-11-18"]);
    expect(days("2026-11-17T23:59:59.999Z", "2026-11-18T00:00:00.001Z")).toEqual(["2026-11-17", "2026-11-18"]);
    expect(days("2026-11-17T10:00:00Z", "2026-11-17T10:00:00.001Z")).toEqual(["2026-11-17"]);
  });

  it("are none where it holds nothing", () => {
    expect(days("2026-11-17T00:00:00Z", "2026-11-17T00:00:00Z")).toEqual([]);
    expect(days("2026-11-18T00:00:00Z", "2026-11-17T00:00:00Z")).toEqual([]);
  });

  it("cross leap days and the end of a year without a gap or a repeat", () => {
    expect(days("2028-02-28T00:00:00Z", "2028-03-02T00:00:00Z")).toEqual(["2028-02-28", "2028-02-29", "2028-03-01"]);
    expect(days("2027-02-28T00:00:00Z", "2027-03-02T00:00:00Z")).toEqual(["2027-02-28", "2027-03-01"]);
    expect(days("2026-12-31T00:00:00Z", "2027-01-02T00:00:00Z")).toEqual(["2026-12-31", "2027-01-01"]);
    const year = days("2028-01-01T00:00:00Z", "2029-01-01T00:00:00Z");
    expect(year).toHaveLength(366);
    expect(new Set(year).size).toBe(366);
    expect(year).toEqual(year.toSorted());
  });
});

describe("whole days", () => {
  it("include both that are named", () => {
    expect(iso(wholeDays("2026-11-17", "2026-11-18"))).toEqual([
      "2026-11-17T00:00:00.000Z",
      "2026-11-19T00:00:00.000Z",
    ]);
    expect(daysOf(wholeDays("2026-11-17", "2026-11-17"))).toEqual(["2026-11-17"]);
    expect(daysOf(wholeDays("2028-02-29", "2028-02-29"))).toEqual(["2028-02-29"]);
  });

  it("count to the most that may be asked for", () => {
    expect(daysOf(wholeDays("2026-01-01", "2027-02-04"))).toHaveLength(MAX_DAYS);
  });
});
